package belljar.linux;

/** The text of a JSON string (RFC 8259, section 7), strictly read. */
final class JsonText {
    private JsonText() {}

    static String unescape(String raw) {
        StringBuilder text = new StringBuilder();
        int i = 0;
        while (i < raw.length()) {
            char c = raw.charAt(i++);
            if (c < ' ' || c == '"') {
                throw new AssertionError("not allowed in a JSON string: " + (int) c);
            }
            if (c != '\\') {
                text.append(c);
                continue;
            }
            char escape = raw.charAt(i++);
            switch (escape) {
                case '"' -> text.append('"');
                case '\\' -> text.append('\\');
                case 'n' -> text.append('\n');
                case 'r' -> text.append('\r');
                case 't' -> text.append('\t');
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case 'u' -> {
                    text.append((char) Integer.parseInt(raw, i, i + 4, 16));
                    i += 4;
                }
                default -> throw new AssertionError("no JSON escape: \\" + escape);
            }
        }
        return text.toString();
    }
}
