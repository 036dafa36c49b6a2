package belljar.engine;

import belljar.json.JsonException;
import belljar.linux.HostKernel;
import belljar.linux.Inotify;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.log.LineTail;
import belljar.log.LogReader;
import belljar.log.LogTime;
import java.nio.charset.StandardCharsets;

/** Reads the journal of events and follows it. Lines that are damaged are passed over. */
public final class EventReader {
    private static final int POLLIN = 1;
    /** How often one looks where nothing tells of new events; milliseconds. */
    private static final int PATIENCE = 100;

    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private EventReader() {}

    /** Gets events. */
    public interface Sink {
        /**
         * Takes an event.
         *
         * @param event the event
         * @return false to get no more
         */
        boolean take(Event event);
    }

    /**
     * Gives events in the order in which they were entered.
     *
     * @param events the journal
     * @param since passes over what happened before, nanoseconds since 1970; {@link LogReader#UNBOUNDED} for nothing
     * @param until ends at that time, nanoseconds since 1970; {@link LogReader#UNBOUNDED} for never
     * @param past whether events that are in the journal already are given
     * @param follow whether to wait for more, until the time given or until the sink takes no more
     * @param sink gets them
     */
    public static void read(Events events, long since, long until, boolean past, boolean follow, Sink sink) {
        try (Inotify watch = Inotify.open();
                LineTail lines = past ? LineTail.all(events.file()) : LineTail.fromNow(events.file())) {
            if (follow) {
                SmallFile.makeDirectories(events.file().resolveSibling(".").normalize());
                watch.watch(events.file().resolveSibling("."));
            }
            while (true) {
                watch.forget();
                // The clock first: what happened before the time given is read below.
                boolean late = until != LogReader.UNBOUNDED && LogTime.now() > until;
                if (!drain(lines, since, until, sink) || late || !follow) {
                    return;
                }
                await(watch, until);
            }
        }
    }

    private static boolean drain(LineTail lines, long since, long until, Sink sink) {
        while (lines.next()) {
            String line = new String(lines.buffer(), lines.from(), lines.to() - lines.from(), StandardCharsets.UTF_8);
            Event event;
            try {
                event = Event.parse(line);
            } catch (JsonException damaged) {
                continue;
            }
            boolean wanted = (since == LogReader.UNBOUNDED || event.time() >= since)
                    && (until == LogReader.UNBOUNDED || event.time() <= until);
            if (wanted && !sink.take(event)) {
                return false;
            }
        }
        return true;
    }

    private static void await(Inotify watch, long until) {
        try (Memory memory = KERNEL.lend()) {
            long poll = memory.allocate(8);
            memory.putInt(poll, watch.fd());
            memory.putInt(poll + 4, POLLIN);
            long left = until == LogReader.UNBOUNDED ? -1 : Math.max(0, (until - LogTime.now()) / 1_000_000 + 1);
            long timeout = watch.fd() < 0 ? PATIENCE : Math.min(left, Integer.MAX_VALUE);
            KERNEL.call(Nr.POLL, poll, 1, timeout);
        }
    }
}
