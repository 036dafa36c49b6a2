package belljar.cli;

import belljar.failure.UserException;
import belljar.network.Network;
import belljar.network.NetworkSpec;
import java.util.List;

/** {@code belljar network create}. */
final class NetworkCreateCommand implements Command {
    @Override
    public String name() {
        return "network create";
    }

    @Override
    public String usage() {
        return "[NAME]";
    }

    @Override
    public String summary() {
        return "define a network";
    }

    @Override
    public OptionTable options() {
        return new OptionTable()
                .value("driver", 'd', "DRIVER", "its kind; bridge is the only one")
                .list("subnet", "SUBNET", "its addresses, such as 10.90.0.0/24; one of IPv4 and one of IPv6 at most")
                .list("gateway", "ADDRESS", "the host's address in the subnet")
                .list("ip-range", "SUBNET", "the part of the subnet that containers get addresses from")
                .flag("ipv6", "have addresses of IPv6 too")
                .flag("internal", "have no way out")
                .flag("disable-dns", "answer no names of containers")
                .list("opt", 'o', "KEY=VALUE", "an option: mtu, interface_name")
                .list("label", "KEY=VALUE", "a label")
                .flag("ignore", "do nothing where it exists")
                .flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 1, "a name");
        List<String> operands = arguments.operands();
        String name = operands.isEmpty() ? "" : operands.getFirst();
        if (arguments.flag("ignore") && !name.isEmpty() && session.networks().exists(name)) {
            session.out().println(name);
            return 0;
        }
        if (!session.isRoot()) {
            throw new UserException("networks need root; run this as root");
        }
        Network network = session.networks()
                .create(new NetworkSpec(
                        name,
                        arguments.value("driver"),
                        arguments.values("subnet"),
                        arguments.values("gateway"),
                        arguments.values("ip-range"),
                        arguments.flag("ipv6"),
                        arguments.flag("internal"),
                        !arguments.flag("disable-dns"),
                        Values.pairs("label", arguments.values("label"), true),
                        Values.pairs("opt", arguments.values("opt"), false)));
        session.out().println(network.name());
        return 0;
    }
}
