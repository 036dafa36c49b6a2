package belljar.network;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Caller;
import belljar.linux.Errno;
import belljar.linux.IpAddress;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.util.ArrayList;
import java.util.List;

/**
 * The host's ports: whether one is free, and which is. A port is asked for by binding a socket to it, since only the
 * kernel knows every program on the host.
 */
final class HostPorts {
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int SOL_SOCKET = 1;
    private static final int SO_REUSEADDR = 2;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_V6ONLY = 26;
    private static final int CLOEXEC = 0x80000;
    private static final int TRIES = 100;

    private final Caller host;
    private final List<PortMapping> taken;

    /**
     * @param host whose ports
     * @param taken what containers have already
     */
    HostPorts(Caller host, List<PortMapping> taken) {
        this.host = host;
        this.taken = new ArrayList<>(taken);
    }

    /**
     * {@return a mapping whose host ports are free and known}
     *
     * @param wanted the mapping; with port 0 any port of the host does
     * @param before the port that it had last, which it gets again where it is free; 0 for none
     * @param v6 whether it is to be reached by IPv6 too
     */
    PortMapping resolve(PortMapping wanted, int before, boolean v6) {
        PortMapping found = wanted;
        if (wanted.hostPort() == 0) {
            found = choose(wanted, before, v6);
        } else {
            for (PortMapping other : taken) {
                if (other.collides(wanted)) {
                    throw inUse(wanted.hostPort(), wanted, "another container has it");
                }
            }
            for (int i = 0; i < wanted.count(); i++) {
                int error = tryPort(wanted, wanted.hostPort() + i, v6);
                if (error != 0) {
                    throw refused(wanted, wanted.hostPort() + i, error);
                }
            }
        }
        taken.add(found);
        return found;
    }

    private static RuntimeException refused(PortMapping wanted, int port, int error) {
        if (error == Errno.EADDRINUSE) {
            return inUse(port, wanted, "a program on this host uses it");
        }
        if (error == Errno.EADDRNOTAVAIL) {
            return new UserException(
                    "this host does not have the address " + wanted.hostAddress() + "; publish on one that it has");
        }
        return Errno.failure("bind", "publish port " + port + "/" + wanted.protocol(), -error);
    }

    private static UserException inUse(int port, PortMapping wanted, String why) {
        return new UserException("port " + port + "/" + wanted.protocol() + " of "
                + (wanted.hostAddress().isEmpty() ? "the host" : wanted.hostAddress()) + " cannot be published: " + why
                + "; choose another port or end that first");
    }

    private PortMapping choose(PortMapping wanted, int before, boolean v6) {
        if (before > 0 && free(wanted.withHostPort(before), v6)) {
            return wanted.withHostPort(before);
        }
        for (int i = 0; i < TRIES; i++) {
            int port = wanted.protocol().equals("sctp")
                    ? 32768 + new java.util.Random().nextInt(28000)
                    : bind(
                            wanted,
                            0,
                            wanted.boundTo() != null && wanted.boundTo().isV6());
            if (port > 0 && port + wanted.count() <= 65536 && free(wanted.withHostPort(port), v6)) {
                return wanted.withHostPort(port);
            }
            if (port < 0) {
                throw refused(wanted, 0, -port);
            }
        }
        throw new HostException("no " + wanted.count() + " ports in a row are free on this host", "bind", 0);
    }

    private boolean free(PortMapping candidate, boolean v6) {
        for (PortMapping other : taken) {
            if (other.collides(candidate)) {
                return false;
            }
        }
        for (int i = 0; i < candidate.count(); i++) {
            if (tryPort(candidate, candidate.hostPort() + i, v6) != 0) {
                return false;
            }
        }
        return true;
    }

    /** {@return 0 where the port is free, else the errno} */
    private int tryPort(PortMapping mapping, int port, boolean v6) {
        if (mapping.protocol().equals("sctp")) {
            return 0; // few hosts have it, and then no program uses it
        }
        IpAddress bound = mapping.boundTo();
        int result = bind(mapping, port, bound != null && bound.isV6());
        if (result >= 0 && bound == null && v6) {
            result = bind(mapping, port, true);
        }
        return result < 0 ? -result : 0;
    }

    /** {@return the port that a socket was bound to for a moment, or a negated errno} */
    private int bind(PortMapping mapping, int port, boolean v6) {
        IpAddress bound = mapping.boundTo();
        boolean tcp = mapping.protocol().equals("tcp");
        long fd = host.call(Nr.SOCKET, v6 ? AF_INET6 : AF_INET, (tcp ? 1 : 2) | CLOEXEC, 0);
        if (fd < 0) {
            return (int) fd;
        }
        try (Memory memory = host.lend()) {
            long one = memory.allocate(8);
            memory.putInt(one, 1);
            if (tcp) {
                // Connections that ended a moment ago do not matter, programs that listen do.
                host.call(Nr.SETSOCKOPT, fd, SOL_SOCKET, SO_REUSEADDR, one, 4);
            }
            if (v6) {
                host.call(Nr.SETSOCKOPT, fd, IPPROTO_IPV6, IPV6_V6ONLY, one, 4);
            }
            long address = memory.allocate(28);
            int at = memory.offset(address);
            memory.bytes().putShort(at, (short) (v6 ? AF_INET6 : AF_INET));
            memory.bytes().put(at + 2, (byte) (port >> 8)).put(at + 3, (byte) port);
            if (bound != null) {
                memory.bytes().put(at + (v6 ? 8 : 4), bound.bytes());
            }
            long result = host.call(Nr.BIND, fd, address, v6 ? 28 : 16);
            if (result < 0) {
                return (int) result;
            }
            memory.putInt(one, 28);
            host.call(Nr.GETSOCKNAME, fd, address, one);
            return (memory.bytes().get(at + 2) & 0xff) << 8 | memory.bytes().get(at + 3) & 0xff;
        } finally {
            host.call(Nr.CLOSE, fd);
        }
    }
}
