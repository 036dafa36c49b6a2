package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** {@code belljar restart}. */
final class RestartCommand implements Command {
    @Override
    public String name() {
        return "restart";
    }

    @Override
    public String usage() {
        return "CONTAINER [CONTAINER...]";
    }

    @Override
    public String summary() {
        return "stop containers, if they run, and start them";
    }

    @Override
    public OptionTable options() {
        return ChosenContainers.declare(new OptionTable(), "restart all", 'f')
                .flag("running", "those that run only")
                .value("time", 't', "SECONDS", "how long to wait before killing (10)")
                .flag("help", 'h', "show this help");
    }

    @Override
    public boolean canBeHandedOver(Arguments arguments) {
        return arguments.values("cidfile").isEmpty();
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Engine engine = session.engine();
        List<String> names = new ArrayList<>();
        if (arguments.flag("running") && arguments.operands().isEmpty()) {
            for (ContainerRecord record : engine.containers()) {
                if (record.lives()) {
                    names.add(record.id());
                }
            }
        } else {
            names.addAll(ChosenContainers.of(arguments, engine, record -> true));
        }
        OptionalInt seconds = StopCommand.seconds(arguments);
        Optional<Duration> timeout =
                seconds.isPresent() ? Optional.of(Duration.ofSeconds(seconds.getAsInt())) : Optional.empty();
        return ChosenContainers.each(names, session, name -> engine.restart(name, timeout));
    }
}
