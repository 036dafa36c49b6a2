package belljar.cli;

/** {@code belljar volume exists}. */
final class VolumeExistsCommand implements Command {
    @Override
    public String name() {
        return "volume exists";
    }

    @Override
    public String usage() {
        return "VOLUME";
    }

    @Override
    public String summary() {
        return "tell by the exit code whether a volume is there";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, 1, "a volume");
        return session.engine().volumes().exists(arguments.operands().get(0)) ? 0 : 1;
    }
}
