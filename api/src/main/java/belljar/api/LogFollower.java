package belljar.api;

import belljar.linux.Inotify;
import belljar.log.LogEntry;
import belljar.log.LogReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** Goes through a container's log from its beginning, and waits for more until the container has ended. */
final class LogFollower implements AutoCloseable {
    /** Where the kernel has no watch left for us, one must look from time to time. */
    private static final long UNWATCHED_MILLIS = 100;

    private final LogReader reader;
    private final Inotify watch;
    private final CompletableFuture<?> end;
    private final CompletableFuture<Object> closing = new CompletableFuture<>();
    private final ReentrantLock use = new ReentrantLock();

    /** @param end completed when nothing is written any more */
    LogFollower(Path file, CompletableFuture<?> end) {
        this.end = end;
        watch = Inotify.open();
        watch.watch(file.toAbsolutePath().resolveSibling("."));
        reader = LogReader.open(file, LogReader.UNBOUNDED, LogReader.UNBOUNDED, LogReader.ALL);
    }

    /**
     * Waits for the next entry.
     *
     * @param taker gets the entry, which is valid until it returns
     * @return whether there is one; false at the end
     */
    boolean next(Consumer<LogEntry> taker) throws IOException {
        use.lock();
        try {
            while (!closing.isDone()) {
                watch.forget();
                // Asked before looking, so that what was written last is not missed.
                boolean last = end.isDone();
                if (reader.next()) {
                    taker.accept(reader.entry());
                    return true;
                }
                if (last) {
                    return false;
                }
                await();
            }
            throw new IOException("Stream closed");
        } finally {
            use.unlock();
        }
    }

    private void await() throws IOException {
        Poller.Ready ready = null;
        try {
            if (watch.fd() < 0) {
                CompletableFuture.anyOf(end, closing).get(UNWATCHED_MILLIS, TimeUnit.MILLISECONDS);
            } else {
                ready = Poller.SHARED.ready(watch.fd(), Poller.READABLE);
                CompletableFuture.anyOf(ready.future(), end, closing).get();
            }
        } catch (TimeoutException | ExecutionException look) {
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted =
                    new InterruptedIOException("interrupted while waiting for a container's output");
            interrupted.initCause(e);
            throw interrupted;
        } finally {
            if (ready != null) {
                Poller.SHARED.forget(ready);
            }
        }
    }

    /** Closes the files; whoever waits gets an exception. */
    @Override
    public void close() {
        closing.complete(this);
        use.lock();
        try {
            reader.close();
            watch.close();
        } finally {
            use.unlock();
        }
    }
}
