package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.engine.RemoveOptions;
import java.util.ArrayList;
import java.util.List;

/** {@code belljar container prune}. */
final class ContainerPruneCommand implements Command {
    @Override
    public String name() {
        return "container prune";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "remove all containers that do not run";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .list("filter", "KEY=VALUE", ContainerFilter.HELP)
                .flag("force", 'f', "do not ask")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        Engine engine = session.engine();
        ContainerFilter filter = new ContainerFilter(engine, arguments.values("filter"));
        if (!arguments.flag("force") && !Confirmation.given(session, "all non running containers")) {
            return 0;
        }
        List<String> names = new ArrayList<>();
        for (ContainerRecord record : engine.containers()) {
            if (!record.lives() && !engine.pods().isInfra(record) && filter.fits(record)) {
                names.add(record.id());
            }
        }
        return ChosenContainers.each(names, session, name -> engine.remove(name, RemoveOptions.DEFAULT));
    }
}
