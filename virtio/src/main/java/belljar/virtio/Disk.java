package belljar.virtio;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What a block device stores its blocks in. Called by the thread that serves the device; a method that throws makes the
 * guest's request fail, and nothing else.
 */
public interface Disk extends AutoCloseable {
    /** {@return bytes in all; what is left of the last 512 cannot be used} */
    long size();

    /** {@return whether nothing can be written} */
    boolean isReadOnly();

    /**
     * Reads all of a buffer.
     *
     * @param to where to
     * @param at where from, within the disk
     * @throws IOException if it cannot be read
     */
    void read(ByteBuffer to, long at) throws IOException;

    /**
     * Writes all of a buffer.
     *
     * @param from what to write
     * @param at where to, within the disk
     * @throws IOException if it cannot be written
     */
    void write(ByteBuffer from, long at) throws IOException;

    /**
     * Has everything that was written survive the host's crash.
     *
     * @throws IOException if that cannot be had
     */
    void flush() throws IOException;

    /**
     * Forgets a range, which reads as zeros afterwards, and gives its room back where that can be.
     *
     * @param at where it begins
     * @param length bytes
     * @throws IOException if it cannot be done
     */
    void zero(long at, long length) throws IOException;

    /** Lets go of it. */
    @Override
    void close();
}
