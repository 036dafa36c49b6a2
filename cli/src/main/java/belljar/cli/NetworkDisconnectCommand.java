package belljar.cli;

/** {@code belljar network disconnect}. */
final class NetworkDisconnectCommand implements Command {
    @Override
    public String name() {
        return "network disconnect";
    }

    @Override
    public String usage() {
        return "NETWORK CONTAINER";
    }

    @Override
    public String summary() {
        return "take a container off a network";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("force", 'f', "accepted for compatibility; running containers are taken off too")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(2, 2, "a network and a container");
        session.engine()
                .membership()
                .disconnect(arguments.operands().get(1), arguments.operands().getFirst());
        return 0;
    }
}
