package belljar.json;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value. Values are immutable and may be shared between threads.
 *
 * <p>Typed access ({@link #asText()} and its kin) throws {@link JsonException} when the value has another type, so that
 * a reader of a foreign document need not check first.
 */
public sealed interface Json permits Json.Null, Json.Bool, Json.Num, Json.Text, Json.Arr, JsonObject {
    /** {@code null}. */
    record Null() implements Json {
        /** The one value. */
        public static final Null VALUE = new Null();

        @Override
        public String toString() {
            return JsonWriter.write(this);
        }
    }

    /**
     * {@code true} or {@code false}.
     *
     * @param value which of the two
     */
    record Bool(boolean value) implements Json {
        /** The value {@code true}. */
        public static final Bool TRUE = new Bool(true);

        /** The value {@code false}. */
        public static final Bool FALSE = new Bool(false);

        @Override
        public String toString() {
            return JsonWriter.write(this);
        }
    }

    /**
     * A number, kept as it was written, so that nothing is rounded on the way through.
     *
     * @param literal the number in JSON's own syntax
     */
    record Num(String literal) implements Json {
        @Override
        public String toString() {
            return JsonWriter.write(this);
        }
    }

    /**
     * A string.
     *
     * @param value the characters, unescaped
     */
    record Text(String value) implements Json {
        @Override
        public String toString() {
            return JsonWriter.write(this);
        }
    }

    /**
     * An array.
     *
     * @param items the values in order; an unmodifiable list
     */
    record Arr(List<Json> items) implements Json {
        /** Copies the list. */
        public Arr {
            items = List.copyOf(items);
        }

        @Override
        public String toString() {
            return JsonWriter.write(this);
        }
    }

    /**
     * Parses one document.
     *
     * @param text the document; leading and trailing white space is allowed, anything else after the value is not
     * @return its value
     * @throws JsonException if the text is not JSON, nests deeper than {@value JsonParser#MAX_DEPTH} levels, or repeats
     *     a member's name (two readers might disagree on which one counts)
     */
    static Json parse(String text) throws JsonException {
        return new JsonParser(text).document();
    }

    /**
     * {@return a string value}
     *
     * @param value the characters
     */
    static Json of(String value) {
        return new Text(value);
    }

    /**
     * {@return a number value}
     *
     * @param value the number
     */
    static Json of(long value) {
        return new Num(Long.toString(value));
    }

    /**
     * {@return a boolean value}
     *
     * @param value the boolean
     */
    static Json of(boolean value) {
        return value ? Bool.TRUE : Bool.FALSE;
    }

    /**
     * {@return an array of strings}
     *
     * @param values the strings in order
     */
    static Json ofTexts(Iterable<String> values) {
        java.util.ArrayList<Json> items = new java.util.ArrayList<>();
        for (String value : values) {
            items.add(new Text(value));
        }
        return new Arr(items);
    }

    /**
     * {@return this value as an object}
     *
     * @throws JsonException if it is something else
     */
    default JsonObject asObject() throws JsonException {
        if (this instanceof JsonObject object) {
            return object;
        }
        throw mismatch("an object");
    }

    /**
     * {@return the items of this array}
     *
     * @throws JsonException if it is something else
     */
    default List<Json> asList() throws JsonException {
        if (this instanceof Arr array) {
            return array.items;
        }
        throw mismatch("an array");
    }

    /**
     * {@return the characters of this string}
     *
     * @throws JsonException if it is something else
     */
    default String asText() throws JsonException {
        if (this instanceof Text text) {
            return text.value;
        }
        throw mismatch("a string");
    }

    /**
     * {@return this boolean}
     *
     * @throws JsonException if it is something else
     */
    default boolean asBoolean() throws JsonException {
        if (this instanceof Bool bool) {
            return bool.value;
        }
        throw mismatch("a boolean");
    }

    /**
     * {@return this number as a long}
     *
     * @throws JsonException if it is something else, has a fraction, or is out of a long's range
     */
    default long asLong() throws JsonException {
        if (this instanceof Num num) {
            try {
                return Long.parseLong(num.literal);
            } catch (NumberFormatException plain) {
                try {
                    // Exponents (1e3) are legal JSON integers; scale is bounded first, since 1e999999999 would expand.
                    BigDecimal value = new BigDecimal(num.literal);
                    if (Math.abs((long) value.scale()) < 100) {
                        return value.longValueExact();
                    }
                } catch (ArithmeticException | NumberFormatException notLong) {
                    throw mismatch("a whole number of 64 bits");
                }
            }
        }
        throw mismatch("a whole number of 64 bits");
    }

    /**
     * {@return this array's strings}
     *
     * @throws JsonException if it is something else or holds something else
     */
    default List<String> asTexts() throws JsonException {
        java.util.ArrayList<String> texts = new java.util.ArrayList<>();
        for (Json item : asList()) {
            texts.add(item.asText());
        }
        return List.copyOf(texts);
    }

    private JsonException mismatch(String wanted) {
        String found = JsonWriter.write(this);
        return new JsonException("found " + (found.length() > 60 ? found.substring(0, 60) + "…" : found) + " where "
                + wanted + " was expected");
    }

    /**
     * {@return whether a member is absent or {@code null}, which most formats treat alike}
     *
     * @param value what {@link JsonObject#get} returned
     */
    static boolean isAbsent(@Nullable Json value) {
        return value == null || value instanceof Null;
    }
}
