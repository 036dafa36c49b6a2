package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** {@code belljar stop}. */
final class StopCommand implements Command {
    @Override
    public String name() {
        return "stop";
    }

    @Override
    public String usage() {
        return "CONTAINER [CONTAINER...]";
    }

    @Override
    public String summary() {
        return "stop running containers";
    }

    @Override
    public OptionTable options() {
        return ChosenContainers.declare(new OptionTable(), "stop all that run", 'f')
                .flag("ignore", 'i', "pass over those that do not exist")
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
        List<String> names = ChosenContainers.of(arguments, engine, ContainerRecord::lives);
        OptionalInt seconds = seconds(arguments);
        Optional<Duration> timeout =
                seconds.isPresent() ? Optional.of(Duration.ofSeconds(seconds.getAsInt())) : Optional.empty();
        return ChosenContainers.each(names, session, name -> {
            if (arguments.flag("ignore") && !RmCommand.exists(engine, name)) {
                return;
            }
            engine.stop(name, timeout);
        });
    }

    /** {@return the value of {@code --time}; empty when it was not given} */
    static OptionalInt seconds(Arguments arguments) {
        return arguments.has("time")
                ? OptionalInt.of((int) Values.number("time", arguments.value("time"), 0, 1_000_000))
                : OptionalInt.empty();
    }
}
