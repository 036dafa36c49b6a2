package belljar.cli;

import belljar.failure.UserException;
import belljar.volume.Volume;

/** {@code belljar volume create}. */
final class VolumeCreateCommand implements Command {
    @Override
    public String name() {
        return "volume create";
    }

    @Override
    public String usage() {
        return "[NAME]";
    }

    @Override
    public String summary() {
        return "make a volume";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .value("driver", 'd', "NAME", "what makes it: local (local)")
                .list("label", 'l', "KEY=VALUE", "set a label")
                .list("opt", 'o', "KEY=VALUE", "mount it from elsewhere: type=, device=, o= as for mount(8)")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 1, "at most a name");
        String driver = arguments.value("driver");
        if (!driver.isEmpty() && !driver.equals(Volume.DRIVER)) {
            throw new UserException("--driver '" + driver + "' is not there; the only one is " + Volume.DRIVER);
        }
        String name = arguments.operands().isEmpty() ? "" : arguments.operands().get(0);
        session.out()
                .println(session.engine()
                        .volumes()
                        .create(
                                name,
                                Values.pairs("label", arguments.separated("label"), true),
                                Values.pairs("opt", arguments.values("opt"), true))
                        .name());
        return 0;
    }
}
