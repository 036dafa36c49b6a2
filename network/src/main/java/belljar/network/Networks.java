package belljar.network;

import belljar.failure.UserException;
import belljar.linux.Caller;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Netlink;
import belljar.linux.Nftables;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The networks of one root. Everything that changes something takes the root's lock for networks and waits for it;
 * nothing is kept in memory, so any number of processes may use the same root. Needs root's rights, but for reading
 * definitions.
 *
 * <p>Safe for use by several threads.
 */
@SuppressWarnings("try") // a lock is held, not used
public final class Networks {
    private static final String BRIDGED = "bridged";
    /** There from before a bridge is removed until somebody has seen that it is gone. */
    private static final String REMOVING = "removing";

    private final Place place;
    private final Reservation reservation;
    private final Definitions definitions;
    private final Caller host;
    private final String table;

    private Networks(Path directory, Caller host) {
        this.place = new Place(directory);
        this.definitions = new Definitions(place);
        this.host = host;
        this.reservation = new Reservation(place, definitions, host);
        String path = directory.toString();
        this.table = path.equals("/var/lib/belljar/networks")
                ? "belljar"
                : "belljar-" + Integer.toHexString(path.hashCode());
    }

    /**
     * {@return the networks of a root}
     *
     * @param root where images and containers are kept; the networks are in {@code ROOT/networks}
     */
    public static Networks open(Path root) {
        return open(root, HostKernel.INSTANCE);
    }

    /** {@return the networks of a root, with the bridges in the network namespace of a caller} */
    static Networks open(Path root, Caller host) {
        return new Networks(root.toAbsolutePath().resolve("networks"), host);
    }

    /** {@return the directory of the definitions; a change in it means that a network, or who is in it, changed} */
    public Path directory() {
        return place.directory();
    }

    /** {@return all networks, sorted by name; the default one is always there} */
    public List<Network> list() {
        if (definitions.find(Network.DEFAULT) == null) {
            find(Network.DEFAULT);
        }
        return definitions.list();
    }

    /** {@return the networks that have a definition; the default one only after its first use} */
    public List<Network> defined() {
        return definitions.list();
    }

    /**
     * {@return a network by its name, id, or the beginning of its id}
     *
     * @param nameOrId what names it
     * @throws UserException if there is none
     */
    public Network find(String nameOrId) {
        Network network = definitions.find(nameOrId);
        if (network == null && nameOrId.equals(Network.DEFAULT)) {
            network = makeDefault();
        }
        if (network == null) {
            throw new UserException("there is no network '" + nameOrId + "'; make it with 'network create'");
        }
        return network;
    }

    /**
     * {@return whether there is such a network}
     *
     * @param nameOrId what names it
     */
    public boolean exists(String nameOrId) {
        return nameOrId.equals(Network.DEFAULT) || definitions.find(nameOrId) != null;
    }

    private Network makeDefault() {
        try (Fd lock = place.lock();
                Netlink link = Netlink.open(host)) {
            Network network = definitions.find(Network.DEFAULT);
            return network != null
                    ? network
                    : definitions.create(NetworkSpec.ofDefault(), new SubnetChoice(link, definitions.list()));
        }
    }

    /**
     * Defines a network. It has no bridge before a container uses it.
     *
     * @param spec what it is to be
     * @return the network
     * @throws UserException if there is one of that name, or the request is wrong
     */
    public Network create(NetworkSpec spec) {
        try (Fd lock = place.lock();
                Netlink link = Netlink.open(host)) {
            return definitions.create(spec, new SubnetChoice(link, definitions.list()));
        }
    }

    /**
     * Removes a network's definition and leases.
     *
     * @param nameOrId what names it
     * @throws UserException if there is none, a container uses it, or it is the default one
     */
    public void remove(String nameOrId) {
        Network network = find(nameOrId);
        if (network.name().equals(Network.DEFAULT)) {
            throw new UserException("the network '" + network.name() + "' is the default one and cannot be removed");
        }
        try (Fd lock = place.lock()) {
            if (!Leases.read(place, network.name()).active().isEmpty()) {
                throw new UserException(
                        "the network '" + nameOrId + "' is used by containers; end or disconnect them first");
            }
            definitions.remove(network);
        }
    }

    /**
     * {@return the attachments of a network, of running containers and of ended ones that kept their addresses}
     *
     * @param network the network
     */
    public List<Attachment> attachments(Network network) {
        return List.copyOf(Leases.read(place, network.name()).all());
    }

    /**
     * {@return the attachments of a container}
     *
     * @param containerId its id
     */
    public List<Attachment> attachments(String containerId) {
        List<Attachment> found = new ArrayList<>();
        for (String name : place.names(Leases.ENDING)) {
            Attachment attachment = Leases.of(place, name, containerId).find(containerId);
            if (attachment != null) {
                found.add(attachment);
            }
        }
        return found;
    }

