package belljar.cli;

import belljar.failure.UserException;
import java.util.List;

/**
 * A command line, told apart.
 *
 * @param global the options before the command
 * @param command the command
 * @param arguments what stands behind its name
 */
record Invocation(Arguments global, Command command, Arguments arguments) {
    /** Words that say what kind of thing the command after them is about. */
    private static final List<String> GROUPS =
            List.of("container", "healthcheck", "image", "network", "pod", "system", "vm", "vm kernel", "volume");

    /**
     * {@return the command that operands name}
     *
     * @param global the options before the command, and all that follows as its operands, of which there is one at
     *     least
     * @throws UserException if there is no such command, or it has no such options
     */
    static Invocation of(Arguments global) {
        List<String> operands = global.operands();
        String name = operands.get(0);
        int words = 1;
        while (GROUPS.contains(name)
                && operands.size() > words
                && !operands.get(words).startsWith("-")) {
            name = name + " " + operands.get(words);
            words++;
        }
        Command command = Commands.named(name);
        if (command == null) {
            throw unknown(name);
        }
        Arguments arguments = Arguments.parse(
                command.name(), command.options(), operands.subList(words, operands.size()), command.endsAtOperand());
        return new Invocation(global, command, arguments);
    }

    /** {@return whether a process may carry it out that was not started for it; see {@link Command#canBeHandedOver}} */
    boolean canBeHandedOver() {
        return !arguments.flag("help") && command.canBeHandedOver(arguments);
    }

    /**
     * Carries it out.
     *
     * @param origin who asks
     * @return the exit code
     * @throws belljar.failure.BelljarException if it fails
     */
    int run(Origin origin) {
        if (arguments.flag("help")) {
            origin.out().print(Help.of(command));
            return 0;
        }
        return command.run(arguments, new Session(global, origin));
    }

    private static UserException unknown(String name) {
        String absent = AbsentCommands.reason(name);
        if (!absent.isEmpty()) {
            return new UserException(absent);
        }
        String near = Suggestion.among(name, Commands.NAMES);
        String mend = near.isEmpty() ? "" : "did you mean '" + near + "'? ";
        return new UserException("unknown command '" + name + "'; " + mend + "'belljar --help' lists the commands");
    }
}
