package belljar.cli;

/** {@code belljar pod exists}. */
final class PodExistsCommand implements Command {
    @Override
    public String name() {
        return "pod exists";
    }

    @Override
    public String usage() {
        return "POD";
    }

    @Override
    public String summary() {
        return "tell by the exit code, 0 or 1, whether there is a pod";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, 1, "a pod");
        return session.engine().pods().exists(arguments.operands().get(0)) ? 0 : 1;
    }
}
