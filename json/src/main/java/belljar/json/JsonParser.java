package belljar.json;

import java.util.ArrayList;
import java.util.LinkedHashMap;

/** A recursive-descent parser of RFC 8259, strict: nothing that the grammar lacks is accepted. */
final class JsonParser {
    /** Deep enough for any real document, shallow enough that a hostile one cannot overflow the stack. */
    static final int MAX_DEPTH = 200;

    private final String text;
    /** The same; a command's start is interpreted, where an element of an array costs a tenth of a call of charAt. */
    private final char[] chars;

    private int at;
    private int depth;

    JsonParser(String text) {
        this.text = text;
        this.chars = text.toCharArray();
    }

    Json document() throws JsonException {
        Json value = value();
        skipSpace();
        if (at < chars.length) {
            throw bad("unexpected text after the document");
        }
        return value;
    }

    private Json value() throws JsonException {
        skipSpace();
        if (at >= chars.length) {
            throw bad("unexpected end");
        }
        char c = chars[at];
        return switch (c) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> new Json.Text(string());
            case 't' -> word("true", Json.Bool.TRUE);
            case 'f' -> word("false", Json.Bool.FALSE);
            case 'n' -> word("null", Json.Null.VALUE);
            default -> number();
        };
    }

    private Json word(String word, Json value) throws JsonException {
        if (!text.startsWith(word, at)) {
            throw bad("unknown word");
        }
        at += word.length();
        return value;
    }

    private void enter() throws JsonException {
        if (++depth > MAX_DEPTH) {
            throw bad("nested deeper than " + MAX_DEPTH + " levels");
        }
        at++;
    }

    private JsonObject object() throws JsonException {
        enter();
        LinkedHashMap<String, Json> members = new LinkedHashMap<>();
        skipSpace();
        if (peek() == '}') {
            at++;
            depth--;
            return new JsonObject(members);
        }
        while (true) {
            skipSpace();
            if (peek() != '"') {
                throw bad("a member's name was expected");
            }
            String name = string();
            skipSpace();
            expect(':');
            if (members.put(name, value()) != null) {
                throw bad("member '" + name + "' appears twice");
            }
            skipSpace();
            if (peek() == ',') {
                at++;
                continue;
            }
            expect('}');
            depth--;
            return new JsonObject(members);
        }
    }

    private Json array() throws JsonException {
        enter();
        ArrayList<Json> items = new ArrayList<>();
        skipSpace();
        if (peek() == ']') {
            at++;
            depth--;
            return new Json.Arr(items);
        }
        while (true) {
            items.add(value());
            skipSpace();
            if (peek() == ',') {
                at++;
                continue;
            }
            expect(']');
            depth--;
            return new Json.Arr(items);
        }
    }

    private String string() throws JsonException {
        int start = ++at;
        // Most strings have no escape and are one slice of the text.
        while (at < chars.length) {
            char c = chars[at];
            if (c == '"') {
                return text.substring(start, at++);
            }
            if (c == '\\') {
                return escaped(start);
            }
            if (c < 0x20) {
                throw bad("control character in a string");
            }
            at++;
        }
        throw bad("unexpected end in a string");
    }

    private String escaped(int start) throws JsonException {
        StringBuilder out = new StringBuilder(chars.length - start > 256 ? 256 : 32);
        out.append(text, start, at);
        while (at < chars.length) {
            char c = chars[at++];
            if (c == '"') {
                return out.toString();
            }
            if (c < 0x20) {
                throw bad("control character in a string");
            }
            if (c != '\\') {
                out.append(c);
                continue;
            }
            if (at >= chars.length) {
                break;
            }
            char e = chars[at++];
            switch (e) {
                case '"', '\\', '/' -> out.append(e);
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'u' -> out.append(hex4());
                default -> throw bad("unknown escape \\" + e);
            }
        }
        throw bad("unexpected end in a string");
    }

    private char hex4() throws JsonException {
        if (at + 4 > chars.length) {
            throw bad("unexpected end in a string");
        }
        int code = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(chars[at++], 16);
            if (digit < 0) {
                throw bad("\\u needs four hexadecimal digits");
            }
            code = code << 4 | digit;
        }
        return (char) code;
    }

    private Json number() throws JsonException {
        int start = at;
        if (peek() == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        if (peek() == '.') {
            at++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
        return new Json.Num(text.substring(start, at));
    }

    private void digits() throws JsonException {
        int start = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        if (at == start) {
            throw bad("unexpected character");
        }
    }

    /** The character at hand, or NUL at the end; NUL is legal nowhere in JSON, so the two need no telling apart. */
    private char peek() {
        return at < chars.length ? chars[at] : 0;
    }

    private void expect(char c) throws JsonException {
        if (peek() != c) {
            throw bad("'" + c + "' was expected");
        }
        at++;
    }

    private void skipSpace() {
        while (at < chars.length) {
            char c = chars[at];
            if (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
                return;
            }
            at++;
        }
    }

    private JsonException bad(String what) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < at && i < chars.length; i++) {
            if (chars[i] == '\n') {
                line++;
                column = 1;
            } else {
                column++;
            }
        }
        return new JsonException("not JSON: " + what + " at line " + line + ", column " + column);
    }
}