    /**
     * Reserves addresses and ports for a container that is about to start, before it has a process. They stay reserved
     * until {@link #detach}.
     *
     * @param endpoints the networks, the one that the way out is by first; all of one container
     * @param ports what is published, by the first network
     * @return the attachments, in the order of the endpoints
     * @throws UserException if an address or a port is not to be had
     */
    public List<Attachment> reserve(List<Endpoint> endpoints, List<PortMapping> ports) {
        try (Fd lock = place.lock();
                Netlink link = Netlink.open(host)) {
            List<Attachment> made = new ArrayList<>();
            List<String> interfaces = new ArrayList<>();
            for (int i = 0; i < endpoints.size(); i++) {
                Attachment attachment = reservation.make(link, endpoints.get(i), interfaces);
                if (i == 0 && !ports.isEmpty()) {
                    attachment = attachment.with(reservation.publish(attachment, ports));
                }
                interfaces.add(attachment.interfaceName());
                made.add(attachment);
            }
            for (Attachment attachment : made) {
                Leases leases = Leases.read(place, attachment.network());
                leases.put(attachment);
                leases.write();
            }
            return made;
        }
    }

    /**
     * Gives a container's network namespace the interfaces that were reserved, and publishes its ports.
     *
     * @param attachments what {@link #reserve} returned
     * @param pid a process in the namespace that cannot end meanwhile unnoticed
     * @throws belljar.failure.HostException if the kernel refuses; call {@link #detach} then
     */
    public void attach(List<Attachment> attachments, long pid) {
        attach(attachments, pid, true);
    }

    private void attach(List<Attachment> attachments, long pid, boolean wayOut) {
        try (Fd lock = place.lock();
                Netlink link = Netlink.open(host);
                Nftables nft = Nftables.open(host);
                Netlink inside = Netlink.ofProcess(pid)) {
            Wiring wiring = new Wiring(host, link);
            Firewall firewall = new Firewall(nft, table);
            boolean fresh = firewall.make();
            boolean first = wayOut;
            for (Attachment attachment : attachments) {
                Network network = defined(attachment.network());
                int bridge = wiring.bridge(network);
                if (bridge == 0) {
                    bridge = wiring.makeBridge(network);
                    firewall.enter(network);
                    // Tells who watches the directory that there is a new address to listen on.
                    place.write(BRIDGED, network.name() + "\n");
                } else if (fresh) {
                    firewall.enter(network);
                }
                wiring.connect(network, bridge, attachment, inside, first, pid);
                first &= network.internal();
                firewall.publish(attachment);
            }
            if (fresh) {
                restore(firewall, wiring, attachments);
            }
        }
    }

    private Network defined(String name) {
        Network network = definitions.find(name);
        if (network == null) {
            throw new UserException("the network '" + name + "' was removed meanwhile");
        }
        return network;
    }

    /** Enters into a new table what other containers use: someone else has emptied the packet filter. */
    private void restore(Firewall firewall, Wiring wiring, List<Attachment> known) {
        for (String name : place.names(Leases.ENDING)) {
            Network network = definitions.find(name);
            if (network == null || wiring.bridge(network) == 0) {
                continue;
            }
            boolean entered = false;
            for (Attachment attachment : known) {
                entered |= attachment.network().equals(name);
            }
            if (!entered) {
                firewall.enter(network);
            }
            for (Attachment other : Leases.read(place, name).active()) {
                if (known.isEmpty()
                        || !other.containerId().equals(known.getFirst().containerId())) {
                    firewall.publish(other);
                }
            }
        }
    }

    /**
     * Enters all that is in use into the packet filter again, after someone else has emptied it. Does nothing where it
     * is as it should be.
     */
    public void reload() {
        try (Fd lock = place.lock();
                Netlink link = Netlink.open(host);
                Nftables nft = Nftables.open(host)) {
            Firewall firewall = new Firewall(nft, table);
            if (inUse() && firewall.make()) {
                restore(firewall, new Wiring(host, link), List.of());
            }
        }
    }

    /**
     * Connects a running container to one more network.
     *
     * @param endpoint the network and what is wanted of it
     * @param pid a process of the container's
     * @return the attachment
     * @throws UserException if it is connected already
     */
    public Attachment connect(Endpoint endpoint, long pid) {
        String id = endpoint.containerId();
        String name = endpoint.network().name();
        List<String> used = new ArrayList<>();
        Attachment made;
        try (Fd lock = place.lock();
                Netlink link = Netlink.open(host)) {
            for (Attachment other : attachments(id)) {
                if (other.active()) {
                    used.add(other.interfaceName());
                }
                if (other.active() && other.network().equals(name)) {
                    throw new UserException("the container is connected to the network '" + name + "' already");
                }
            }
            made = reservation.make(link, endpoint, used);
            Leases leases = Leases.read(place, name);
            leases.put(made.with(List.of()));
            leases.write();
        }
        try {
            attach(List.of(made.with(List.of())), pid, used.isEmpty());
        } catch (RuntimeException e) {
            detach(id, name, true, Takedown.Removal.NOW);
            throw e;
        }
        return made.with(List.of());
    }

