package belljar.image;

import belljar.failure.BelljarException;
import belljar.failure.BugException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Decompresses and hashes on a thread of its own while the reader of this stream writes files: each costs about as much
 * as the other. A few buffers go round between the two.
 */
final class UnpackPipe extends InputStream {
    private static final int COUNT = 8;
    private static final int SIZE = 256 * 1024;

    private final InputStream source;
    private final long limit;
    private final ArrayBlockingQueue<Piece> full = new ArrayBlockingQueue<>(COUNT + 1);
    private final ArrayBlockingQueue<Piece> empty = new ArrayBlockingQueue<>(COUNT + 1);
    private final Digest.Hasher hasher = Digest.Hasher.sha256();
    private final Thread thread;
    private volatile @Nullable BelljarException failure;
    private volatile boolean cancelled;
    private Piece piece = new Piece(0);
    private int at;
    private boolean ended;
    private long total;

    UnpackPipe(InputStream source, long limit) {
        this.source = source;
        this.limit = limit;
        for (int i = 0; i < COUNT; i++) {
            empty.add(new Piece(SIZE));
        }
        thread = Thread.ofPlatform().name("belljar-decompress").daemon().unstarted(this::produce);
    }

    UnpackPipe start() {
        thread.start();
        return this;
    }

    private void produce() {
        try (InputStream in = Decompression.open(source)) {
            Piece next;
            do {
                next = empty.take();
                next.length = cancelled ? 0 : in.readNBytes(next.bytes, 0, SIZE);
                hasher.update(next.bytes, 0, next.length);
                full.put(next);
            } while (next.length == SIZE);
            if (next.length > 0) {
                full.put(new Piece(0));
            }
        } catch (BelljarException e) {
            fail(e);
        } catch (IOException e) {
            fail(new HostException("cannot read the layer: " + e.getMessage(), e));
        } catch (InterruptedException e) {
            fail(new HostException("unpacking was interrupted", e));
        } catch (RuntimeException | Error e) {
            fail(new BugException("decompression failed", e));
        }
    }

    private void fail(BelljarException e) {
        failure = e;
        // The queue has room for this beside all pieces.
        full.add(new Piece(0));
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int start, int length) {
        if (at == piece.length && !advance()) {
            return -1;
        }
        int n = Math.min(length, piece.length - at);
        System.arraycopy(piece.bytes, at, into, start, n);
        at += n;
        return n;
    }

    private boolean advance() {
        if (ended) {
            return false;
        }
        try {
            if (piece.bytes.length > 0) {
                empty.put(piece);
            }
            piece = full.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HostException("unpacking was interrupted", e);
        }
        at = 0;
        total += piece.length;
        ended = piece.length == 0;
        BelljarException e = failure;
        if (ended && e != null) {
            throw e;
        }
        if (total > limit) {
            throw new UserException("the layer unpacks to more than the " + limit
                    + " bytes that are allowed; raise the limit if you trust the image");
        }
        return !ended;
    }

    long total() {
        return total;
    }

    /** Reads to the end. @return the sha256 of everything */
    Digest finish() {
        while (!ended) {
            advance();
        }
        join();
        return hasher.finish();
    }

    private void join() {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops the other thread and waits for it, so that nobody reads the caller's stream any more. */
    @Override
    public void close() {
        cancelled = true;
        // Room for every piece and the end's, so the other thread never blocks on its way out.
        while (thread.isAlive()) {
            full.clear();
            empty.offer(new Piece(SIZE));
            try {
                thread.join(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static final class Piece {
        final byte[] bytes;
        int length;

        Piece(int size) {
            bytes = new byte[size];
        }
    }
}
