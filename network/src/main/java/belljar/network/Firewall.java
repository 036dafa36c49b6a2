package belljar.network;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Errno;
import belljar.linux.IpAddress;
import belljar.linux.NftChange;
import belljar.linux.NftRule;
import belljar.linux.Nftables;
import java.nio.charset.StandardCharsets;

/**
 * The packet filter's table of one root. Its rules never change; networks and published ports are elements of its sets
 * and maps, so that one more costs the same however many there are.
 *
 * <p>What it says: a network's packets leave under the host's address; networks do not reach one another, except
 * through published ports; nothing reaches a container from outside that is not published or an answer; an internal
 * network has no way out or in; the host's own loopback addresses are out of containers' reach, although the bridges
 * must route them for published ports on 127.0.0.1.
 */
final class Firewall {
    static final String BRIDGES = "bridges";
    private static final String SAME = "same";
    private static final String INTERNAL = "internal";
    private static final String OUTGOING = "outgoing";
    private static final int NAME = 16;
    private static final int MOST_BYTES = 40 * 1024;
    private static final byte[] LOOPBACK_MASK = {(byte) 255, 0, 0, 0};
    private static final byte[] LOOPBACK = {127, 0, 0, 0};
    private static final byte[] NONE = {};

    private final Nftables nft;
    private final String table;

    Firewall(Nftables nft, String table) {
        this.nft = nft;
        this.table = table;
    }

    /** {@return whether the table had to be made, so that all that is in use must be entered} */
    boolean make() {
        if (nft.hasTable(table)) {
            return false;
        }
        NftChange change = nft.change(table).addTable();
        int[] name = {NftChange.TYPE_NAME};
        int[] names = {NftChange.TYPE_NAME, NftChange.TYPE_NAME};
        int[] none = {};
        change.addSet(BRIDGES, NAME, name, 0, none)
                .addSet(INTERNAL, NAME, name, 0, none)
                .addSet(OUTGOING, NAME, name, 0, none)
                .addSet(SAME, 2 * NAME, names, 0, none);
        addPortSets(change, false);
        addPortSets(change, true);
        change.addChain("publish")
                .addChain("guard", "filter", NftChange.PREROUTING, -300)
                .addChain("prerouting", "nat", NftChange.PREROUTING, -100)
                .addChain("output", "nat", NftChange.OUTPUT, -100)
                .addChain("postrouting", "nat", NftChange.POSTROUTING, 100)
                .addChain("forward", "filter", NftChange.FORWARD, 0);
        addRules(change);
        change.commit();
        return true;
    }

    private static void addPortSets(NftChange change, boolean v6) {
        int address = v6 ? 16 : 4;
        int type = v6 ? NftChange.TYPE_IPV6 : NftChange.TYPE_IPV4;
        int[] port = {NftChange.TYPE_PROTOCOL, NftChange.TYPE_PORT};
        int[] bound = {type, NftChange.TYPE_PROTOCOL, NftChange.TYPE_PORT};
        int[] target = {type, NftChange.TYPE_PORT};
        change.addSet(v6 ? "ports6" : "ports4", 8, port, address + 4, target)
                .addSet(v6 ? "bound6" : "bound4", address + 8, bound, address + 4, target);
    }

