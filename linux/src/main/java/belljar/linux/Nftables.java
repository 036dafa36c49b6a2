package belljar.linux;

import belljar.failure.HostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The packet filter of the network namespace in which a {@link Caller} is, by nf_tables' own messages
 * ({@code linux/netfilter/nf_tables.h}), so that no program is needed. Tables are of the family {@code inet}, which
 * sees IPv4 and IPv6. For one thread at a time.
 */
public final class Nftables implements AutoCloseable {
    static final int SUBSYSTEM = 10;
    static final int INET = 1;
    private static final int GETTABLE = 1;
    private static final int GETSETELEM = 13;
    private static final int ELEMENT_LIST = 3;
    private static final int HEADER = NetlinkMessage.HEADER + 4;

    private final NetlinkSocket socket;

    private Nftables(NetlinkSocket socket) {
        this.socket = socket;
    }

    /**
     * Opens a socket to the kernel's packet filter.
     *
     * @param caller where: its network namespace is what is seen and changed, now and later
     * @return the open socket
     * @throws HostException if the kernel has no such filter
     */
    public static Nftables open(Caller caller) {
        return new Nftables(new NetlinkSocket(caller, NetlinkSocket.NETFILTER));
    }

    static NetlinkMessage message(int type, int flags) {
        return new NetlinkMessage(SUBSYSTEM << 8 | type, flags).netfilter(INET, 0);
    }

    /**
     * {@return whether a table is there}
     *
     * @param table its name
     * @throws HostException if the kernel has no nf_tables
     */
    public boolean hasTable(String table) {
        try {
            socket.change(
                    "look for the packet filter's table " + table,
                    message(GETTABLE, NetlinkMessage.ACK).put(1, table));
            return true;
        } catch (HostException e) {
            if (e.errno() == Errno.ENOENT) {
                return false;
            }
            throw unsupported(e);
        }
    }

    /** Subsystems that a kernel does not have answer EINVAL or EOPNOTSUPP. */
    private static HostException unsupported(HostException e) {
        if (e.errno() != Errno.EINVAL && e.errno() != Errno.EOPNOTSUPP) {
            return e;
        }
        return new HostException(
                "this kernel has no nf_tables, which bridge networks need (" + e.getMessage()
                        + "); load the module nf_tables, or use --network host or none",
                "netlink",
                e.errno());
    }

    /**
     * {@return the keys of a set's or map's elements, each of the length that the set was made with}
     *
     * @param table the table
     * @param set the set or map
     */
    public List<byte[]> keys(String table, String set) {
        List<byte[]> keys = new ArrayList<>();
        NetlinkMessage request =
                message(GETSETELEM, NetlinkMessage.DUMP).put(1, table).put(2, set);
        for (ByteBuffer m : socket.dump("list the elements of " + set, request)) {
            int list = NetlinkMessage.find(m, HEADER, m.limit(), ELEMENT_LIST);
            if (list < 0) {
                continue;
            }
            int end = list + NetlinkMessage.length(m, list);
            for (int at = list; at + 4 <= end; at += (m.getShort(at) & 0xffff) + 3 & ~3) {
                int element = at + 4;
                int key = NetlinkMessage.find(m, element, at + (m.getShort(at) & 0xffff), 1);
                int value = key < 0 ? -1 : NetlinkMessage.find(m, key, key + NetlinkMessage.length(m, key), 1);
                keys.add(NetlinkMessage.bytes(m, value));
            }
        }
        return keys;
    }

    /**
     * {@return a change of several steps, of which all happen or none}
     *
     * @param table the table that is changed
     */
    public NftChange change(String table) {
        return new NftChange(socket, table);
    }

    /** Closes the socket. */
    @Override
    public void close() {
        socket.close();
    }
}
