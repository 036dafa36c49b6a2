package belljar.linux;

import belljar.failure.BelljarException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import java.nio.charset.StandardCharsets;

/**
 * A network interface of the host of which a program of ours is the other end: what the host sends there is read here,
 * and what is written here the host receives (Documentation/networking/tuntap.rst). Each read and write is one Ethernet
 * frame behind a header of {@link #HEADER} bytes, {@code struct virtio_net_hdr_v1} of virtio 1.2 section 5.1.6 in the
 * host's byte order, by which checksums and the cutting of large segments are left to the other side.
 *
 * <p>An interface that was made here goes with the descriptor; one that was there before stays. Reading and writing are
 * for one thread each; nothing waits, {@link WakeFd} does.
 */
public final class Tap implements AutoCloseable {
    /** Bytes before each frame. */
    public static final int HEADER = 12;

    /** The reader completes checksums itself where the header says so. */
    public static final int CHECKSUM = 1;

    /** The reader takes TCP segments over IPv4 larger than a packet. */
    public static final int TSO4 = 2;

    /** The reader takes TCP segments over IPv6 larger than a packet. */
    public static final int TSO6 = 4;

    /** The reader takes such segments with explicit congestion notification, too. */
    public static final int TSO_ECN = 8;

    private static final String DEVICE = "/dev/net/tun";
    private static final int IFREQ = 40;
    private static final int NAME_SIZE = 16;
    private static final int IFF_TAP = 0x2;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;
    private static final int IFF_TUN_EXCL = 0x8000;
    private static final int TUNSETIFF = 0x400454ca;
    private static final int TUNSETOFFLOAD = 0x400454d0;
    private static final int TUNSETVNETHDRSZ = 0x400454d8;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final Fd fd;
    private final String name;

    private Tap(Fd fd, String name) {
        this.fd = fd;
        this.name = name;
    }

    /**
     * Makes an interface, which ends with this object. It is switched off and has no address; {@link Netlink} changes
     * that.
     *
     * @param name its name; one with {@code %d} in it, such as {@code tap%d}, has the kernel choose a number
     * @return the open interface
     * @throws UserException if the name is taken or is none, or this user may not make interfaces
     * @throws HostException if the host has no taps
     */
    public static Tap create(String name) {
        return open(name, IFF_TUN_EXCL);
    }

    /**
     * Opens an interface that somebody has made for this user, as {@code ip tuntap add NAME mode tap user USER} does.
     *
     * @param name its name
     * @return the open interface
     * @throws UserException if there is none, it is no tap, it is another user's, or another program has it open
     * @throws HostException if the host has no taps
     */
    public static Tap attach(String name) {
        if (!exists(Netlink.checked(name))) {
            throw new UserException("there is no network interface " + name + " on this host; make it with 'ip tuntap "
                    + "add " + name + " mode tap', or give the name of another");
        }
        return open(name, 0);
    }

