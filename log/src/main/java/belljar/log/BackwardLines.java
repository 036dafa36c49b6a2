package belljar.log;

/** The lines of a file from its last to its first, reading no more of it than asked for. */
final class BackwardLines {
    private static final int CHUNK = 32 * 1024;

    private final LogFile file;
    /** Holds the file from {@link #base} on; {@code limit} is where, within it, the lines not yet told of end. */
    private byte[] buffer = new byte[2 * CHUNK];

    private int from;
    private int to;
    /** First byte in use; the buffer is filled from its end to its front. */
    private int front = buffer.length;

    private int limit = buffer.length;
    private long base;
    private final long endOfLines;

    BackwardLines(LogFile file) {
        this.file = file;
        base = file.size();
        int newline = find();
        // Behind the last newline is the beginning of a line that is being written.
        limit = newline < 0 ? front : newline + 1;
        endOfLines = base + (limit - front);
    }

    /** {@return the offset in the file behind its last newline} */
    long endOfLines() {
        return endOfLines;
    }

    /** Goes to the line before; false at the file's beginning. */
    boolean previous() {
        if (limit == front && base == 0) {
            return false;
        }
        to = limit - 1;
        limit = to;
        int newline = find();
        to = limit;
        from = newline < 0 ? front : newline + 1;
        limit = from;
        return true;
    }

    /** Finds the last newline before {@code limit}, reading backwards as needed; negative when there is none. */
    private int find() {
        int at = limit - 1;
        while (true) {
            while (at >= front && buffer[at] != '\n') {
                at--;
            }
            if (at >= front) {
                return at;
            }
            int read = readBefore();
            if (read == 0) {
                return -1;
            }
            at = front + read - 1;
        }
    }

    private int readBefore() {
        int count = (int) Math.min(CHUNK, base);
        if (count == 0) {
            return 0;
        }
        if (front < count) {
            // Only what lies before the limit is still needed; a long line makes the buffer grow.
            int kept = limit - front;
            byte[] larger = kept + count <= buffer.length ? buffer : new byte[(kept + count) * 2];
            System.arraycopy(buffer, front, larger, larger.length - kept, kept);
            buffer = larger;
            limit = larger.length;
            front = larger.length - kept;
        }
        int done = 0;
        while (done < count) {
            int n = file.read(base - count + done, buffer, front - count + done, count - done);
            if (n == 0) {
                // It was cut meanwhile: what is gone has no lines.
                java.util.Arrays.fill(buffer, front - count + done, front, (byte) ' ');
                break;
            }
            done += n;
        }
        front -= count;
        base -= count;
        return count;
    }

    byte[] buffer() {
        return buffer;
    }

    int from() {
        return from;
    }

    int to() {
        return to;
    }

    /** {@return the line's offset in the file} */
    long position() {
        return base + (from - front);
    }
}
