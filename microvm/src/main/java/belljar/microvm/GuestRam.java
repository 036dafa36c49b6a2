package belljar.microvm;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.At;
import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.Fs;
import belljar.linux.HostKernel;
import belljar.linux.MemoryAdvice;
import belljar.linux.Nr;
import belljar.linux.OpenFlags;
import belljar.machine.GuestMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * A machine's memory, mapped from the host's kernel (mmap(2)): a page that the guest has not touched costs nothing. It
 * is unmapped by {@link #close}; whoever uses it afterwards gets an exception, not somebody else's memory.
 */
final class GuestRam implements AutoCloseable {
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_NORESERVE = 0x4002;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = MAP_PRIVATE_NORESERVE | 0x20;

    private final Arena arena;
    private final GuestMemory memory;

    private GuestRam(Arena arena, GuestMemory memory) {
        this.arena = arena;
        this.memory = memory;
    }

    /**
     * Maps memory, all zero.
     *
     * @param size bytes, a multiple of {@link GuestMemory#PAGE}
     * @throws UserException if the host has not so much
     */
    static GuestRam map(long size) {
        long at = HostKernel.INSTANCE.call(Nr.MMAP, 0, size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0);
        if (at == -Errno.ENOMEM) {
            throw new UserException("this host has no room for a machine's memory of " + (size >> 20)
                    + " MiB; give the machine less with --memory");
        }
        Errno.check("mmap", "cannot map " + (size >> 20) + " MiB of memory for a machine", at);
        return mapped(at, size);
    }

    /**
     * Maps memory that has what a file has, of which a page is read when the guest touches it first. What the guest
     * changes goes nowhere.
     *
     * @param file the file, which nobody may shorten as long as the machine lives
     * @param size bytes, a multiple of {@link GuestMemory#PAGE}, no more than the file has
     * @throws belljar.failure.HostException if it cannot be mapped
     */
    static GuestRam map(Path file, long size) {
        try (Fd opened = new Fd(Fs.HOST.open(At.FDCWD, file.toString(), OpenFlags.RDONLY | OpenFlags.CLOEXEC, 0))) {
            long at = HostKernel.INSTANCE.call(
                    Nr.MMAP, 0, size, PROT_READ_WRITE, MAP_PRIVATE_NORESERVE, opened.number(), 0);
            Errno.check("mmap", "cannot map the memory in " + file, at);
            return mapped(at, size);
        }
    }

    @SuppressWarnings("MustBeClosedChecker") // closed by close()
    private static GuestRam mapped(long at, long size) {
        // Shared, since every CPU and device has its own thread; it is closed when those have ended.
        Arena arena = Arena.ofShared();
        MemorySegment bytes = MemorySegment.ofAddress(at)
                .reinterpret(size, arena, whole -> HostKernel.INSTANCE.call(Nr.MUNMAP, whole.address(), size));
        return new GuestRam(arena, GuestMemory.of(bytes));
    }

    /**
     * Gives a range back to the host. The guest finds zeros there, or in memory of a file what the file has.
     *
     * @param offset where it begins, a multiple of {@link GuestMemory#PAGE}
     * @param length bytes, whole pages
     */
    void release(long offset, long length) {
        try {
            MemoryAdvice.drop(memory.bytes().asSlice(offset, length));
        } catch (HostException kept) {
            // The host keeps it then, which is its own loss.
            return;
        }
    }

    /** {@return the memory} */
    GuestMemory memory() {
        return memory;
    }

    @Override
    public void close() {
        arena.close();
    }
}
