package belljar.log;

import belljar.failure.UserException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.temporal.TemporalAccessor;

/** Reads the moments that people give to {@code --since} and {@code --until}. */
public final class TimeBound {
    /** No constant of a class that every reader of a log loads: BigDecimal takes long to get ready. */
    private static final long SECOND = 1_000_000_000L;

    private TimeBound() {}

    /**
     * {@return a moment, nanoseconds since 1970; {@link LogReader#UNBOUNDED} for the empty text}
     *
     * @param option the option's name, for messages
     * @param text a time of RFC 3339, whose offset, seconds and time of day may be left out (then local time); seconds
     *     since 1970 with or without a fraction; or how long ago, such as {@code 10m} or {@code 1h30m}
     * @param now the present, nanoseconds since 1970
     * @throws UserException if it is none of these
     */
    public static long parse(String option, String text, long now) {
        if (text.isEmpty()) {
            return LogReader.UNBOUNDED;
        }
        try {
            if (isNumber(text)) {
                return new BigDecimal(text).multiply(BigDecimal.valueOf(SECOND)).longValueExact();
            }
            long ago = duration(text);
            return ago != LogTime.NONE ? now - ago : nanos(moment(text));
        } catch (DateTimeException | ArithmeticException e) {
            throw new UserException(
                    "--" + option + " '" + text
                            + "' is not a time; write one such as 2026-11-23T14:00:00Z, seconds since 1970, or how long ago"
                            + " such as 10m",
                    e);
        }
    }

    private static boolean isNumber(String text) {
        boolean digits = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '.' && (c < '0' || c > '9')) {
                return false;
            }
            digits |= c != '.';
        }
        return digits && text.indexOf('.') == text.lastIndexOf('.');
    }

    private static long nanos(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), SECOND), instant.getNano());
    }

    private static Instant moment(String text) {
        if (text.indexOf('T') < 0) {
            return LocalDate.parse(text).atStartOfDay(ZoneId.systemDefault()).toInstant();
        }
        TemporalAccessor parsed = java.time.format.DateTimeFormatter.ISO_DATE_TIME.parseBest(
                text, OffsetDateTime::from, LocalDateTime::from);
        return parsed instanceof LocalDateTime local
                ? local.atZone(ZoneId.systemDefault()).toInstant()
                : Instant.from(parsed);
    }

    /**
     * {@return a length of time in nanoseconds; {@link LogTime#NONE} when the text is none}
     *
     * @param text numbers and units without spaces: {@code ns us ms s m h d}, as in {@code 1h30m} or {@code 1.5h}
     */
    public static long duration(String text) {
        BigDecimal sum = BigDecimal.ZERO;
        int sign = text.startsWith("-") ? 1 : 0;
        int at = sign;
        while (at < text.length()) {
            int unit = at;
            while (unit < text.length() && (text.charAt(unit) == '.' || Character.isDigit(text.charAt(unit)))) {
                unit++;
            }
            int next = unit;
            while (next < text.length() && Character.isLetter(text.charAt(next))) {
                next++;
            }
            long length = unit(text.substring(unit, next));
            if (length == 0 || !isNumber(text.substring(at, unit))) {
                return LogTime.NONE;
            }
            sum = sum.add(new BigDecimal(text.substring(at, unit)).multiply(BigDecimal.valueOf(length)));
            at = next;
        }
        if (at == sign || sum.compareTo(BigDecimal.valueOf(Long.MAX_VALUE / 4)) > 0) {
            return LogTime.NONE;
        }
        return sign == 1 ? -sum.longValue() : sum.longValue();
    }

    private static long unit(String name) {
        return switch (name) {
            case "ns" -> 1;
            case "us", "µs" -> 1_000;
            case "ms" -> 1_000_000;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            case "h" -> 3_600_000_000_000L;
            case "d" -> 86_400_000_000_000L;
            default -> 0;
        };
    }
}
