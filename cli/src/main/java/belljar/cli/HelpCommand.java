package belljar.cli;

import belljar.failure.UserException;

/** {@code belljar help}. */
final class HelpCommand implements Command {
    @Override
    public String name() {
        return "help";
    }

    @Override
    public String usage() {
        return "[COMMAND]";
    }

    @Override
    public String summary() {
        return "show what a command does and takes";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 2, "[COMMAND]");
        if (arguments.operands().isEmpty()) {
            session.out().print(Help.overview());
            return 0;
        }
        String name = String.join(" ", arguments.operands());
        Command command = Commands.named(name);
        if (command == null) {
            throw new UserException("unknown command '" + name + "'; 'belljar --help' lists the commands");
        }
        session.out().print(Help.of(command));
        return 0;
    }
}
