package belljar.virtio;

import belljar.machine.StateStream;
import java.lang.invoke.VarHandle;

/** A queue that is one ring, in which each side overwrites what the other has written (virtio 1.2, section 2.8). */
final class PackedQueue extends Virtqueue {
    private static final int AVAILABLE = 1 << 7;
    private static final int USED = 1 << 15;
    private static final int WRAP = 1 << 15;
    private static final int FLAGS = 14;

    private static final int EVENTS_ON = 0;
    private static final int EVENTS_OFF = 1;
    private static final int EVENTS_FROM = 2;

    /** Bytes of each side's event suppression structure. */
    static final int EVENT_BYTES = 4;

    private final long ring;
    private final long driverEvents;
    private final long deviceEvents;
    private int nextAvailable;
    private boolean wrapAvailable = true;
    private int nextUsed;
    private boolean wrapUsed = true;
    private int slotsTaken;

    /** Entries used since the driver was last asked whether it wants to know, 0 to twice the size. */
    private int untold;

    private boolean silent;

    /** Makes a queue of parts that are known to be within memory and aligned. */
    PackedQueue(GuestDriver driver, int index, int size, long ring, long driverEvents, long deviceEvents) {
        super(driver, index, size);
        this.ring = ring;
        this.driverEvents = driverEvents;
        this.deviceEvents = deviceEvents;
    }

    private boolean isReady() {
        int flags = (short) SHORT.getAcquire(bytes, ring + (long) DESCRIPTOR * nextAvailable + FLAGS);
        return (flags & AVAILABLE) != 0 == wrapAvailable && (flags & USED) != 0 != wrapAvailable;
    }

    @Override
    boolean isAvailable() {
        if (!isReady()) {
            int from = nextAvailable | (wrapAvailable ? WRAP : 0);
            events(eventIndex ? EVENTS_FROM << 16 | from : EVENTS_ON);
            silent = false;
            // The driver may have added one before it saw that it is to tell of it.
            VarHandle.fullFence();
            if (!isReady()) {
                return false;
            }
        }
        if (!silent) {
            silent = true;
            events(EVENTS_OFF << 16);
        }
        return true;
    }

    private void events(int value) {
        INT.setRelease(bytes, deviceEvents, value);
        memory.written(deviceEvents, EVENT_BYTES);
    }

    @Override
    boolean take(Chain chain) {
        int at = nextAvailable;
        while (true) {
            if (slotsTaken + chain.slots == size) {
                return fail("more descriptors than the queue has entries");
            }
            long descriptor = ring + (long) DESCRIPTOR * at;
            long address = getLong(descriptor);
            long rest = getLong(descriptor + 8);
            int flags = (int) (rest >>> 48);
            chain.slots++;
            at = at + 1 == size ? 0 : at + 1;
            if (!addDescriptor(chain, address, (int) rest, flags)) {
                return false;
            }
            if ((flags & NEXT) == 0) {
                // The identifier is in the last descriptor.
                chain.id = (int) (rest >>> 32) & 0xFFFF;
                break;
            }
        }
        wrapAvailable ^= at <= nextAvailable;
        nextAvailable = at;
        slotsTaken += chain.slots;
        return true;
    }

    private boolean addDescriptor(Chain chain, long address, int length, int flags) {
        if ((flags & INDIRECT) == 0) {
            return add(chain, address, length, (flags & WRITE) != 0);
        }
        long table = table(address, length, flags);
        if (table < 0) {
            return false;
        }
        int entries = length / DESCRIPTOR;
        if (entries > longest()) {
            return fail("a chain of too many descriptors");
        }
        for (int i = 0; i < entries; i++) {
            long rest = getLong(table + (long) DESCRIPTOR * i + 8);
            int inner = (int) (rest >>> 48);
            if ((inner & INDIRECT) != 0) {
                return fail("a table of descriptors where none may be");
            }
            if (!add(chain, getLong(table + (long) DESCRIPTOR * i), (int) rest, (inner & WRITE) != 0)) {
                return false;
            }
        }
        return true;
    }

    @Override
    void transferPlace(StateStream state) {
        nextAvailable = state.number(nextAvailable, 0, size - 1);
        wrapAvailable = state.flag(wrapAvailable);
        nextUsed = nextAvailable;
        wrapUsed = wrapAvailable;
        untold = state.number(untold, 0, 2 * size);
        silent = state.flag(silent);
    }

    @Override
    void back(Chain chain) {
        int at = nextAvailable - chain.slots;
        wrapAvailable ^= at < 0;
        nextAvailable = at < 0 ? at + size : at;
        slotsTaken -= chain.slots;
    }

    @Override
    void use(Chain chain, int written) {
        long at = ring + (long) DESCRIPTOR * nextUsed;
        INT.set(bytes, at + 8, written);
        SHORT.set(bytes, at + 12, (short) chain.id);
        int flags = (wrapUsed ? AVAILABLE | USED : 0) | (written != 0 ? WRITE : 0);
        memory.written(at, DESCRIPTOR);
        SHORT.setRelease(bytes, at + FLAGS, (short) flags);
        memory.written(at + FLAGS, 2);
        slotsTaken -= chain.slots;
        untold = Math.min(untold + chain.slots, 2 * size);
        nextUsed += chain.slots;
        if (nextUsed >= size) {
            nextUsed -= size;
            wrapUsed = !wrapUsed;
        }
    }

    @Override
    boolean wantsInterrupt() {
        int fresh = untold;
        untold = 0;
        if (fresh == 0) {
            return false;
        }
        // The driver asks first and then looks at the ring; here it is the other way round.
        VarHandle.fullFence();
        int events = (int) INT.getOpaque(bytes, driverEvents);
        int mode = events >>> 16 & 0b11;
        if (!eventIndex || mode != EVENTS_FROM) {
            return mode != EVENTS_OFF;
        }
        // Both are places in two rounds of the ring; the driver's is among those just used or it is still to come.
        int here = nextUsed + (wrapUsed ? 0 : size);
        int wanted = (events & WRAP - 1) + ((events & WRAP) != 0 ? 0 : size);
        return Math.floorMod(here - 1 - wanted, 2 * size) < fresh;
    }
}
