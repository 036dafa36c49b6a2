package belljar.cli;

import belljar.failure.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;

/** Lists of CPUs and memory nodes in the format of cpuset(7), such as {@code 0-2,4}. */
final class Cpuset {
    private static final int MOST = 8192; // CONFIG_NR_CPUS at its largest

    private Cpuset() {}

    /**
     * {@return a list as given, when it is one}
     *
     * @param option the option's name, for messages
     * @param text the list; empty for none
     * @param online a file that lists what this host has
     * @throws UserException if it is no list or the host lacks a member
     */
    static String checked(String option, String text, String online) {
        if (text.isEmpty()) {
            return text;
        }
        BitSet asked = parse(text);
        if (asked.isEmpty()) {
            throw new UserException("--" + option + " '" + text + "' is not a list of numbers such as 0-2,4");
        }
        String has = read(online);
        BitSet present = parse(has);
        asked.andNot(present);
        if (!present.isEmpty() && !asked.isEmpty()) {
            throw new UserException(
                    "--" + option + " '" + text + "' names " + asked.nextSetBit(0) + ", but this host has only " + has);
        }
        return text;
    }

    /** {@return how many numbers a file lists, at least 1} */
    static int count(String online) {
        return Math.max(1, parse(read(online)).cardinality());
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException e) {
            return ""; // without sysfs the kernel has the last word
        }
    }

    /** {@return the numbers of a list; none when it is not one} */
    private static BitSet parse(String text) {
        BitSet numbers = new BitSet();
        for (String part : Text.split(text, ',')) {
            int dash = part.indexOf('-');
            String first = dash < 0 ? part : part.substring(0, dash);
            String last = dash < 0 ? part : part.substring(dash + 1);
            if (!isNumber(first) || !isNumber(last) || Integer.parseInt(first) > Integer.parseInt(last)) {
                return new BitSet();
            }
            numbers.set(Integer.parseInt(first), Integer.parseInt(last) + 1);
        }
        return numbers;
    }

    private static boolean isNumber(String text) {
        return Text.isDigits(text) && text.length() <= 4 && Integer.parseInt(text) < MOST;
    }
}
