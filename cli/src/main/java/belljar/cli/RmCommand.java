package belljar.cli;

import belljar.engine.Engine;
import belljar.engine.RemoveOptions;
import belljar.failure.UserException;
import java.util.List;

/** {@code belljar rm}. */
final class RmCommand implements Command {
    @Override
    public String name() {
        return "rm";
    }

    @Override
    public String usage() {
        return "CONTAINER [CONTAINER...]";
    }

    @Override
    public String summary() {
        return "remove containers";
    }

    @Override
    public OptionTable options() {
        return ChosenContainers.declare(new OptionTable(), "remove all containers", (char) 0)
                .flag("force", 'f', "stop those that run first")
                .flag("ignore", 'i', "pass over those that do not exist")
                .value("time", 't', "SECONDS", "how long to wait before killing (10)")
                .flag("volumes", 'v', "remove their volumes without a name, too")
                .flag("help", 'h', "show this help");
    }

    /** Removes what can be removed, and fails when something could not. */
    @Override
    public int run(Arguments arguments, Session session) {
        Engine engine = session.engine();
        List<String> names = ChosenContainers.of(arguments, engine, record -> true);
        // As Podman has it, forced removal of what is not there is no failure.
        boolean ignore = arguments.flag("ignore") || arguments.flag("force");
        RemoveOptions options =
                new RemoveOptions(arguments.flag("force"), arguments.flag("volumes"), StopCommand.seconds(arguments));
        return ChosenContainers.each(names, session, name -> {
            if (ignore && !exists(engine, name)) {
                return;
            }
            engine.remove(name, options);
        });
    }

    /** {@return whether there is a container of a name or id} */
    static boolean exists(Engine engine, String name) {
        try {
            return !engine.container(name).id().isEmpty();
        } catch (UserException none) {
            return false;
        }
    }
}
