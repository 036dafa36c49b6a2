package belljar.engine;

import java.util.List;

/**
 * Where a running container is found in a network.
 *
 * @param network the network's name
 * @param addresses its addresses there
 * @param macAddress its hardware address there
 * @param interfaceName its interface's name
 * @param aliases its names there
 */
public record Endpoint(
        String network, List<String> addresses, String macAddress, String interfaceName, List<String> aliases) {
    /** Copies the lists. */
    public Endpoint {
        addresses = List.copyOf(addresses);
        aliases = List.copyOf(aliases);
    }
}
