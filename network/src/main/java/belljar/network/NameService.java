package belljar.network;

import belljar.failure.BelljarException;
import belljar.failure.HostException;
import belljar.linux.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The name servers of all networks of a root that need one: those that answer names and have running containers. For
 * one thread at a time.
 */
public final class NameService implements AutoCloseable {
    private static final int PORT = 53;

    private final Networks networks;
    private final HostResolvers resolvers = new HostResolvers();
    private final Map<String, List<NameServer>> running = new HashMap<>();

    /**
     * Creates the service; nothing runs yet.
     *
     * @param networks the root's networks
     */
    public NameService(Networks networks) {
        this.networks = networks;
    }

    /** {@return whether a network needs a name server} */
    public boolean needed() {
        for (Network network : networks.defined()) {
            if (needed(network, networks.attachments(network))) {
                return true;
            }
        }
        return false;
    }

    private static boolean needed(Network network, List<Attachment> attachments) {
        for (Attachment attachment : attachments) {
            if (network.dns() && attachment.active()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Makes the servers fit what runs now: starts, tells or ends them.
     *
     * @return why servers could not be started; they are tried again the next time
     */
    public List<String> refresh() {
        List<String> failures = new ArrayList<>();
        List<String> keep = new ArrayList<>();
        for (Network network : networks.defined()) {
            List<Attachment> attachments = networks.attachments(network);
            if (!needed(network, attachments)) {
                continue;
            }
            String key = network.id() + network.subnets();
            keep.add(key);
            List<NameServer> servers = running.get(key);
            if (servers != null) {
                for (NameServer server : servers) {
                    server.update(network, attachments);
                }
                continue;
            }
            try {
                running.put(key, start(network, attachments));
            } catch (HostException e) {
                // Before the bridge has its address nobody can ask either.
                failures.add(e.getMessage());
            }
        }
        for (Map.Entry<String, List<NameServer>> entry : List.copyOf(running.entrySet())) {
            if (!keep.contains(entry.getKey())) {
                close(entry.getValue());
                running.remove(entry.getKey());
            }
        }
        return failures;
    }

    private List<NameServer> start(Network network, List<Attachment> attachments) {
        List<NameServer> servers = new ArrayList<>();
        try {
            for (Subnet subnet : network.subnets()) {
                IpAddress gateway = subnet.gateway();
                servers.add(NameServer.start(network, attachments, gateway, PORT, resolvers));
            }
            return servers;
        } catch (BelljarException e) {
            close(servers);
            throw e;
        }
    }

    private static void close(List<NameServer> servers) {
        for (NameServer server : servers) {
            server.close();
        }
    }

    /** Ends all servers. */
    @Override
    public void close() {
        for (List<NameServer> servers : running.values()) {
            close(servers);
        }
        running.clear();
    }
}