    private static void addRules(NftChange change) {
        // Every packet of the host comes by, so the cheap question is first: looking a name up means hashing it.
        change.end(change.addRule("guard")
                .meta(NftRule.FAMILY, 0)
                .equal(0, (byte) NftRule.IPV4)
                .destination(false, 0)
                .mask(0, LOOPBACK_MASK)
                .equal(0, LOOPBACK)
                .meta(NftRule.IN_NAME, 0)
                .in(BRIDGES, 0)
                .verdict(NftRule.DROP));
        change.end(change.addRule("prerouting").forThisHost().jump("publish"));
        change.end(change.addRule("output").forThisHost().jump("publish"));
        addPublishing(change, false);
        addPublishing(change, true);
        // A container that comes back to its own network must not be answered behind the host's back. Where the host
        // filters bridged packets (br_netfilter), such a packet has no arriving interface by now.
        change.end(change.addRule("postrouting")
                .meta(NftRule.IN_NAME, 0)
                .equal(0, new byte[NAME])
                .meta(NftRule.OUT_NAME, 0)
                .in(BRIDGES, 0)
                .redirected()
                .masquerade());
        change.end(between(change.addRule("postrouting"), BRIDGES, true)
                .redirected()
                .masquerade());
        change.end(between(change.addRule("postrouting"), OUTGOING, false).masquerade());
        change.end(change.addRule("postrouting")
                .meta(NftRule.FAMILY, 0)
                .equal(0, (byte) NftRule.IPV4)
                .meta(NftRule.OUT_NAME, 0)
                .in(BRIDGES, 0)
                .source(false, 0)
                .mask(0, LOOPBACK_MASK)
                .equal(0, LOOPBACK)
                .masquerade());
        // Bridged packets come here too where the host passes them to the filter (br_netfilter).
        change.end(change.addRule("forward")
                .meta(NftRule.IN_NAME, 0)
                .meta(NftRule.OUT_NAME, NAME / 4)
                .in(SAME, 0)
                .verdict(NftRule.ACCEPT));
        change.end(change.addRule("forward")
                .meta(NftRule.IN_NAME, 0)
                .in(INTERNAL, 0)
                .verdict(NftRule.DROP));
        change.end(change.addRule("forward")
                .meta(NftRule.OUT_NAME, 0)
                .in(INTERNAL, 0)
                .verdict(NftRule.DROP));
        change.end(change.addRule("forward").connectionState(2 | 4).verdict(NftRule.ACCEPT));
        NftRule published = change.addRule("forward").meta(NftRule.OUT_NAME, 0).in(BRIDGES, 0);
        change.end(published.redirected().verdict(NftRule.ACCEPT));
        change.end(change.addRule("forward")
                .meta(NftRule.OUT_NAME, 0)
                .in(BRIDGES, 0)
                .verdict(NftRule.DROP));
    }

    private static NftRule between(NftRule rule, String from, boolean toBridge) {
        rule.meta(NftRule.IN_NAME, 0).in(from, 0).meta(NftRule.OUT_NAME, 0);
        return toBridge ? rule.in(BRIDGES, 0) : rule.notIn(BRIDGES, 0);
    }

    private static void addPublishing(NftChange change, boolean v6) {
        byte family = (byte) (v6 ? NftRule.IPV6 : NftRule.IPV4);
        int words = v6 ? 4 : 1;
        change.end(change.addRule("publish")
                .meta(NftRule.FAMILY, 0)
                .equal(0, family)
                .destination(v6, 0)
                .meta(NftRule.TRANSPORT, words)
                .destinationPort(words + 1)
                .map(v6 ? "bound6" : "bound4", 0, 0)
                .redirect(v6, 0, words));
        change.end(change.addRule("publish")
                .meta(NftRule.FAMILY, 0)
                .equal(0, family)
                .meta(NftRule.TRANSPORT, 0)
                .destinationPort(1)
                .map(v6 ? "ports6" : "ports4", 0, 0)
                .redirect(v6, 0, words));
    }

    private static byte[] name(String text) {
        byte[] bytes = new byte[NAME];
        byte[] letters = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(letters, 0, bytes, 0, letters.length);
        return bytes;
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] both = java.util.Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private void add(Network network) {
        byte[] name = name(network.bridge());
        String what = "let packets of " + network.bridge() + " through";
        nft.change(table)
                .addElement(BRIDGES, name, NONE, what)
                .addElement(SAME, join(name, name), NONE, what)
                .addElement(network.internal() ? INTERNAL : OUTGOING, name, NONE, what)
                .commit();
    }

    /** Takes out what may be entered of a network, and enters it. */
    void enter(Network network) {
        try {
            add(network);
        } catch (HostException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
            remove(network);
            add(network);
        }
    }

