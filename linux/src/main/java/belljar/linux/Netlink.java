package belljar.linux;

import belljar.failure.HostException;
import belljar.failure.UserException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Network interfaces of the network namespace in which a {@link Caller} is (rtnetlink(7)), and by {@link #ip} their
 * addresses and routes. Made with {@link HostKernel} it shows the host's network; with a {@link Stub} that has a
 * namespace of its own, that one's.
 *
 * <p>Every change is finished when its method returns. A refusal is a {@link HostException} with the kernel's errno
 * and, where it gives one, its own explanation. For one thread at a time.
 */
public final class Netlink implements AutoCloseable {
    private static final int NEWLINK = 16;
    private static final int DELLINK = 17;
    private static final int GETLINK = 18;

    private static final int IFF_UP = 1;
    private static final int LINK_HEADER = NetlinkMessage.HEADER + 16;
    private static final int LINK_MAC = 1;
    private static final int LINK_NAME = 3;
    private static final int LINK_MTU = 4;
    private static final int LINK_MASTER = 10;
    private static final int LINK_INFO = 18;
    private static final int LINK_NETNS_PID = 19;
    private static final int LINK_NETNS_FD = 28;
    private static final int INFO_KIND = 1;
    private static final int INFO_DATA = 2;
    private static final int VETH_PEER = 1;
    private static final int INFO_SLAVE_KIND = 4;
    private static final int INFO_SLAVE_DATA = 5;
    private static final int PORT_HAIRPIN = 4;

    private final NetlinkSocket socket;
    private final NetlinkIp ip;

    private Netlink(NetlinkSocket socket) {
        this.socket = socket;
        this.ip = new NetlinkIp(socket);
    }

    /**
     * Opens a socket to the kernel.
     *
     * @param caller where: its network namespace is what is seen and changed, now and later
     * @return the open socket
     * @throws HostException if there is none to be had
     */
    public static Netlink open(Caller caller) {
        return new Netlink(new NetlinkSocket(caller, NetlinkSocket.ROUTE));
    }

    /**
     * Opens a socket in the network namespace of another process. A {@link Stub} enters it for a moment; no thread of
     * this process does.
     *
     * @param pid the process, whose namespaces this process must have the right to enter
     * @return the open socket
     * @throws HostException if the process is gone, or the kernel refuses
     */
    public static Netlink ofProcess(long pid) {
        try (Stub stub = Stub.start(0, -1, -1, -1)) {
            NetworkNamespace.enter(stub, pid);
            return new Netlink(NetlinkSocket.taken(stub, NetlinkSocket.ROUTE));
        }
    }

    /**
     * A network interface.
     *
     * @param index its number in its namespace
     * @param name its name
     * @param kind what made it, such as {@code veth} or {@code bridge}; empty for hardware and loopback
     * @param up whether it is switched on
     * @param mtu the largest packet in bytes
     * @param mac its hardware address as {@code 02:42:ac:11:00:02}; empty where it has none
     * @param master the index of the bridge it is a port of; 0 for none
     */
    public record Link(int index, String name, String kind, boolean up, int mtu, String mac, int master) {}

    /** {@return the addresses and routes of the same namespace, over the same socket} */
    public NetlinkIp ip() {
        return ip;
    }

    /** {@return all interfaces} */
    public List<Link> links() {
        List<Link> links = new ArrayList<>();
        for (ByteBuffer answer : socket.dump(
                "list the interfaces", message(GETLINK, NetlinkMessage.DUMP).link(0, 0, 0))) {
            links.add(read(answer));
        }
        return links;
    }

    private static Link read(ByteBuffer m) {
        int end = m.limit();
        int info = NetlinkMessage.find(m, LINK_HEADER, end, LINK_INFO);
        int kind = info < 0 ? -1 : NetlinkMessage.find(m, info, info + NetlinkMessage.length(m, info), INFO_KIND);
        return new Link(
                m.getInt(NetlinkMessage.HEADER + 4),
                NetlinkMessage.text(m, NetlinkMessage.find(m, LINK_HEADER, end, LINK_NAME)),
                NetlinkMessage.text(m, kind),
                (m.getInt(NetlinkMessage.HEADER + 8) & IFF_UP) != 0,
                NetlinkMessage.number(m, NetlinkMessage.find(m, LINK_HEADER, end, LINK_MTU)),
                mac(NetlinkMessage.bytes(m, NetlinkMessage.find(m, LINK_HEADER, end, LINK_MAC))),
                NetlinkMessage.number(m, NetlinkMessage.find(m, LINK_HEADER, end, LINK_MASTER)));
    }

    /**
     * {@return an interface by its name; empty where there is none}
     *
     * @param name its name
     */
    public Optional<Link> link(String name) {
        NetlinkMessage request =
                message(GETLINK, NetlinkMessage.ACK).link(0, 0, 0).put(LINK_NAME, checked(name));
        try {
            for (ByteBuffer answer : socket.dump("look for the interface " + name, request)) {
                return Optional.of(read(answer));
            }
        } catch (HostException e) {
            if (e.errno() != Errno.ENODEV) {
                throw e;
            }
        }
        return Optional.empty();
    }

    /**
     * {@return the index of an interface that must be there}
     *
     * @param name its name
     * @throws HostException if there is none
     */
    public int index(String name) {
        Optional<Link> link = link(name);
        if (link.isEmpty()) {
            throw new HostException("there is no network interface " + name, "netlink", Errno.ENODEV);
        }
        return link.get().index();
    }

    private static NetlinkMessage message(int type, int flags) {
        return new NetlinkMessage(type, flags);
    }

    private static NetlinkMessage create(String name) {
        int flags = NetlinkMessage.ACK | NetlinkMessage.CREATE | NetlinkMessage.EXCLUSIVE;
        return message(NEWLINK, flags).link(0, 0, 0).put(LINK_NAME, checked(name));
    }

    private static NetlinkMessage change(int index) {
        return message(NEWLINK, NetlinkMessage.ACK).link(index, 0, 0);
    }

    /** The kernel's own rule (dev_valid_name), since it answers with a bare EINVAL. */
    static String checked(String name) {
        boolean valid = !name.isEmpty() && name.length() <= 15 && !name.equals(".") && !name.equals("..");
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            valid &= c > ' ' && c < 127 && c != '/' && c != ':';
        }
        if (!valid) {
            throw new UserException("'" + name + "' cannot name a network interface: 1 to 15 characters without "
                    + "spaces, '/' and ':' can");
        }
        return name;
    }

    /**
     * Makes a bridge.
     *
     * @param name its name
     */
    public void createBridge(String name) {
        createPlain(name, "bridge");
    }

    /**
     * Makes an interface that swallows what it is sent.
     *
     * @param name its name
     */
    public void createDummy(String name) {
        createPlain(name, "dummy");
    }

    private void createPlain(String name, String kind) {
        socket.change(
                "make the " + kind + " interface " + name,
                create(name).begin(LINK_INFO).put(INFO_KIND, kind).end());
    }

    /**
     * Makes a pair of interfaces, of which each receives what the other is sent.
     *
     * @param name one's name
     * @param peer the other's
     */
    public void createVeth(String name, String peer) {
        createVeth(name, peer, -1);
    }

    /**
     * Makes a pair of interfaces with the second in another network namespace.
     *
     * @param name the first one's name
     * @param peer the second one's
     * @param namespace a descriptor of that namespace in the caller's process; -1 for the caller's own
     */
    public void createVeth(String name, String peer, int namespace) {
        NetlinkMessage message = create(name)
                .begin(LINK_INFO)
                .put(INFO_KIND, "veth")
                .begin(INFO_DATA)
                .begin(VETH_PEER)
                .link(0, 0, 0)
                .put(LINK_NAME, checked(peer));
        if (namespace >= 0) {
            message.put(LINK_NETNS_FD, namespace);
        }
        socket.change(
                "make the interfaces " + name + " and " + peer,
                message.end().end().end());
    }

    /**
     * Makes a bridge that is switched on, in one step.
     *
     * @param name its name
     * @param mac its hardware address, which then stays whatever ports it has
     * @param mtu the largest packet in bytes; 0 for the kernel's choice
     */
    public void createBridge(String name, String mac, int mtu) {
        int flags = NetlinkMessage.ACK | NetlinkMessage.CREATE | NetlinkMessage.EXCLUSIVE;
        NetlinkMessage message = message(NEWLINK, flags)
                .link(0, IFF_UP, IFF_UP)
                .put(LINK_NAME, checked(name))
                .put(LINK_MAC, macBytes(mac));
        if (mtu > 0) {
            message.put(LINK_MTU, mtu);
        }
        socket.change(
                "make the bridge " + name,
                message.begin(LINK_INFO).put(INFO_KIND, "bridge").end());
    }

    /**
     * Makes a pair of interfaces in one step: one switched on and a port of a bridge here, the other in the network
     * namespace of a process, switched off.
     *
     * @param name the one's name
     * @param bridge the bridge's index
     * @param mtu the largest packet of both in bytes; 0 for the kernel's choice
     * @param peer the other's name, free in that namespace
     * @param mac the other's hardware address
     * @param pid the process, as the caller's pid namespace numbers it
     */
    public void createPort(String name, int bridge, int mtu, String peer, String mac, long pid) {
        int flags = NetlinkMessage.ACK | NetlinkMessage.CREATE | NetlinkMessage.EXCLUSIVE;
        NetlinkMessage message = message(NEWLINK, flags)
                .link(0, IFF_UP, IFF_UP)
                .put(LINK_NAME, checked(name))
                .put(LINK_MASTER, bridge);
        if (mtu > 0) {
            message.put(LINK_MTU, mtu);
        }
        message.begin(LINK_INFO)
                .put(INFO_KIND, "veth")
                .begin(INFO_DATA)
                .begin(VETH_PEER)
                .link(0, 0, 0)
                .put(LINK_NAME, checked(peer))
                .put(LINK_MAC, macBytes(mac))
                .put(LINK_NETNS_PID, (int) pid);
        if (mtu > 0) {
            message.put(LINK_MTU, mtu);
        }
        socket.change(
                "make the interfaces " + name + " and " + peer,
                message.end().end().end());
    }

    /**
     * Removes an interface, and with it the other end of a pair.
     *
     * @param index the interface
     */
    public void delete(int index) {
        socket.change(
                "remove interface " + index,
                message(DELLINK, NetlinkMessage.ACK).link(index, 0, 0));
    }

    /**
     * Removes interfaces in a process of its own, for which nobody has to wait: the kernel takes tens of milliseconds
     * for one. What is gone already is passed over.
     *
     * @param caller whose network namespace they are in
     * @param indices the interfaces
     * @param held a descriptor of this process that the other one has open until it is done, such as of a lock
     */
    public static void deleteLater(Caller caller, List<Integer> indices, int held) {
        Stub stub = Stub.start(0, held, -1, -1);
        if (caller instanceof Stub place) {
            NetworkNamespace.enter(stub, place.pid());
        }
        try (Batch batch = stub.batch()) {
            // What ends the caller's terminal or its group of processes shall not end this.
            batch.step("start a session", Nr.SETSID);
            Batch.Step open = batch.step(
                    "open a netlink socket", Nr.SOCKET, NetlinkSocket.AF_NETLINK, NetlinkSocket.SOCK_RAW_CLOEXEC, 0);
            for (int index : indices) {
                byte[] request = message(DELLINK, 0).link(index, 0, 0).finish(1);
                long address = batch.memory().copy(request);
                batch.step("remove interface " + index, Nr.SENDTO, 0, address, request.length, 0, 0, 0)
                        .uses(0, open)
                        .ignoringErrors();
            }
            batch.step("end", Nr.EXIT_GROUP, 0);
            batch.leave();
        }
    }

    /**
     * Switches an interface on.
     *
     * @param index the interface
     */
    public void up(int index) {
        socket.change(
                "switch on interface " + index,
                message(NEWLINK, NetlinkMessage.ACK).link(index, IFF_UP, IFF_UP));
    }

    /**
     * Switches an interface off.
     *
     * @param index the interface
     */
    public void down(int index) {
        socket.change(
                "switch off interface " + index,
                message(NEWLINK, NetlinkMessage.ACK).link(index, 0, IFF_UP));
    }

    /**
     * Makes an interface a port of a bridge.
     *
     * @param index the interface
     * @param master the bridge's index; 0 to take it off its bridge
     */
    public void master(int index, int master) {
        socket.change(
                "connect interface " + index + " to " + master, change(index).put(LINK_MASTER, master));
    }

    /**
     * Lets a port of a bridge be sent what came from it, which the bridge needs for packets that the packet filter has
     * redirected to where they came from.
     *
     * @param index the interface
     */
    public void hairpin(int index) {
        socket.change(
                "let interface " + index + " be sent what came from it",
                change(index)
                        .begin(LINK_INFO)
                        .put(INFO_SLAVE_KIND, "bridge")
                        .begin(INFO_SLAVE_DATA)
                        .put(PORT_HAIRPIN, new byte[] {1})
                        .end()
                        .end());
    }

    /**
     * Moves an interface to another network namespace, where it is switched off and has no addresses.
     *
     * @param index the interface
     * @param namespace a descriptor of the namespace in the caller's process
     */
    public void moveToNamespace(int index, int namespace) {
        socket.change(
                "move interface " + index + " to another network namespace",
                change(index).put(LINK_NETNS_FD, namespace));
    }

    /**
     * Moves an interface to the network namespace of a process.
     *
     * @param index the interface
     * @param pid the process, as the caller's pid namespace numbers it
     */
    public void moveToProcess(int index, int pid) {
        socket.change(
                "move interface " + index + " to the network namespace of process " + pid,
                change(index).put(LINK_NETNS_PID, pid));
    }

    /**
     * Renames an interface; before Linux 6.2 it must be switched off.
     *
     * @param index the interface
     * @param name its new name
     */
    public void rename(int index, String name) {
        socket.change("rename interface " + index + " to " + name, change(index).put(LINK_NAME, checked(name)));
    }

    /**
     * Sets the largest packet of an interface.
     *
     * @param index the interface
     * @param mtu bytes
     */
    public void mtu(int index, int mtu) {
        socket.change(
                "set the MTU of interface " + index + " to " + mtu,
                change(index).put(LINK_MTU, mtu));
    }

    /**
     * Sets the hardware address of an interface.
     *
     * @param index the interface
     * @param mac six bytes in hexadecimal, such as {@code 02:42:ac:11:00:02}
     * @throws UserException if it is not of that form
     */
    public void mac(int index, String mac) {
        socket.change(
                "set the address of interface " + index + " to " + mac,
                change(index).put(LINK_MAC, macBytes(mac)));
    }

    private static byte[] macBytes(String mac) {
        byte[] bytes = new byte[6];
        boolean valid = mac.length() == 17;
        for (int i = 0; valid && i < 6; i++) {
            int high = Character.digit(mac.charAt(3 * i), 16);
            int low = Character.digit(mac.charAt(3 * i + 1), 16);
            valid = high >= 0 && low >= 0 && (i == 5 || mac.charAt(3 * i + 2) == ':');
            bytes[i] = (byte) (high << 4 | low);
        }
        if (!valid) {
            throw new UserException("'" + mac + "' is not a hardware address, such as 02:42:ac:11:00:02");
        }
        return bytes;
    }

    private static String mac(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte b : bytes) {
            text.append(text.isEmpty() ? "" : ":")
                    .append(Character.forDigit(b >> 4 & 15, 16))
                    .append(Character.forDigit(b & 15, 16));
        }
        return text.toString();
    }

    /** Closes the socket. */
    @Override
    public void close() {
        socket.close();
    }
}
