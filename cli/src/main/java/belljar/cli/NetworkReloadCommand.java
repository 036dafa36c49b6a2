package belljar.cli;

/** {@code belljar network reload}. */
final class NetworkReloadCommand implements Command {
    @Override
    public String name() {
        return "network reload";
    }

    @Override
    public String usage() {
        return "[CONTAINER...]";
    }

    @Override
    public String summary() {
        return "set up the packet filter again after something else has emptied it";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .flag("all", 'a', "for all containers, which is always so")
                .flag("latest", 'l', "for the container that was made last, and all others")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        for (String name : arguments.operands()) {
            session.engine().container(name);
        }
        session.engine().membership().repair();
        return 0;
    }
}
