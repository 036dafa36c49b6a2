package belljar.log;

import belljar.linux.HostKernel;
import belljar.linux.Inotify;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.util.ArrayList;
import java.util.List;

/** Shows logs, those of several containers in the order of their times, and follows them. For one thread. */
public final class LogView {
    private static final int POLLFD = 8;
    private static final int POLLIN = 1;
    /** How often one looks where nothing tells of the end; milliseconds. */
    private static final int PATIENCE = 500;

    private static final int IMPATIENCE = 20;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final LogOutput output;
    private final List<LogSource> sources;
    /** Whether a source's reader stands at an entry that is not shown yet. */
    private final List<Boolean> waiting = new ArrayList<>();

    private LogView(LogOutput output, List<LogSource> sources) {
        this.output = output;
        this.sources = new ArrayList<>(sources);
        for (int i = 0; i < sources.size(); i++) {
            waiting.add(false);
        }
    }

    /**
     * Shows what is there.
     *
     * @param output where to
     * @param sources which logs
     */
    public static void show(LogOutput output, List<LogSource> sources) {
        new LogView(output, sources).drain();
        output.flush();
    }

    /**
     * Shows what is there and what comes until all logs have ended or nobody reads any more.
     *
     * @param output where to
     * @param sources which logs
     * @param until when to stop, nanoseconds since 1970; {@link LogReader#UNBOUNDED} for not before the end
     */
    public static void follow(LogOutput output, List<LogSource> sources, long until) {
        new LogView(output, sources).follow(until);
    }

    private void follow(long until) {
        try (Inotify watch = Inotify.open();
                Memory memory = KERNEL.lend()) {
            for (LogSource source : sources) {
                watch.watch(source.directory());
            }
            List<LogSource> near = new ArrayList<>();
            while (!sources.isEmpty()) {
                watch.forget();
                // The end first: what was written before it is read below.
                boolean late = until != LogReader.UNBOUNDED && LogTime.now() > until;
                List<LogSource> ended = new ArrayList<>();
                for (LogSource source : sources) {
                    if (late || source.end().reached()) {
                        ended.add(source);
                    }
                }
                drain();
                if (!output.flush()) {
                    return;
                }
                for (LogSource source : List.copyOf(sources)) {
                    if (ended.contains(source) || source.reader().over()) {
                        waiting.remove(sources.indexOf(source));
                        sources.remove(source);
                    }
                }
                if (!sources.isEmpty()) {
                    await(memory, watch, near);
                }
            }
        }
    }

    /** Waits until there may be something. */
    private void await(Memory memory, Inotify watch, List<LogSource> near) {
        memory.reset();
        int timeout = watch.fd() < 0 ? IMPATIENCE : PATIENCE;
        long polls = memory.allocate((sources.size() + 1) * POLLFD);
        watch(memory, polls, watch.fd());
        for (int i = 0; i < sources.size(); i++) {
            boolean told = near.contains(sources.get(i));
            timeout = told ? IMPATIENCE : timeout;
            watch(
                    memory,
                    polls + (i + 1L) * POLLFD,
                    told ? -1 : sources.get(i).end().fd());
        }
        KERNEL.call(Nr.POLL, polls, sources.size() + 1, timeout);
        for (int i = 0; i < sources.size(); i++) {
            // The container has ended; what it wrote last may still be on its way to the log.
            if (memory.getInt(polls + (i + 1L) * POLLFD + 4) >>> 16 != 0) {
                near.add(sources.get(i));
            }
        }
    }

    private static void watch(Memory memory, long poll, int fd) {
        memory.putInt(poll, fd);
        memory.putInt(poll + 4, POLLIN);
    }

    /** Shows all that is there, the earliest first. */
    private void drain() {
        while (!output.broken()) {
            int first = -1;
            long earliest = 0;
            for (int i = 0; i < sources.size(); i++) {
                if (!waiting.get(i)) {
                    waiting.set(i, sources.get(i).reader().next());
                }
                if (waiting.get(i)) {
                    long time = sources.size() == 1
                            ? 0
                            : sources.get(i).reader().entry().time();
                    if (first < 0 || time < earliest) {
                        first = i;
                        earliest = time;
                    }
                }
            }
            if (first < 0) {
                return;
            }
            sources.get(first).printer().print(sources.get(first).reader().entry());
            waiting.set(first, false);
        }
    }
}
