package belljar.cli;

import belljar.engine.Engine;
import belljar.engine.RemoveOptions;
import belljar.failure.UserException;
import java.util.ArrayList;
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
        List<String> meant = new ArrayList<>();
        List<Boolean> there = new ArrayList<>();
        for (String name : names) {
            boolean exists = exists(engine, name);
            if (exists || !ignore) {
                meant.add(name);
                there.add(exists);
            }
        }
        boolean[] done = ChosenContainers.tryEach(meant, session, name -> engine.remove(name, options));
        int code = 0;
        for (int i = 0; i < done.length; i++) {
            if (!done[i]) {
                code = code(engine, meant.get(i), there.get(i));
            }
        }
        return code;
    }

    /** As Podman has it: 1 when there is no such container, 2 when it may not be removed. */
    private static int code(Engine engine, String name, boolean there) {
        if (!there) {
            return NONE;
        }
        return exists(engine, name) && engine.container(name).lives() ? IN_USE : Main.FAILED;
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
