package belljar.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * A network with a name that a container is to be connected to.
 *
 * @param network the network's name or id
 * @param aliases more names of the container in it
 * @param addresses the addresses to have there, IPv4 or IPv6; empty for free ones
 * @param macAddress the hardware address to have; empty for one made up
 * @param interfaceName the interface's name inside the container; empty for {@code eth0} and so on
 */
public record NetworkAttachment(
        String network, List<String> aliases, List<String> addresses, String macAddress, String interfaceName) {
    /** Copies the lists. */
    public NetworkAttachment {
        aliases = List.copyOf(aliases);
        addresses = List.copyOf(addresses);
    }

    /**
     * {@return a connection with nothing chosen}
     *
     * @param network the network's name or id
     */
    public static NetworkAttachment to(String network) {
        return new NetworkAttachment(network, List.of(), List.of(), "", "");
    }

    /** {@return the same with one more name} */
    NetworkAttachment withAlias(String alias) {
        List<String> more = new ArrayList<>(aliases);
        more.add(alias);
        return new NetworkAttachment(network, more, addresses, macAddress, interfaceName);
    }
}
