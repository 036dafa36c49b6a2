package belljar.cli;

import belljar.failure.UserException;
import java.util.List;

/**
 * Options of {@code run} and {@code create} that have one meaning here. Scripts give them with the values that say what
 * is so anyway; any other value is refused, since ignoring it would break a promise.
 */
final class RunFixedOptions {
    /** Name, argument, help, why there is no other value, and then the values that there are. */
    private static final List<List<String>> OPTIONS = List.of(
            List.of(
                    "systemd",
                    "true|false",
                    "whether systemd may be the program; nothing is prepared for it",
                    "nothing is prepared for systemd as the first program; run the service itself",
                    "true",
                    "false"),
            List.of(
                    "cgroups",
                    "enabled|no-conmon",
                    "a cgroup of its own, which it always has",
                    "every container has a cgroup of its own, below that of the caller",
                    "enabled",
                    "no-conmon"),
            List.of(
                    "sdnotify",
                    "ignore",
                    "who tells systemd that it is ready; nobody does",
                    "nobody tells systemd that a container is ready",
                    "ignore"),
            List.of(
                    "seccomp-policy",
                    "default",
                    "where the filter comes from",
                    "no filter is taken from an image; give one with --security-opt seccomp=FILE",
                    "default"));

    private static final int FIRST_VALUE = 4;

    private RunFixedOptions() {}

    static void declare(OptionTable table) {
        for (List<String> option : OPTIONS) {
            table.value(option.get(0), option.get(1), option.get(2));
        }
        table.flag("disable-content-trust", "nothing; Docker's clients give it");
    }

    /**
     * Checks what was given.
     *
     * @throws UserException if a value is none of those that are so anyway
     */
    static void check(Arguments arguments) {
        for (List<String> option : OPTIONS) {
            for (String value : arguments.values(option.get(0))) {
                List<String> known = option.subList(FIRST_VALUE, option.size());
                if (!known.contains(value)) {
                    throw new UserException("--" + option.get(0) + " '" + value + "' is not supported: " + option.get(3)
                            + "; leave it out or say " + String.join(" or ", known));
                }
            }
        }
    }
}
