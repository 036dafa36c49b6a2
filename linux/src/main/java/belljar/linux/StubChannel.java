package belljar.linux;

import java.nio.ByteOrder;

/** What a stub shares with Java: memory for batches and a socket to ring on. */
final class StubChannel {
    private static final HostKernel HOST = HostKernel.INSTANCE;
    private static final int F_ADD_SEALS = 1033;

    /** The memory as Java sees it. */
    final HostKernel.Mapping shared;

    /** Java's end of the socket. */
    final Fd socket;

    /** The memory, for the stub. */
    final Fd memory;

    /** The stub's end of the socket. */
    final Fd theirs;

    private StubChannel(HostKernel.Mapping shared, Fd socket, Fd memory, Fd theirs) {
        this.shared = shared;
        this.socket = socket;
        this.memory = memory;
        this.theirs = theirs;
    }

    static StubChannel open() {
        Fd memoryFd = new Fd(memfd("belljar-batches", 3 /* MFD_CLOEXEC | MFD_ALLOW_SEALING */));
        Fd ours = null;
        Fd theirs = null;
        try (Memory memory = HOST.lend()) {
            Errno.check(
                    "ftruncate", "size the batch memory", HOST.call(Nr.FTRUNCATE, memoryFd.number(), StubCode.SIZE));
            // SEAL, SHRINK, GROW. Whoever got hold of it could else crash this process by cutting it.
            Errno.check("fcntl", "seal the batch memory", HOST.call(Nr.FCNTL, memoryFd.number(), F_ADD_SEALS, 7));
            long pair = memory.allocate(8);
            // AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC
            Errno.check("socketpair", "make the stub's socket", HOST.call(Nr.SOCKETPAIR, 1, 0x80001, 0, pair));
            ours = new Fd(memory.getInt(pair));
            theirs = new Fd(memory.getInt(pair + 4));
            HostKernel.Mapping shared = HOST.map(memoryFd.number(), StubCode.SIZE);
            shared.bytes().order(ByteOrder.LITTLE_ENDIAN).putLong(StubCode.SPINS, StubCode.SPINNING);
            shared.bytes().putInt(StubCode.STUB_CPU, -1);
            return new StubChannel(shared, ours, memoryFd, theirs);
        } catch (RuntimeException e) {
            memoryFd.close();
            if (ours != null) {
                ours.close();
            }
            if (theirs != null) {
                theirs.close();
            }
            throw e;
        }
    }

    static int memfd(String name, int flags) {
        try (Memory memory = HOST.lend()) {
            return (int) Errno.check(
                    "memfd_create",
                    "make memory for the entry stub",
                    HOST.call(Nr.MEMFD_CREATE, memory.string(name), flags));
        }
    }

    /** Closes what only the stub needs, once it has it. */
    void closeTheirs() {
        memory.close();
        theirs.close();
    }

    /** Frees everything when no stub came to be. */
    void close() {
        HOST.unmap(shared);
        socket.close();
        closeTheirs();
    }
}
