package belljar.translator;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Exchanges in memory that are atomic for all CPUs and devices of a machine (SDM volume 3, section 9.1). They are full
 * fences too, as those of the processor are.
 */
final class Atomic {
    private static final VarHandle INT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle LONG =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    /** What Java cannot exchange at once: 16 bytes, and what is not within 8 aligned ones. These take turns. */
    private static final Object TURN = new Object();

    private Atomic() {}

    /** Stores a value where another still is, both zero-extended; {@return whether it was}. */
    static boolean swap(Cpu cpu, long address, int size, long old, long value) {
        long offset = cpu.mmu.atomicOffset(address, size);
        MemorySegment ram = cpu.mmu.ram();
        if (offset < 0 || (offset & 7) + size > 8) {
            return split(cpu, address, size, old, value);
        }
        if (size == 8) {
            return LONG.compareAndSet(ram, offset, old, value);
        }
        long word = offset & ~7L;
        int shift = (int) (offset & 7) * 8;
        if (size == 4 && (offset & 3) == 0) {
            return INT.compareAndSet(ram, offset, (int) old, (int) value);
        }
        long mask = Cpu.mask(size) << shift;
        while (true) {
            long before = (long) LONG.getVolatile(ram, word);
            if ((before & mask) >>> shift != (old & Cpu.mask(size))) {
                return false;
            }
            if (LONG.compareAndSet(ram, word, before, before & ~mask | value << shift & mask)) {
                return true;
            }
        }
    }

    /** A device's register, which nobody shares, or a split lock, which is atomic for other split ones only. */
    private static boolean split(Cpu cpu, long address, int size, long old, long value) {
        boolean device =
                cpu.mmu.atomicOffset(address, 1) < 0 || cpu.mmu.atomicOffset(cpu.wrap(address + size - 1), 1) < 0;
        synchronized (TURN) {
            if (!device && cpu.mmu.load(address, size) != (old & Cpu.mask(size))) {
                return false;
            }
            cpu.mmu.store(address, size, value);
        }
        VarHandle.fullFence();
        return true;
    }

    /**
     * Compares 16 bytes, aligned, with RDX and RAX, and stores RCX and RBX there if they are the same, or else loads
     * what there is. Another CPU may see one half stored before the other.
     *
     * @return whether they were the same
     */
    static boolean swapPair(Cpu cpu, long address) {
        MemorySegment ram = cpu.mmu.ram();
        long offset = cpu.mmu.atomicOffset(address, 8);
        if (offset < 0) {
            throw cpu.protection(0); // a device has no registers of this size
        }
        long[] r = cpu.r;
        synchronized (TURN) {
            while (true) {
                long low = (long) LONG.getVolatile(ram, offset);
                long high = (long) LONG.getVolatile(ram, offset + 8);
                if (low != r[0] || high != r[2]) {
                    r[0] = low;
                    r[2] = high;
                    return false;
                }
                if (LONG.compareAndSet(ram, offset, low, r[3])) {
                    if (LONG.compareAndSet(ram, offset + 8, high, r[1])) {
                        return true;
                    }
                    // Somebody stored to the upper half alone: what came first is taken back.
                    boolean _ = LONG.compareAndSet(ram, offset, r[3], low);
                }
            }
        }
    }
}
