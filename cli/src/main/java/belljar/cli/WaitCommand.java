package belljar.cli;

import belljar.engine.Engine;
import belljar.engine.WaitCondition;
import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.log.LogTime;
import belljar.log.TimeBound;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code belljar wait}. */
final class WaitCommand implements Command {
    @Override
    public String name() {
        return "wait";
    }

    @Override
    public String usage() {
        return "CONTAINER [CONTAINER...]";
    }

    @Override
    public String summary() {
        return "wait for containers and write their exit codes";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .list("condition", "CONDITION", "what to wait for: exited, running, healthy and so on (exited)")
                .flag("ignore", "write -1 for those that do not exist")
                .value("interval", 'i', "TIME", "how often to look where the kernel does not tell (250ms)")
                .flag("latest", 'l', "the one that was made last")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        List<WaitCondition> conditions = new ArrayList<>();
        for (String condition : arguments.separated("condition")) {
            conditions.add(WaitCondition.of(condition));
        }
        if (conditions.isEmpty()) {
            conditions.add(WaitCondition.EXITED);
        }
        Duration interval = interval(arguments.value("interval"));
        Engine engine = session.engine();
        int code = 0;
        for (String name : ChosenContainers.of(arguments, engine, record -> true)) {
            try {
                boolean gone = arguments.flag("ignore") && !RmCommand.exists(engine, name);
                session.out().println(gone ? -1 : engine.waitFor(name, conditions, interval));
                session.out().flush();
            } catch (UserException | HostException e) {
                session.err().println("belljar: " + Text.printable(e.getMessage()));
                code = Main.FAILED;
            }
        }
        return code;
    }

    /** As Podman has it: a duration, or a bare number of milliseconds. */
    private static Duration interval(String text) {
        if (text.isEmpty()) {
            return Duration.ofMillis(250);
        }
        long nanos = TimeBound.duration(Text.isDigits(text) ? text + "ms" : text);
        if (nanos == LogTime.NONE || nanos < 0) {
            throw new UserException("--interval '" + text + "' is not a time; write one such as 250ms or 5s");
        }
        return Duration.ofNanos(nanos);
    }
}
