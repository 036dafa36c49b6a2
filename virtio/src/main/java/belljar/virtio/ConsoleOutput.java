package belljar.virtio;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Sends a guest's output on from a thread of its own, since who reads it may be slow, and the thread that serves a
 * device may not wait. What waits here is limited.
 *
 * <p>Safe for use by several threads.
 */
final class ConsoleOutput implements AutoCloseable {
    private static final int CAPACITY = 64 * 1024;
    private static final int AT_ONCE = 8 * 1024;

    private final OutputStream output;
    private final Runnable roomAgain;
    private final byte[] ring = new byte[CAPACITY];
    private int first;
    private int size;
    private boolean refused;
    private boolean failed;
    private boolean closed;
    private boolean writing;
    private boolean started;

    /**
     * @param output where the bytes go; it is flushed, not closed
     * @param roomAgain run when there is room again after {@link #offer} has taken less than it could
     */
    ConsoleOutput(OutputStream output, Runnable roomAgain) {
        this.output = output;
        this.roomAgain = roomAgain;
    }

    /** {@return how many bytes there is room for; once the output has failed, for any number that is then lost} */
    synchronized int room() {
        int room = failed ? CAPACITY : CAPACITY - size;
        refused |= room == 0;
        return room;
    }

    /**
     * Takes bytes.
     *
     * @param bytes an array with the bytes at its beginning
     * @param length how many, no more than {@link #room}
     */
    synchronized void offer(byte[] bytes, int length) {
        if (failed || closed) {
            return;
        }
        int at = (first + size) % CAPACITY;
        int part = Math.min(length, CAPACITY - at);
        System.arraycopy(bytes, 0, ring, at, part);
        System.arraycopy(bytes, part, ring, 0, length - part);
        size += length;
        if (!started) {
            started = true;
            Thread.ofPlatform().daemon().name("belljar console").start(this::run);
        }
        notifyAll();
    }

    private void run() {
        byte[] bytes = new byte[AT_ONCE];
        for (int n = take(bytes); n > 0; n = take(bytes)) {
            boolean done = write(bytes, n);
            if (written(done)) {
                roomAgain.run();
            }
        }
    }

    private boolean write(byte[] bytes, int length) {
        try {
            output.write(bytes, 0, length);
            output.flush();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Waits for bytes; 0 when there will be no more. */
    private synchronized int take(byte[] bytes) {
        while (size == 0 && !closed) {
            try {
                wait();
            } catch (InterruptedException e) {
                // Nobody who belongs to the machine interrupts this thread.
            }
        }
        int n = Math.min(size, bytes.length);
        int part = Math.min(n, CAPACITY - first);
        System.arraycopy(ring, first, bytes, 0, part);
        System.arraycopy(ring, 0, bytes, part, n - part);
        first = (first + n) % CAPACITY;
        size -= n;
        writing = n > 0;
        return n;
    }

    private synchronized boolean written(boolean done) {
        writing = false;
        failed |= !done;
        size = failed ? 0 : size;
        notifyAll();
        boolean tell = refused;
        refused = false;
        return tell;
    }

    /** {@return whether the output has failed, and all that the guest has sent since is lost} */
    synchronized boolean hasFailed() {
        return failed;
    }

    /** Waits until everything is written, and takes nothing more. */
    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
        while ((size > 0 || writing) && !failed) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
