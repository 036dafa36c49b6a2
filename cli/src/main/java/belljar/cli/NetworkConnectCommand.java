package belljar.cli;

/** {@code belljar network connect}. */
final class NetworkConnectCommand implements Command {
    @Override
    public String name() {
        return "network connect";
    }

    @Override
    public String usage() {
        return "NETWORK CONTAINER";
    }

    @Override
    public String summary() {
        return "connect a container to one more network";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .list("alias", "NAME", "one more name of the container in it")
                .value("ip", "ADDRESS", "the IPv4 address in it")
                .value("ip6", "ADDRESS", "the IPv6 address in it")
                .value("mac-address", "ADDRESS", "the hardware address in it")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(2, 2, "a network and a container");
        session.engine().membership().connect(arguments.operands().get(1), AttachmentSyntax.connect(arguments));
        return 0;
    }
}
