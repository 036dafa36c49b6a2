package belljar.engine;

import java.util.List;

/**
 * What is asked of a container's network and of the names in it.
 *
 * @param mode {@link NamespaceMode#NONE} for a network of its own with nothing but the loopback interface;
 *     {@link NamespaceMode#DEFAULT} and {@link NamespaceMode#PRIVATE} for one with a way out: through {@code networks}
 *     or, without any, the default network; for who is not root, through pasta(1) where it is installed
 * @param hostname the host name; empty for the first 12 characters of the id, or the host's name when its network is
 *     the host's
 * @param addHosts more lines for {@code /etc/hosts}
 * @param noHosts whether {@code /etc/hosts} stays as the image has it
 * @param dns addresses of name servers; empty for the host's where the container has a network
 * @param dnsSearch domains to search
 * @param dnsOptions options of resolv.conf(5)
 * @param networks the networks with names to be connected to; for root only
 * @param ports the ports of the host that lead to the container
 * @param publishAll whether every port that the image or {@code exposed} names is published at a free port of the host
 * @param exposed more ports that the program serves, as {@code PORT[-PORT][/PROTOCOL]}
 */
public record NetworkRequest(
        NamespaceMode mode,
        String hostname,
        List<HostEntry> addHosts,
        boolean noHosts,
        List<String> dns,
        List<String> dnsSearch,
        List<String> dnsOptions,
        List<NetworkAttachment> networks,
        List<PortRequest> ports,
        boolean publishAll,
        List<String> exposed) {
    /** No network but the loopback interface, which is the fastest. */
    public static final NetworkRequest NONE =
            new NetworkRequest(NamespaceMode.NONE, "", List.of(), false, List.of(), List.of(), List.of());

    /** The default network. */
    public static final NetworkRequest DEFAULT =
            new NetworkRequest(NamespaceMode.DEFAULT, "", List.of(), false, List.of(), List.of(), List.of());

    /** Copies the lists. */
    public NetworkRequest {
        addHosts = List.copyOf(addHosts);
        dns = List.copyOf(dns);
        dnsSearch = List.copyOf(dnsSearch);
        dnsOptions = List.copyOf(dnsOptions);
        networks = List.copyOf(networks);
        ports = List.copyOf(ports);
        exposed = List.copyOf(exposed);
    }

    /**
     * A request that needs no network with a name.
     *
     * @param mode where the network comes from
     * @param hostname the host name; empty for the default
     * @param addHosts more lines for {@code /etc/hosts}
     * @param noHosts whether {@code /etc/hosts} stays as the image has it
     * @param dns addresses of name servers
     * @param dnsSearch domains to search
     * @param dnsOptions options of resolv.conf(5)
     */
    public NetworkRequest(
            NamespaceMode mode,
            String hostname,
            List<HostEntry> addHosts,
            boolean noHosts,
            List<String> dns,
            List<String> dnsSearch,
            List<String> dnsOptions) {
        this(mode, hostname, addHosts, noHosts, dns, dnsSearch, dnsOptions, List.of(), List.of(), false, List.of());
    }

    /**
     * {@return the same with networks that have names and ports of the host}
     *
     * @param newNetworks the networks to be connected to
     * @param newPorts the ports of the host that lead to the container
     * @param all whether every exposed port is published
     * @param newExposed more exposed ports
     */
    public NetworkRequest with(
            List<NetworkAttachment> newNetworks, List<PortRequest> newPorts, boolean all, List<String> newExposed) {
        return new NetworkRequest(
                mode, hostname, addHosts, noHosts, dns, dnsSearch, dnsOptions, newNetworks, newPorts, all, newExposed);
    }

    /**
     * A line of {@code /etc/hosts}.
     *
     * @param name the host's name
     * @param address its address
     */
    public record HostEntry(String name, String address) {}
}
