package belljar.engine;

import java.util.List;

/**
 * What is asked of a container's network and of the names in it.
 *
 * @param mode {@link NamespaceMode#NONE} and {@link NamespaceMode#DEFAULT} for a network of its own with nothing but
 *     the loopback interface
 * @param hostname the host name; empty for the first 12 characters of the id, or the host's name when its network is
 *     the host's
 * @param addHosts more lines for {@code /etc/hosts}
 * @param noHosts whether {@code /etc/hosts} stays as the image has it
 * @param dns addresses of name servers; empty for the host's where the container has a network
 * @param dnsSearch domains to search
 * @param dnsOptions options of resolv.conf(5)
 */
public record NetworkRequest(
        NamespaceMode mode,
        String hostname,
        List<HostEntry> addHosts,
        boolean noHosts,
        List<String> dns,
        List<String> dnsSearch,
        List<String> dnsOptions) {
    /** No network but the loopback interface. */
    public static final NetworkRequest DEFAULT =
            new NetworkRequest(NamespaceMode.DEFAULT, "", List.of(), false, List.of(), List.of(), List.of());

    /** Copies the lists. */
    public NetworkRequest {
        addHosts = List.copyOf(addHosts);
        dns = List.copyOf(dns);
        dnsSearch = List.copyOf(dnsSearch);
        dnsOptions = List.copyOf(dnsOptions);
    }

    /**
     * A line of {@code /etc/hosts}.
     *
     * @param name the host's name
     * @param address its address
     */
    public record HostEntry(String name, String address) {}
}
