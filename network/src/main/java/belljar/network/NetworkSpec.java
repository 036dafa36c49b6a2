package belljar.network;

import java.util.List;
import java.util.Map;

/**
 * What a new network is asked to be.
 *
 * @param name its name; empty to have one made up
 * @param driver its kind; {@code bridge} or empty
 * @param subnets subnets, at most one of a family; empty to have one of IPv4 chosen
 * @param gateways the host's address in each subnet, or none for all
 * @param ranges where addresses are taken from in each subnet, or none for all
 * @param ipv6 whether it has addresses of IPv6 too, chosen unless given
 * @param internal whether it has no way out
 * @param dns whether containers find each other by name
 * @param labels labels
 * @param options options: {@code mtu}, {@code interface_name}
 */
public record NetworkSpec(
        String name,
        String driver,
        List<String> subnets,
        List<String> gateways,
        List<String> ranges,
        boolean ipv6,
        boolean internal,
        boolean dns,
        Map<String, String> labels,
        Map<String, String> options) {
    /** Copies the collections. */
    public NetworkSpec {
        subnets = List.copyOf(subnets);
        gateways = List.copyOf(gateways);
        ranges = List.copyOf(ranges);
        labels = Map.copyOf(labels);
        options = Map.copyOf(options);
    }

    /**
     * {@return the default network} As in other engines it answers no names, since containers of all kinds share it.
     */
    static NetworkSpec ofDefault() {
        NetworkSpec named = named(Network.DEFAULT);
        return new NetworkSpec(
                named.name, "", List.of(), List.of(), List.of(), false, false, false, named.labels, named.options);
    }

    /**
     * {@return a network of IPv4 with names and a way out}
     *
     * @param name its name
     */
    public static NetworkSpec named(String name) {
        return new NetworkSpec(name, "", List.of(), List.of(), List.of(), false, false, true, Map.of(), Map.of());
    }
}
