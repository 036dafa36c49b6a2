package belljar.cli;

import belljar.failure.UserException;
import belljar.sandbox.RlimitSpec;
import java.util.List;
import java.util.Locale;

/** Reads {@code --ulimit}: {@code name=soft[:hard]} with the names of getrlimit(2) in lower case. */
final class Ulimit {
    private static final List<String> NAMES = List.of(
            "as",
            "core",
            "cpu",
            "data",
            "fsize",
            "locks",
            "memlock",
            "msgqueue",
            "nice",
            "nofile",
            "nproc",
            "rss",
            "rtprio",
            "rttime",
            "sigpending",
            "stack");

    private Ulimit() {}

    /**
     * {@return a limit}
     *
     * @param text such as {@code nofile=1024:4096}; {@code -1} or {@code unlimited} for none
     */
    static RlimitSpec parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 0) {
            throw new UserException(
                    "--ulimit '" + text + "' is not of the form name=soft[:hard], such as nofile=1024:4096");
        }
        String name = text.substring(0, equals);
        String bare = name.startsWith("RLIMIT_") ? name.substring(7).toLowerCase(Locale.ROOT) : name;
        if (!NAMES.contains(bare)) {
            throw new UserException(
                    "--ulimit '" + name + "' is not a resource limit; they are " + String.join(", ", NAMES));
        }
        String limits = text.substring(equals + 1);
        int colon = limits.indexOf(':');
        long soft = limit(text, colon < 0 ? limits : limits.substring(0, colon));
        long hard = colon < 0 ? soft : limit(text, limits.substring(colon + 1));
        if (hard >= 0 && (soft < 0 || soft > hard)) {
            throw new UserException(
                    "--ulimit '" + text + "' has a soft limit above its hard limit; lower the first number");
        }
        return new RlimitSpec("RLIMIT_" + bare.toUpperCase(Locale.ROOT), soft, hard);
    }

    private static long limit(String whole, String text) {
        if (text.equals("unlimited") || text.equals("-1")) {
            return -1;
        }
        if (!Text.isDigits(text) || text.length() > 18) {
            throw new UserException(
                    "--ulimit '" + whole + "': '" + text + "' is not a limit; write a number, or -1 for no limit");
        }
        return Long.parseLong(text);
    }
}
