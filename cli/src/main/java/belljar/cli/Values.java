package belljar.cli;

import belljar.failure.UserException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the values of options. Every refusal names the option, the value and what would be right. */
final class Values {
    private Values() {}

    /**
     * {@return a number}
     *
     * @param option the option's name, for messages
     * @param text what was given
     * @param least the least it may be
     * @param most the most it may be
     */
    static long number(String option, String text, long least, long most) {
        boolean negative = text.startsWith("-");
        String digits = negative ? text.substring(1) : text;
        if (Text.isDigits(digits) && digits.length() <= 18) {
            long value = negative ? -Long.parseLong(digits) : Long.parseLong(digits);
            if (value >= least && value <= most) {
                return value;
            }
        }
        throw new UserException("--" + option + " '" + text + "' is not a number from " + least + " to " + most);
    }

    /**
     * {@return a number of bytes}
     *
     * @param option the option's name, for messages
     * @param text a decimal number and optionally {@code b}, {@code k}, {@code m}, {@code g} or {@code t} for powers of
     *     1024, in either case, with {@code b} or {@code ib} after it if one likes
     */
    static long bytes(String option, String text) {
        int end = 0;
        while (end < text.length() && (text.charAt(end) >= '0' && text.charAt(end) <= '9' || text.charAt(end) == '.')) {
            end++;
        }
        int shift = shift(text.substring(end));
        String number = text.substring(0, end);
        int point = number.indexOf('.');
        String whole = point < 0 ? number : number.substring(0, point);
        String fraction = point < 0 ? "" : number.substring(point + 1);
        boolean good = shift >= 0
                && Text.isDigits(whole)
                && whole.length() <= 18
                && (point < 0 || Text.isDigits(fraction) && fraction.length() <= 9);
        if (good) {
            long value = Long.parseLong(whole);
            if (value <= Long.MAX_VALUE >> shift) {
                long part = fraction.isEmpty() ? 0 : (long) (Double.parseDouble("0." + fraction) * (1L << shift));
                if (value << shift <= Long.MAX_VALUE - part) {
                    return (value << shift) + part;
                }
            }
        }
        throw new UserException(
                "--" + option + " '" + text + "' is not a size; write a number and b, k, m or g, such as 512m");
    }

    private static int shift(String unit) {
        if (unit.isEmpty() || unit.equalsIgnoreCase("b")) {
            return 0;
        }
        int power = "kmgt".indexOf(Character.toLowerCase(unit.charAt(0)));
        String rest = unit.substring(1);
        boolean known = rest.isEmpty() || rest.equalsIgnoreCase("b") || rest.equalsIgnoreCase("ib");
        return power < 0 || !known ? -1 : 10 * (power + 1);
    }

    /**
     * {@return a decimal number in thousandths, rounded down}
     *
     * @param option the option's name, for messages
     * @param text such as {@code 1.5}
     */
    static long thousandths(String option, String text) {
        int point = text.indexOf('.');
        String whole = point < 0 ? text : text.substring(0, point);
        String fraction = point < 0 ? "" : text.substring(point + 1);
        boolean good = (Text.isDigits(whole) || whole.isEmpty() && !fraction.isEmpty())
                && whole.length() <= 6
                && (point < 0 || Text.isDigits(fraction));
        if (!good) {
            throw new UserException("--" + option + " '" + text + "' is not a decimal number such as 1.5");
        }
        String padded = (fraction + "000").substring(0, 3);
        return Long.parseLong((whole.isEmpty() ? "0" : whole) + padded);
    }

    /**
     * {@return values of the form {@code key=value} by key; a later one wins}
     *
     * @param option the option's name, for messages
     * @param texts what was given
     * @param bare whether a key without a value is allowed and means the empty value
     */
    static Map<String, String> pairs(String option, List<String> texts, boolean bare) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String text : texts) {
            int equals = text.indexOf('=');
            if (equals == 0 || text.isEmpty() || equals < 0 && !bare) {
                throw new UserException("--" + option + " '" + text + "' is not of the form key=value");
            }
            pairs.put(equals < 0 ? text : text.substring(0, equals), equals < 0 ? "" : text.substring(equals + 1));
        }
        return pairs;
    }
}
