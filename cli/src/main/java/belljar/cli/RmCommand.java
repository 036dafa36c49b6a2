package belljar.cli;

import belljar.engine.Engine;
import belljar.engine.RemoveOptions;
import belljar.failure.UserException;
import java.util.List;

/** {@code belljar rm}. */
final class RmCommand implements Command {
    /** The exit code of removing what is not there. */
    static final int NONE = 1;
    /** The exit code of removing what something still uses. */
    static final int IN_USE = 2;

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
    public boolean canBeHandedOver(Arguments arguments) {
        return arguments.values("cidfile").isEmpty();
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Engine engine = session.engine();
        List<String> names = ChosenContainers.of(arguments, engine, record -> true);
        // As Podman has it, forced removal of what is not there is no failure.
        boolean ignore = arguments.flag("ignore") || arguments.flag("force");
        RemoveOptions options =
                new RemoveOptions(arguments.flag("force"), arguments.flag("volumes"), StopCommand.seconds(arguments));
        int code = 0;
        for (String name : names) {
            // As Podman has it: 1 when there is no such container, 2 when it may not be removed.
            boolean there = exists(engine, name);
            if (!there && ignore) {
                continue;
            }
            int worst = ChosenContainers.each(List.of(name), session, each -> engine.remove(each, options));
            if (worst != 0) {
                code = !there
                        ? NONE
                        : exists(engine, name) && engine.container(name).lives() ? IN_USE : worst;
            }
        }
        return code;
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
