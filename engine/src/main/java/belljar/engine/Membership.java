package belljar.engine;

import belljar.failure.UserException;
import belljar.network.Network;
import java.util.ArrayList;
import java.util.List;

/**
 * Changes which networks a container is in, now if it runs, and for each further start. Safe for use by several
 * threads.
 */
public final class Membership {
    private static final int SHORT_ID = 12;

    private final Book book;
    private final Lifecycle life;
    private final ContainerNetworks networks;

    Membership(Book book, Lifecycle life, ContainerNetworks networks) {
        this.book = book;
        this.life = life;
        this.networks = networks;
    }

    /**
     * Connects a container to a network.
     *
     * @param nameOrId the container's name, id, or the beginning of its id
     * @param wish the network and what is wanted of it
     * @throws UserException if one of the two is not there, they are connected, or the container has no network of its
     *     own
     */
    public void connect(String nameOrId, NetworkAttachment wish) {
        ContainerRecord record = book.find(nameOrId);
        try (ContainerLock _ = life.lock(record)) {
            RunRequest request = RequestFile.load(book.directory(record.id()));
            List<NetworkAttachment> list = current(request.network(), nameOrId);
            Network network = networks.network(wish.network());
            if (place(list, network) >= 0) {
                throw new UserException("the container '" + nameOrId + "' is in the network '" + network.name()
                        + "' already; disconnect it first to change how");
            }
            list.add(wish);
            NetworkRequest after = with(request.network(), list);
            long pid = book.pid(record.id());
            if (pid != 0) {
                String note = networks.connect(
                        record,
                        pid,
                        wish,
                        after,
                        book.directory(record.id()).resolve("files"),
                        hostname(record, after));
                book.note(record.id(), Book.NETWORK, note);
            }
            save(record, request, after);
        }
    }

    /**
     * Takes back what containers have of networks that are not alive, and enters into the packet filter what is not.
     */
    public void repair() {
        // A container whose keeper has just died lives on.
        networks.networks().repair(id -> book.isLive(id) || book.pid(id) != 0);
        networks.networks().reload();
    }

    /**
     * Takes a container off a network.
     *
     * @param nameOrId the container's name, id, or the beginning of its id
     * @param networkName the network's name or id
     * @throws UserException if one of the two is not there, they are not connected, or it is its only network
     */
    public void disconnect(String nameOrId, String networkName) {
        ContainerRecord record = book.find(nameOrId);
        try (ContainerLock _ = life.lock(record)) {
            RunRequest request = RequestFile.load(book.directory(record.id()));
            List<NetworkAttachment> list = current(request.network(), nameOrId);
            Network network = networks.network(networkName);
            int place = place(list, network);
            if (place < 0) {
                throw new UserException(
                        "the container '" + nameOrId + "' is not in the network '" + network.name() + "'");
            }
            if (list.size() == 1) {
                throw new UserException("'" + network.name() + "' is the only network of the container '" + nameOrId
                        + "'; connect it to another one first, or run it anew with --network none");
            }
            list.remove(place);
            NetworkRequest after = with(request.network(), list);
            if (book.pid(record.id()) != 0) {
                String note = networks.disconnect(
                        record,
                        networkName,
                        after,
                        book.directory(record.id()).resolve("files"),
                        hostname(record, after));
                book.note(record.id(), Book.NETWORK, note);
            }
            save(record, request, after);
        }
    }

    private List<NetworkAttachment> current(NetworkRequest asked, String nameOrId) {
        if (!ContainerNetworks.connects(asked) || IdMapping.rootless()) {
            throw new UserException("the container '" + nameOrId
                    + "' has no network of its own that could be connected to others; run it anew with --network");
        }
        return new ArrayList<>(
                asked.networks().isEmpty()
                        ? List.of(NetworkAttachment.to(ContainerNetworks.BRIDGE))
                        : asked.networks());
    }

    private int place(List<NetworkAttachment> list, Network network) {
        for (int i = 0; i < list.size(); i++) {
            if (networks.network(list.get(i).network()).name().equals(network.name())) {
                return i;
            }
        }
        return -1;
    }

    private static NetworkRequest with(NetworkRequest asked, List<NetworkAttachment> list) {
        return asked.with(list, asked.ports(), asked.publishAll(), asked.exposed());
    }

    private static String hostname(ContainerRecord record, NetworkRequest asked) {
        return asked.hostname().isEmpty() ? record.id().substring(0, SHORT_ID) : asked.hostname();
    }

    private void save(ContainerRecord record, RunRequest request, NetworkRequest after) {
        RequestFile.save(book.directory(record.id()), request.withNetwork(after));
        List<Endpoint> endpoints = new ArrayList<>();
        for (NetworkAttachment attachment : after.networks()) {
            endpoints.add(new Endpoint(attachment.network(), List.of(), "", "", attachment.aliases()));
        }
        ContainerRecord stored = book.stored(record.id());
        book.write(stored.withNetworks(endpoints, stored.ports()));
    }
}
