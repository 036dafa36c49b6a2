package belljar.image;

import belljar.failure.UserException;

/** Numbers as tar writes them: octal or base-256 in header fields, decimal in pax records. */
final class TarNumber {
    private TarNumber() {}

    /** {@return the field's value; an empty field is 0} Negative only in base-256. */
    static long field(byte[] header, int start, int length, String what) {
        int first = header[start] & 0xff;
        if ((first & 0x80) != 0) {
            return base256(header, start, length, what);
        }
        int i = start;
        int end = start + length;
        while (i < end && header[i] == ' ') {
            i++;
        }
        long value = 0;
        while (i < end && header[i] >= '0' && header[i] <= '7') {
            if (value >>> 60 != 0) {
                throw bad(what);
            }
            value = value << 3 | header[i++] - '0';
        }
        while (i < end) {
            byte b = header[i++];
            if (b == 0) {
                break;
            }
            if (b != ' ') {
                throw bad(what);
            }
        }
        return value;
    }

    /** Two's complement, big-endian; the first bit only marks the form. */
    private static long base256(byte[] header, int start, int length, String what) {
        boolean negative = (header[start] & 0x40) != 0;
        long value = negative ? -1 : 0;
        for (int i = 0; i < length; i++) {
            int b = header[start + i] & 0xff;
            if (i == 0) {
                b = negative ? b | 0x80 : b & 0x7f;
            }
            if (value > Long.MAX_VALUE >> 8 || value < Long.MIN_VALUE >> 8) {
                throw bad(what);
            }
            value = value << 8 | b;
        }
        return value;
    }

    /** {@return a decimal number of 0 or more} */
    static long decimal(String text, String what) {
        if (text.isEmpty()) {
            throw bad(what);
        }
        long value = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9 || value > (Long.MAX_VALUE - digit) / 10) {
                throw bad(what);
            }
            value = value * 10 + digit;
        }
        return value;
    }

    /** {@return the whole seconds of a pax time, rounded down, and its nanoseconds} */
    static long[] time(String text, String what) {
        boolean negative = text.startsWith("-");
        int point = text.indexOf('.');
        long seconds = decimal(text.substring(negative ? 1 : 0, point < 0 ? text.length() : point), what);
        long nanos = 0;
        if (point >= 0) {
            String fraction = text.substring(point + 1);
            for (int i = 0; i < 9; i++) {
                char digit = i < fraction.length() ? fraction.charAt(i) : '0';
                if (digit < '0' || digit > '9') {
                    throw bad(what);
                }
                nanos = nanos * 10 + digit - '0';
            }
        }
        if (negative) {
            seconds = nanos == 0 ? -seconds : -seconds - 1;
            nanos = nanos == 0 ? 0 : 1_000_000_000 - nanos;
        }
        return new long[] {seconds, nanos};
    }

    static UserException bad(String what) {
        return new UserException("the archive is damaged: " + what + " is not a number that can be meant");
    }
}
