package belljar.cli;

import belljar.engine.Volumes;
import belljar.volume.Volume;
import java.util.Map;

/** {@code belljar volume ls}. */
final class VolumeLsCommand implements Command {
    @Override
    public String name() {
        return "volume ls";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "list volumes";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .list("filter", 'f', "KEY=VALUE", VolumeFilter.HELP)
                .value("format", "TEMPLATE", "as JSON ('json') or by a template such as '{{.Name}}'")
                .flag("noheading", 'n', "leave the headings out")
                .flag("quiet", 'q', "write names only")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        Volumes volumes = session.engine().volumes();
        VolumeFilter filter = new VolumeFilter(volumes, arguments.values("filter"));
        Listing listing = new Listing("Driver", "DRIVER", "Name", "VOLUME NAME")
                .fields(
                        "Mountpoint",
                        "CreatedAt",
                        "Labels",
                        "Scope",
                        "Options",
                        "Anonymous",
                        "MountCount",
                        "NeedsCopyUp");
        for (Volume volume : volumes.list()) {
            if (filter.fits(volume)) {
                listing.add(
                        Map.of("Driver", Volume.DRIVER, "Name", volume.name()), VolumeRow.describe(volumes, volume));
            }
        }
        boolean bare = arguments.flag("noheading") && !arguments.has("format");
        session.out()
                .print(
                        arguments.flag("quiet")
                                ? listing.only("Name")
                                : bare ? listing.body() : listing.render(arguments.value("format")));
        return 0;
    }
}
