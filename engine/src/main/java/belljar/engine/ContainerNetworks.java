package belljar.engine;

import belljar.engine.NetworkRequest.HostEntry;
import belljar.failure.UserException;
import belljar.linux.IpAddress;
import belljar.network.Attachment;
import belljar.network.HostResolvers;
import belljar.network.Network;
import belljar.network.Networks;
import belljar.network.PortMapping;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Connects containers to networks with names: reserves their addresses and tells their files of them, gives them their
 * interfaces, and takes all back.
 */
final class ContainerNetworks {
    /** What users call the default network when they name what kind it is. */
    static final String BRIDGE = "bridge";

    private static final int SHORT_ID = 12;

    private final Networks networks;
    private final Path state;
    private final HelperStart helper;
    private final boolean rootless = IdMapping.rootless();

    /**
     * @param root where the networks are
     * @param state where notes of running containers are
     * @param helper starts the process that answers names
     */
    ContainerNetworks(Path root, Path state, HelperStart helper) {
        this.networks = Networks.open(root);
        this.state = state;
        this.helper = helper;
    }

    Networks networks() {
        return networks;
    }

    /** {@return whether a container has a network of its own with a way out} */
    static boolean connects(NetworkRequest asked) {
        return asked.mode() instanceof NamespaceMode.Default || asked.mode() instanceof NamespaceMode.Private;
    }

    /**
     * Refuses what cannot be, as far as that is known before a start.
     *
     * @param observer told what the user should know
     * @throws UserException if it cannot be
     */
    static void check(Networks networks, NetworkRequest asked, RunIo.Observer observer) {
        boolean publishes = !asked.ports().isEmpty() || asked.publishAll();
        if (!connects(asked)) {
            if (publishes || !asked.networks().isEmpty()) {
                throw new UserException("ports are published and networks joined by containers with a network of their"
                        + " own; leave out --network none, host, container: or ns:");
            }
            return;
        }
        if (IdMapping.rootless()) {
            if (!asked.networks().isEmpty()) {
                throw new UserException(
                        "networks with names need root; run this as root, or leave out --network to use pasta");
            }
            String hindrance = Pasta.hindrance();
            if (!hindrance.isEmpty() && (publishes || asked.mode() instanceof NamespaceMode.Private)) {
                throw new UserException("without root, containers are connected through pasta, but " + hindrance);
            }
            if (!hindrance.isEmpty()) {
                observer.notice(
                        "the container has no network but its loopback interface (--network none): " + hindrance);
            }
            return;
        }
        for (NetworkAttachment wish : names(asked)) {
            find(networks, wish.network());
        }
    }

    private static List<NetworkAttachment> names(NetworkRequest asked) {
        return asked.networks().isEmpty() ? List.of(NetworkAttachment.to(BRIDGE)) : asked.networks();
    }

    /** {@return a network that must be there} */
    Network network(String name) {
        return find(networks, name);
    }

    private static Network find(Networks networks, String name) {
        return networks.find(name.equals(BRIDGE) ? Network.DEFAULT : name);
    }

    /**
     * Reserves what a container asks for, and writes it into the files that are mounted in it.
     *
     * @param record the container
     * @param asked what it asks for
     * @param image what its image says
     * @param files where its files are, as {@link NetworkFiles} wrote them
     * @param hostname its host name
     * @return what {@link #attach} takes
     */
    Reserved reserve(ContainerRecord record, NetworkRequest asked, ImageDefaults image, Path files, String hostname) {
        if (!connects(asked)) {
            return Reserved.NOTHING;
        }
        List<PortMapping> ports = ports(asked, image);
        if (rootless) {
            boolean possible = Pasta.hindrance().isEmpty();
            if (possible) {
                writeResolvConf(asked, files, List.of());
            }
            return new Reserved(List.of(), Pasta.choose(requests(ports)), possible);
        }
        List<belljar.network.Endpoint> endpoints = new ArrayList<>();
        for (NetworkAttachment wish : names(asked)) {
            Network network = network(wish.network());
            endpoints.add(endpoint(network, wish, record));
        }
        List<Attachment> made = networks.reserve(endpoints, ports);
        try {
            writeHosts(asked, files, hostname, record.name(), made);
            writeResolvConf(asked, files, made);
        } catch (RuntimeException e) {
            networks.detach(record.id());
            throw e;
        }
        List<PortMapping> published = new ArrayList<>();
        for (Attachment attachment : made) {
            published.addAll(attachment.ports());
        }
        return new Reserved(made, requests(published), false);
    }

