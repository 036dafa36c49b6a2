package belljar.linux;

import java.lang.foreign.MemorySegment;

/**
 * Pieces of this process's memory that one call reads into or writes from, one behind the other ({@code struct iovec}
 * of readv(2)). It keeps addresses only: whoever adds a piece keeps the memory alive until the call has been made. For
 * one thread at a time; to be used again and again, so that a call allocates nothing.
 */
public final class IoVector implements AutoCloseable {
    /** How many pieces the kernel takes in one call (UIO_MAXIOV). */
    public static final int MOST = 1024;

    private static final int ENTRY = 16;

    private final Memory memory;
    private final long address;
    private int count;
    private long length;

    private IoVector(Memory memory) {
        this.memory = memory;
        this.address = memory.allocateDirty(MOST * ENTRY);
    }

    /** {@return a list without pieces} */
    public static IoVector open() {
        return new IoVector(HostKernel.INSTANCE.lend(MOST * ENTRY));
    }

    /** Forgets all pieces. */
    public void clear() {
        count = 0;
        length = 0;
    }

    /**
     * Adds a piece.
     *
     * @param start its address in this process
     * @param bytes how many bytes, 0 or more
     * @return false if there are {@link #MOST} pieces already, and this one was not added
     */
    public boolean add(long start, long bytes) {
        if (count == MOST) {
            return false;
        }
        memory.putLong(address + (long) ENTRY * count, start);
        memory.putLong(address + (long) ENTRY * count + 8, bytes);
        count++;
        length += bytes;
        return true;
    }

    /**
     * Adds a piece.
     *
     * @param piece memory outside the heap
     * @return false if there are {@link #MOST} pieces already, and this one was not added
     */
    public boolean add(MemorySegment piece) {
        return add(piece.address(), piece.byteSize());
    }

    /** {@return how many pieces there are} */
    public int count() {
        return count;
    }

    /** {@return how many bytes all pieces have} */
    public long length() {
        return length;
    }

    /** {@return the address of the first entry, for calls that take an array of {@code struct iovec}} */
    public long address() {
        return address;
    }

    /** Gives the memory of the entries back, which are not to be used any more. */
    @Override
    public void close() {
        memory.close();
    }
}
