package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.engine.Usage;
import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@code belljar stats}. */
final class StatsCommand implements Command {
    private static final String CLEAR = "\u001b[2J\u001b[H";
    private static final int SECONDS = 5;

    @Override
    public String name() {
        return "stats";
    }

    @Override
    public String usage() {
        return "[CONTAINER...]";
    }

    @Override
    public String summary() {
        return "show what running containers use";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("all", 'a', "all containers, which is what is shown without names")
                .value("format", "FORMAT", "json, or a template such as {{.Name}} {{.CPUPerc}}")
                .value("interval", 'i', "SECONDS", "how often to look (5)")
                .flag("latest", 'l', "the container that was made last")
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
        List<String> names =
                named ? ContainerOperands.several(arguments, engine, ContainerRecord.Status.RUNNING) : List.of();
        Map<String, Usage> before = new HashMap<>();
        while (true) {
            List<Usage> now = read(engine, names);
            Listing listing = listing();
            for (Usage usage : now) {
                listing.add(StatsRow.of(usage, before.get(usage.id()), arguments.flag("no-trunc")));
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

    private static List<Usage> read(Engine engine, List<String> names) {
        List<Usage> now = new ArrayList<>();
        if (!names.isEmpty()) {
            for (String name : names) {
                now.add(engine.usage(name));
            }
            return now;
        }
        for (ContainerRecord record : engine.containers()) {
            if (record.lives()) {
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

    private static Listing listing() {
        return new Listing(
                "ID",
                "ID",
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
                "AVG CPU %");
    }
}
