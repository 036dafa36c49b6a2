package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Endpoint;
import belljar.engine.Engine;
import belljar.engine.RemoveOptions;
import belljar.failure.BelljarException;
import belljar.failure.BugException;
import belljar.network.Network;
import java.util.OptionalInt;

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
        return new OptionTable()
                .flag("force", 'f', "remove the containers that use them, too")
                .value("time", 't', "SECONDS", "how long those get to end before they are killed (10)")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, Integer.MAX_VALUE, "a network");
        int code = 0;
        for (String name : arguments.operands()) {
            try {
                if (arguments.flag("force")) {
                    removeUsers(session, session.networks().find(name), StopCommand.seconds(arguments));
                }
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

    private static void removeUsers(Session session, Network network, OptionalInt seconds) {
        Engine engine = session.engine();
        for (ContainerRecord record : engine.containers()) {
            boolean uses = false;
            for (Endpoint endpoint : record.networks()) {
                uses |= endpoint.network().equals(network.name());
            }
            if (uses) {
                engine.remove(record.id(), new RemoveOptions(true, false, seconds));
            }
        }
    }
}
