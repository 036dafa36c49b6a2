package belljar.cli;

import java.util.ArrayList;
import java.util.List;

/** Small work on text without regular expressions, which cost too much at start-up. */
final class Text {
    private Text() {}

    /** {@return the parts of a text between separators; one part, the text, where there is none} */
    static List<String> split(String text, char separator) {
        List<String> parts = new ArrayList<>();
        int at = 0;
        while (at <= text.length()) {
            int next = text.indexOf(separator, at);
            int end = next < 0 ? text.length() : next;
            parts.add(text.substring(at, end));
            at = end + 1;
        }
        return parts;
    }

    /** {@return whether a text has one character or more and all are decimal digits} */
    static boolean isDigits(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /** Appends a text and spaces up to a width. */
    static void pad(StringBuilder to, String text, int width) {
        to.append(text);
        for (int i = text.length(); i < width; i++) {
            to.append(' ');
        }
    }

    /** {@return a text whose control characters, which could steer a terminal, are replaced by spaces} */
    static String printable(String text) {
        StringBuilder clean = null;
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                clean = clean == null ? new StringBuilder(text) : clean;
                clean.setCharAt(i, ' ');
            }
        }
        return clean == null ? text : clean.toString();
    }

    /** {@return a number of bytes for people, in powers of 1000 with three digits or more, such as {@code 12.3MB}} */
    static String size(long bytes) {
        String[] units = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
        int unit = 0;
        long whole = bytes;
        long rest = 0;
        while (whole >= 1000 && unit < units.length - 1) {
            rest = whole % 1000;
            whole /= 1000;
            unit++;
        }
        if (unit == 0 || whole >= 100) {
            return whole + units[unit];
        }
        String digits = String.valueOf(1000 + rest);
        return whole + "." + digits.substring(1, whole >= 10 ? 2 : 3) + units[unit];
    }

    /** {@return how long ago a moment was, in its largest unit, such as {@code 3 hours ago}} */
    static String ago(long thenMillis, long nowMillis) {
        String span = largest(nowMillis - thenMillis);
        return span.isEmpty() ? "just now" : span + " ago";
    }

    /** {@return a length of time in its largest unit, such as {@code 3 hours}} */
    static String span(long millis) {
        String span = largest(millis);
        return span.isEmpty() ? "less than a second" : span;
    }

    private static String largest(long millis) {
        long seconds = Math.max(0, millis / 1000);
        long[] lengths = {365 * 86400L, 30 * 86400L, 7 * 86400L, 86400L, 3600L, 60L, 1L};
        String[] names = {"year", "month", "week", "day", "hour", "minute", "second"};
        for (int i = 0; i < lengths.length; i++) {
            long count = seconds / lengths[i];
            if (count > 0) {
                return count + " " + names[i] + (count == 1 ? "" : "s");
            }
        }
        return "";
    }
}
