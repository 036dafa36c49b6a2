package belljar.cli;

import belljar.failure.BelljarException;
import belljar.failure.BugException;

/** {@code belljar network rm}. */
final class NetworkRemoveCommand implements Command {
    @Override
    public String name() {
        return "network rm";
    }

    @Override
    public String usage() {
        return "NETWORK [NETWORK...]";
    }

    @Override
    public String summary() {
        return "remove networks that no running container uses";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, Integer.MAX_VALUE, "a network");
        int code = 0;
        for (String name : arguments.operands()) {
            try {
                session.networks().remove(name);
                session.out().println(name);
            } catch (BugException e) {
                throw e;
            } catch (BelljarException e) {
                session.err().println("belljar: " + Text.printable(e.getMessage()));
                code = Main.FAILED;
            }
        }
        return code;
    }
}
