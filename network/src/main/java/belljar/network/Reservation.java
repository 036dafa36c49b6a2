package belljar.network;

import belljar.failure.UserException;
import belljar.linux.Caller;
import belljar.linux.IpAddress;
import belljar.linux.Netlink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Decides which addresses and ports a container gets. Used under the lock of {@link Place}. */
final class Reservation {
    private final Place place;
    private final Definitions definitions;
    private final Caller host;

    Reservation(Place place, Definitions definitions, Caller host) {
        this.place = place;
        this.definitions = definitions;
        this.host = host;
    }

    Attachment make(Netlink link, Endpoint endpoint, List<String> used) {
        Network network = current(link, endpoint.network());
        Leases leases = Leases.read(place, network.name());
        Attachment before = leases.find(endpoint.containerId());
        Optional<IpAddress> ip = allocate(leases, network.ipv4(), endpoint, endpoint.ip());
        Optional<IpAddress> ip6 = allocate(leases, network.ipv6(), endpoint, endpoint.ip6());
        leases.write();
        IpAddress either = ip.isPresent() ? ip.get() : ip6.orElseThrow();
        String mac = endpoint.mac().isEmpty() ? Wiring.mac(either) : endpoint.mac();
        String name = endpoint.interfaceName().isEmpty() ? Wiring.nextInterface(used) : endpoint.interfaceName();
        List<PortMapping> ports = before == null ? List.of() : before.ports();
        return new Attachment(
                network.name(), endpoint.containerId(), endpoint.names(), ip, ip6, mac, name, ports, true);
    }

    private static Optional<IpAddress> allocate(
            Leases leases, Optional<Subnet> subnet, Endpoint endpoint, Optional<IpAddress> wanted) {
        if (subnet.isEmpty()) {
            if (wanted.isPresent()) {
                throw new UserException("the network '" + endpoint.network().name()
                        + "' has no subnet that the address " + wanted.get() + " could be of");
            }
            return Optional.empty();
        }
        return Optional.of(leases.allocate(subnet.get(), endpoint.containerId(), wanted));
    }

    /**
     * {@return a network as it is now} Where its addresses were chosen by Belljar and the host uses them for something
     * else by now, others are chosen; nobody can be using it then, since it has no bridge.
     */
    private Network current(Netlink link, Network asked) {
        Network network = definitions.find(asked.name());
        if (network == null) {
            throw new UserException("the network '" + asked.name() + "' was removed meanwhile");
        }
        if (link.link(network.bridge()).isPresent()) {
            return network;
        }
        SubnetChoice onHost = new SubnetChoice(link, List.of());
        boolean free = true;
        for (Subnet subnet : network.subnets()) {
            free &= onHost.free(subnet.prefix());
        }
        if (free) {
            return network;
        }
        if (!network.chosen()) {
            throw new UserException("the subnet of the network '" + network.name()
                    + "' is in use on this host by something else; make the network anew with another");
        }
        SubnetChoice choice = new SubnetChoice(link, definitions.list());
        List<Subnet> subnets = new ArrayList<>();
        for (Subnet subnet : network.subnets()) {
            subnets.add(subnet.prefix().isV6() ? choice.chooseV6() : choice.chooseV4());
        }
        Network moved = network.with(subnets);
        definitions.write(moved);
        place.remove(moved.name() + Leases.ENDING);
        return moved;
    }

    List<PortMapping> publish(Attachment attachment, List<PortMapping> wanted) {
        List<PortMapping> taken = new ArrayList<>();
        for (String name : place.names(Leases.ENDING)) {
            for (Attachment other : Leases.read(place, name).active()) {
                if (!other.containerId().equals(attachment.containerId())) {
                    taken.addAll(other.ports());
                }
            }
        }
        HostPorts hostPorts = new HostPorts(host, taken);
        List<PortMapping> ports = new ArrayList<>();
        for (PortMapping mapping : wanted) {
            int before = 0;
            for (PortMapping old : attachment.ports()) {
                boolean same = old.containerPort() == mapping.containerPort()
                        && old.count() == mapping.count()
                        && old.protocol().equals(mapping.protocol());
                before = same ? old.hostPort() : before;
            }
            ports.add(hostPorts.resolve(mapping, before, attachment.ip6().isPresent()));
        }
        return ports;
    }
}
