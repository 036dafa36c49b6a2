package belljar.virtio;

import belljar.machine.StateStream;
import java.lang.invoke.VarHandle;

/** A queue in three parts: descriptors, the ring of those available, the ring of those used (virtio 1.2, 2.7). */
final class SplitQueue extends Virtqueue {
    private static final int NO_INTERRUPT = 1;
    private static final short NO_NOTIFY = 1;
    private static final int INDEX = 2;
    private static final int RING = 4;
    private static final int USED_ENTRY = 8;

    private final long descriptors;
    private final long available;
    private final long used;
    private int nextAvailable;
    private int nextUsed;
    private int told;
    private boolean silent;

    /** Makes a queue of parts that are known to be within memory and aligned. */
    SplitQueue(GuestDriver driver, int index, int size, long descriptors, long available, long used) {
        super(driver, index, size);
        this.descriptors = descriptors;
        this.available = available;
        this.used = used;
    }

    static long descriptorBytes(int size) {
        return (long) DESCRIPTOR * size;
    }

    static long availableBytes(int size) {
        return RING + 2L * size + 2;
    }

    static long usedBytes(int size) {
        return RING + (long) USED_ENTRY * size + 2;
    }

    private int waiting() {
        return (short) SHORT.getAcquire(bytes, available + INDEX) - nextAvailable & 0xFFFF;
    }

    @Override
    boolean isAvailable() {
        if (size == 0) {
            return false;
        }
        if (waiting() == 0) {
            listen();
            // The driver may have added one before it saw that it is to tell of it.
            VarHandle.fullFence();
            if (waiting() == 0) {
                return false;
            }
        }
        if (!eventIndex && !silent) {
            silent = true;
            SHORT.setOpaque(bytes, used, NO_NOTIFY);
            memory.written(used, 2);
        }
        return true;
    }

    /** Has the driver tell of the next buffer. */
    private void listen() {
        if (eventIndex) {
            long at = used + RING + (long) USED_ENTRY * size;
            SHORT.setRelease(bytes, at, (short) nextAvailable);
            memory.written(at, 2);
        } else if (silent) {
            silent = false;
            SHORT.setRelease(bytes, used, (short) 0);
            memory.written(used, 2);
        }
    }

    @Override
    boolean take(Chain chain) {
        if (waiting() > size) {
            return fail("more buffers available than the queue has entries");
        }
        int head = (short) SHORT.get(bytes, available + RING + 2L * (nextAvailable & size - 1)) & 0xFFFF;
        nextAvailable = nextAvailable + 1 & 0xFFFF;
        chain.id = head;
        return follow(chain, descriptors, size, head, false);
    }

    /** Adds the descriptors of a table, from one of them on. */
    private boolean follow(Chain chain, long table, int entries, int first, boolean inner) {
        int at = first;
        for (int steps = Math.min(entries, longest()); steps > 0; steps--) {
            if (at >= entries) {
                return fail("a descriptor that is not there");
            }
            long address = getLong(table + (long) DESCRIPTOR * at);
            long rest = getLong(table + (long) DESCRIPTOR * at + 8);
            int length = (int) rest;
            int flags = (int) (rest >>> 32) & 0xFFFF;
            if ((flags & INDIRECT) != 0) {
                long next = inner ? -1 : table(address, length, flags);
                if (next < 0) {
                    return fail("a table of descriptors where none may be");
                }
                return follow(chain, next, length / DESCRIPTOR, 0, true);
            }
            if (!add(chain, address, length, (flags & WRITE) != 0)) {
                return false;
            }
            if ((flags & NEXT) == 0) {
                return true;
            }
            at = (int) (rest >>> 48);
        }
        return fail("descriptors in a circle");
    }

    @Override
    void transferPlace(StateStream state) {
        nextAvailable = state.number(nextAvailable, 0, 0xFFFF);
        nextUsed = nextAvailable;
        told = state.number(told, 0, 0xFFFF);
        silent = state.flag(silent);
    }

    @Override
    void back(Chain chain) {
        nextAvailable = nextAvailable - 1 & 0xFFFF;
    }

    @Override
    void use(Chain chain, int written) {
        long at = used + RING + (long) USED_ENTRY * (nextUsed & size - 1);
        INT.set(bytes, at, chain.id);
        INT.set(bytes, at + 4, written);
        nextUsed = nextUsed + 1 & 0xFFFF;
        memory.written(at, USED_ENTRY);
        SHORT.setRelease(bytes, used + INDEX, (short) nextUsed);
        memory.written(used + INDEX, 2);
    }

    @Override
    boolean wantsInterrupt() {
        int before = told;
        told = nextUsed;
        if (size == 0 || before == nextUsed) {
            return false;
        }
        // The driver asks first and then looks at the index; here it is the other way round.
        VarHandle.fullFence();
        if (!eventIndex) {
            return ((short) SHORT.getOpaque(bytes, available) & NO_INTERRUPT) == 0;
        }
        int event = (short) SHORT.getOpaque(bytes, available + RING + 2L * size);
        return (nextUsed - event - 1 & 0xFFFF) < (nextUsed - before & 0xFFFF);
    }
}
