package belljar.log;

import belljar.linux.Errno;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;

/**
 * Two descriptors, for what containers wrote to standard output and standard error, with a buffer that keeps the order
 * between the two. For one thread.
 */
public final class LogOutput {
    private static final int POLLOUT = 4;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final int out;
    private final int err;
    private final byte[] buffer = new byte[48 * 1024];
    private int length;
    private boolean toError;
    private boolean broken;

    /**
     * @param out descriptor for standard output
     * @param err descriptor for standard error
     */
    public LogOutput(int out, int err) {
        this.out = out;
        this.err = err;
    }

    /**
     * Adds bytes.
     *
     * @param error whether to standard error
     * @param bytes holds them
     * @param from where they start
     * @param to where they end
     */
    public void put(boolean error, byte[] bytes, int from, int to) {
        if (error != toError) {
            flush();
            toError = error;
        }
        int at = from;
        while (at < to) {
            if (length == buffer.length) {
                flush();
            }
            int count = Math.min(to - at, buffer.length - length);
            System.arraycopy(bytes, at, buffer, length, count);
            length += count;
            at += count;
        }
    }

    /** Adds one byte. */
    void put(boolean error, int single) {
        put(error, new byte[] {(byte) single}, 0, 1);
    }

    /**
     * Writes what was added.
     *
     * @return false when nobody reads it any more, or it cannot be written
     */
    public boolean flush() {
        if (length > 0 && !broken) {
            try (Memory memory = KERNEL.lend()) {
                long address = memory.allocateDirty(length);
                memory.bytes().put(memory.offset(address), buffer, 0, length);
                broken = !writeAll(memory, toError ? err : out, address);
            }
        }
        length = 0;
        return !broken;
    }

    /** {@return whether writing failed, so that nothing reaches the reader any more} */
    public boolean broken() {
        return broken;
    }

    private boolean writeAll(Memory memory, int fd, long address) {
        int done = 0;
        while (done < length) {
            long n = KERNEL.call(Nr.WRITE, fd, address + done, length - done);
            if (n == -Errno.EAGAIN) {
                // The caller's descriptor may be non-blocking, as one shared with an event-driven parent is.
                long poll = memory.allocate(8);
                memory.putInt(poll, fd);
                memory.putInt(poll + 4, POLLOUT);
                KERNEL.call(Nr.POLL, poll, 1, -1);
            } else if (n < 0 && n != -Errno.EINTR) {
                return false;
            } else {
                done += (int) Math.max(0, n);
            }
        }
        return true;
    }
}
