package belljar.linux;

import belljar.failure.UserException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A stretch of memory outside the heap from which the arguments of system calls are allocated, front to back. Its
 * addresses are those of the process that makes the calls, which need not be this one. Not safe for use by several
 * threads; everything allocated is invalid after {@link #close()}.
 */
public final class Memory implements AutoCloseable {
    private final ByteBuffer bytes;
    private final long base;
    private final Runnable giveBack;
    private int top;

    /**
     * @param bytes the memory as this process sees it
     * @param base the address of its first byte in the process that makes the calls
     * @param giveBack run by {@link #close()}
     */
    Memory(ByteBuffer bytes, long base, Runnable giveBack) {
        this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
        this.base = base;
        this.giveBack = giveBack;
    }

    /** {@return the memory as this process sees it, little-endian; index it with {@link #offset}} */
    public ByteBuffer bytes() {
        return bytes;
    }

    /** {@return how many bytes are still free} */
    public int free() {
        return bytes.capacity() - top;
    }

    /** {@return how many bytes are allocated} */
    public int used() {
        return top;
    }

    /** Forgets all allocations, so that the memory can be used from its front again. */
    public void reset() {
        top = 0;
    }

    /**
     * {@return the index in {@link #bytes()} of an address}
     *
     * @param address an address that an allocation returned
     */
    public int offset(long address) {
        return (int) (address - base);
    }

    /**
     * Allocates zeroed bytes, aligned to 8.
     *
     * @param size how many
     * @return their address
     * @throws UserException if less is free
     */
    public long allocate(int size) {
        int start = reserve(size);
        for (int i = start; i < start + size; i++) {
            bytes.put(i, (byte) 0);
        }
        return base + start;
    }

    /**
     * Allocates bytes without clearing them: for large read and write buffers.
     *
     * @param size how many
     * @return their address
     * @throws UserException if less is free
     */
    public long allocateDirty(int size) {
        return base + reserve(size);
    }

    private int reserve(int size) {
        int start = top + 7 & ~7;
        if (size < 0 || size > bytes.capacity() - start) {
            throw new UserException("a text or list of " + size + " bytes, with what goes with it, is longer than the "
                    + bytes.capacity() + " bytes that one request to the kernel may have; make it shorter");
        }
        top = start + size;
        return start;
    }

    /**
     * Allocates a copy of bytes.
     *
     * @param content what to copy
     * @return their address
     * @throws UserException if less is free
     */
    public long copy(byte[] content) {
        int start = reserve(content.length);
        bytes.put(start, content);
        return base + start;
    }

    /**
     * Allocates a NUL-terminated string in UTF-8.
     *
     * @param text the characters; must not contain NUL, since the kernel would silently see a shorter string
     * @return its address
     * @throws UserException if the text contains NUL
     * @throws UserException if less is free
     */
    public long string(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new UserException("'" + FileName.show(text) + "' has a NUL character in it; leave that out");
        }
        byte[] content = text.getBytes(StandardCharsets.UTF_8);
        int start = reserve(content.length + 1);
        bytes.put(start, content);
        bytes.put(start + content.length, (byte) 0);
        return base + start;
    }

    /**
     * Allocates a NULL-terminated array of pointers to strings, as execve(2) takes.
     *
     * @param texts the strings
     * @return the array's address
     * @throws UserException if a text contains NUL
     * @throws UserException if less is free
     */
    public long strings(List<String> texts) {
        long[] pointers = new long[texts.size()];
        for (int i = 0; i < pointers.length; i++) {
            pointers[i] = string(texts.get(i));
        }
        long array = allocate((pointers.length + 1) * 8);
        for (int i = 0; i < pointers.length; i++) {
            putLong(array + 8L * i, pointers[i]);
        }
        return array;
    }

    /**
     * {@return the 64-bit value at an address}
     *
     * @param address an address within an allocation
     */
    public long getLong(long address) {
        return bytes.getLong(offset(address));
    }

    /**
     * {@return the 32-bit value at an address}
     *
     * @param address an address within an allocation
     */
    public int getInt(long address) {
        return bytes.getInt(offset(address));
    }

    /**
     * Stores a 64-bit value.
     *
     * @param address an address within an allocation
     * @param value the value
     */
    public void putLong(long address, long value) {
        bytes.putLong(offset(address), value);
    }

    /**
     * Stores a 32-bit value.
     *
     * @param address an address within an allocation
     * @param value the value
     */
    public void putInt(long address, int value) {
        bytes.putInt(offset(address), value);
    }

    /**
     * {@return bytes as text in UTF-8}
     *
     * @param address where they start
     * @param length how many
     */
    public String text(long address, int length) {
        byte[] content = new byte[length];
        bytes.get(offset(address), content);
        return new String(content, StandardCharsets.UTF_8);
    }

    /** Gives the memory back. Never fails. */
    @Override
    public void close() {
        giveBack.run();
    }
}
