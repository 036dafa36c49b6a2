package belljar.cli;

import belljar.cli.OptionTable.Kind;
import belljar.cli.OptionTable.Option;

/** Writes help texts from the tables that the parser uses, so that they cannot disagree. */
final class Help {
    private static final int COLUMN = 34;

    private Help() {}

    /** {@return the help of the whole program} */
    static String overview() {
        StringBuilder text = new StringBuilder("""
                Belljar runs containers without a daemon.

                Usage: belljar [OPTIONS] COMMAND [ARG...]

                Commands:
                """);
        for (String name : Commands.NAMES) {
            Command command = Commands.named(name);
            if (command != null) {
                text.append("  ");
                Text.pad(text, name, COLUMN - 2);
                text.append(command.summary()).append('\n');
            }
        }
        options(text, Main.globalOptions());
        return text.append("\n'belljar COMMAND --help' tells more about a command.\n")
                .toString();
    }

    /** {@return the help of one command} */
    static String of(Command command) {
        StringBuilder text = new StringBuilder("Usage: belljar ").append(command.name());
        text.append(" [OPTIONS]");
        if (!command.usage().isEmpty()) {
            text.append(' ').append(command.usage());
        }
        text.append("\n\n").append(Character.toUpperCase(command.summary().charAt(0)));
        text.append(command.summary(), 1, command.summary().length()).append(".\n");
        options(text, command.options());
        return text.toString();
    }

    private static void options(StringBuilder text, OptionTable table) {
        text.append("\nOptions:\n");
        for (Option option : table.options()) {
            if (option.kind() == Kind.REFUSED) {
                continue;
            }
            StringBuilder left = new StringBuilder(option.letter() == 0 ? "      " : "  -" + option.letter() + ", ");
            left.append("--").append(option.name());
            if (!option.argument().isEmpty()) {
                left.append(' ').append(option.argument());
            }
            if (left.length() >= COLUMN) {
                text.append(left).append('\n');
                left.setLength(0);
            }
            Text.pad(text, left.toString(), COLUMN);
            text.append(option.help()).append('\n');
        }
    }
}
