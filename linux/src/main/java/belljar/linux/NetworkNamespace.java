package belljar.linux;

/** Takes a stub into the network namespace of another process (setns(2), network_namespaces(7)). */
public final class NetworkNamespace {
    private static final int AT_FDCWD = -100;
    private static final int O_CLOEXEC = 0x80000;

    private static final int SIOCSIFFLAGS = 0x8914;
    private static final int IFF_UP = 1;

    /** {@code struct ifreq}: a name of 16 bytes, then what is set of it. */
    private static final int REQUEST_SIZE = 40;

    private static final int NAME_SIZE = 16;

    private NetworkNamespace() {}

    /**
     * Appends what brings the loopback device up, which a new network namespace has down (netdevice(7)).
     *
     * @param batch of a stub in the namespace
     */
    public static void loopbackUp(Batch batch) {
        Memory memory = batch.memory();
        long request = memory.allocate(REQUEST_SIZE);
        memory.bytes().put(memory.offset(request), (byte) 'l').put(memory.offset(request) + 1, (byte) 'o');
        memory.putInt(request + NAME_SIZE, IFF_UP);
        // AF_INET, SOCK_DGRAM | SOCK_CLOEXEC
        Batch.Step socket = batch.step("open a socket", Nr.SOCKET, 2, 0x80002, 0);
        batch.step("bring the loopback device up", Nr.IOCTL, 0, SIOCSIFFLAGS, request)
                .uses(0, socket);
        batch.step("close the socket", Nr.CLOSE, 0).uses(0, socket);
    }

    /**
     * Moves a stub to the network namespace of a process; nothing else of it changes.
     *
     * @param stub who enters
     * @param pid the process as the stub's pid namespace numbers it
     * @throws belljar.failure.HostException if the process is gone or the kernel refuses
     */
    public static void enter(Stub stub, long pid) {
        try (Batch batch = stub.batch()) {
            String what = "enter the network namespace of process " + pid;
            Batch.Step open =
                    batch.step(what, Nr.OPENAT, AT_FDCWD, batch.string("/proc/" + pid + "/ns/net"), O_CLOEXEC);
            batch.step(what, Nr.SETNS, 0, Clone.NEWNET).uses(0, open);
            batch.step(what, Nr.CLOSE, 0).uses(0, open);
            batch.run();
        }
    }
}
