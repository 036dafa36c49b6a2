package belljar.linux;

import belljar.failure.HostException;
import java.util.ArrayList;
import java.util.List;

/**
 * A change of one table of the packet filter in several steps, of which all happen or none. Numbers are those of
 * {@code linux/netfilter/nf_tables.h}. Get it from {@link Nftables#change}; used once.
 */
public final class NftChange {
    /** A packet has arrived, before it is decided where it goes. */
    public static final int PREROUTING = 0;

    /** A packet is passed on from one interface to another. */
    public static final int FORWARD = 2;

    /** A packet of this host's own leaves. */
    public static final int OUTPUT = 3;

    /** A packet is about to leave. */
    public static final int POSTROUTING = 4;

    /** Type of a set's key or data: an IPv4 address; as nft(8) numbers it. */
    public static final int TYPE_IPV4 = 7;

    /** Type: an IPv6 address. */
    public static final int TYPE_IPV6 = 8;

    /** Type: a transport protocol. */
    public static final int TYPE_PROTOCOL = 12;

    /** Type: a port. */
    public static final int TYPE_PORT = 13;

    /** Type: an interface's name. */
    public static final int TYPE_NAME = 41;

    private static final int BATCH_BEGIN = 16;
    private static final int BATCH_END = 17;
    private static final int NEWTABLE = 0;
    private static final int DELTABLE = 2;
    private static final int NEWCHAIN = 3;
    private static final int NEWRULE = 6;
    private static final int NEWSET = 9;
    private static final int NEWSETELEM = 12;
    private static final int DELSETELEM = 14;
    private static final int APPEND = 0x800;
    private static final int SET_MAP = 8;
    private static final int NEW = NetlinkMessage.CREATE | NetlinkMessage.EXCLUSIVE;

    private final NetlinkSocket socket;
    private final String table;
    private final List<NetlinkMessage> messages = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private int sets;

    NftChange(NetlinkSocket socket, String table) {
        this.socket = socket;
        this.table = table;
        messages.add(batch(BATCH_BEGIN));
        names.add("change the packet filter");
    }

    private static NetlinkMessage batch(int type) {
        return new NetlinkMessage(type, 0).netfilter(0, Nftables.SUBSYSTEM);
    }

    private NetlinkMessage add(String what, int type, int flags) {
        NetlinkMessage message = Nftables.message(type, flags).put(1, table);
        messages.add(message);
        names.add(what);
        return message;
    }

    /**
     * Makes the table, which must not exist.
     *
     * @return this change
     */
    public NftChange addTable() {
        add("make the packet filter's table " + table, NEWTABLE, NEW);
        return this;
    }

    /**
     * Removes the table with all it has.
     *
     * @return this change
     */
    public NftChange removeTable() {
        add("remove the packet filter's table " + table, DELTABLE, 0);
        return this;
    }

    /**
     * Makes a chain that others jump to.
     *
     * @param chain its name
     * @return this change
     */
    public NftChange addChain(String chain) {
        add("make the chain " + chain, NEWCHAIN, NEW).put(3, chain);
        return this;
    }

    /**
     * Makes a chain that the kernel's packets go through, and that accepts what no rule of it decides.
     *
     * @param chain its name
     * @param type {@code filter} or {@code nat}
     * @param hook one of this class's
     * @param priority the lower the earlier
     * @return this change
     */
    public NftChange addChain(String chain, String type, int hook, int priority) {
        add("make the chain " + chain, NEWCHAIN, NEW)
                .put(3, chain)
                .begin(4)
                .putBig(1, hook)
                .putBig(2, priority)
                .end()
                .putBig(5, NftRule.ACCEPT)
                .put(7, type);
        return this;
    }

    /**
     * Appends a rule to a chain.
     *
     * @param chain the chain
     * @return the rule, to be filled before anything else is added to this change
     */
    public NftRule addRule(String chain) {
        return new NftRule(add("add a rule to " + chain, NEWRULE, NetlinkMessage.CREATE | APPEND)
                .put(2, chain));
    }

    /**
     * Ends the rule that was added last.
     *
     * @param rule the rule
     * @return this change
     */
    public NftChange end(NftRule rule) {
        rule.finish();
        return this;
    }

    /**
     * Makes a set, or a map where it has data.
     *
     * @param set its name
     * @param keyLength bytes of a key; each part of it takes a multiple of four
     * @param keyTypes the types of the key's parts, for people who list it
     * @param dataLength bytes of what an element maps to; 0 for a set
     * @param dataTypes the types of the data's parts
     * @return this change
     */
    public NftChange addSet(String set, int keyLength, int[] keyTypes, int dataLength, int[] dataTypes) {
        NetlinkMessage message = add("make the set " + set, NEWSET, NEW)
                .put(2, set)
                .putBig(3, dataLength > 0 ? SET_MAP : 0)
                .putBig(4, type(keyTypes))
                .putBig(5, keyLength)
                .putBig(10, ++sets);
        if (dataLength > 0) {
            message.putBig(6, type(dataTypes)).putBig(7, dataLength);
        }
        return this;
    }

    /** nft(8) joins the types of parts by shifting each by six bits. */
    private static int type(int[] parts) {
        int type = 0;
        for (int part : parts) {
            type = type << 6 | part;
        }
        return type;
    }

    /**
     * Adds an element, which must not be there.
     *
     * @param set the set or map
     * @param key the key
     * @param data what it maps to; empty for a set
     * @param what what it means, for the message of a failure
     * @return this change
     */
    public NftChange addElement(String set, byte[] key, byte[] data, String what) {
        NetlinkMessage message = add(what, NEWSETELEM, NEW).put(2, set).begin(3).begin(1);
        message.begin(1).put(1, key).end();
        if (data.length > 0) {
            message.begin(2).put(1, data).end();
        }
        message.end().end();
        return this;
    }

    /**
     * Removes an element, which must be there.
     *
     * @param set the set or map
     * @param key the key
     * @return this change
     */
    public NftChange removeElement(String set, byte[] key) {
        NetlinkMessage message = add("remove an element of " + set, DELSETELEM, 0)
                .put(2, set)
                .begin(3)
                .begin(1);
        message.begin(1).put(1, key).end();
        message.end().end();
        return this;
    }

    /** {@return how many bytes the change has so far; about 60 KiB is the most that can be sent at once} */
    public int size() {
        int size = 0;
        for (NetlinkMessage message : messages) {
            size += message.length();
        }
        return size;
    }

    /**
     * Makes the change.
     *
     * @throws HostException if the kernel refuses; then nothing is changed
     */
    public void commit() {
        if (messages.size() == 1) {
            return;
        }
        messages.getLast().acknowledge();
        messages.add(batch(BATCH_END));
        names.add("change the packet filter");
        socket.together(messages, names);
    }
}
