package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Endpoint;
import belljar.engine.Engine;
import belljar.network.Network;
import java.util.HashSet;
import java.util.Set;

/** {@code belljar network prune}. */
final class NetworkPruneCommand implements Command {
    @Override
    public String name() {
        return "network prune";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "remove all networks that no container uses";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .list("filter", "KEY=VALUE", NetworkFilter.HELP)
                .flag("force", 'f', "do not ask")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        Engine engine = session.engine();
        NetworkFilter filter = new NetworkFilter(arguments.values("filter"));
        if (!arguments.flag("force")
                && !Confirmation.given(session, "all networks not used by at least one container")) {
            return 0;
        }
        prune(engine, filter, session);
        return 0;
    }

    /** Removes the networks that no container is on and that fit, and writes their names. */
    static void prune(Engine engine, NetworkFilter filter, Session session) {
        engine.membership().repair();
        Set<String> used = new HashSet<>();
        for (ContainerRecord record : engine.containers()) {
            for (Endpoint endpoint : record.networks()) {
                used.add(endpoint.network());
            }
        }
        for (Network network : engine.networks().defined()) {
            if (!filter.fits(network)) {
                used.add(network.name());
            }
        }
        for (String name : engine.networks().prune(used::contains)) {
            session.out().println(name);
        }
    }
}
