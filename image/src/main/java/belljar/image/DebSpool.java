package belljar.image;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps the files of unpacked packages until the layer is written: the layer is sorted by path, and the packages are
 * not. One temporary file, gone when closed or when the process dies. Not safe for use by several threads.
 */
final class DebSpool implements Closeable {
    private final FileChannel file;
    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 18);
    private long end;

    private DebSpool(FileChannel file) {
        this.file = file;
    }

    /**
     * Opens an empty spool.
     *
     * @param directory where its file goes; needs room for the unpacked packages
     * @return the spool
     * @throws IOException if the file cannot be made
     */
    static DebSpool open(Path directory) throws IOException {
        Path path = Files.createTempFile(directory, "spool-", "");
        FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        // Unlinked at once: a process that dies leaves nothing behind.
        Files.delete(path);
        return new DebSpool(file);
    }

    /**
     * Stores a stream's bytes.
     *
     * @param in read to its end
     * @return the stored bytes, readable until the spool is closed
     * @throws IOException if they cannot be read or stored
     */
    DebContent add(InputStream in) throws IOException {
        long start = end;
        int got = in.read(buffer.array(), buffer.position(), buffer.remaining());
        while (got >= 0) {
            buffer.position(buffer.position() + got);
            end += got;
            if (!buffer.hasRemaining()) {
                drain();
            }
            got = in.read(buffer.array(), buffer.position(), buffer.remaining());
        }
        return new Piece(this, start, end - start);
    }

    private void drain() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            file.write(buffer);
        }
        buffer.clear();
    }

    private record Piece(DebSpool spool, long start, long size) implements DebContent {
        @Override
        public InputStream open() throws IOException {
            if (spool.buffer.position() > 0) {
                spool.drain();
            }
            return new PieceStream(spool.file, start, size);
        }
    }

    private static final class PieceStream extends InputStream {
        private final FileChannel file;
        private long at;
        private long left;

        PieceStream(FileChannel file, long at, long left) {
            this.file = file;
            this.at = at;
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (left == 0) {
                return -1;
            }
            int got = file.read(ByteBuffer.wrap(bytes, offset, (int) Math.min(length, left)), at);
            if (got < 0) {
                throw new IOException("the spool ends too early");
            }
            at += got;
            left -= got;
            return got;
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
