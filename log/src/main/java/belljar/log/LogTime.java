package belljar.log;

import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.nio.charset.StandardCharsets;

/**
 * Moments as logs have them: nanoseconds since 1970 in UTC, and as text RFC 3339 with nine digits after the point. By
 * hand, since every line has one and java.time costs more than the rest of the line. Stateless; safe for use by several
 * threads.
 */
public final class LogTime {
    /** What {@link #parse} returns for what is no time. */
    public static final long NONE = Long.MIN_VALUE;

    /** Length of the text that {@link #format} writes, bytes. */
    static final int LENGTH = 30;

    private static final long SECOND = 1_000_000_000L;
    private static final int DAY = 86_400;
    private static final int DAYS_OF_400_YEARS = 146_097;
    /** Days from 0000-03-01, where the arithmetic's years begin so that leap days come last, to 1970-01-01. */
    private static final int EPOCH = 719_468;

    private LogTime() {}

    /** {@return the host's wall clock, nanoseconds since 1970 (clock_gettime(2), CLOCK_REALTIME)} */
    public static long now() {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long at = memory.allocate(16);
            HostKernel.INSTANCE.call(Nr.CLOCK_GETTIME, 0, at);
            return memory.getLong(at) * SECOND + memory.getLong(at + 8);
        }
    }

    /**
     * {@return a moment as text, such as {@code 2026-11-23T02:43:03.123456789Z}}
     *
     * @param nanos nanoseconds since 1970
     */
    public static String text(long nanos) {
        byte[] bytes = new byte[LENGTH];
        format(nanos, bytes, 0);
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    /** Writes a moment as {@link #LENGTH} bytes of text. */
    static void format(long nanos, byte[] to, int at) {
        long seconds = Math.floorDiv(nanos, SECOND);
        long days = Math.floorDiv(seconds, DAY);
        int second = Math.floorMod(seconds, DAY);
        long shifted = days + EPOCH;
        long era = Math.floorDiv(shifted, DAYS_OF_400_YEARS);
        int dayOfEra = Math.floorMod(shifted, DAYS_OF_400_YEARS);
        int yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int monthFromMarch = (5 * dayOfYear + 2) / 153;
        int month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
        int year = (int) (era * 400 + yearOfEra) + (month <= 2 ? 1 : 0);
        digits(to, at, 4, year);
        to[at + 4] = '-';
        digits(to, at + 5, 2, month);
        to[at + 7] = '-';
        digits(to, at + 8, 2, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1);
        to[at + 10] = 'T';
        digits(to, at + 11, 2, second / 3600);
        to[at + 13] = ':';
        digits(to, at + 14, 2, second / 60 % 60);
        to[at + 16] = ':';
        digits(to, at + 17, 2, second % 60);
        to[at + 19] = '.';
        digits(to, at + 20, 9, (int) Math.floorMod(nanos, SECOND));
        to[at + 29] = 'Z';
    }

    private static void digits(byte[] to, int at, int count, int value) {
        int rest = value;
        for (int i = at + count - 1; i >= at; i--) {
            to[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }

    /**
     * {@return the moment that a text names, or {@link #NONE}} Takes any number of digits after the point, of which
     * nine count, and {@code Z} or an offset such as {@code +01:00}, as writers of both formats use them.
     *
     * @param from holds the text
     * @param at where it starts
     * @param end where it ends
     */
    static long parse(byte[] from, int at, int end) {
        if (end - at < 20 || from[at + 4] != '-' || from[at + 7] != '-' || (from[at + 10] | 0x20) != 't') {
            return NONE;
        }
        int year = number(from, at, 4);
        int month = number(from, at + 5, 2);
        int day = number(from, at + 8, 2);
        int hour = number(from, at + 11, 2);
        int minute = number(from, at + 14, 2);
        int second = number(from, at + 17, 2);
        // Years that 64 bits of nanoseconds can hold; a negative part makes the whole negative.
        if ((month | day | hour | minute | second) < 0 || year < 1700 || year > 2200 || month < 1 || month > 12) {
            return NONE;
        }
        int next = at + 19;
        long nanos = 0;
        if (from[next] == '.') {
            int scale = 100_000_000;
            for (next++; next < end && from[next] >= '0' && from[next] <= '9'; next++) {
                nanos += (long) (from[next] - '0') * scale;
                scale /= 10;
            }
        }
        long offset = offset(from, next, end);
        if (offset == NONE) {
            return NONE;
        }
        long seconds = days(year, month, day) * DAY + hour * 3600L + minute * 60L + second - offset;
        return seconds * SECOND + nanos;
    }

    /** The offset from UTC in seconds. */
    private static long offset(byte[] from, int at, int end) {
        if (end - at == 1 && (from[at] | 0x20) == 'z') {
            return 0;
        }
        if (end - at != 6 || from[at] != '+' && from[at] != '-' || from[at + 3] != ':') {
            return NONE;
        }
        int hours = number(from, at + 1, 2);
        int minutes = number(from, at + 4, 2);
        if ((hours | minutes) < 0) {
            return NONE;
        }
        long offset = hours * 3600L + minutes * 60L;
        return from[at] == '-' ? -offset : offset;
    }

    private static long days(int year, int month, int day) {
        int shifted = month <= 2 ? year - 1 : year;
        int yearOfEra = shifted % 400;
        int dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        int dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
        return (long) (shifted / 400) * DAYS_OF_400_YEARS + dayOfEra - EPOCH;
    }

    /** A decimal number, or a negative one when something else stands there. */
    private static int number(byte[] from, int at, int count) {
        int value = 0;
        for (int i = at; i < at + count; i++) {
            int digit = from[i] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value;
    }
}
