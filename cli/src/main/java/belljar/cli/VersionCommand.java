package belljar.cli;

/** {@code belljar version}. */
final class VersionCommand implements Command {
    private static final String VERSION = "0.1.0";

    @Override
    public String name() {
        return "version";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "show the version";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        session.out()
                .print("belljar " + VERSION + " on Java " + Runtime.version().feature() + '\n');
        return 0;
    }
}
