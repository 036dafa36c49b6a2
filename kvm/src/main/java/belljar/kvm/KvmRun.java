package belljar.kvm;

import belljar.linux.Caller;
import belljar.linux.Errno;
import belljar.linux.Nr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The pages that a CPU shares with the kernel, {@code struct kvm_run} with the data of port accesses after it. For the
 * CPU's thread.
 */
final class KvmRun implements AutoCloseable {
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Arena arena;
    private final MemorySegment pages;

    @SuppressWarnings("MustBeClosedChecker") // closed by close()
    KvmRun(Caller kernel, int fd, int size) {
        long address = Errno.check(
                "mmap",
                "cannot map a virtual CPU's pages",
                kernel.call(Nr.MMAP, 0, size, PROT_READ_WRITE, MAP_SHARED, fd, 0));
        arena = Arena.ofShared();
        pages = MemorySegment.ofAddress(address)
                .reinterpret(size, arena, whole -> kernel.call(Nr.MUNMAP, whole.address(), size));
    }

    int getByte(long at) {
        return pages.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
    }

    int getShort(long at) {
        return pages.get(SHORT, at) & 0xFFFF;
    }

    int getInt(long at) {
        return pages.get(INT, at);
    }

    long getLong(long at) {
        return pages.get(LONG, at);
    }

    void putByte(long at, int value) {
        pages.set(ValueLayout.JAVA_BYTE, at, (byte) value);
    }

    void putLong(long at, long value) {
        pages.set(LONG, at, value);
    }

    /** {@return a number of 1, 2, 4 or 8 bytes, zero-extended} */
    long get(long at, int size) {
        return switch (size) {
            case 1 -> getByte(at);
            case 2 -> getShort(at);
            case 4 -> getInt(at) & 0xFFFF_FFFFL;
            default -> getLong(at);
        };
    }

    /** Writes a number of 1, 2, 4 or 8 bytes. */
    void put(long at, int size, long value) {
        switch (size) {
            case 1 -> putByte(at, (int) value);
            case 2 -> pages.set(SHORT, at, (short) value);
            case 4 -> pages.set(INT, at, (int) value);
            default -> putLong(at, value);
        }
    }

    /** Has the next KVM_RUN end what was begun and return, or not. */
    void immediateExit(boolean yes) {
        putByte(Ioctl.RUN_IMMEDIATE_EXIT, yes ? 1 : 0);
    }

    @Override
    public void close() {
        arena.close();
    }
}
