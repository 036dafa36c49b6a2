package belljar.log;

import java.nio.charset.StandardCharsets;

/**
 * A line of Docker's json-file format, read byte by byte: its text need not be UTF-8, which a parser of JSON would
 * refuse or alter, and a log has millions of lines.
 */
final class JsonLine {
    private byte[] line = new byte[0];
    private int at;
    private int end;
    private byte[] text = new byte[1024];
    private int length;
    private boolean error;
    private int timeFrom;
    private int timeTo;

    byte[] text() {
        return text;
    }

    int length() {
        return length;
    }

    boolean error() {
        return error;
    }

    int timeFrom() {
        return timeFrom;
    }

    int timeTo() {
        return timeTo;
    }

    /** Takes a line apart; false when it is damaged. Other members than the three are passed over. */
    boolean parse(byte[] bytes, int from, int to) {
        line = bytes;
        at = from;
        end = to;
        length = 0;
        error = false;
        timeFrom = from;
        timeTo = from;
        if (!take('{')) {
            return false;
        }
        boolean log = false;
        do {
            int name = at + 1;
            if (!skipString() || !take(':')) {
                return false;
            }
            char first = (char) line[name];
            if (first == 'l' && peek() == '"') {
                log = unescape();
                if (!log) {
                    return false;
                }
            } else if (!member(first)) {
                return false;
            }
        } while (take(','));
        return log && take('}') && at == end;
    }

    /** Passes over a value, and notes it if it is the stream or the time. */
    private boolean member(char name) {
        int value = at + 1;
        if (peek() == '{') {
            return skipObject();
        }
        if (peek() != '"' || !skipString()) {
            return false;
        }
        if (name == 's') {
            error = at - value == 7 && line[value + 3] == 'e';
        } else if (name == 't') {
            timeFrom = value;
            timeTo = at - 1;
        }
        return true;
    }

    /** The extra attributes, of which nobody asks here. */
    private boolean skipObject() {
        int depth = 0;
        while (at < end) {
            byte b = line[at];
            if (b == '"') {
                if (!skipString()) {
                    return false;
                }
                continue;
            }
            at++;
            depth += b == '{' ? 1 : b == '}' ? -1 : 0;
            if (depth == 0) {
                return true;
            }
        }
        return false;
    }

    private char peek() {
        return at < end ? (char) (line[at] & 0xFF) : 0;
    }

    private boolean take(char wanted) {
        if (peek() != wanted) {
            return false;
        }
        at++;
        return true;
    }

    private boolean skipString() {
        if (!take('"')) {
            return false;
        }
        while (at < end && line[at] != '"') {
            at += line[at] == '\\' ? 2 : 1;
        }
        return take('"');
    }

    private boolean unescape() {
        at++;
        if (text.length < end - at) {
            text = new byte[Math.max(text.length * 2, end - at)];
        }
        byte[] to = text;
        int out = 0;
        while (at < end) {
            byte b = line[at++];
            if (b == '"') {
                length = out;
                return true;
            }
            if (b != '\\') {
                to[out++] = b;
                continue;
            }
            int escape = peek();
            at++;
            int index = "\"\\/bfnrt".indexOf(escape);
            if (index >= 0) {
                to[out++] = (byte) "\"\\/\b\f\n\r\t".charAt(index);
            } else if (escape == 'u') {
                int code = codePoint();
                if (code < 0) {
                    return false;
                }
                out = utf8(code, to, out);
            } else {
                return false;
            }
        }
        return false;
    }

    /** The character of a \\u escape, whose u was taken, and of a second one if both make a pair. */
    private int codePoint() {
        int high = hex();
        if (high < 0xD800 || high > 0xDFFF) {
            return high;
        }
        boolean pair = high < 0xDC00 && at + 6 <= end && line[at] == '\\' && line[at + 1] == 'u';
        if (pair) {
            at += 2;
            int low = hex();
            if (low >= 0xDC00 && low <= 0xDFFF) {
                return Character.toCodePoint((char) high, (char) low);
            }
            at -= 6;
        }
        return 0xFFFD;
    }

    private int hex() {
        if (at + 4 > end) {
            return -1;
        }
        int code = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(line[at++], 16);
            if (digit < 0) {
                return -1;
            }
            code = code << 4 | digit;
        }
        return code;
    }

    /** An escape is at least as long as what it stands for, so that there is always room. */
    private static int utf8(int code, byte[] to, int at) {
        byte[] bytes = Character.toString(code).getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, to, at, bytes.length);
        return at + bytes.length;
    }
}
