package belljar.virtio;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A disk in memory with a bad block, the 13th. */
final class MemoryDisk implements Disk {
    private final byte[] bytes;

    /** Makes one of an array, which holds its blocks. */
    MemoryDisk(byte[] bytes) {
        this.bytes = bytes;
    }

    /** {@return its blocks} */
    byte[] bytes() {
        return bytes;
    }

    @Override
    public long size() {
        return bytes.length;
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public void read(ByteBuffer to, long at) throws IOException {
        fail(at);
        to.put(bytes, (int) at, to.remaining());
    }

    @Override
    public void write(ByteBuffer from, long at) throws IOException {
        fail(at);
        from.get(bytes, (int) at, from.remaining());
    }

    private static void fail(long at) throws IOException {
        if (at / 512 == 13) {
            throw new IOException("a bad block");
        }
    }

    @Override
    public void flush() {}

    @Override
    public void zero(long at, long length) {
        Arrays.fill(bytes, (int) at, (int) (at + length), (byte) 0);
    }

    @Override
    public void close() {}
}
