package belljar.network;

import belljar.failure.UserException;
import belljar.linux.IpAddress;
import belljar.linux.Netlink;
import belljar.linux.NetlinkIp;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/** Chooses subnets that neither the host's routes nor other networks have. */
final class SubnetChoice {
    private static final int FIRST = 89;

    private final List<IpPrefix> taken = new ArrayList<>();

    /**
     * @param host the host's network
     * @param networks what is defined
     */
    SubnetChoice(Netlink host, List<Network> networks) {
        for (NetlinkIp.Route route : host.ip().routes()) {
            if (route.destination().isPresent() && route.prefix() > 0) {
                taken.add(new IpPrefix(route.destination().get(), route.prefix()));
            }
        }
        // A network without a route, such as of an interface that is down, may get one.
        for (NetlinkIp.Address address : host.ip().addresses()) {
            taken.add(new IpPrefix(address.address(), address.prefix()));
        }
        for (Network network : networks) {
            for (Subnet subnet : network.subnets()) {
                taken.add(subnet.prefix());
            }
        }
    }

    boolean free(IpPrefix prefix) {
        for (IpPrefix other : taken) {
            if (other.overlaps(prefix)) {
                return false;
            }
        }
        return true;
    }

    List<Subnet> choose(NetworkSpec spec) {
        List<Subnet> subnets = new ArrayList<>();
        boolean v4 = false;
        boolean v6 = false;
        if (spec.gateways().size() > spec.subnets().size()
                || spec.ranges().size() > spec.subnets().size()) {
            throw new UserException("a --gateway or --ip-range belongs to a --subnet; give the subnet first");
        }
        for (int i = 0; i < spec.subnets().size(); i++) {
            IpPrefix prefix = IpPrefix.parse(spec.subnets().get(i));
            if (prefix.isV6() ? v6 : v4) {
                throw new UserException("a network has one subnet of IPv4 and one of IPv6 at most");
            }
            if (!free(prefix)) {
                throw new UserException(
                        "the subnet " + prefix + " is in use on this host or by another network; choose another");
            }
            v6 |= prefix.isV6();
            v4 |= !prefix.isV6();
            subnets.add(Subnet.of(prefix, get(spec.gateways(), i), get(spec.ranges(), i)));
        }
        if (!v4 && !v6 || spec.ipv6() && !v4 && spec.subnets().isEmpty()) {
            subnets.addFirst(chooseV4());
        }
        if (spec.ipv6() && !v6) {
            subnets.add(chooseV6());
        }
        return subnets;
    }

    private static String get(List<String> values, int index) {
        return index < values.size() ? values.get(index) : "";
    }

    /** {@return 10.89.0.0/24 or the next that is free, up to 10.255.255.0/24} */
    Subnet chooseV4() {
        for (int second = FIRST; second < 256; second++) {
            for (int third = 0; third < 256; third++) {
                IpAddress address = IpAddress.of(new byte[] {10, (byte) second, (byte) third, 0});
                IpPrefix prefix = new IpPrefix(address, 24);
                if (free(prefix)) {
                    return Subnet.of(prefix);
                }
            }
        }
        throw new UserException("no subnet of 10.89.0.0 to 10.255.255.0 is free on this host; give one with --subnet");
    }

    /** {@return a random network of unique local addresses, as RFC 4193 wants them} */
    Subnet chooseV6() {
        SecureRandom random = new SecureRandom();
        while (true) {
            byte[] bytes = new byte[16];
            random.nextBytes(bytes);
            bytes[0] = (byte) 0xfd;
            IpPrefix prefix = new IpPrefix(IpAddress.of(bytes), 64);
            if (free(prefix)) {
                return Subnet.of(prefix);
            }
        }
    }
}
