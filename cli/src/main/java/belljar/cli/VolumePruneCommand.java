package belljar.cli;

import belljar.engine.Volumes;

/** {@code belljar volume prune}. */
final class VolumePruneCommand implements Command {
    @Override
    public String name() {
        return "volume prune";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "remove all volumes that no container uses";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .list("filter", "KEY=VALUE", VolumeFilter.HELP)
                .flag("force", 'f', "do not ask")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        Volumes volumes = session.engine().volumes();
        VolumeFilter filter = new VolumeFilter(volumes, arguments.values("filter"));
        if (!arguments.flag("force")
                && !Confirmation.given(session, "all volumes not used by at least one container")) {
            return 0;
        }
        for (String name : volumes.prune(filter::fits)) {
            session.out().println(name);
        }
        return 0;
    }
}
