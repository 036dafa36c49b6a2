package belljar.log;

import belljar.linux.Inotify;
import java.nio.file.Path;

/**
 * What a container writes from now on, byte for byte, for whoever is attached to it. Pieces of lines come at once. For
 * one thread.
 */
public final class Follower implements AutoCloseable {
    private final LogReader reader;
    private final Inotify watch;

    private Follower(LogReader reader, Inotify watch) {
        this.reader = reader;
        this.watch = watch;
    }

    /**
     * Follows a log from now on.
     *
     * @param file the log's newest file; it need not exist yet, its directory must
     * @return the follower
     */
    public static Follower open(Path file) {
        Inotify watch = Inotify.open();
        watch.watch(file.toAbsolutePath().resolveSibling("."));
        return new Follower(LogReader.fromNow(file), watch);
    }

    /** {@return a descriptor that polls readable when there may be more; negative when one must look now and then} */
    public int fd() {
        return watch.fd();
    }

    /**
     * Passes on all that is there.
     *
     * @param output where to; what was passed on is written when this returns
     * @return false when nobody reads it any more
     */
    public boolean pump(LogOutput output) {
        watch.forget();
        while (!output.broken() && reader.next()) {
            LogEntry entry = reader.entry();
            output.put(entry.error(), entry.buffer(), entry.from(), entry.to());
            if (entry.whole()) {
                output.put(entry.error(), '\n');
            }
        }
        return output.flush();
    }

    /** Closes all. */
    @Override
    public void close() {
        reader.close();
        watch.close();
    }
}
