package belljar.virtio;

import belljar.machine.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;

/**
 * A buffer that a driver has made available: pieces of guest memory, first those that the device may read, then those
 * that it may write. It is a copy of what the guest's descriptors said; each piece is within guest memory. What the
 * pieces hold may change at any time: who looks at it twice may see two things.
 *
 * <p>It is valid until it is given to {@link Virtqueue#complete}. For the thread that serves the device.
 */
public final class Chain {
    private static final int FEW = 8;

    private final GuestMemory memory;
    private long[] offsets = new long[FEW];
    private int[] lengths = new int[FEW];
    private int pieces;
    private int readablePieces;
    private long readable;
    private long writable;

    /** What the driver knows it by. */
    int id;

    /** How many entries of a packed ring it takes. */
    int slots;

    Chain(GuestMemory memory) {
        this.memory = memory;
    }

    void clear() {
        pieces = 0;
        readablePieces = 0;
        readable = 0;
        writable = 0;
        id = 0;
        slots = 0;
    }

    /** Adds a piece that is known to be within memory. */
    void add(long offset, int length, boolean isWritable) {
        if (pieces == offsets.length) {
            offsets = Arrays.copyOf(offsets, 2 * pieces);
            lengths = Arrays.copyOf(lengths, 2 * pieces);
        }
        offsets[pieces] = offset;
        lengths[pieces] = length;
        pieces++;
        if (isWritable) {
            writable += length;
        } else {
            readable += length;
            readablePieces = pieces;
        }
    }

    /** {@return bytes that the device may read, less than 2^32} */
    public long readable() {
        return readable;
    }

    /** {@return bytes that the device may write, less than 2^32} */
    public long writable() {
        return writable;
    }

    /** {@return how many pieces there are} */
    public int pieces() {
        return pieces;
    }

    /** {@return how many of the pieces, the first ones, are for reading} */
    public int readablePieces() {
        return readablePieces;
    }

    /** {@return where in {@link GuestMemory#bytes} a piece begins} */
    public long offset(int piece) {
        return offsets[Objects.checkIndex(piece, pieces)];
    }

    /** {@return bytes of a piece, 1 or more} */
    public int length(int piece) {
        return lengths[Objects.checkIndex(piece, pieces)];
    }

    /** {@return a piece} */
    public MemorySegment piece(int piece) {
        return memory.bytes().asSlice(offset(piece), length(piece));
    }

    /**
     * Copies bytes out of the readable part.
     *
     * @param at where in it to begin
     * @param to where the bytes go
     * @param from the first one's place there
     * @param length how many; the readable part must have them
     */
    public void read(long at, byte[] to, int from, int length) {
        read(at, MemorySegment.ofArray(to), from, length);
    }

    /**
     * Copies bytes out of the readable part.
     *
     * @param at where in it to begin
     * @param to where the bytes go
     * @param from the first one's place there
     * @param length how many; the readable part must have them
     */
    public void read(long at, MemorySegment to, long from, long length) {
        Objects.checkFromIndexSize(at, length, readable);
        long skip = at;
        long done = 0;
        for (int i = 0; done < length; i++) {
            long part = Math.min(lengths[i] - skip, length - done);
            if (part > 0) {
                MemorySegment.copy(memory.bytes(), offsets[i] + skip, to, from + done, part);
                done += part;
            }
            skip = Math.max(0, skip - lengths[i]);
        }
    }

    /**
     * Copies bytes into the writable part.
     *
     * @param at where in it to begin
     * @param from where the bytes come from
     * @param first the first one's place there
     * @param length how many; the writable part must have room for them
     */
    public void write(long at, byte[] from, int first, int length) {
        write(at, MemorySegment.ofArray(from), first, length);
    }

    /**
     * Copies bytes into the writable part.
     *
     * @param at where in it to begin
     * @param from where the bytes come from
     * @param first the first one's place there
     * @param length how many; the writable part must have room for them
     */
    public void write(long at, MemorySegment from, long first, long length) {
        Objects.checkFromIndexSize(at, length, writable);
        long skip = at;
        long done = 0;
        for (int i = readablePieces; done < length; i++) {
            long part = Math.min(lengths[i] - skip, length - done);
            if (part > 0) {
                MemorySegment.copy(from, first + done, memory.bytes(), offsets[i] + skip, part);
                done += part;
            }
            skip = Math.max(0, skip - lengths[i]);
        }
    }

    /** Writes one byte of the writable part. */
    public void writeByte(long at, int value) {
        Objects.checkIndex(at, writable);
        long left = at;
        for (int i = readablePieces; i < pieces; i++) {
            if (left < lengths[i]) {
                memory.bytes().set(ValueLayout.JAVA_BYTE, offsets[i] + left, (byte) value);
                return;
            }
            left -= lengths[i];
        }
    }

    /** Tells who watches memory that the writable pieces may have changed. */
    void written() {
        for (int i = readablePieces; i < pieces; i++) {
            memory.written(offsets[i], lengths[i]);
        }
    }
}
