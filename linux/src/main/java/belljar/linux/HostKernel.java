package belljar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * System calls of the calling thread, through a page of our own machine code that returns {@code -errno} as the kernel
 * does. All foreign calls share one method handle of one shape, because every further shape costs 6 to 10 ms at the
 * start of a process.
 *
 * <p>Safe for use by several threads. A call that blocks holds its carrier when made from a virtual thread.
 */
public final class HostKernel implements Caller {
    /** The one instance. */
    public static final HostKernel INSTANCE = new HostKernel();

    private static final int LENT_SIZE = 64 * 1024;
    private static final int KEPT = 16;
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int PROT_EXEC = 4;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 0x20;

    private final MethodHandle invoke;
    private final MemorySegment syscall;
    private final MemorySegment spawn;
    private final ArrayDeque<ByteBuffer> idle = new ArrayDeque<>();

    private HostKernel() {
        String arch = System.getProperty("os.arch", "");
        if (!arch.equals("amd64") || !System.getProperty("os.name", "").equals("Linux")) {
            throw new belljar.failure.HostException("Belljar needs Linux on x86-64; this is " + arch, "", 0);
        }
        Linker linker = Linker.nativeLinker();
        ValueLayout.OfLong j = ValueLayout.JAVA_LONG;
        invoke = linker.downcallHandle(FunctionDescriptor.of(j, j, j, j, j, j, j, j));
        byte[] code = HostCode.assemble();
        MemorySegment mmap = linker.defaultLookup().findOrThrow("mmap");
        MemorySegment mprotect = linker.defaultLookup().findOrThrow("mprotect");
        long page = invoke(mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, 0);
        MemorySegment memory = MemorySegment.ofAddress(page).reinterpret(4096);
        memory.asByteBuffer().put(code);
        // Written once, then never writable again: the page that holds the running shim must not change protection.
        if (invoke(mprotect, page, 4096, PROT_READ | PROT_EXEC, 0, 0, 0, 0) != 0) {
            throw new belljar.failure.HostException(
                    "this host forbids executable memory, which Belljar needs for its system calls", "mprotect", 0);
        }
        syscall = memory.asSlice(HostCode.SYSCALL);
        spawn = memory.asSlice(HostCode.SPAWN);
    }

    private long invoke(MemorySegment f, long a, long b, long c, long d, long e, long g, long h) {
        try {
            return (long) invoke.invokeExact(f, a, b, c, d, e, g, h);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Override
    public long call(int nr, long a, long b, long c, long d, long e, long f) {
        return invoke(syscall, nr, a, b, c, d, e, f);
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
        return invoke(spawn, cloneArgs, size, parameters, 0, 0, 0, 0);
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
        return new Memory(buffer, MemorySegment.ofBuffer(buffer).address(), () -> {
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
    @SuppressWarnings("MustBeClosedChecker") // closed by the memory that owns it
    public Memory lend(int size) {
        Arena arena = Arena.ofShared();
        MemorySegment segment = arena.allocate(size, 8);
        return new Memory(segment.asByteBuffer(), segment.address(), arena::close);
    }

    /**
     * Makes this process see a descriptor's content as memory.
     *
     * @param fd what to map, shared and writable
     * @param size how many bytes from its start
     * @return the mapped memory; it stays until {@link #unmap}
     */
    MemorySegment map(int fd, long size) {
        long address = call(Nr.MMAP, 0, size, PROT_READ | PROT_WRITE, 1 /* MAP_SHARED */, fd, 0);
        if (address < 0 && address > -4096) {
            throw Errno.failure("mmap", "map shared memory", address);
        }
        return MemorySegment.ofAddress(address).reinterpret(size);
    }

    void unmap(MemorySegment memory) {
        call(Nr.MUNMAP, memory.address(), memory.byteSize());
    }
}
