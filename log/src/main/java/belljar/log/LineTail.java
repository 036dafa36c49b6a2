package belljar.log;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a file that somebody appends to and rotates ({@code name}, {@code name.1} for the one before it, and so
 * on), each once and in order, while that happens. Files are told apart by inode, and those that exist are held open
 * from the start, so that a rotation that removes the oldest takes no line from the reader. What stands behind the last
 * newline is not a line until it has one; in a rotated file it never is one, and is passed over.
 *
 * <p>For one thread.
 */
public final class LineTail implements AutoCloseable {
    private static final int CHUNK = 64 * 1024;
    private static final int MOST = 1 << 28;

    private final String path;
    private final ArrayDeque<LogFile> ahead = new ArrayDeque<>();
    private @Nullable LogFile current;
    private byte[] buffer = new byte[CHUNK];
    private int start;
    private int scanned;
    private int end;
    private int lineStart;
    private int lineEnd;

    private LineTail(String path) {
        this.path = path;
    }

    /** Which of the last lines count for {@link LineTail#last}. */
    interface Counted {
        boolean counts(byte[] buffer, int from, int to);
    }

    /**
     * {@return the lines from the oldest file's first on}
     *
     * @param file the newest file; it need not exist yet
     */
    public static LineTail all(Path file) {
        return after(file, Long.MIN_VALUE);
    }

    /** {@return the lines without those of files that were last written to before a second since 1970} */
    static LineTail after(Path file, long second) {
        LineTail tail = new LineTail(file.toString());
        List<LogFile> files = LogFile.openAll(tail.path);
        for (int i = files.size() - 1; i >= 0; i--) {
            if (i > 0 && files.get(i).modified() < second) {
                files.get(i).close();
            } else {
                tail.ahead.add(files.get(i));
            }
        }
        tail.current = tail.ahead.poll();
        return tail;
    }

    /**
     * {@return the lines that are written from now on}
     *
     * @param file the newest file; it need not exist yet
     */
    public static LineTail fromNow(Path file) {
        return last(file, 0, (buffer, from, to) -> true);
    }

    /** {@return the last lines, found from the end, and what is written from now on} */
    static LineTail last(Path file, long count, Counted counted) {
        LineTail tail = new LineTail(file.toString());
        List<LogFile> files = LogFile.openAll(tail.path);
        long left = count;
        int i = 0;
        boolean found = false;
        for (; i < files.size() && !found; i++) {
            LogFile at = files.get(i);
            BackwardLines lines = new BackwardLines(at);
            at.position = lines.endOfLines();
            while (!found && lines.previous()) {
                boolean counts = counted.counts(lines.buffer(), lines.from(), lines.to());
                // Pieces that belong to the first counted line stand before it and do not count.
                found = counts && left == 0;
                left -= counts && !found ? 1 : 0;
                at.position = found ? at.position : lines.position();
            }
            tail.ahead.push(at);
        }
        LogFile.closeAll(files.subList(i, files.size()));
        tail.current = tail.ahead.poll();
        return tail;
    }

    /**
     * Goes to the next line.
     *
     * @return false when there is none now; there may be later
     */
    public boolean next() {
        while (true) {
            while (scanned < end && buffer[scanned] != '\n') {
                scanned++;
            }
            if (scanned < end) {
                lineStart = start;
                lineEnd = scanned;
                scanned++;
                start = scanned;
                return true;
            }
            if (!fill()) {
                return false;
            }
        }
    }

    /** Reads on, in the next file where this one is at its end; false when all is read. */
    private boolean fill() {
        LogFile file = current;
        if (file == null) {
            ahead.addAll(newerThan(null));
            current = ahead.poll();
            return current != null;
        }
        if (more(file)) {
            return true;
        }
        if (ahead.isEmpty()) {
            if (file.isNamed(path)) {
                if (file.size() >= file.position) {
                    return false;
                }
                file.position = 0; // somebody cut it to nothing
                dropUnfinished();
                return true;
            }
            // It was renamed. What was written between the last look and that is still to be read.
            if (more(file)) {
                return true;
            }
            ahead.addAll(newerThan(file));
            if (ahead.isEmpty()) {
                return false;
            }
        }
        file.close();
        dropUnfinished();
        current = ahead.poll();
        return true;
    }

    private void dropUnfinished() {
        start = 0;
        scanned = 0;
        end = 0;
    }

    /** {@return the files newer than one, the oldest first} */
    private ArrayDeque<LogFile> newerThan(@Nullable LogFile file) {
        ArrayDeque<LogFile> newer = new ArrayDeque<>();
        for (LogFile other : LogFile.openNewer(path, file)) {
            newer.push(other);
        }
        return newer;
    }

    private boolean more(LogFile file) {
        if (start > 0) {
            System.arraycopy(buffer, start, buffer, 0, end - start);
            scanned -= start;
            end -= start;
            start = 0;
        }
        if (end == buffer.length) {
            if (end >= MOST) {
                dropUnfinished(); // no log has such a line: the file is damaged
            } else {
                buffer = Arrays.copyOf(buffer, buffer.length * 2);
            }
        }
        int n = file.read(file.position, buffer, end, buffer.length - end);
        file.position += n;
        end += n;
        return n > 0;
    }

    /** {@return what holds the line; valid until the next call of {@link #next()}} */
    public byte[] buffer() {
        return buffer;
    }

    /** {@return where in {@link #buffer()} the line starts} */
    public int from() {
        return lineStart;
    }

    /** {@return where in {@link #buffer()} the line ends, without its newline} */
    public int to() {
        return lineEnd;
    }

    /** Closes the files. */
    @Override
    public void close() {
        if (current != null) {
            current.close();
            current = null;
        }
        LogFile.closeAll(ahead);
        ahead.clear();
    }
}
