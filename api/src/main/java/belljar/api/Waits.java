package belljar.api;

import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waiting for futures, with failures thrown as they are. */
final class Waits {
    private Waits() {}

    static <T> T get(CompletableFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw Work.unwrapped(e);
        }
    }

    static <T> Optional<T> get(CompletableFuture<T> future, Duration most) throws InterruptedException {
        try {
            return Optional.of(future.get(TimeUnit.NANOSECONDS.convert(most), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw Work.unwrapped(e);
        }
    }

    /**
     * {@return the exception of a method in place of that of a stream, with the thread no longer marked interrupted}
     */
    static InterruptedException interrupted(InterruptedIOException e) {
        boolean _ = Thread.interrupted();
        InterruptedException interrupted = new InterruptedException(e.getMessage());
        interrupted.initCause(e);
        return interrupted;
    }
}
