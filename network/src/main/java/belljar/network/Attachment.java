package belljar.network;

import belljar.linux.IpAddress;
import java.util.List;
import java.util.Optional;

/**
 * A container's part in a network.
 *
 * @param network the network's name
 * @param containerId the container's id
 * @param names what others find it by on this network
 * @param ip its address of IPv4
 * @param ip6 its address of IPv6
 * @param mac its hardware address
 * @param interfaceName its interface's name inside
 * @param ports what is published of it through this network; host ports are never 0
 * @param active whether the container has it now, or only kept the addresses of its last life
 */
public record Attachment(
        String network,
        String containerId,
        List<String> names,
        Optional<IpAddress> ip,
        Optional<IpAddress> ip6,
        String mac,
        String interfaceName,
        List<PortMapping> ports,
        boolean active) {
    /** Copies the lists. */
    public Attachment {
        names = List.copyOf(names);
        ports = List.copyOf(ports);
    }

    Attachment with(boolean nowActive) {
        return new Attachment(network, containerId, names, ip, ip6, mac, interfaceName, ports, nowActive);
    }

    Attachment with(List<PortMapping> newPorts) {
        return new Attachment(network, containerId, names, ip, ip6, mac, interfaceName, newPorts, active);
    }
}