    /**
     * What a container gets when it starts.
     *
     * @param attachments its places in networks with names
     * @param ports what is published of it
     * @param pasta whether it has a network through {@link Pasta}
     */
    record Reserved(List<Attachment> attachments, List<PortRequest> ports, boolean pasta) {
        static final Reserved NOTHING = new Reserved(List.of(), List.of(), false);
    }

    private static List<PortRequest> requests(List<PortMapping> mappings) {
        List<PortRequest> requests = new ArrayList<>(mappings.size());
        for (PortMapping port : mappings) {
            requests.add(new PortRequest(
                    port.hostAddress(), port.hostPort(), port.containerPort(), port.count(), port.protocol()));
        }
        return requests;
    }

    private static belljar.network.Endpoint endpoint(Network network, NetworkAttachment wish, ContainerRecord record) {
        List<String> names = new ArrayList<>();
        names.add(record.name());
        names.addAll(wish.aliases());
        names.add(record.id().substring(0, SHORT_ID));
        Optional<IpAddress> ip = Optional.empty();
        Optional<IpAddress> ip6 = Optional.empty();
        for (String text : wish.addresses()) {
            IpAddress address = IpAddress.parse(text);
            if (address.isV6()) {
                ip6 = Optional.of(address);
            } else {
                ip = Optional.of(address);
            }
        }
        return new belljar.network.Endpoint(
                network, record.id(), names, ip, ip6, wish.macAddress(), wish.interfaceName());
    }

    private static List<PortMapping> ports(NetworkRequest asked, ImageDefaults image) {
        List<PortMapping> ports = new ArrayList<>();
        for (PortRequest port : asked.ports()) {
            String host = port.hostAddress().equals("0.0.0.0") ? "" : port.hostAddress();
            ports.add(new PortMapping(host, port.hostPort(), port.containerPort(), port.count(), port.protocol()));
        }
        if (asked.publishAll()) {
            List<String> exposed = new ArrayList<>(asked.exposed());
            exposed.addAll(image.exposedPorts());
            for (String text : exposed) {
                PortMapping mapping = PortMapping.parse(text);
                boolean there = false;
                for (PortMapping other : ports) {
                    there |= other.containerPort() == mapping.containerPort()
                            && other.protocol().equals(mapping.protocol());
                }
                if (!there) {
                    ports.add(mapping);
                }
            }
        }
        return ports;
    }

    private static void writeHosts(
            NetworkRequest asked, Path files, String hostname, String name, List<Attachment> attachments) {
        if (asked.noHosts()) {
            return;
        }
        StringBuilder text = new StringBuilder();
        for (HostEntry entry : asked.addHosts()) { // first, since the first match wins
            text.append(entry.address()).append('\t').append(entry.name()).append('\n');
        }
        text.append(NetworkFiles.LOCALHOST);
        for (Attachment attachment : attachments) {
            for (IpAddress address : addresses(attachment)) {
                text.append(address).append('\t').append(hostname);
                if (!name.isEmpty() && !name.equals(hostname)) {
                    text.append(' ').append(name);
                }
                text.append('\n');
            }
        }
        NetworkFiles.write(files.resolve("hosts"), text.toString());
    }

    private static List<IpAddress> addresses(Attachment attachment) {
        List<IpAddress> addresses = new ArrayList<>(2);
        if (attachment.ip().isPresent()) {
            addresses.add(attachment.ip().get());
        }
        if (attachment.ip6().isPresent()) {
            addresses.add(attachment.ip6().get());
        }
        return addresses;
    }

