package belljar.json;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object. Members keep their order, so that what was read is written the same way. Immutable; {@link Builder}
 * makes new ones.
 */
public final class JsonObject implements Json {
    /** The object without members. */
    public static final JsonObject EMPTY = new JsonObject(Map.of());

    private final Map<String, Json> members;

    JsonObject(Map<String, Json> members) {
        this.members = members;
    }

    /** {@return the members in document order; unmodifiable} */
    public Map<String, Json> members() {
        return Collections.unmodifiableMap(members);
    }

    /**
     * {@return the value of a member, or null where it is absent}
     *
     * @param name the member's name
     */
    public @Nullable Json get(String name) {
        return members.get(name);
    }

    /**
     * {@return whether a member is present and not {@code null}}
     *
     * @param name the member's name
     */
    public boolean has(String name) {
        return !Json.isAbsent(members.get(name));
    }

    /**
     * {@return a member that must be present}
     *
     * @param name the member's name
     * @throws JsonException if it is absent or null
     */
    public Json require(String name) throws JsonException {
        Json value = members.get(name);
        if (value == null || value instanceof Null) {
            throw new JsonException("member '" + name + "' is missing");
        }
        return value;
    }

    /**
     * {@return a string member, or the fallback where it is absent or null}
     *
     * @param name the member's name
     * @param fallback what absence means
     * @throws JsonException if it has another type
     */
    public String text(String name, String fallback) throws JsonException {
        return has(name) ? at(name, require(name)::asText) : fallback;
    }

    /**
     * {@return a string member that must be present}
     *
     * @param name the member's name
     * @throws JsonException if it is absent or has another type
     */
    public String text(String name) throws JsonException {
        return at(name, require(name)::asText);
    }

    /**
     * {@return a whole-number member, or the fallback where it is absent or null}
     *
     * @param name the member's name
     * @param fallback what absence means
     * @throws JsonException if it has another type
     */
    public long number(String name, long fallback) throws JsonException {
        return has(name) ? at(name, require(name)::asLong) : fallback;
    }

    /**
     * {@return a boolean member, or the fallback where it is absent or null}
     *
     * @param name the member's name
     * @param fallback what absence means
     * @throws JsonException if it has another type
     */
    public boolean bool(String name, boolean fallback) throws JsonException {
        return has(name) ? at(name, require(name)::asBoolean) : fallback;
    }

    /**
     * {@return an object member; the empty object where it is absent or null}
     *
     * @param name the member's name
     * @throws JsonException if it has another type
     */
    public JsonObject object(String name) throws JsonException {
        return has(name) ? at(name, require(name)::asObject) : EMPTY;
    }

    /**
     * {@return an array member's items; the empty list where it is absent or null}
     *
     * @param name the member's name
     * @throws JsonException if it has another type
     */
    public List<Json> list(String name) throws JsonException {
        return has(name) ? at(name, require(name)::asList) : List.of();
    }

    /**
     * {@return an array member's strings; the empty list where it is absent or null}
     *
     * @param name the member's name
     * @throws JsonException if it has another type or holds something else than strings
     */
    public List<String> texts(String name) throws JsonException {
        return has(name) ? at(name, require(name)::asTexts) : List.of();
    }

    private interface Access<T> {
        T get() throws JsonException;
    }

    /** Adds the member's name to what went wrong, since a value alone does not tell where it stood. */
    private static <T> T at(String name, Access<T> access) throws JsonException {
        try {
            return access.get();
        } catch (JsonException e) {
            throw new JsonException("member '" + name + "': " + e.getMessage());
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof JsonObject object && members.equals(object.members);
    }

    @Override
    public int hashCode() {
        return members.hashCode();
    }

    @Override
    public String toString() {
        return JsonWriter.write(this);
    }

    /** {@return a builder for a new object} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return a builder that starts with this object's members} */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.members.putAll(members);
        return builder;
    }

    /** Collects members in order. Not safe for use by several threads. */
    public static final class Builder {
        private final LinkedHashMap<String, Json> members = new LinkedHashMap<>();

        Builder() {}

        /**
         * Sets a member, replacing one of that name.
         *
         * @param name the member's name
         * @param value its value
         * @return this builder
         */
        public Builder put(String name, Json value) {
            members.put(name, value);
            return this;
        }

        /**
         * Sets a string member.
         *
         * @param name the member's name
         * @param value its value
         * @return this builder
         */
        public Builder put(String name, String value) {
            return put(name, Json.of(value));
        }

        /**
         * Sets a number member.
         *
         * @param name the member's name
         * @param value its value
         * @return this builder
         */
        public Builder put(String name, long value) {
            return put(name, Json.of(value));
        }

        /**
         * Sets a boolean member.
         *
         * @param name the member's name
         * @param value its value
         * @return this builder
         */
        public Builder put(String name, boolean value) {
            return put(name, Json.of(value));
        }

        /**
         * Sets an array-of-strings member.
         *
         * @param name the member's name
         * @param values its strings
         * @return this builder
         */
        public Builder put(String name, Iterable<String> values) {
            return put(name, Json.ofTexts(values));
        }

        /**
         * Removes a member if it is there.
         *
         * @param name the member's name
         * @return this builder
         */
        public Builder remove(String name) {
            members.remove(name);
            return this;
        }

        /** {@return the object} */
        public JsonObject build() {
            return new JsonObject(new LinkedHashMap<>(members));
        }
    }
}
