package belljar.cli;

import belljar.engine.ContainerRecord;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code belljar ps}. */
final class PsCommand implements Command {
    private static final int SHORT_ID = 12;
    private static final int SHORT_COMMAND = 20;

    @Override
    public String name() {
        return "ps";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "list containers";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("all", 'a', "list containers that have ended, too")
                .flag("quiet", 'q', "show ids only")
                .flag("no-trunc", "show long values in full")
                .value("format", "FORMAT", "json, or a template such as {{.ID}} {{.Names}}")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        boolean full = arguments.flag("no-trunc");
        long now = System.currentTimeMillis();
        Listing listing = new Listing(
                "ID",
                "CONTAINER ID",
                "Image",
                "IMAGE",
                "Command",
                "COMMAND",
                "Created",
                "CREATED",
                "Status",
                "STATUS",
                "Names",
                "NAMES");
        for (ContainerRecord record : session.engine().containers()) {
            if (record.status() == ContainerRecord.Status.RUNNING || arguments.flag("all")) {
                listing.add(row(record, full, now));
            }
        }
        session.out().print(arguments.flag("quiet") ? listing.only("ID") : listing.render(arguments.value("format")));
        return 0;
    }

    private static Map<String, String> row(ContainerRecord record, boolean full, long now) {
        String command = String.join(" ", record.command());
        Map<String, String> row = new LinkedHashMap<>();
        row.put(
                "ID",
                full
                        ? record.id()
                        : record.id()
                                .substring(0, Math.min(SHORT_ID, record.id().length())));
        row.put("Image", record.image());
        row.put(
                "Command",
                full || command.length() <= SHORT_COMMAND ? command : command.substring(0, SHORT_COMMAND - 3) + "...");
        row.put("Created", Text.ago(record.created(), now));
        row.put("Status", status(record));
        row.put("Names", record.name());
        row.put("Isolation", record.isolation());
        return row;
    }

    private static String status(ContainerRecord record) {
        if (record.status() != ContainerRecord.Status.EXITED) {
            return record.status().text();
        }
        return record.exitCode() == ContainerRecord.UNKNOWN ? "exited (unseen)" : "exited (" + record.exitCode() + ")";
    }
}