    /** Where the name servers are Belljar's, no domain of the host's is searched: it would hide containers' names. */
    private void writeResolvConf(NetworkRequest asked, Path files, List<Attachment> made) {
        if (!asked.dns().isEmpty()) {
            return;
        }
        StringBuilder text = new StringBuilder();
        if (!asked.dnsSearch().isEmpty()) {
            text.append("search ").append(String.join(" ", asked.dnsSearch())).append('\n');
        }
        boolean own = false;
        for (Attachment attachment : made) {
            Network network = network(attachment.network());
            if (network.dns()) {
                own = true;
                text.append("nameserver ")
                        .append(network.subnets().getFirst().gateway())
                        .append('\n');
            }
        }
        if (!own) {
            for (IpAddress server : HostResolvers.ofHost()) {
                text.append("nameserver ").append(server).append('\n');
            }
        }
        if (!asked.dnsOptions().isEmpty()) {
            text.append("options ").append(String.join(" ", asked.dnsOptions())).append('\n');
        }
        NetworkFiles.write(files.resolve("resolv.conf"), text.toString());
    }

    /**
     * Gives a container the interfaces that were reserved for it, and sees to it that its names are answered.
     *
     * @param id the container's id
     * @param reserved what was reserved
     * @param pid its first process, which has not started its program
     * @return what the book is to note of it; empty for nothing
     */
    String attach(String id, Reserved reserved, long pid) {
        if (reserved.pasta()) {
            Pasta.start(pid, reserved.ports(), pidFile(id));
            return RecordJson.network(List.of(), reserved.ports());
        }
        if (reserved.attachments().isEmpty()) {
            return "";
        }
        networks.attach(reserved.attachments(), pid);
        for (Attachment attachment : reserved.attachments()) {
            if (network(attachment.network()).dns()) {
                helper.ensure(true);
                break;
            }
        }
        return RecordJson.network(endpoints(reserved.attachments()), reserved.ports());
    }

    private Path pidFile(String id) {
        return state.resolve("live").resolve(id + "." + Book.PASTA);
    }

    /**
     * Takes a container that has ended off its networks.
     *
     * @param id its id
     * @param forever whether its addresses are free for others, since it is removed
     */
    void disconnect(String id, boolean forever) {
        if (rootless) {
            Pasta.end(pidFile(id));
        } else if (forever) {
            networks.release(id);
        } else {
            networks.detach(id);
        }
    }

    /**
     * Connects a running container to one more network.
     *
     * @param record the container
     * @param pid its first process
     * @param wish the network
     * @param after what it asks for from now on
     * @param files where its files are
     * @param hostname its host name
     * @return what the book is to note of it
     */
    String connect(
            ContainerRecord record,
            long pid,
            NetworkAttachment wish,
            NetworkRequest after,
            Path files,
            String hostname) {
        Network network = network(wish.network());
        networks.connect(endpoint(network, wish, record), pid);
        if (network.dns()) {
            helper.ensure(true);
        }
        return tell(record, after, files, hostname);
    }

    /**
     * Takes a container, running or not, off a network.
     *
     * @param record the container
     * @param name the network's name
     * @param after what it asks for from now on
     * @param files where its files are
     * @param hostname its host name
     * @return what the book is to note of it
     */
    String disconnect(ContainerRecord record, String name, NetworkRequest after, Path files, String hostname) {
        networks.disconnect(network(name), record.id());
        return tell(record, after, files, hostname);
    }

    private String tell(ContainerRecord record, NetworkRequest after, Path files, String hostname) {
        List<Attachment> now = networks.attachments(record.id());
        writeHosts(after, files, hostname, record.name(), now);
        writeResolvConf(after, files, now);
        List<PortMapping> published = new ArrayList<>();
        for (Attachment attachment : now) {
            published.addAll(attachment.ports());
        }
        return RecordJson.network(endpoints(now), requests(published));
    }

    private static List<Endpoint> endpoints(List<Attachment> attachments) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (Attachment attachment : attachments) {
            List<String> addresses = new ArrayList<>();
            for (IpAddress address : addresses(attachment)) {
                addresses.add(address.toString());
            }
            endpoints.add(new Endpoint(
                    attachment.network(), addresses, attachment.mac(), attachment.interfaceName(), attachment.names()));
        }
        return endpoints;
    }
}
