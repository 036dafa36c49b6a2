package belljar.image;

import belljar.failure.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Content on its way into the store. What has arrived stays when the ingest is closed before {@link #commit()}, and the
 * next ingest of the same digest goes on from {@link #offset()}. Only one ingest of a digest is open at a time among
 * all processes: the next one waits, and mostly finds the content {@link #complete()}.
 *
 * <p>Use it by one thread, in a try-with-resources statement.
 */
public final class Ingest implements AutoCloseable {
    private final Path partial;
    private final Path blobs;
    private final Optional<Descriptor> expected;
    private final @Nullable StoreLock lock;
    private final @Nullable FileChannel channel;
    private Digest.Hasher hasher;
    private long offset;
    private boolean committed;

    /** An ingest with nothing left to do. */
    Ingest(Descriptor present, Path blobs) {
        this.partial = blobs;
        this.blobs = blobs;
        this.expected = Optional.of(present);
        this.lock = null;
        this.channel = null;
        this.hasher = present.digest().hasher();
        this.offset = present.size();
        this.committed = true;
    }

    /** An ingest of content that is known, which may have begun before. */
    @SuppressWarnings("this-escape") // the class is final
    Ingest(Descriptor expected, Path blobs, Path partial, StoreLock lock) throws IOException {
        this.partial = partial;
        this.blobs = blobs;
        this.expected = Optional.of(expected);
        this.lock = lock;
        this.hasher = expected.digest().hasher();
        this.channel =
                FileChannel.open(partial, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        takeUp();
    }

    /** An ingest of content whose digest only its end will tell. */
    Ingest(Path blobs, Path partial) throws IOException {
        this.partial = partial;
        this.blobs = blobs;
        this.expected = Optional.empty();
        this.lock = null;
        this.hasher = Digest.Hasher.sha256();
        this.channel = FileChannel.open(partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /** Hashes what an earlier ingest left; one that left too much left rubbish. */
    private void takeUp() throws IOException {
        FileChannel file = channel();
        if (file.size() > expected.orElseThrow().size()) {
            file.truncate(0);
        }
        ByteBuffer buffer = ByteBuffer.allocateDirect(256 * 1024);
        while (file.read(buffer) >= 0) {
            offset += buffer.flip().remaining();
            hasher.update(buffer);
            buffer.clear();
        }
    }

    private FileChannel channel() {
        if (channel == null) {
            throw new IllegalStateException("the content is complete already");
        }
        return channel;
    }

    /** {@return whether the content is in the store, so that nothing need be written} */
    public boolean complete() {
        return committed;
    }

    /** {@return how many bytes have arrived; the next write must bring the byte after them} */
    public long offset() {
        return offset;
    }

    /** Forgets what has arrived: for a source that cannot start in the middle. */
    public void restart() {
        try {
            channel().truncate(0);
            channel().position(0);
        } catch (IOException e) {
            throw StoreFiles.failure("write " + partial, e);
        }
        offset = 0;
        hasher = expected.isPresent() ? expected.get().digest().hasher() : Digest.Hasher.sha256();
    }

    /**
     * Takes the next bytes.
     *
     * @param bytes all that is left in it; afterwards nothing is
     * @throws UserException if more arrives than was announced; what has arrived is dropped
     * @throws belljar.failure.HostException if the disk is full or fails
     */
    public void write(ByteBuffer bytes) {
        int length = bytes.remaining();
        if (expected.isPresent() && length > expected.get().size() - offset) {
            restart();
            throw new UserException("the content " + expected.get().digest() + " is longer than the announced "
                    + expected.get().size() + " bytes; whoever serves it is broken or not to be trusted");
        }
        try {
            ByteBuffer copy = bytes.duplicate();
            while (copy.hasRemaining()) {
                channel().write(copy);
            }
        } catch (IOException e) {
            throw StoreFiles.failure(
                    "store " + (expected.isPresent() ? expected.get().digest() : "the content"), e);
        }
        hasher.update(bytes);
        offset += length;
    }

    /**
     * Takes the next bytes.
     *
     * @param bytes where they stand
     * @param start the first of them
     * @param length how many
     * @throws UserException as {@link #write(ByteBuffer)}
     */
    public void write(byte[] bytes, int start, int length) {
        write(ByteBuffer.wrap(bytes, start, length));
    }

    /**
     * Takes everything left in a stream, which is not closed.
     *
     * @param in the stream
     * @throws IOException if reading it fails
     */
    public void writeAll(InputStream in) throws IOException {
        byte[] buffer = new byte[128 * 1024];
        int n;
        while ((n = in.read(buffer)) >= 0) {
            write(buffer, 0, n);
        }
    }

    /** {@return a stream whose bytes are written here; closing it does nothing} */
    public OutputStream stream() {
        return new OutputStream() {
            @Override
            public void write(int b) {
                Ingest.this.write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int start, int length) {
                Ingest.this.write(bytes, start, length);
            }
        };
    }

    /**
     * Checks digest and size and makes the content part of the store; it is on the disk afterwards. Does nothing where
     * it is complete already.
     *
     * @return a pointer to it; its media type is the announced one, or {@code application/octet-stream}
     * @throws UserException if it does not match what was announced; what has arrived is dropped then, unless it is
     *     merely too short
     */
    public Descriptor commit() {
        if (committed) {
            return expected.orElseThrow();
        }
        if (expected.isPresent() && offset < expected.get().size()) {
            throw new UserException("the content " + expected.get().digest() + " ended after " + offset + " of "
                    + expected.get().size() + " bytes; try again to fetch the rest");
        }
        Digest digest = hasher.finish();
        if (expected.isPresent() && !expected.get().digest().equals(digest)) {
            Digest wanted = expected.get().digest();
            restart();
            throw new UserException("the content " + wanted + " is damaged: its digest is " + digest);
        }
        Path blob = blobs.resolve(digest.algorithm()).resolve(digest.hex());
        try {
            channel().force(true);
            Files.move(partial, blob, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw StoreFiles.failure("store " + digest, e);
        }
        committed = true;
        return expected.orElse(Descriptor.of("application/octet-stream", digest, offset));
    }

    /** Ends the ingest and lets the next one in. */
    @Override
    public void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw StoreFiles.failure("close " + partial, e);
        } finally {
            if (expected.isEmpty() && !committed) {
                StoreFiles.deleteQuietly(partial);
            }
            if (lock != null) {
                lock.deleteAndClose();
            }
        }
    }
}