    /** Takes a network out; does nothing where it is not in. */
    void remove(Network network) {
        byte[] name = name(network.bridge());
        byte[] pair = join(name, name);
        String kind = network.internal() ? INTERNAL : OUTGOING;
        NftChange all = nft.change(table);
        if (!tolerate(all.removeElement(BRIDGES, name).removeElement(SAME, pair).removeElement(kind, name))) {
            tolerate(nft.change(table).removeElement(BRIDGES, name));
            tolerate(nft.change(table).removeElement(SAME, pair));
            tolerate(nft.change(table).removeElement(kind, name));
        }
    }

    /** Removes the table; does nothing where it is gone. */
    void unmake() {
        tolerate(nft.change(table).removeTable());
    }

    private static boolean tolerate(NftChange change) {
        try {
            change.commit();
            return true;
        } catch (HostException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
            return false;
        }
    }

    /** Publishes ports; all of one container or none. */
    void publish(Attachment attachment) {
        NftChange change = nft.change(table);
        for (PortMapping port : attachment.ports()) {
            for (int i = 0; i < port.count(); i++) {
                change = publish(change, attachment, port, i);
            }
        }
        commit(change);
    }

    private NftChange publish(NftChange change, Attachment attachment, PortMapping port, int index) {
        for (int family = 0; family < 2; family++) {
            boolean v6 = family == 1;
            IpAddress target = (v6 ? attachment.ip6() : attachment.ip()).orElse(null);
            String set = set(port, v6);
            if (target == null || set.isEmpty()) {
                continue;
            }
            byte[] to = join(target.bytes(), number(port.containerPort() + index));
            String what = "publish port " + (port.hostPort() + index) + "/" + port.protocol();
            change.addElement(set, key(port, index), to, what);
        }
        if (change.size() > MOST_BYTES) {
            commit(change);
            return nft.change(table);
        }
        return change;
    }

    private static void commit(NftChange change) {
        try {
            change.commit();
        } catch (HostException e) {
            if (e.errno() == Errno.EEXIST) {
                throw new UserException("cannot " + e.getMessage() + ": another container has it", e);
            }
            throw e;
        }
    }

    /** {@return where a port of a family is entered; empty where it is bound to an address of the other family} */
    private static String set(PortMapping port, boolean v6) {
        IpAddress bound = port.boundTo();
        if (bound == null) {
            return v6 ? "ports6" : "ports4";
        }
        return bound.isV6() != v6 ? "" : v6 ? "bound6" : "bound4";
    }

    private static byte[] key(PortMapping port, int index) {
        byte[] own = join(new byte[] {(byte) port.protocolNumber(), 0, 0, 0}, number(port.hostPort() + index));
        IpAddress bound = port.boundTo();
        return bound == null ? own : join(bound.bytes(), own);
    }

    private static byte[] number(int port) {
        return new byte[] {(byte) (port >> 8), (byte) port, 0, 0};
    }

    /** Takes published ports back; those that are gone already are passed over. */
    void unpublish(Attachment attachment) {
        NftChange all = nft.change(table);
        int count = remove(all, attachment);
        if (count == 0 || all.size() < MOST_BYTES && tolerate(all)) {
            return;
        }
        // Someone emptied the filter meanwhile, or there are too many for one message.
        for (PortMapping port : attachment.ports()) {
            for (int i = 0; i < port.count(); i++) {
                for (int family = 0; family < 2; family++) {
                    NftChange one = nft.change(table);
                    if (remove(one, attachment, port, i, family == 1)) {
                        tolerate(one);
                    }
                }
            }
        }
    }

    private static int remove(NftChange change, Attachment attachment) {
        int count = 0;
        for (PortMapping port : attachment.ports()) {
            for (int i = 0; i < port.count(); i++) {
                count += remove(change, attachment, port, i, false) ? 1 : 0;
                count += remove(change, attachment, port, i, true) ? 1 : 0;
            }
        }
        return count;
    }

    private static boolean remove(NftChange change, Attachment attachment, PortMapping port, int index, boolean v6) {
        String set = set(port, v6);
        boolean entered = !set.isEmpty() && (v6 ? attachment.ip6() : attachment.ip()).isPresent();
        if (entered) {
            change.removeElement(set, key(port, index));
        }
        return entered;
    }
}