    private static Tap open(String name, int flags) {
        byte[] bytes = Netlink.checked(name).getBytes(StandardCharsets.US_ASCII);
        Fd fd = openDevice();
        try (Memory memory = KERNEL.lend()) {
            long request = memory.allocate(IFREQ);
            memory.bytes().put(memory.offset(request), bytes);
            memory.putInt(request + NAME_SIZE, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | flags);
            long result = KERNEL.call(Nr.IOCTL, fd.number(), TUNSETIFF, request);
            if (result < 0) {
                throw refused(name, flags == IFF_TUN_EXCL, result);
            }
            long size = memory.allocate(8);
            memory.putInt(size, HEADER);
            Errno.check(
                    "ioctl TUNSETVNETHDRSZ",
                    "set the size of the headers of the interface " + name,
                    KERNEL.call(Nr.IOCTL, fd.number(), TUNSETVNETHDRSZ, size));
            // Whoever had it before may have left offloads on that the reader to come does not know.
            Tap tap = new Tap(fd, name(memory, request));
            tap.offload(0);
            return tap;
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    private static Fd openDevice() {
        int fd = Fs.HOST.tryOpen(At.FDCWD, DEVICE, OpenFlags.RDWR | OpenFlags.NONBLOCK | OpenFlags.CLOEXEC, 0);
        if (fd == -Errno.ENOENT || fd == -Errno.ENODEV || fd == -Errno.ENXIO) {
            throw new HostException(
                    "this host has no " + DEVICE + ", which a machine's network needs; load the kernel's module tun",
                    "openat",
                    -fd);
        }
        if (fd == -Errno.EACCES || fd == -Errno.EPERM) {
            throw new UserException("this user may not open " + DEVICE
                    + ", which a machine's network needs; have root give access to it, or run without network");
        }
        Errno.check("openat", "open " + DEVICE, fd);
        return new Fd(fd);
    }

    private static String name(Memory memory, long request) {
        int length = 0;
        while (length < NAME_SIZE && memory.bytes().get(memory.offset(request) + length) != 0) {
            length++;
        }
        return memory.text(request, length);
    }

    private static boolean exists(String name) {
        try (Netlink net = Netlink.open(KERNEL)) {
            return net.link(name).isPresent();
        }
    }

    private static BelljarException refused(String name, boolean fresh, long result) {
        int errno = (int) -result;
        if (errno == Errno.EBUSY && fresh) {
            return new UserException(
                    "there is a network interface " + name + " already; use it as it is, or choose another name");
        }
        if (errno == Errno.EBUSY) {
            return new UserException("another program has the network interface " + name
                    + " open, maybe another machine; stop that or give this one an interface of its own");
        }
        if (errno == Errno.EPERM && fresh) {
            return new UserException("this user may not make the network interface " + name
                    + "; have root make it with 'ip tuntap add " + name + " mode tap user " + KERNEL.call(Nr.GETUID)
                    + "' and give its name");
        }
        if (errno == Errno.EPERM) {
            return new UserException("the network interface " + name + " belongs to another user; have root make one "
                    + "with 'ip tuntap add NAME mode tap user " + KERNEL.call(Nr.GETUID) + "'");
        }
        if (errno == Errno.EINVAL) {
            return new UserException("the network interface " + name
                    + " is not a tap with one queue, as a machine needs; make one with 'ip tuntap add NAME mode tap'");
        }
        return Errno.failure("ioctl TUNSETIFF", "open the network interface " + name, result);
    }

    /** {@return the interface's name} */
    public String name() {
        return name;
    }

    /** {@return the descriptor, for {@link WakeFd#await}} */
    public int number() {
        return fd.number();
    }

    /**
     * Says what the reader does itself; what it does not, the host does before a frame is read. Writers may leave
     * everything to the host at any time.
     *
     * @param reader any of {@link #CHECKSUM}, and with it {@link #TSO4}, {@link #TSO6} and {@link #TSO_ECN}
     * @throws HostException if the kernel lacks one of them
     */
    public void offload(int reader) {
        Errno.check(
                "ioctl TUNSETOFFLOAD",
                "set the offloads of the interface " + name,
                KERNEL.call(Nr.IOCTL, fd.number(), TUNSETOFFLOAD, reader));
    }

    /**
     * Reads a frame with its header. What does not fit is lost.
     *
     * @param into where it goes, at least {@link #HEADER} bytes
     * @return how many bytes it has; 0 if there is none
     * @throws HostException if the interface has gone or is switched off
     */
    public int read(IoVector into) {
        long n;
        do {
            n = KERNEL.call(Nr.READV, fd.number(), into.address(), into.count());
        } while (n == -Errno.EINTR);
        return n == -Errno.EAGAIN ? 0 : (int) Errno.check("readv", "receive from the interface " + name, n);
    }

    /**
     * Writes a frame with its header. It is lost where the host cannot take it: as the interface is switched off, its
     * memory for frames is used up, or the header is wrong.
     *
     * @param frame what to write, the header first
     * @return whether the host took it
     */
    public boolean write(IoVector frame) {
        long n;
        do {
            n = KERNEL.call(Nr.WRITEV, fd.number(), frame.address(), frame.count());
        } while (n == -Errno.EINTR);
        return n >= 0;
    }

    /** Closes the interface; one that {@link #create} made goes with it. */
    @Override
    public void close() {
        fd.close();
    }
}
