package belljar.virtio;

import belljar.machine.GuestMemory;
import org.jspecify.annotations.Nullable;

/** What a driver says of a queue before it is used. Guarded by the registers' lock. */
final class QueueSetup {
    private final int most;
    private int size;
    private boolean ready;
    private final long[] parts = new long[3];

    QueueSetup(int most) {
        this.most = most;
    }

    int most() {
        return most;
    }

    boolean ready() {
        return ready;
    }

    void reset() {
        size = 0;
        ready = false;
        parts[0] = 0;
        parts[1] = 0;
        parts[2] = 0;
    }

    /** Writes a register that concerns this queue (virtio 1.2, 4.2.2); others change nothing. */
    void write(int offset, int value) {
        if (offset == 0x44) {
            ready = (value & 1) != 0;
            return;
        }
        if (ready) {
            return;
        }
        switch (offset) {
            case 0x38 -> size = value;
            case 0x80, 0x90, 0xA0 -> {
                int part = (offset >> 4) - 8;
                parts[part] = parts[part] & ~0xFFFF_FFFFL | value & 0xFFFF_FFFFL;
            }
            case 0x84, 0x94, 0xA4 -> {
                int part = (offset >> 4) - 8;
                parts[part] = parts[part] & 0xFFFF_FFFFL | (long) value << 32;
            }
            default -> {
                return;
            }
        }
    }

    /** {@return the queue; one of no entries if it is not used, null if it cannot be} */
    @Nullable Virtqueue make(GuestDriver driver, int index) {
        if (!ready) {
            return new SplitQueue(driver, index, 0, 0, 0, 0);
        }
        boolean packed = driver.has(Features.RING_PACKED);
        if (size <= 0 || size > most || !packed && Integer.bitCount(size) != 1) {
            return null;
        }
        GuestMemory memory = driver.memory();
        if (packed) {
            boolean fits = isWithin(memory, parts[0], SplitQueue.descriptorBytes(size), 16)
                    && isWithin(memory, parts[1], PackedQueue.EVENT_BYTES, 4)
                    && isWithin(memory, parts[2], PackedQueue.EVENT_BYTES, 4);
            return fits ? new PackedQueue(driver, index, size, at(memory, 0), at(memory, 1), at(memory, 2)) : null;
        }
        boolean fits = isWithin(memory, parts[0], SplitQueue.descriptorBytes(size), 16)
                && isWithin(memory, parts[1], SplitQueue.availableBytes(size), 2)
                && isWithin(memory, parts[2], SplitQueue.usedBytes(size), 4);
        return fits ? new SplitQueue(driver, index, size, at(memory, 0), at(memory, 1), at(memory, 2)) : null;
    }

    private long at(GuestMemory memory, int part) {
        return memory.offset(parts[part]);
    }

    private static boolean isWithin(GuestMemory memory, long address, long length, int alignment) {
        return (address & alignment - 1) == 0 && memory.contains(address, length);
    }
}
