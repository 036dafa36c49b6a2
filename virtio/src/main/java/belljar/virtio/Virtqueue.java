package belljar.virtio;

import belljar.failure.BugException;
import belljar.machine.GuestMemory;
import belljar.machine.StateStream;
import belljar.machine.Stateful;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A queue in guest memory over which a driver gives buffers to its device and has them back (virtio 1.2, sections 2.6
 * to 2.8). The driver is told of what the device gives back as it has asked for.
 *
 * <p>What a driver may not do breaks the queue, and with it the device until the next reset: the queue is then empty
 * for ever. For the thread that serves the device.
 */
public abstract sealed class Virtqueue implements Stateful permits SplitQueue, PackedQueue {
    /**
     * The longest chain by way of a table, where the queue is shorter; drivers are known to exceed the queue's size.
     */
    private static final int LONG_CHAIN = 1024;

    private static final long LONGEST = 0xFFFF_FFFFL;

    static final int NEXT = 1;
    static final int WRITE = 1 << 1;
    static final int INDIRECT = 1 << 2;
    static final int DESCRIPTOR = 16;

    static final VarHandle SHORT =
            ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    static final VarHandle INT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    final GuestDriver driver;
    final GuestMemory memory;
    final MemorySegment bytes;
    final int size;
    final boolean indirect;
    final boolean eventIndex;
    private final int index;
    private @Nullable Chain[] free = new Chain[4];
    private int freeCount;
    private int taken;
    private volatile boolean closed;

    Virtqueue(GuestDriver driver, int index, int size) {
        this.driver = driver;
        this.memory = driver.memory();
        this.bytes = memory.bytes();
        this.index = index;
        this.size = size;
        this.indirect = driver.has(Features.INDIRECT_DESC);
        this.eventIndex = driver.has(Features.EVENT_IDX);
    }

    /** {@return its number} */
    public final int index() {
        return index;
    }

    /** {@return how many entries it has; 0 if the driver does not use it} */
    public final int size() {
        return size;
    }

    /**
     * Takes the next buffer that the driver has made available. If there is none, the driver will notify the device of
     * the next.
     *
     * @return the buffer; null if there is none, or the device is to pause or to be reset
     */
    public final @Nullable Chain next() {
        if (closed || driver.isStopping() || !isAvailable()) {
            return null;
        }
        Chain chain = borrow();
        if (!take(chain)) {
            recycle(chain);
            return null;
        }
        if (++taken > size) {
            recycle(chain);
            fail("more buffers than the queue has entries");
            return null;
        }
        return chain;
    }

    /**
     * Undoes {@link #next}: the buffer is the next again.
     *
     * @param chain the last one that was taken, and no other was taken or completed since
     */
    public final void putBack(Chain chain) {
        taken--;
        back(chain);
        recycle(chain);
    }

    /**
     * Gives a buffer back to the driver. The order may be another than that of taking. Whether the driver is told is
     * left to {@link #flush}.
     *
     * @param chain the buffer, not to be used any more
     * @param written how many bytes were written into it, from the first writable one on
     */
    public final void complete(Chain chain, long written) {
        taken--;
        if (!closed) {
            if (written > 0) {
                chain.written();
            }
            use(chain, (int) written);
        }
        recycle(chain);
    }

    /** Tells the driver of the buffers that it has back, unless it does not want to know. */
    public final void flush() {
        if (!closed && wantsInterrupt()) {
            driver.interrupt();
        }
    }

    /**
     * Saves or loads how far the queue is. A device that rests has given back, or put back, every buffer that it took:
     * both sides of the ring are at one place, and only that is in the state.
     */
    @Override
    public final void transfer(StateStream state) {
        if (taken != 0) {
            throw new BugException("the state of a device that has not given back " + taken + " buffers", null);
        }
        transferPlace(state);
    }

    abstract void transferPlace(StateStream state);

    /** {@return whether there is a buffer; if not, the driver has been asked to tell of the next} */
    abstract boolean isAvailable();

    /** Takes the next buffer, which there is; {@return whether it is all right} */
    abstract boolean take(Chain chain);

    /** Undoes the last taking. */
    abstract void back(Chain chain);

    /** Writes that a buffer is used. */
    abstract void use(Chain chain, int written);

    /** {@return whether the driver wants to know of the buffers used since this was last asked} */
    abstract boolean wantsInterrupt();

    /** Ends all use of the ring. */
    final void close() {
        closed = true;
    }

    /** Breaks the device; {@return false} */
    final boolean fail(String why) {
        closed = true;
        driver.fail(why);
        return false;
    }

    final long getLong(long offset) {
        return bytes.get(LONG, offset);
    }

    /** How many pieces a chain has at most. */
    final int longest() {
        return Math.max(size, LONG_CHAIN);
    }

    /** Adds what a descriptor says to a chain; {@return whether it may} */
    final boolean add(Chain chain, long address, int length, boolean writable) {
        if (length == 0) {
            return true;
        }
        if (length < 0 || chain.readable() + chain.writable() + length > LONGEST) {
            return fail("a buffer that is too long");
        }
        if (!writable && chain.writable() > 0) {
            return fail("a readable descriptor behind a writable one");
        }
        if (!memory.contains(address, length)) {
            return fail("a buffer outside memory");
        }
        if (chain.pieces() == longest()) {
            return fail("a chain of too many descriptors");
        }
        chain.add(memory.offset(address), length, writable);
        return true;
    }

    /** {@return where a table of descriptors begins; -1 if there is none} */
    final long table(long address, int length, int flags) {
        boolean allowed = indirect && (flags & NEXT) == 0 && length > 0 && length % DESCRIPTOR == 0;
        if (!allowed || !memory.contains(address, length)) {
            fail("a table of descriptors that cannot be");
            return -1;
        }
        return memory.offset(address);
    }

    private Chain borrow() {
        Chain chain = freeCount > 0 ? free[--freeCount] : null;
        return chain == null ? new Chain(memory) : chain;
    }

    private void recycle(Chain chain) {
        chain.clear();
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, 2 * freeCount);
        }
        free[freeCount++] = chain;
    }
}
