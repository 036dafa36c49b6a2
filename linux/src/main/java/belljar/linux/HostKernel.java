package belljar.linux;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * System calls of the calling thread, through our own machine code that returns {@code -errno} as the kernel does; see
 * {@link KernelEntry} for the two ways there.
 *
 * <p>Safe for use by several threads. A call that blocks holds its carrier when made from a virtual thread.
 */
public final class HostKernel implements Caller {
    /** The one instance. */
    public static final HostKernel INSTANCE = new HostKernel();

    private static final int LENT_SIZE = 64 * 1024;
    private static final int KEPT = 16;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;

    private final KernelEntry entry;
    private final ArrayDeque<ByteBuffer> idle = new ArrayDeque<>();

    private HostKernel() {
        String arch = System.getProperty("os.arch", "");
        if (!arch.equals("amd64") || !System.getProperty("os.name", "").equals("Linux")) {
            throw new belljar.failure.HostException("Belljar needs Linux on x86-64; this is " + arch, "", 0);
        }
        entry = KernelEntry.choose();
    }

    @Override
    public long call(int nr, long a, long b, long c, long d, long e, long f) {
        return entry.call(nr, a, b, c, d, e, f);
    }

    /**
     * Makes a process as vfork does and at once executes a program in it; the calling thread waits until that is done.
     *
     * @param cloneArgs address of a {@code struct clone_args} with CLONE_VM and CLONE_VFORK set
     * @param size its size in bytes
     * @param parameters address of the parameter block that {@link HostCode} describes
     * @return the process id, or the negated errno of clone3
     */
    long spawn(long cloneArgs, long size, long parameters) {
        return entry.spawn(cloneArgs, size, parameters);
    }

    /**
     * Asks a stub to run the batch that stands in its memory.
     *
     * @param shared address of the memory
     * @param socket Java's end of its socket
     * @return 0, or the negated errno with which the socket failed: the stub is gone
     */
    long ring(long shared, int socket) {
        return entry.ring(shared, socket);
    }

    /**
     * Waits until a stub that was {@link #ring asked} has run its batch.
     *
     * @param shared address of the memory
     * @param socket Java's end of its socket
     * @return 1; 0 or a negated errno when the stub is gone
     */
    long await(long shared, int socket) {
        return entry.await(shared, socket, StubCode.SPINNING);
    }

    @Override
    public Memory lend() {
        ByteBuffer buffer;
        synchronized (idle) {
            buffer = idle.poll();
        }
        return wrap(buffer != null ? buffer : ByteBuffer.allocateDirect(LENT_SIZE));
    }

    private Memory wrap(ByteBuffer buffer) {
        return new Memory(buffer, entry.address(buffer), () -> {
            synchronized (idle) {
                if (idle.size() < KEPT) {
                    idle.push(buffer);
                }
            }
        });
    }

    /**
     * {@return memory of a chosen size, for buffers beyond what {@link #lend()} gives; closing it frees it}
     *
     * @param size how many bytes
     */
    public Memory lend(int size) {
        Mapping mapping = map(MAP_PRIVATE_ANONYMOUS, -1, Math.max(size, 1));
        return new Memory(mapping.bytes, mapping.address, () -> unmap(mapping));
    }

    /**
     * Memory that the kernel mapped for this process.
     *
     * @param bytes the memory; not to be touched after it was unmapped
     * @param address its first byte's address
     * @param size bytes
     */
    record Mapping(ByteBuffer bytes, long address, long size) {}

    /**
     * Makes this process see a descriptor's content as memory.
     *
     * @param fd what to map, shared and writable
     * @param size how many bytes from its start
     * @return the mapped memory; it stays until {@link #unmap}
     */
    Mapping map(int fd, long size) {
        return map(MAP_SHARED, fd, size);
    }

    private Mapping map(int flags, int fd, long size) {
        long address = Errno.check("mmap", "map memory", call(Nr.MMAP, 0, size, PROT_READ_WRITE, flags, fd, 0));
        return new Mapping(buffer(address, size), address, size);
    }

    /** {@return memory of this process as a buffer} */
    ByteBuffer buffer(long address, long size) {
        return entry.buffer(address, size);
    }

    void unmap(Mapping memory) {
        call(Nr.MUNMAP, memory.address, memory.size);
    }
}
