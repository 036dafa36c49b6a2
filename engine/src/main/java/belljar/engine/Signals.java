package belljar.engine;

import belljar.failure.UserException;
import java.util.List;
import java.util.Locale;

/** The names of signals, as in signal(7) for x86-64. */
public final class Signals {
    private static final List<String> NAMES = List.of(
            "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
            "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
            "WINCH", "IO", "PWR", "SYS");

    private static final int FIRST_REALTIME = 34; // the C library keeps 32 and 33 for itself
    private static final int LAST = 64;

    private Signals() {}

    /**
     * {@return a signal as given, when it is one or empty}
     *
     * @param text its name or number, or nothing
     * @throws UserException if it is neither
     */
    public static String checked(String text) {
        if (!text.isEmpty()) {
            number(text);
        }
        return text;
    }

    /**
     * {@return a signal's number}
     *
     * @param text its name with or without {@code SIG}, in either case, {@code RTMIN+n}, {@code RTMAX-n}, or its number
     * @throws UserException if there is none of that name
     */
    public static int number(String text) {
        if (isDigits(text) && text.length() <= 2) {
            int number = Integer.parseInt(text);
            if (number >= 1 && number <= LAST) {
                return number;
            }
        }
        String name = text.toUpperCase(Locale.ROOT);
        String bare = name.startsWith("SIG") ? name.substring(3) : name;
        int index = NAMES.indexOf(bare);
        if (index >= 0) {
            return index + 1;
        }
        int realtime = realtime(bare);
        if (realtime < 0) {
            throw new UserException(
                    "'" + text + "' is not a signal; write a name such as SIGTERM or a number from 1 to 64");
        }
        return realtime;
    }

    private static int realtime(String name) {
        boolean min = name.startsWith("RTMIN");
        if (!min && !name.startsWith("RTMAX")) {
            return -1;
        }
        int base = min ? FIRST_REALTIME : LAST;
        if (name.length() == 5) {
            return base;
        }
        String digits = name.substring(6);
        if (name.charAt(5) != (min ? '+' : '-') || !isDigits(digits) || digits.length() > 2) {
            return -1;
        }
        int number = base + (min ? 1 : -1) * Integer.parseInt(digits);
        return number < FIRST_REALTIME || number > LAST ? -1 : number;
    }

    /** {@return a signal's number; another one's where the text, which an image may have chosen, names none} */
    static int numberOr(String text, int otherwise) {
        try {
            return text.isEmpty() ? otherwise : number(text);
        } catch (UserException unknown) {
            return otherwise;
        }
    }

    private static boolean isDigits(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return !text.isEmpty();
    }
}
