package belljar.json;

import java.util.Map;

/** Writes values as text: compact for machines, indented for people. Stateless; safe for use by several threads. */
public final class JsonWriter {
    private final StringBuilder out = new StringBuilder();
    private final int indent;

    private JsonWriter(int indent) {
        this.indent = indent;
    }

    /**
     * {@return the value on one line without spaces}
     *
     * @param value what to write
     */
    public static String write(Json value) {
        JsonWriter writer = new JsonWriter(0);
        writer.value(value, 0);
        return writer.out.toString();
    }

    /**
     * {@return the value indented by four spaces a level, without a trailing newline}
     *
     * @param value what to write
     */
    public static String writeIndented(Json value) {
        JsonWriter writer = new JsonWriter(4);
        writer.value(value, 0);
        return writer.out.toString();
    }

    private void value(Json value, int depth) {
        // An if-chain, not a pattern switch: the switch's bootstrap alone costs milliseconds at start-up.
        if (value instanceof Json.Text text) {
            quote(text.value());
        } else if (value instanceof JsonObject object) {
            object(object, depth);
        } else if (value instanceof Json.Arr array) {
            array(array, depth);
        } else if (value instanceof Json.Num num) {
            out.append(num.literal());
        } else if (value instanceof Json.Bool bool) {
            out.append(bool.value());
        } else {
            out.append("null");
        }
    }

    private void object(JsonObject object, int depth) {
        out.append('{');
        boolean first = true;
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
            if (!first) {
                out.append(',');
            }
            first = false;
            newLine(depth + 1);
            quote(member.getKey());
            out.append(indent > 0 ? ": " : ":");
            value(member.getValue(), depth + 1);
        }
        if (!first) {
            newLine(depth);
        }
        out.append('}');
    }

    private void array(Json.Arr array, int depth) {
        out.append('[');
        boolean first = true;
        for (Json item : array.items()) {
            if (!first) {
                out.append(',');
            }
            first = false;
            newLine(depth + 1);
            value(item, depth + 1);
        }
        if (!first) {
            newLine(depth);
        }
        out.append(']');
    }

    private void newLine(int depth) {
        if (indent > 0) {
            out.append('\n').repeat(' ', depth * indent);
        }
    }

    private void quote(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    // Lone surrogates have no UTF-8 form; escaped, they survive a round trip through a file.
                    if (c < 0x20 || Character.isSurrogate(c) && !paired(text, i)) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    private static boolean paired(String text, int i) {
        return Character.isHighSurrogate(text.charAt(i))
                ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }
}
