package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.engine.PortRequest;
import belljar.failure.UserException;
import java.util.List;

/** {@code belljar port}. */
final class PortCommand implements Command {
    @Override
    public String name() {
        return "port";
    }

    @Override
    public String usage() {
        return "CONTAINER [PORT[/PROTOCOL]]";
    }

    @Override
    public String summary() {
        return "show which ports of the host lead to a container";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("all", 'a', "of all running containers")
                .flag("latest", 'l', "of the container that was made last")
                .flag("help", 'h', "show this help");
    }

    @Override
    public boolean canBeHandedOver(Arguments arguments) {
        return true;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        boolean all = arguments.flag("all");
        int named = all || arguments.flag("latest") ? 0 : 1;
        if (all && arguments.flag("latest")) {
            throw new UserException("--all and --latest contradict each other; give only one of them");
        }
        arguments.expect(named, all ? 0 : named + 1, "a container");
        Engine engine = session.engine();
        if (all) {
            for (ContainerRecord record : engine.containers()) {
                show(session, record, PsRow.id(record, false) + "\t", "");
            }
            return 0;
        }
        ContainerRecord record = engine.container(ContainerOperands.one(arguments, engine));
        String port = arguments.operands().size() > named ? arguments.operands().get(named) : "";
        String wanted = port.isEmpty() || port.indexOf('/') >= 0 ? port : port + "/tcp";
        if (show(session, record, "", wanted) == 0 && !wanted.isEmpty()) {
            throw new UserException("the container '" + record.name() + "' publishes no port " + wanted);
        }
        return 0;
    }

    /** {@return how many lines there were} */
    private static int show(Session session, ContainerRecord record, String before, String wanted) {
        int lines = 0;
        for (PortRequest port : record.lives() ? record.ports() : List.<PortRequest>of()) {
            for (int i = 0; i < port.count(); i++) {
                String inside = port.containerPort() + i + "/" + port.protocol();
                String address = port.hostAddress().isEmpty() ? "0.0.0.0" : port.hostAddress();
                String host = (address.indexOf(':') >= 0 ? "[" + address + "]" : address) + ":" + (port.hostPort() + i);
                if (wanted.isEmpty()) {
                    session.out().println(before + inside + " -> " + host);
                    lines++;
                } else if (wanted.equals(inside)) {
                    session.out().println(host);
                    lines++;
                }
            }
        }
        return lines;
    }
}
