package belljar.cli;

import belljar.engine.Engine;
import belljar.failure.UserException;
import belljar.sandbox.Resources;

/** {@code belljar update}. */
final class UpdateCommand implements Command {
    private static final String NOT_BUILT = "is not built yet; leave it out";

    @Override
    public String name() {
        return "update";
    }

    @Override
    public String usage() {
        return "CONTAINER";
    }

    @Override
    public String summary() {
        return "change limits of a container";
    }

    @Override
    public OptionTable options() {
        OptionTable table = new OptionTable();
        RunResourceOptions.declare(table);
        for (String name : new String[] {
            "blkio-weight-device",
            "cpu-rt-period",
            "cpu-rt-runtime",
            "device-read-bps",
            "device-read-iops",
            "device-write-bps",
            "device-write-iops",
            "memory-swappiness"
        }) {
            table.refused(name, (char) 0, NOT_BUILT);
        }
        return table.flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, 1, "a container");
        if (arguments.has("device-cgroup-rule")) {
            throw new UserException("--device-cgroup-rule cannot be changed any more; make a new container with it");
        }
        Resources changes = RunResourceOptions.parse(arguments);
        if (changes.equals(Resources.NONE)) {
            throw new UserException("'belljar update' needs a limit to change, such as --memory 512m");
        }
        Engine engine = session.engine();
        String name = arguments.operands().get(0);
        engine.update(name, changes);
        session.out().println(engine.container(name).id());
        return 0;
    }
}