    /**
     * Takes a container, running or not, off a network and gives its address back.
     *
     * @param network the network
     * @param containerId the container's id
     * @throws UserException if it is not connected to it
     */
    public void disconnect(Network network, String containerId) {
        if (Leases.of(place, network.name(), containerId).find(containerId) == null) {
            throw new UserException("the container is not connected to the network '" + network.name() + "'");
        }
        detach(containerId, network.name(), true, Takedown.Removal.NOW);
    }

    /**
     * Takes an ended container off all its networks. Its addresses are kept for its next start. Does nothing for what
     * is done already, so that it can be called again after a failure.
     *
     * @param containerId its id
     */
    public void detach(String containerId) {
        detach(containerId, null, false, Takedown.Removal.BY_KERNEL);
    }

    /**
     * Takes a container off all its networks and gives its addresses back, since it is removed.
     *
     * @param containerId its id
     */
    public void release(String containerId) {
        detach(containerId, null, true, Takedown.Removal.SOON);
    }

    private void detach(String containerId, @Nullable String only, boolean drop, Takedown.Removal removal) {
        boolean any = false;
        for (String name : place.names(Leases.ENDING)) {
            any |= (only == null || only.equals(name))
                    && place.read(name + Leases.ENDING).indexOf(containerId) >= 0;
        }
        if (!any) {
            return;
        }
        try (Fd lock = place.lock();
                Takedown takedown = new Takedown(host, table, lock.number())) {
            for (String name : place.names(Leases.ENDING)) {
                if (only == null || only.equals(name)) {
                    detach(takedown, Leases.of(place, name, containerId), name, containerId, drop, removal);
                }
            }
            finish(takedown);
        }
    }

    private void detach(
            Takedown takedown, Leases leases, String name, String containerId, boolean drop, Takedown.Removal removal) {
        Attachment attachment = leases.find(containerId);
        if (attachment == null) {
            return;
        }
        Network network = definitions.find(name);
        if (network != null && (attachment.active() || removal == Takedown.Removal.SOON)) {
            takedown.container(network, attachment, removal);
        }
        if (drop) {
            leases.drop(containerId);
        } else {
            leases.put(attachment.with(false));
        }
        if (leases.active().isEmpty() && network != null) {
            takedown.network(network);
        }
        leases.write();
    }

    private void finish(Takedown takedown) {
        if (takedown.removesBridges()) {
            place.write(REMOVING, "");
        }
        takedown.interfaces();
        if (!inUse()) {
            takedown.table();
        }
    }

    private boolean inUse() {
        for (String name : place.names(Leases.ENDING)) {
            if (!Leases.read(place, name).active().isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Takes back what containers have that are not alive, and bridges that nobody uses.
     *
     * @param alive whether the container of an id is alive
     */
    public void repair(Predicate<String> alive) {
        List<String> dead = new ArrayList<>();
        for (String name : place.names(Leases.ENDING)) {
            for (Attachment attachment : Leases.read(place, name).active()) {
                String id = attachment.containerId();
                if (!dead.contains(id) && !alive.test(id)) {
                    dead.add(id);
                }
            }
        }
        for (String id : dead) {
            detach(id, null, false, Takedown.Removal.SOON);
        }
        finishRemovals();
    }

    /**
     * Removes the bridges whose removal began and may have been cut short, unless somebody is just at it. Costs one
     * system call when there was none.
     */
    public void finishRemovals() {
        if (!place.exists(REMOVING)) {
            return;
        }
        try (Fd lock = place.tryLock()) {
            if (lock == null) {
                return;
            }
            try (Takedown takedown = new Takedown(host, table, lock.number())) {
                for (Network network : definitions.list()) {
                    if (Leases.read(place, network.name()).active().isEmpty()) {
                        takedown.network(network);
                    }
                }
                if (takedown.removesBridges()) {
                    takedown.interfaces();
                } else {
                    place.remove(REMOVING);
                }
            }
        }
    }

    /**
     * Removes all networks that no container uses but the default one.
     *
     * @param used whether a container that does not run uses a network, by its name
     * @return the names of the removed
     */
    public List<String> prune(Predicate<String> used) {
        List<String> removed = new ArrayList<>();
        try (Fd lock = place.lock()) {
            for (Network network : definitions.list()) {
                boolean spare = network.name().equals(Network.DEFAULT) || used.test(network.name());
                if (!spare && Leases.read(place, network.name()).active().isEmpty()) {
                    definitions.remove(network);
                    removed.add(network.name());
                }
            }
        }
        return removed;
    }
}
