package belljar.network;

import belljar.linux.IpAddress;
import java.util.List;
import java.util.Optional;

/**
 * What a container asks of one network.
 *
 * @param network the network
 * @param containerId the container's id, 64 hexadecimal digits
 * @param names what others find it by on this network: its name, aliases, the beginning of its id
 * @param ip the address of IPv4 that it must have; empty for any
 * @param ip6 the address of IPv6 that it must have; empty for any
 * @param mac the hardware address it must have; empty for any
 * @param interfaceName its interface's name inside; empty for the next of {@code eth0}, {@code eth1}, ...
 */
public record Endpoint(
        Network network,
        String containerId,
        List<String> names,
        Optional<IpAddress> ip,
        Optional<IpAddress> ip6,
        String mac,
        String interfaceName) {
    /** Copies the list. */
    public Endpoint {
        names = List.copyOf(names);
    }

    /**
     * {@return the wish for any address}
     *
     * @param network the network
     * @param containerId the container's id
     * @param names what others find it by
     */
    public static Endpoint of(Network network, String containerId, List<String> names) {
        return new Endpoint(network, containerId, names, Optional.empty(), Optional.empty(), "", "");
    }
}
