package belljar.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** All commands by name; only the one that is asked for is loaded. */
final class Commands {
    /** Every command's name, in the order of the help. */
    static final List<String> NAMES = List.of("run", "ps", "rm", "help", "version");

    private Commands() {}

    /** {@return the command of a name, or null} */
    static @Nullable Command named(String name) {
        return switch (name) {
            case "run" -> new RunCommand();
            case "ps" -> new PsCommand();
            case "rm" -> new RmCommand();
            case "help" -> new HelpCommand();
            case "version" -> new VersionCommand();
            default -> null;
        };
    }
}
