package belljar.cli;

import belljar.engine.Engine;
import belljar.engine.RunIo;
import belljar.failure.UserException;
import belljar.image.Progress;
import java.util.List;
import java.util.OptionalInt;

/** {@code belljar start}. */
final class StartCommand implements Command {
    @Override
    public String name() {
        return "start";
    }

    @Override
    public String usage() {
        return "CONTAINER [CONTAINER...]";
    }

    @Override
    public String summary() {
        return "start containers that do not run";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("all", "start all that do not run")
                .flag("latest", 'l', "the one that was made last")
                .list("filter", 'f', "KEY=VALUE", ContainerFilter.HELP)
                .flag("attach", 'a', "show its output and wait for its end")
                .flag("interactive", 'i', "pass standard input on, if it takes any")
                .value("detach-keys", "KEYS", "the keys that let go of its terminal (ctrl-p,ctrl-q)")
                .flag("sig-proxy", "pass signals on when attached (true)")
                .flag("help", 'h', "show this help");
    }

    @Override
    public boolean canBeHandedOver(Arguments arguments) {
        return !arguments.flag("attach") && !arguments.flag("interactive");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Engine engine = session.engine();
        List<String> names = ChosenContainers.of(arguments, engine, record -> !record.lives());
        if (!arguments.flag("attach") && !arguments.flag("interactive")) {
            return ChosenContainers.each(names, session, engine::start);
        }
        if (names.size() != 1) {
            throw new UserException("--attach and --interactive take one container, not " + names.size());
        }
        session.out().flush();
        try (SignalProxy signals = new SignalProxy(session.err())) {
            OptionalInt code = engine.startAttached(
                    names.get(0),
                    new RunIo(0, 1, 2, Progress.NONE, signals),
                    AttachCommand.options(arguments, engine.request(names.get(0)), arguments.flag("interactive")));
            return code.orElse(0);
        }
    }
}
