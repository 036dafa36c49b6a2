package belljar.network;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.At;
import belljar.linux.Caller;
import belljar.linux.Errno;
import belljar.linux.Fs;
import belljar.linux.IpAddress;
import belljar.linux.Netlink;
import belljar.linux.Netlink.Link;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes and removes interfaces, addresses and routes, on the host and in containers' network namespaces. */
final class Wiring {
    private static final int O_CLOEXEC = 0x80000;
    private static final int O_WRONLY = 1;

    private final Fs files;
    private final Netlink host;

    Wiring(Caller caller, Netlink host) {
        this.files = new Fs(caller);
        this.host = host;
    }

    /** {@return the index of a network's bridge; 0 where it has none now} */
    int bridge(Network network) {
        Optional<Link> link = host.link(network.bridge());
        if (link.isEmpty()) {
            return 0;
        }
        if (!link.get().kind().equals("bridge")) {
            throw new UserException("the interface " + network.bridge() + " of the network '" + network.name()
                    + "' exists and is no bridge; remove it or make the network with another interface_name");
        }
        return link.get().index();
    }

    /** Makes a network's bridge with the host's addresses on it. */
    int makeBridge(Network network) {
        IpAddress gateway = network.subnets().getFirst().gateway();
        host.createBridge(network.bridge(), mac(gateway), network.mtu());
        int index = host.index(network.bridge());
        try {
            String v4 = "/proc/sys/net/ipv4/conf/" + network.bridge() + "/";
            String v6 = "/proc/sys/net/ipv6/conf/" + network.bridge() + "/";
            // So that a published port answers on 127.0.0.1; the filter keeps containers from using it.
            set(v4 + "route_localnet", "1");
            if (network.ipv6().isEmpty()) {
                trySet(v6 + "disable_ipv6", "1");
            } else {
                trySet(v6 + "disable_ipv6", "0");
                trySet(v6 + "accept_ra", "0");
            }
            for (Subnet subnet : network.subnets()) {
                host.ip().addAddress(index, subnet.gateway(), subnet.prefix().length());
            }
            if (!network.internal()) {
                set("/proc/sys/net/ipv4/ip_forward", "1");
                if (network.ipv6().isPresent()) {
                    set("/proc/sys/net/ipv6/conf/all/forwarding", "1");
                }
            }
            return index;
        } catch (RuntimeException e) {
            host.delete(index);
            throw e;
        }
    }

    /** An address made of the IP address, so that whoever gets that one later is found under the same. */
    static String mac(IpAddress address) {
        byte[] bytes = address.bytes();
        StringBuilder text = new StringBuilder("02:42");
        for (int i = bytes.length - 4; i < bytes.length; i++) {
            text.append(':')
                    .append(Character.forDigit(bytes[i] >> 4 & 15, 16))
                    .append(Character.forDigit(bytes[i] & 15, 16));
        }
        return text.toString();
    }

    private void set(String file, String value) {
        long result = write(file, value);
        if (result < 0) {
            throw Errno.failure("write", "set " + file + " to " + value + ", which bridge networks need", result);
        }
    }

    /** For what a kernel without IPv6 does not have. */
    private void trySet(String file, String value) {
        write(file, value);
    }

    private long write(String file, String value) {
        int fd = files.tryOpen(At.FDCWD, file, O_CLOEXEC, 0);
        if (fd < 0) {
            return fd;
        }
        byte[] now = files.content().readAll(fd, 64);
        files.close(fd);
        if (new String(now, StandardCharsets.US_ASCII).trim().equals(value)) {
            return 0; // also where all of /proc/sys is read-only
        }
        fd = files.tryOpen(At.FDCWD, file, O_WRONLY | O_CLOEXEC, 0);
        if (fd < 0) {
            return fd;
        }
        try {
            byte[] text = value.getBytes(StandardCharsets.US_ASCII);
            files.content().write(fd, text, 0, text.length);
            return 0;
        } catch (HostException e) {
            return -e.errno();
        } finally {
            files.close(fd);
        }
    }

    private void remove(String name) {
        Optional<Link> link = host.link(name);
        if (link.isEmpty()) {
            return;
        }
        try {
            host.delete(link.get().index());
        } catch (HostException e) {
            // A pair also goes with the namespace of its other end, at any moment.
            if (e.errno() != Errno.ENODEV) {
                throw e;
            }
        }
    }

    /** {@return the name on the host of a container's interface} */
    static String port(Network network, String containerId) {
        return "ve" + containerId.substring(0, 8) + network.id().substring(0, 4);
    }

    /** {@return the index of the host's end of a container's interface; 0 where there is none} */
    int portIndex(Network network, String containerId) {
        Optional<Link> link = host.link(port(network, containerId));
        return link.isPresent() ? link.get().index() : 0;
    }

    /** Removes the host's end of a container's interface, and with it the other, if it is there. */
    void removePort(Network network, String containerId) {
        remove(port(network, containerId));
    }

    /**
     * Gives a container its interface in a network, with address and routes.
     *
     * @param inside the container's network namespace
     * @param first whether the way out is by this network
     */
    void connect(Network network, int bridge, Attachment attachment, Netlink inside, boolean first, long pid) {
        String port = port(network, attachment.containerId());
        try {
            host.createPort(port, bridge, network.mtu(), attachment.interfaceName(), attachment.mac(), pid);
        } catch (HostException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
            // Of the container's life before, whose namespace the kernel is still taking down.
            remove(port);
            host.createPort(port, bridge, network.mtu(), attachment.interfaceName(), attachment.mac(), pid);
        }
        if (!attachment.ports().isEmpty()) {
            host.hairpin(host.index(port));
        }
        int index = inside.index(attachment.interfaceName());
        address(network.ipv4(), attachment.ip(), inside, index);
        address(network.ipv6(), attachment.ip6(), inside, index);
        inside.up(index);
        if (first && !network.internal()) {
            route(network.ipv4(), inside, index);
            route(network.ipv6(), inside, index);
        }
    }

    private static void address(Optional<Subnet> subnet, Optional<IpAddress> address, Netlink inside, int index) {
        if (subnet.isPresent() && address.isPresent()) {
            inside.ip().addAddress(index, address.get(), subnet.get().prefix().length());
        }
    }

    private static void route(Optional<Subnet> subnet, Netlink inside, int index) {
        if (subnet.isPresent()) {
            inside.ip().addDefaultRoute(subnet.get().gateway(), index);
        }
    }

    /** {@return the name of the next interface, such as {@code eth1}, that a container does not have} */
    static String nextInterface(java.util.List<String> used) {
        for (int i = 0; ; i++) {
            @Nullable String name = "eth" + i;
            if (!used.contains(name)) {
                return name;
            }
        }
    }
}
