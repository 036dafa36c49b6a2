package belljar.linux;

import java.nio.charset.StandardCharsets;

/**
 * File names as text without loss. The kernel's names are bytes, nearly always UTF-8 but bound to no encoding. Bytes
 * that are not valid UTF-8 become the lone surrogates U+DC80 to U+DCFF, one for each byte (the scheme of Python's PEP
 * 383), so that every name of the kernel survives the way to text and back.
 */
public final class FileName {
    private static final int ESCAPE = 0xDC00;
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private FileName() {}

    /**
     * {@return a name as bytes}
     *
     * @param name a name, possibly from {@link #decode}
     */
    public static byte[] encode(String name) {
        int length = name.length();
        int i = 0;
        while (i < length && !isEscape(name, i)) {
            i++;
        }
        if (i == length) {
            return name.getBytes(StandardCharsets.UTF_8);
        }
        byte[] out = new byte[length * 3];
        int n = 0;
        int from = 0;
        for (i = 0; i <= length; i++) {
            if (i == length || isEscape(name, i)) {
                byte[] part = name.substring(from, i).getBytes(StandardCharsets.UTF_8);
                System.arraycopy(part, 0, out, n, part.length);
                n += part.length;
                if (i < length) {
                    out[n++] = (byte) (name.charAt(i) - ESCAPE);
                }
                from = i + 1;
            }
        }
        return java.util.Arrays.copyOf(out, n);
    }

    /**
     * {@return bytes as a name}
     *
     * @param bytes where the name stands
     * @param start index of its first byte
     * @param length how many bytes
     */
    public static String decode(byte[] bytes, int start, int length) {
        int end = start + length;
        for (int i = start; i < end; ) {
            int n = sequence(bytes, i, end);
            if (n == 0) {
                return decodeEscaping(bytes, start, end);
            }
            i += n;
        }
        return new String(bytes, start, length, StandardCharsets.UTF_8);
    }

    private static String decodeEscaping(byte[] bytes, int start, int end) {
        StringBuilder text = new StringBuilder();
        int i = start;
        while (i < end) {
            int n = sequence(bytes, i, end);
            if (n == 0) {
                text.append((char) (ESCAPE + (bytes[i++] & 0xff)));
            } else {
                text.append(new String(bytes, i, n, StandardCharsets.UTF_8));
                i += n;
            }
        }
        return text.toString();
    }

    /** {@return the length of the valid UTF-8 sequence at an index, 0 when there is none (Unicode 15, table 3-7)} */
    private static int sequence(byte[] b, int i, int end) {
        int lead = b[i] & 0xff;
        if (lead < 0x80) {
            return 1;
        }
        int n = lead >= 0xc2 && lead <= 0xdf
                ? 2
                : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
        if (n == 0 || n > end - i) {
            return 0;
        }
        int second = b[i + 1] & 0xff;
        int low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        int high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (second < low || second > high) {
            return 0;
        }
        for (int k = 2; k < n; k++) {
            if ((b[i + k] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return n;
    }

    /** Whether the character stands for a raw byte, and is not the second half of a surrogate pair. */
    private static boolean isEscape(String name, int i) {
        char c = name.charAt(i);
        return c >= ESCAPE + 0x80 && c <= ESCAPE + 0xff && (i == 0 || !Character.isHighSurrogate(name.charAt(i - 1)));
    }

    /**
     * {@return a name made safe to print} Control characters, which could steer a person's terminal, and raw bytes are
     * shown as {@code \xNN}; names beyond 200 characters are cut.
     *
     * @param name a name, possibly hostile
     */
    public static String show(String name) {
        int length = Math.min(name.length(), 200);
        StringBuilder text = new StringBuilder(length + 8);
        for (int i = 0; i < length; i++) {
            char c = name.charAt(i);
            if (Character.isISOControl(c) || isEscape(name, i)) {
                text.append("\\x").append(HEX[c >> 4 & 15]).append(HEX[c & 15]);
            } else if (Character.getType(c) == Character.FORMAT) {
                text.append('?');
            } else {
                text.append(c);
            }
        }
        return length < name.length() ? text.append("...").toString() : text.toString();
    }
}
