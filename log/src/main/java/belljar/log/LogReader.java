package belljar.log;

import java.nio.file.Path;

/**
 * The entries of a container's log, each once and in order, over all of its files, while the container writes and
 * rotates them. Damaged lines are passed over and counted. For one thread.
 */
public final class LogReader implements AutoCloseable {
    /** No bound of time. */
    public static final long UNBOUNDED = Long.MIN_VALUE;

    /** All lines. */
    public static final long ALL = -1;

    private static final long SECOND = 1_000_000_000L;

    private final LineTail lines;
    private final long since;
    private final long until;
    private final LogEntry entry = new LogEntry();
    private long damaged;
    private boolean over;

    private LogReader(LineTail lines, long since, long until) {
        this.lines = lines;
        this.since = since;
        this.until = until;
    }

    /**
     * Opens a log.
     *
     * @param file its newest file; it need not exist yet
     * @param since passes over what was written before, nanoseconds since 1970, or {@link #UNBOUNDED}
     * @param until ends where something was written after, nanoseconds since 1970, or {@link #UNBOUNDED}
     * @param tail how many of the last lines to read, found from the end, or {@link #ALL}
     * @return the reader, before the first entry
     */
    public static LogReader open(Path file, long since, long until, long tail) {
        LineTail lines;
        if (tail == 0) {
            lines = LineTail.fromNow(file);
        } else if (tail > 0) {
            LogEntry scratch = new LogEntry();
            boolean[] later = {false};
            lines = LineTail.last(file, tail, (buffer, from, to) -> {
                // The last line counts even if it has no end yet, as a prompt has none.
                boolean known = scratch.parse(buffer, from, to);
                boolean counts = known && (scratch.whole() || !later[0]);
                later[0] |= known;
                return counts;
            });
        } else {
            // A rotated file was last written to when its last entry was, give or take a clock that was set.
            lines = LineTail.after(file, since == UNBOUNDED ? UNBOUNDED : Math.floorDiv(since, SECOND) - 1);
        }
        return new LogReader(lines, since, until);
    }

    /**
     * {@return a reader of what is written from now on}
     *
     * @param file the log's newest file; it need not exist yet
     */
    public static LogReader fromNow(Path file) {
        return open(file, UNBOUNDED, UNBOUNDED, 0);
    }

    /**
     * Goes to the next entry.
     *
     * @return false when there is none now; there may be later unless {@link #over()}
     */
    public boolean next() {
        while (!over && lines.next()) {
            if (!entry.parse(lines.buffer(), lines.from(), lines.to())) {
                damaged += lines.to() > lines.from() ? 1 : 0;
                continue;
            }
            if (since == UNBOUNDED && until == UNBOUNDED) {
                return true;
            }
            long time = entry.time();
            if (until != UNBOUNDED && time > until) {
                over = true;
                return false;
            }
            if (since == UNBOUNDED || time >= since) {
                return true;
            }
        }
        return false;
    }

    /** {@return the entry that {@link #next()} went to; always the same object} */
    public LogEntry entry() {
        return entry;
    }

    /** {@return whether nothing can come any more because the time that was asked for is over} */
    public boolean over() {
        return over;
    }

    /** {@return how many lines were passed over because they are no entries} */
    public long damaged() {
        return damaged;
    }

    /** Closes the files. */
    @Override
    public void close() {
        lines.close();
    }
}
