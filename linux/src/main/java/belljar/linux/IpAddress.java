package belljar.linux;

import belljar.failure.UserException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An IPv4 or IPv6 address. Immutable. The JDK's own class is avoided, because loading it also loads name resolution,
 * and because it must never look up a name where an address was meant.
 */
public final class IpAddress {
    private final byte[] bytes;

    private IpAddress(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * {@return an address by its bytes}
     *
     * @param bytes 4 for IPv4 or 16 for IPv6, in network order
     */
    public static IpAddress of(byte[] bytes) {
        if (bytes.length != 4 && bytes.length != 16) {
            throw new IllegalArgumentException("an IP address of " + bytes.length + " bytes");
        }
        return new IpAddress(bytes.clone());
    }

    /**
     * {@return an address by its text: {@code 10.0.0.1}, or an IPv6 address as in RFC 4291, without zone}
     *
     * @param text the address
     * @throws UserException if it is none
     */
    public static IpAddress parse(String text) {
        byte[] bytes = text.indexOf(':') >= 0 ? v6(text) : v4(text, 0, text.length());
        if (bytes.length == 0) {
            throw new UserException("'" + text + "' is not an IP address, such as 10.0.0.1 or fd00::1");
        }
        return new IpAddress(bytes);
    }

    /** Empty where the text is none. Leading zeros are refused, since some readers take them for octal. */
    private static byte[] v4(String text, int from, int to) {
        byte[] bytes = new byte[4];
        int at = from;
        for (int i = 0; i < 4; i++) {
            int start = at;
            int value = 0;
            while (at < to && at - start < 3 && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                value = value * 10 + text.charAt(at++) - '0';
            }
            boolean last = i == 3;
            boolean empty = at == start;
            boolean padded = at - start > 1 && text.charAt(start) == '0';
            boolean ends = last ? at == to : at < to && text.charAt(at++) == '.';
            if (empty || padded || value > 255 || !ends) {
                return new byte[0];
            }
            bytes[i] = (byte) value;
        }
        return bytes;
    }

    private static byte[] v6(String text) {
        byte[] bytes = new byte[16];
        int length = 0;
        int gap = -1;
        int at = 0;
        if (text.startsWith("::")) {
            gap = 0;
            at = 2;
        }
        while (at < text.length()) {
            int end = at;
            while (end < text.length() && text.charAt(end) != ':') {
                end++;
            }
            if (end == text.length() && text.indexOf('.', at) >= 0) {
                byte[] tail = v4(text, at, end);
                if (tail.length == 0 || length > 12) {
                    return tail.length == 0 ? tail : new byte[0];
                }
                System.arraycopy(tail, 0, bytes, length, 4);
                length += 4;
                break;
            }
            int group = hex(text, at, end);
            if (group < 0 || length > 14) {
                return new byte[0];
            }
            bytes[length++] = (byte) (group >> 8);
            bytes[length++] = (byte) group;
            at = end + 1;
            if (end + 1 == text.length()) {
                return new byte[0];
            }
            if (end < text.length() && text.charAt(end + 1) == ':') {
                if (gap >= 0) {
                    return new byte[0];
                }
                gap = length;
                at = end + 2;
            }
        }
        if (gap < 0) {
            return length == 16 ? bytes : new byte[0];
        }
        if (length == 16) {
            return new byte[0];
        }
        int moved = length - gap;
        System.arraycopy(bytes, gap, bytes, 16 - moved, moved);
        Arrays.fill(bytes, gap, 16 - moved, (byte) 0);
        return bytes;
    }

    private static int hex(String text, int from, int to) {
        if (to == from || to - from > 4) {
            return -1;
        }
        int value = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) < 128 ? Character.digit(text.charAt(i), 16) : -1;
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    /** {@return whether this is an IPv6 address} */
    public boolean isV6() {
        return bytes.length == 16;
    }

    /** {@return the address's bytes in network order, 4 or 16} */
    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof IpAddress address && Arrays.equals(address.bytes, bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** {@return the address as text; IPv6 in the form of RFC 5952} */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        if (!isV6()) {
            for (int i = 0; i < 4; i++) {
                text.append(i == 0 ? "" : ".").append(bytes[i] & 0xff);
            }
            return text.toString();
        }
        int gap = -1;
        int gapLength = 1;
        for (int i = 0; i < 8; i++) {
            int run = 0;
            while (i + run < 8 && group(i + run) == 0) {
                run++;
            }
            if (run > gapLength) {
                gap = i;
                gapLength = run;
            }
        }
        for (int i = 0; i < 8; i++) {
            if (i == gap) {
                text.append("::");
                i += gapLength - 1;
            } else {
                text.append(i == 0 || i == gap + gapLength && gap >= 0 ? "" : ":")
                        .append(Integer.toHexString(group(i)));
            }
        }
        return text.toString();
    }

    private int group(int index) {
        return (bytes[2 * index] & 0xff) << 8 | bytes[2 * index + 1] & 0xff;
    }
}
