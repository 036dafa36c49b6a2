package belljar.machine;

import belljar.failure.BugException;
import belljar.failure.UserException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The memory of a machine. It is one piece of the host's memory; guest-physically the part beyond {@link #LOW_END} lies
 * from {@link #HIGH_BASE} on, since devices have the addresses between. Numbers are little-endian, as the guest's.
 *
 * <p>Safe for use by several threads in the sense that the guest's own accesses are: racing ones may see either value,
 * bytes of aligned numbers are never mixed. An address beyond the memory is a {@link BugException} here; whoever has it
 * from the guest asks {@link #contains} first.
 */
public final class GuestMemory {
    /** Where the low part of memory ends at the latest: 3 GiB. */
    public static final long LOW_END = 3L << 30;

    /** Where the rest of it begins: 4 GiB. */
    public static final long HIGH_BASE = 4L << 30;

    /** The unit in which memory is measured. */
    public static final int PAGE = 4096;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment bytes;
    private final long size;
    private final long lowSize;
    private volatile MemoryWrites watcher = MemoryWrites.NONE;

    private GuestMemory(MemorySegment bytes) {
        this.bytes = bytes;
        this.size = bytes.byteSize();
        this.lowSize = Math.min(size, LOW_END);
    }

    /**
     * Makes a machine's memory of a piece of the host's, which is to be all zero.
     *
     * @param bytes the piece, page-aligned, of whole pages, accessible from all threads
     * @return the memory
     */
    public static GuestMemory of(MemorySegment bytes) {
        if (bytes.byteSize() == 0 || bytes.byteSize() % PAGE != 0) {
            throw new BugException("a machine's memory of " + bytes.byteSize() + " bytes is not of whole pages", null);
        }
        return new GuestMemory(bytes);
    }

    /**
     * Makes a machine's memory. The JVM touches all of it, which a piece mapped by the host's kernel spares.
     *
     * @param size bytes, a multiple of {@link #PAGE}
     * @return the memory, freed when nobody uses it any more
     * @throws UserException if the host has not so much
     */
    public static GuestMemory allocate(long size) {
        try {
            return of(Arena.ofAuto().allocate(size, PAGE));
        } catch (OutOfMemoryError e) {
            throw new UserException(
                    "this host cannot give a machine " + (size >> 20) + " MiB of memory; ask for less", e);
        }
    }

    /**
     * Sets who is told of what devices write, in place of who was before. From any thread.
     *
     * @param watcher who is told from now on
     */
    public void watch(MemoryWrites watcher) {
        this.watcher = watcher;
    }

    /**
     * Tells that a device has written bytes, which it does after the write and before it tells the guest. What a CPU
     * writes and what is laid out before the first instruction is told by nobody.
     *
     * @param offset where in {@link #bytes} the first one is
     * @param length how many, 0 or more
     */
    public void written(long offset, long length) {
        watcher.written(offset, length);
    }

    /** {@return all of it, in the order of physical addresses, without the gap} */
    public MemorySegment bytes() {
        return bytes;
    }

    /** {@return bytes in all} */
    public long size() {
        return size;
    }

    /** {@return bytes below the gap} */
    public long lowSize() {
        return lowSize;
    }

    /** {@return bytes from {@link #HIGH_BASE} on} */
    public long highSize() {
        return size - lowSize;
    }

    /**
     * {@return where in {@link #bytes} an address lies; -1 where there is no memory}
     *
     * @param physical a guest-physical address, unsigned
     */
    public long offset(long physical) {
        if (Long.compareUnsigned(physical, lowSize) < 0) {
            return physical;
        }
        long high = physical - HIGH_BASE;
        return physical >= HIGH_BASE && high < size - lowSize ? lowSize + high : -1;
    }

    /**
     * {@return whether a range is memory, all of it in one piece}
     *
     * @param physical its first address
     * @param length bytes, 0 or more
     */
    public boolean contains(long physical, long length) {
        if (length < 0 || length > size) {
            return false;
        }
        long first = offset(physical);
        return first >= 0 && first + length <= (physical < HIGH_BASE ? lowSize : size);
    }

    private long checked(long physical, long length) {
        if (!contains(physical, length)) {
            throw new BugException(
                    "0x" + Long.toHexString(physical) + " is outside the machine's memory of " + size + " bytes", null);
        }
        return offset(physical);
    }

    /** {@return the byte at an address, 0 to 255} */
    public int getByte(long physical) {
        return bytes.get(ValueLayout.JAVA_BYTE, checked(physical, 1)) & 0xFF;
    }

    /** {@return the 16-bit number at an address, 0 to 65535} */
    public int getShort(long physical) {
        return bytes.get(SHORT, checked(physical, 2)) & 0xFFFF;
    }

    /** {@return the 32-bit number at an address} */
    public int getInt(long physical) {
        return bytes.get(INT, checked(physical, 4));
    }

    /** {@return the 64-bit number at an address} */
    public long getLong(long physical) {
        return bytes.get(LONG, checked(physical, 8));
    }

    /** Writes a byte. */
    public void putByte(long physical, int value) {
        bytes.set(ValueLayout.JAVA_BYTE, checked(physical, 1), (byte) value);
    }

    /** Writes a 16-bit number. */
    public void putShort(long physical, int value) {
        bytes.set(SHORT, checked(physical, 2), (short) value);
    }

    /** Writes a 32-bit number. */
    public void putInt(long physical, int value) {
        bytes.set(INT, checked(physical, 4), value);
    }

    /** Writes a 64-bit number. */
    public void putLong(long physical, long value) {
        bytes.set(LONG, checked(physical, 8), value);
    }

    /** Copies bytes out. */
    public void read(long physical, byte[] to, int at, int length) {
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, checked(physical, length), to, at, length);
    }

    /** Copies bytes in. */
    public void write(long physical, byte[] from, int at, int length) {
        MemorySegment.copy(from, at, bytes, ValueLayout.JAVA_BYTE, checked(physical, length), length);
    }

    /** Copies all of an array in. */
    public void write(long physical, byte[] from) {
        write(physical, from, 0, from.length);
    }
}
