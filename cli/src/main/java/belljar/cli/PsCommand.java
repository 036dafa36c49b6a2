package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.ContainerRecord.Status;
import belljar.engine.Engine;
import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/** {@code belljar ps}. */
final class PsCommand implements Command {
    private static final List<String> SORTS =
            List.of("command", "created", "id", "image", "names", "runningfor", "size", "status");

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
                .flag("all", 'a', "list containers that do not run, too")
                .flag("quiet", 'q', "show ids only")
                .value("last", 'n', "NUMBER", "the newest ones, whether they run or not")
                .flag("latest", 'l', "the newest one, whether it runs or not")
                .flag("size", 's', "show how much the containers have written")
                .flag("pod", 'p', "show the pods that they are part of")
                .flag("sync", "look at the containers themselves, which is always so")
                .flag("ns", "show their namespaces")
                .flag("no-trunc", "show long values in full")
                .flag("noheading", "leave out the heading")
                .list("filter", 'f', "KEY=VALUE", ContainerFilter.HELP)
                .value("sort", "FIELD", "order: command, created, id, image, names, runningfor, size or status")
                .value("format", "FORMAT", "json, or a template such as {{.ID}} {{.Names}}")
                .flag("help", 'h', "show this help");
    }

    @Override
    public boolean canBeHandedOver(Arguments arguments) {
        return true;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        Engine engine = session.engine();
        List<ContainerRecord> chosen = chosen(arguments, engine);
        if (arguments.flag("quiet") && arguments.value("format").isEmpty()) {
            for (ContainerRecord record : chosen) {
                session.out().println(PsRow.id(record, arguments.flag("no-trunc")));
            }
            return 0;
        }
        if (arguments.value("format").equals("json")) {
            session.out().print(PsJson.of(chosen, engine, arguments.flag("size")));
            return 0;
        }
        PsRow rows = new PsRow(engine, arguments.flag("no-trunc"));
        Listing listing = new Listing(columns(arguments)).fields(PsRow.FIELDS.toArray(new String[0]));
        boolean size = arguments.flag("size") || arguments.value("format").contains(".Size");
        boolean namespaces = arguments.flag("ns")
                || arguments.value("format").contains(".Namespaces")
                || !arguments.value("format").isEmpty()
                        && !arguments.value("format").equals("table");
        for (ContainerRecord record : chosen) {
            listing.add(rows.of(record, size, namespaces));
        }
        session.out()
                .print(
                        arguments.flag("noheading") && arguments.value("format").isEmpty()
                                ? listing.body()
                                : listing.render(arguments.value("format")));
        return 0;
    }

    private static String[] columns(Arguments arguments) {
        if (arguments.flag("ns")) {
            return new String[] {
                "ID",
                "CONTAINER ID",
                "Names",
                "NAMES",
                "Pid",
                "PID",
                "CGROUPNS",
                "CGROUPNS",
                "IPC",
                "IPC",
                "MNT",
                "MNT",
                "NET",
                "NET",
                "PIDNS",
                "PIDNS",
                "USERNS",
                "USERNS",
                "UTS",
                "UTS"
            };
        }
        List<String> columns = new ArrayList<>(List.of(
                "ID",
                "CONTAINER ID",
                "Image",
                "IMAGE",
                "Command",
                "COMMAND",
                "RunningFor",
                "CREATED",
                "Status",
                "STATUS",
                "Ports",
                "PORTS",
                "Names",
                "NAMES"));
        if (arguments.flag("pod")) {
            Collections.addAll(columns, "Pod", "POD ID", "PodName", "PODNAME");
        }
        if (arguments.flag("size")) {
            Collections.addAll(columns, "Size", "SIZE");
        }
        return columns.toArray(new String[0]);
    }

    private static List<ContainerRecord> chosen(Arguments arguments, Engine engine) {
        ContainerFilter filter = new ContainerFilter(engine, arguments.values("filter"));
        int last = arguments.flag("latest") ? 1 : Integer.MAX_VALUE;
        boolean all = arguments.flag("all") || arguments.flag("latest") || filter.namesStatus();
        if (arguments.has("last")) {
            long number = Values.number("last", arguments.value("last"), -1, Integer.MAX_VALUE);
            last = number < 0 ? last : (int) number;
            all |= number >= 0;
        }
        List<ContainerRecord> chosen = new ArrayList<>();
        for (ContainerRecord record : engine.containers()) {
            if ((all || record.status() == Status.RUNNING) && filter.fits(record) && chosen.size() < last) {
                chosen.add(record);
            }
        }
        sort(arguments.value("sort"), chosen, engine);
        return chosen;
    }

    /** The book lists the newest first; Podman shows the oldest first. */
    private static void sort(String field, List<ContainerRecord> records, Engine engine) {
        if (!field.isEmpty() && !SORTS.contains(field)) {
            throw new UserException("--sort '" + field + "' is none of " + String.join(", ", SORTS));
        }
        Collections.reverse(records);
        Comparator<ContainerRecord> order = switch (field) {
            case "command" -> (a, b) -> compare(a.command(), b.command());
            case "id" -> (a, b) -> a.id().compareTo(b.id());
            case "image" -> (a, b) -> a.image().compareTo(b.image());
            case "names" -> (a, b) -> a.name().compareTo(b.name());
            case "runningfor" -> (a, b) -> Long.compare(b.started(), a.started());
            case "status" -> (a, b) -> a.status().text().compareTo(b.status().text());
            case "size" -> (a, b) -> Long.compare(PsSize.written(engine, a), PsSize.written(engine, b));
            default -> (a, b) -> Long.compare(a.created(), b.created());
        };
        records.sort(order);
    }

    private static int compare(List<String> a, List<String> b) {
        return String.join(" ", a).compareTo(String.join(" ", b));
    }
}
