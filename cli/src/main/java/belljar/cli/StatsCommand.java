package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.engine.Pods;
import belljar.engine.Usage;
import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code belljar stats} and {@code belljar pod stats}. */
final class StatsCommand implements Command {
    private static final String CLEAR = "\u001b[2J\u001b[H";
    private static final int SECONDS = 5;
    private static final int SHORT_ID = 12;

    private final boolean pod;

    /** @param pod whether pods are named, whose containers are meant */
    StatsCommand(boolean pod) {
        this.pod = pod;
    }

    @Override
    public String name() {
        return pod ? "pod stats" : "stats";
    }

    @Override
    public String usage() {
        return pod ? "[POD...]" : "[CONTAINER...]";
    }

    @Override
    public String summary() {
        return "show what running containers" + (pod ? " of pods" : "") + " use";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("all", 'a', "all of them, which is what is shown without names")
                .value("format", "FORMAT", "json, or a template such as {{.Name}} {{.CPUPerc}}")
                .value("interval", 'i', "SECONDS", "how often to look (5)")
                .flag("latest", 'l', "the " + (pod ? "pod" : "container") + " that was made last")
                .flag("no-reset", "do not clear the screen in between")
                .flag("no-stream", "look once")
                .flag("no-trunc", "show long values in full")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        long seconds =
                arguments.has("interval") ? Values.number("interval", arguments.value("interval"), 1, 86_400) : SECONDS;
        Engine engine = session.engine();
        boolean named = arguments.flag("latest") || !arguments.operands().isEmpty();
        List<String> names = !named || pod
                ? List.of()
                : ContainerOperands.several(arguments, engine, ContainerRecord.Status.RUNNING);
        List<String> pods = pod && named ? pods(arguments, engine.pods()) : List.of();
        Map<String, Usage> before = new HashMap<>();
        while (true) {
            List<Usage> now = read(engine, names, pods);
            Listing listing = listing(pod);
            for (Usage usage : now) {
                Map<String, String> row =
                        new LinkedHashMap<>(StatsRow.of(usage, before.get(usage.id()), arguments.flag("no-trunc")));
                if (pod) {
                    row.put("Pod", engine.container(usage.id()).pod().substring(0, SHORT_ID));
                    row.put("CID", row.getOrDefault("ID", ""));
                }
                listing.add(row);
                before.put(usage.id(), usage);
            }
            if (!arguments.flag("no-stream") && !arguments.flag("no-reset")) {
                session.out().print(CLEAR);
            }
            session.out().print(listing.render(arguments.value("format")));
            session.out().flush();
            if (arguments.flag("no-stream")
                    || named && now.isEmpty()
                    || session.out().checkError()) {
                return 0;
            }
            try {
                Thread.sleep(seconds * 1000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return 0;
            }
        }
    }

    private static List<String> pods(Arguments arguments, Pods pods) {
        List<String> chosen = new ArrayList<>();
        if (arguments.flag("latest")) {
            chosen.add(PodOperands.latest(pods).id());
        }
        for (String name : arguments.operands()) {
            chosen.add(pods.find(name).id());
        }
        return chosen;
    }

    private List<Usage> read(Engine engine, List<String> names, List<String> pods) {
        List<Usage> now = new ArrayList<>();
        if (!names.isEmpty()) {
            for (String name : names) {
                now.add(engine.usage(name));
            }
            return now;
        }
        for (ContainerRecord record : engine.containers()) {
            if (record.lives() && (!pod || isIn(pods, record.pod()))) {
                Usage usage;
                try {
                    usage = engine.usage(record.id());
                } catch (UserException ended) {
                    // It ended since the list was made.
                    continue;
                }
                now.add(usage);
            }
        }
        return now;
    }

    private static boolean isIn(List<String> pods, String of) {
        return pods.isEmpty() ? !of.isEmpty() : pods.contains(of);
    }

    private static Listing listing(boolean pod) {
        List<String> columns = new ArrayList<>(pod ? List.of("Pod", "POD", "CID", "CID") : List.of("ID", "ID"));
        columns.addAll(List.of(
                "Name",
                "NAME",
                "CPUPerc",
                "CPU %",
                "MemUsage",
                "MEM USAGE / LIMIT",
                "MemPerc",
                "MEM %",
                "NetIO",
                "NET IO",
                "BlockIO",
                "BLOCK IO",
                "PIDs",
                "PIDS",
                "UpTime",
                "CPU TIME",
                "AVGCPU",
                "AVG CPU %"));
        return new Listing(columns.toArray(String[]::new));
    }
}
