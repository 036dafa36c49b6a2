package belljar.cli;

import belljar.engine.Engine;

/** {@code belljar container cleanup}. */
final class CleanupCommand implements Command {
    @Override
    public String name() {
        return "container cleanup";
    }

    @Override
    public String usage() {
        return "CONTAINER [CONTAINER...]";
    }

    @Override
    public String summary() {
        return "do what is due after a container's end: remove it or start it again";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, Integer.MAX_VALUE, "a container");
        Engine engine = session.engine();
        for (String name : arguments.operands()) {
            // Whoever calls this after the end of a container may come after everything has been done already.
            if (RmCommand.exists(engine, name)) {
                engine.cleanUp(engine.container(name).id());
            }
        }
        return 0;
    }
}
