package belljar.api;

import belljar.failure.BugException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Does in a few platform threads what takes system calls that may block, while the caller, who may be a virtual thread,
 * parks. What waits for a container's end or output is no work; that is for the {@link Poller}.
 */
final class Work<T> implements Runnable {
    private static final int THREADS = Math.max(8, 2 * Runtime.getRuntime().availableProcessors());
    private static final ThreadPoolExecutor POOL = pool();

    private final Supplier<T> task;
    private final Consumer<? super T> undo;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private @Nullable Thread worker;

    private Work(Supplier<T> task, Consumer<? super T> undo) {
        this.task = task;
        this.undo = undo;
    }

    private static ThreadPoolExecutor pool() {
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(THREADS, THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "belljar-work");
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /** Does something that nobody waits for. */
    static void later(Runnable task) {
        POOL.execute(task);
    }

    /**
     * {@return the result of a task}
     *
     * @param task what to do; done to its end even if the caller is interrupted
     * @param undo takes back the result when the caller was interrupted before it was there
     * @param interrupts whether an interruption of the caller is passed on to the task
     */
    static <T> T call(Supplier<T> task, Consumer<? super T> undo, boolean interrupts) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        Work<T> work = new Work<>(task, undo);
        POOL.execute(work);
        try {
            return work.result.get();
        } catch (InterruptedException e) {
            if (work.result.cancel(false)) {
                if (interrupts) {
                    work.interrupt();
                }
                throw e;
            }
            Thread.currentThread().interrupt();
            return finished(work.result);
        } catch (ExecutionException e) {
            throw unwrapped(e);
        }
    }

    /** {@return the result of a task that is short; an interruption is kept for later} */
    static <T> T finish(Supplier<T> task) {
        Work<T> work = new Work<>(task, value -> {});
        POOL.execute(work);
        return finished(work.result);
    }

    /** {@return the value of a future, waited for without regard to interruption, which is kept for later} */
    static <T> T finished(CompletableFuture<T> result) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw unwrapped(e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** {@return the failure of a task, to be thrown in its caller's thread} */
    static RuntimeException unwrapped(ExecutionException e) {
        Throwable cause = e.getCause();
        if (cause instanceof RuntimeException failure) {
            return failure;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return new BugException("a task of the library failed: " + e.getMessage(), e);
    }

    private synchronized void interrupt() {
        Thread thread = worker;
        if (thread != null) {
            thread.interrupt();
        }
    }

    private synchronized void worker(@Nullable Thread thread) {
        worker = thread;
    }

    @Override
    public void run() {
        if (result.isDone()) {
            return;
        }
        worker(Thread.currentThread());
        try {
            T value = task.get();
            worker(null);
            if (!result.complete(value)) {
                undo.accept(value);
            }
        } catch (CancellationException | Error e) {
            result.completeExceptionally(e);
        } catch (RuntimeException e) {
            result.completeExceptionally(e);
        } finally {
            worker(null);
            // The thread goes on to other tasks.
            Thread.interrupted();
        }
    }
}
