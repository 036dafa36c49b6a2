package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.PodRecord;
import belljar.engine.Pods;
import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code belljar pod ps}. */
final class PodPsCommand implements Command {
    private static final String[] FIELDS = {
        "Id", "Name", "Status", "Created", "InfraId", "NumberOfContainers", "ContainerIds", "ContainerNames", "Labels"
    };

    @Override
    public String name() {
        return "pod ps";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "list pods";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("quiet", 'q', "show ids only")
                .flag("latest", 'l', "the one that was made last")
                .flag("no-trunc", "show ids in full")
                .flag("noheading", "leave out the heading")
                .flag("ctr-names", "show the names of their containers")
                .flag("ctr-ids", "show the ids of their containers")
                .list("filter", 'f', "KEY=VALUE", "only those that fit: id, name, label or status")
                .value("format", "FORMAT", "json, or a template such as {{.Id}} {{.Name}}")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        Pods pods = session.engine().pods();
        List<String> columns = new ArrayList<>(List.of(
                "Id", "POD ID", "Name", "NAME", "Status", "STATUS", "Created", "CREATED", "InfraId", "INFRA ID"));
        if (arguments.flag("ctr-names")) {
            columns.addAll(List.of("ContainerNames", "NAMES"));
        }
        if (arguments.flag("ctr-ids")) {
            columns.addAll(List.of("ContainerIds", "IDS"));
        }
        if (!arguments.flag("ctr-names") && !arguments.flag("ctr-ids")) {
            columns.addAll(List.of("NumberOfContainers", "# OF CONTAINERS"));
        }
        Listing listing = new Listing(columns.toArray(new String[0])).fields(FIELDS);
        boolean quiet = arguments.flag("quiet") && arguments.value("format").isEmpty();
        for (PodRecord pod : pods.list()) {
            List<ContainerRecord> containers = pods.containers(pod);
            if (!fits(pod, Pods.state(containers), arguments.values("filter"))) {
                continue;
            }
            Map<String, String> row = row(pods, pod, containers, arguments.flag("no-trunc"));
            if (quiet) {
                session.out().println(row.get("Id"));
            } else {
                listing.add(row);
            }
            if (arguments.flag("latest")) {
                break;
            }
        }
        if (!quiet) {
            boolean bare =
                    arguments.flag("noheading") && arguments.value("format").isEmpty();
            session.out().print(bare ? listing.body() : listing.render(arguments.value("format")));
        }
        return 0;
    }

    private static Map<String, String> row(Pods pods, PodRecord pod, List<ContainerRecord> containers, boolean full) {
        Map<String, String> row = new LinkedHashMap<>();
        List<String> ids = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (ContainerRecord record : containers) {
            ids.add(PsRow.id(record, full));
            names.add(record.name());
        }
        row.put("Id", full ? pod.id() : pod.id().substring(0, 12));
        row.put("Name", pod.name());
        row.put("Status", Pods.state(containers));
        row.put("Created", Text.ago(pod.created(), System.currentTimeMillis()));
        row.put("InfraId", !containers.isEmpty() && pods.isInfra(containers.get(0)) ? ids.get(0) : "");
        row.put("NumberOfContainers", String.valueOf(containers.size()));
        row.put("ContainerIds", String.join(",", ids));
        row.put("ContainerNames", String.join(",", names));
        List<String> labels = new ArrayList<>();
        pod.labels().forEach((key, value) -> labels.add(key + "=" + value));
        java.util.Collections.sort(labels);
        row.put("Labels", String.join(",", labels));
        return row;
    }

    private static boolean fits(PodRecord pod, String state, List<String> filters) {
        for (String filter : filters) {
            int equals = filter.indexOf('=');
            String value = filter.substring(equals + 1);
            boolean fits = switch (equals < 0 ? "" : filter.substring(0, equals)) {
                case "id" -> pod.id().startsWith(value);
                case "name" -> pod.name().contains(value);
                case "status" -> state.toLowerCase(Locale.ROOT).equals(value.toLowerCase(Locale.ROOT));
                case "label" -> hasLabel(pod, value);
                default ->
                    throw new UserException("--filter '" + filter
                            + "' is not understood; write KEY=VALUE, where KEY is id, name, label or status");
            };
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasLabel(PodRecord pod, String text) {
        int equals = text.indexOf('=');
        String value = pod.labels().get(equals < 0 ? text : text.substring(0, equals));
        return value != null && (equals < 0 || value.equals(text.substring(equals + 1)));
    }
}
