package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.engine.RemoveOptions;
import belljar.engine.Volumes;
import belljar.image.ImageRemoval;
import belljar.volume.Volume;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@code belljar system prune}. */
final class SystemPruneCommand implements Command {
    @Override
    public String name() {
        return "system prune";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "remove containers that do not run, images that nobody uses and, if asked, volumes";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("all", 'a', "remove images with names, too")
                .flag("volumes", "remove volumes that no container uses, too")
                .flag("force", 'f', "do not ask")
                .list("filter", "KEY=VALUE", "only containers that fit, and no images: label, until and others of ps")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        Engine engine = session.engine();
        ContainerFilter filter = new ContainerFilter(engine, arguments.values("filter"));
        if (!arguments.flag("force")
                && !Confirmation.atTerminal(
                        session,
                        "system prune",
                        "Remove all containers and pods that do not run, and all networks and images that nobody uses?")) {
            return 0;
        }
        if (filter.isEmpty()) {
            session.out().println("Deleted Pods");
            PodPruneCommand.prune(engine.pods(), session);
        }
        List<String> names = new ArrayList<>();
        long freed = 0;
        for (ContainerRecord record : engine.containers()) {
            if (!record.lives() && !engine.pods().isInfra(record) && filter.fits(record)) {
                names.add(record.id());
                freed += PsSize.written(engine, record);
            }
        }
        session.out().println("Deleted Containers");
        int code = ChosenContainers.each(names, session, name -> engine.remove(name, RemoveOptions.DEFAULT));
        if (filter.isEmpty()) {
            session.out().println("Deleted Networks");
            NetworkPruneCommand.prune(engine, new NetworkFilter(List.of()), session);
            session.out().println("Deleted Images");
            ImageRemoval removal = session.images().prune(arguments.flag("all"), Removals.users(session));
            Removals.print(removal, session.out(), session.err());
            freed += removal.reclaimedBytes();
        }
        if (arguments.flag("volumes")) {
            freed += pruneVolumes(session, engine.volumes());
        }
        session.out().println("Total reclaimed space: " + Text.size(freed));
        return code;
    }

    private static long pruneVolumes(Session session, Volumes volumes) {
        Map<String, Long> sizes = new HashMap<>();
        for (Volume volume : volumes.list()) {
            sizes.put(volume.name(), VolumeSpace.size(volumes, volume));
        }
        session.out().println("Deleted Volumes");
        long freed = 0;
        for (String name : volumes.prune(volume -> true)) {
            session.out().println(name);
            freed += sizes.getOrDefault(name, 0L);
        }
        return freed;
    }
}
