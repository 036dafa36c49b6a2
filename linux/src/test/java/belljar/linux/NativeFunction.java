package belljar.linux;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Machine code of ours, called in this process. */
final class NativeFunction implements AutoCloseable {
    private static final int SIZE = 8192;
    private static final HostKernel HOST = HostKernel.INSTANCE;

    private final long address;
    private final MethodHandle handle;

    NativeFunction(byte[] code) {
        address = Errno.check("mmap", "map code", HOST.call(Nr.MMAP, 0, SIZE, 3, 0x22, -1, 0));
        HOST.buffer(address, SIZE).put(code);
        Errno.check("mprotect", "make it executable", HOST.call(Nr.MPROTECT, address, SIZE, 5));
        handle = Linker.nativeLinker()
                .downcallHandle(
                        MemorySegment.ofAddress(address),
                        FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    }

    void call(long first, long second) {
        try {
            handle.invokeExact(first, second);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        HOST.call(Nr.MUNMAP, address, SIZE);
    }
}
