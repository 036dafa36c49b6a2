package belljar.network;

import belljar.linux.Caller;
import belljar.linux.Netlink;
import belljar.linux.Nftables;
import java.util.ArrayList;
import java.util.List;

/**
 * Removes from the host what containers and networks had there. Everything of it may be gone already. Interfaces take
 * the kernel so long that nobody waits for them; the networks' lock is held until a bridge is gone.
 */
final class Takedown implements AutoCloseable {
    private final Caller host;
    private final int lock;
    private final Netlink link;
    private final Nftables nft;
    private final Wiring wiring;
    private final Firewall firewall;
    private final List<Integer> interfaces = new ArrayList<>();
    private boolean bridges;

    /** What becomes of a container's interface. */
    enum Removal {
        /** It is gone on return. */
        NOW,
        /** It will be gone soon. */
        SOON,
        /** The kernel removes it with its network namespace, after the last process there. */
        BY_KERNEL
    }

    Takedown(Caller host, String table, int lock) {
        this.host = host;
        this.lock = lock;
        this.link = Netlink.open(host);
        this.nft = Nftables.open(host);
        this.wiring = new Wiring(host, link);
        this.firewall = new Firewall(nft, table);
    }

    void container(Network network, Attachment attachment, Removal removal) {
        firewall.unpublish(attachment);
        if (removal == Removal.NOW) {
            wiring.removePort(network, attachment.containerId());
        } else if (removal == Removal.SOON) {
            later(wiring.portIndex(network, attachment.containerId()));
        }
    }

    void network(Network network) {
        firewall.remove(network);
        int bridge = wiring.bridge(network);
        bridges |= bridge > 0;
        later(bridge);
    }

    private void later(int index) {
        if (index > 0) {
            interfaces.add(index);
        }
    }

    boolean removesBridges() {
        return bridges;
    }

    void interfaces() {
        if (!interfaces.isEmpty()) {
            Netlink.deleteLater(host, interfaces, bridges ? lock : -1);
        }
    }

    void table() {
        firewall.unmake();
    }

    @Override
    public void close() {
        link.close();
        nft.close();
    }
}
