package belljar.cli;

import belljar.engine.Engine;
import belljar.failure.HostException;
import belljar.failure.UserException;

/** {@code belljar rm}. */
final class RmCommand implements Command {
    @Override
    public String name() {
        return "rm";
    }

    @Override
    public String usage() {
        return "CONTAINER [CONTAINER...]";
    }

    @Override
    public String summary() {
        return "remove containers that have ended";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .refused("force", 'f', "is not built yet; end the container first")
                .flag("help", 'h', "show this help");
    }

    /** Removes what can be removed, and fails when something could not. */
    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, Integer.MAX_VALUE, "a container");
        Engine engine = session.engine();
        int code = 0;
        for (String name : arguments.operands()) {
            try {
                engine.remove(name);
                session.out().println(name);
            } catch (UserException | HostException e) {
                session.err().println("belljar: " + Text.printable(e.getMessage()));
                code = Main.FAILED;
            }
        }
        return code;
    }
}
