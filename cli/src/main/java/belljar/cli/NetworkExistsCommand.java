package belljar.cli;

/** {@code belljar network exists}. */
final class NetworkExistsCommand implements Command {
    @Override
    public String name() {
        return "network exists";
    }

    @Override
    public String usage() {
        return "NETWORK";
    }

    @Override
    public String summary() {
        return "end with 0 where a network exists, and with 1 where not";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(1, 1, "a network");
        return session.networks().exists(arguments.operands().getFirst()) ? 0 : 1;
    }
}
