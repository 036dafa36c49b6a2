package belljar.image;

import belljar.failure.BelljarException;
import belljar.failure.BugException;
import belljar.failure.HostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Runs transfers at the same time. The first that fails stops the others, and is the one that the caller hears of. */
final class RegistryTransfers {
    private RegistryTransfers() {}

    /**
     * Runs all tasks and waits for them.
     *
     * @param parallel how many at a time
     * @param tasks what to run; started in order
     * @throws BelljarException what the first failed task threw
     */
    static void run(int parallel, List<Runnable> tasks) {
        if (tasks.isEmpty()) {
            return;
        }
        // Platform threads: the store's locks wait in the kernel, which would take virtual threads' carriers away.
        ExecutorService threads = Executors.newFixedThreadPool(
                Math.min(parallel, tasks.size()),
                Thread.ofPlatform().daemon().name("belljar-transfer-", 0).factory());
        ExecutorCompletionService<@Nullable Void> running = new ExecutorCompletionService<>(threads);
        List<Future<@Nullable Void>> futures = new ArrayList<>();
        try {
            for (Runnable task : tasks) {
                futures.add(running.submit(task, null));
            }
            for (int done = 0; done < futures.size(); done++) {
                running.take().get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof BelljarException known
                    ? known
                    : new BugException("a transfer failed in a way that was not foreseen", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HostException("the transfer was interrupted", e);
        } finally {
            threads.shutdownNow();
            // What is in the store stays; but no thread may still write there when the caller goes on.
            threads.close();
        }
    }
}
