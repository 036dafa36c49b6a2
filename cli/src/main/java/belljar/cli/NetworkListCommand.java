package belljar.cli;

import belljar.json.JsonObject;
import belljar.network.Network;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code belljar network ls}. */
final class NetworkListCommand implements Command {
    private static final int SHORT_ID = 12;

    @Override
    public String name() {
        return "network ls";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "list networks";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .list("filter", 'f', "KEY=VALUE", NetworkFilter.HELP)
                .flag("noheading", "leave the headings out")
                .flag("quiet", 'q', "show names only")
                .flag("no-trunc", "show ids in full")
                .value("format", "FORMAT", "json, or a template such as {{.Name}} {{.Driver}}")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        NetworkFilter filter = new NetworkFilter(arguments.values("filter"));
        Listing listing = new Listing("ID", "NETWORK ID", "Name", "NAME", "Driver", "DRIVER");
        for (Network network : session.isRoot()
                ? session.networks().list()
                : session.networks().defined()) {
            if (!filter.fits(network)) {
                continue;
            }
            Map<String, String> row = new LinkedHashMap<>();
            row.put(
                    "ID",
                    arguments.flag("no-trunc") ? network.id() : network.id().substring(0, SHORT_ID));
            row.put("Name", network.name());
            row.put("Driver", Network.DRIVER);
            row.put("Internal", Boolean.toString(network.internal()));
            row.put("DNSEnabled", Boolean.toString(network.dns()));
            listing.add(
                    row,
                    JsonObject.builder()
                            .put("Labels", Template.object(network.labels()))
                            .build());
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
