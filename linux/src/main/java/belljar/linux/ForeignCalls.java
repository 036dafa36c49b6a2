package belljar.linux;

import belljar.failure.HostException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;

/**
 * The road through the Foreign Function and Memory API, into a page of our own machine code. All calls share one method
 * handle of one shape, because every further shape costs 6 to 10 ms at the start of a process.
 */
final class ForeignCalls implements KernelEntry {
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int PROT_EXEC = 4;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int PAGE = 4096;

    private final MethodHandle invoke;
    private final MemorySegment syscall;
    private final MemorySegment spawn;
    private final MemorySegment ring;
    private final MemorySegment await;

    ForeignCalls() {
        Linker linker = Linker.nativeLinker();
        ValueLayout.OfLong j = ValueLayout.JAVA_LONG;
        invoke = linker.downcallHandle(FunctionDescriptor.of(j, j, j, j, j, j, j, j));
        MemorySegment mmap = linker.defaultLookup().findOrThrow("mmap");
        MemorySegment mprotect = linker.defaultLookup().findOrThrow("mprotect");
        long page = invoke(mmap, 0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, 0);
        MemorySegment memory = MemorySegment.ofAddress(page).reinterpret(PAGE);
        memory.asByteBuffer().put(HostCode.assemble());
        // Written once, then never writable again: the page that holds the running shim must not change protection.
        if (invoke(mprotect, page, PAGE, PROT_READ | PROT_EXEC, 0, 0, 0, 0) != 0) {
            throw new HostException(
                    "this host forbids executable memory, which Belljar needs for its system calls", "mprotect", 0);
        }
        syscall = memory.asSlice(HostCode.SYSCALL);
        spawn = memory.asSlice(HostCode.SPAWN);
        ring = memory.asSlice(HostCode.RING);
        await = memory.asSlice(HostCode.AWAIT);
    }

    private long invoke(MemorySegment target, long a, long b, long c, long d, long e, long f, long g) {
        try {
            return (long) invoke.invokeExact(target, a, b, c, d, e, f, g);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Override
    public long call(long nr, long a, long b, long c, long d, long e, long f) {
        return invoke(syscall, nr, a, b, c, d, e, f);
    }

    @Override
    public long spawn(long cloneArgs, long size, long parameters) {
        return invoke(spawn, cloneArgs, size, parameters, 0, 0, 0, 0);
    }

    @Override
    public long ring(long shared, long socket) {
        return invoke(ring, shared, socket, 0, 0, 0, 0, 0);
    }

    @Override
    public long await(long shared, long socket, long spins) {
        return invoke(await, shared, socket, spins, 0, 0, 0, 0);
    }

    @Override
    public long address(ByteBuffer buffer) {
        return MemorySegment.ofBuffer(buffer).address();
    }

    @Override
    public ByteBuffer buffer(long address, long size) {
        return MemorySegment.ofAddress(address).reinterpret(size).asByteBuffer();
    }
}
