package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.engine.LogRequest;
import belljar.engine.PodRecord;
import belljar.engine.Pods;
import belljar.failure.UserException;
import belljar.log.LogOutput;
import belljar.log.LogPrinter;
import belljar.log.LogReader;
import belljar.log.LogSource;
import belljar.log.LogTime;
import belljar.log.LogView;
import belljar.log.TimeBound;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code belljar logs} and {@code belljar pod logs}. */
final class LogsCommand implements Command {
    private static final int SHORT_ID = 12;
    private static final int FIRST_COLOR = 31;
    private static final int COLORS = 6;

    private final boolean pod;

    /** @param pod whether a pod is named, whose containers are meant */
    LogsCommand(boolean pod) {
        this.pod = pod;
    }

    @Override
    public String name() {
        return pod ? "pod logs" : "logs";
    }

    @Override
    public String usage() {
        return pod ? "POD" : "CONTAINER [CONTAINER...]";
    }

    @Override
    public String summary() {
        return "show what containers wrote";
    }

    @Override
    public OptionTable options() {
        OptionTable table = new OptionTable();
        if (pod) {
            table.value("container", 'c', "CONTAINER", "only of this container of the pod");
        }
        return table.flag("follow", 'f', "show what they write, too, until they have ended")
                .flag("latest", 'l', pod ? "of the pod that was made last" : "of the container that was made last")
                .flag("names", 'n', "put the container's name before each line")
                .flag("timestamps", 't', "put the time before each line")
                .flag("color", "show the containers' names in colors")
                .value("since", "TIME", "show no line before a time, such as 2026-11-23T14:00:00Z or 10m (ago)")
                .value("until", "TIME", "show no line after a time")
                .value("tail", "N", "show the last lines only; -1 for all")
                .flag("help", 'h', "show this help");
    }

    @Override
    public boolean canBeHandedOver(Arguments arguments) {
        return !arguments.flag("follow");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        long now = LogTime.now();
        long since = TimeBound.parse("since", arguments.value("since"), now);
        long until = TimeBound.parse("until", arguments.value("until"), now);
        String lines = arguments.value("tail");
        long tail = lines.isEmpty() || lines.equals("all")
                ? LogReader.ALL
                : Values.number("tail", lines, Long.MIN_VALUE / 1000, Long.MAX_VALUE / 1000);
        Engine engine = session.engine();
        List<ContainerRecord> records = containers(arguments, engine);
        session.out().flush();
        LogOutput output =
                new LogOutput(session.origin().outFd(), session.origin().errFd());
        List<LogSource> sources = new ArrayList<>();
        try {
            for (ContainerRecord record : records) {
                Path log = file(engine, record);
                boolean named = arguments.flag("names");
                String shown =
                        named ? record.name() : records.size() > 1 ? record.id().substring(0, SHORT_ID) : "";
                int color = arguments.flag("color") ? FIRST_COLOR + sources.size() % COLORS : 0;
                sources.add(new LogSource(
                        LogReader.open(log, since, until, Math.max(tail, LogReader.ALL)),
                        new LogPrinter(output, shown, color, arguments.flag("timestamps")),
                        log.resolveSibling("."),
                        end(engine, record.id())));
            }
            if (arguments.flag("follow")) {
                LogView.follow(output, sources, until);
            } else {
                LogView.show(output, sources);
            }
        } finally {
            for (LogSource source : sources) {
                source.reader().close();
            }
        }
        return 0;
    }

    private static Path file(Engine engine, ContainerRecord record) {
        LogRequest log = engine.request(record.id()).life().log();
        if (log.driver() == LogRequest.Driver.NONE) {
            throw new UserException(
                    "the container '" + record.name() + "' has the log driver none, so nothing that it wrote was kept");
        }
        return log.path().isEmpty() ? engine.directory(record.id()).resolve("ctr.log") : Path.of(log.path());
    }

    private List<ContainerRecord> containers(Arguments arguments, Engine engine) {
        if (pod) {
            return members(arguments, engine);
        }
        List<ContainerRecord> records = new ArrayList<>();
        if (arguments.flag("latest")) {
            arguments.expect(0, 0, "no container besides --latest");
            List<ContainerRecord> all = engine.containers();
            if (all.isEmpty()) {
                throw new UserException("there is no container; 'belljar run' makes one");
            }
            records.add(all.get(0));
            return records;
        }
        arguments.expect(1, Integer.MAX_VALUE, "a container");
        for (String name : arguments.operands()) {
            records.add(engine.container(name));
        }
        return records;
    }

    private static List<ContainerRecord> members(Arguments arguments, Engine engine) {
        Pods pods = engine.pods();
        PodRecord chosen = PodOperands.one(arguments, pods);
        String only = arguments.value("container");
        String id = only.isEmpty() ? "" : engine.container(only).id();
        List<ContainerRecord> records = new ArrayList<>();
        for (ContainerRecord record : pods.containers(chosen)) {
            if (!pods.isInfra(record) && (id.isEmpty() || record.id().equals(id))) {
                records.add(record);
            }
        }
        if (records.isEmpty()) {
            throw new UserException(
                    "the pod '" + chosen.name() + "' has no " + (only.isEmpty() ? "container" : "container " + only));
        }
        return records;
    }

    /** The log is at its end when the container does not live, or is not there any more. */
    private static LogSource.End end(Engine engine, String id) {
        return new LogSource.End() {
            @Override
            public int fd() {
                return -1;
            }

            @Override
            public boolean reached() {
                try {
                    ContainerRecord.Status status = engine.container(id).state().status();
                    return status == ContainerRecord.Status.EXITED || status == ContainerRecord.Status.CREATED;
                } catch (UserException gone) {
                    return true;
                }
            }
        };
    }
}
