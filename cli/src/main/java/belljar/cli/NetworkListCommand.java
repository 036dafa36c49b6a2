package belljar.cli;

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
                .flag("quiet", 'q', "show names only")
                .flag("no-trunc", "show ids in full")
                .value("format", "FORMAT", "json, or a template such as {{.Name}} {{.Driver}}")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        Listing listing = new Listing("ID", "NETWORK ID", "Name", "NAME", "Driver", "DRIVER");
        for (Network network : session.isRoot()
                ? session.networks().list()
                : session.networks().defined()) {
            Map<String, String> row = new LinkedHashMap<>();
            row.put(
                    "ID",
                    arguments.flag("no-trunc") ? network.id() : network.id().substring(0, SHORT_ID));
            row.put("Name", network.name());
            row.put("Driver", Network.DRIVER);
            row.put("Internal", Boolean.toString(network.internal()));
            row.put("DNSEnabled", Boolean.toString(network.dns()));
            listing.add(row);
        }
        session.out().print(arguments.flag("quiet") ? listing.only("Name") : listing.render(arguments.value("format")));
        return 0;
    }
}
