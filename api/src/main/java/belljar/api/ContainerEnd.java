package belljar.api;

import belljar.engine.ContainerRecord;
import belljar.failure.UserException;
import belljar.linux.Fd;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The end of one run of a container, as a future that no thread waits for. */
final class ContainerEnd {
    private final belljar.engine.Engine engine;
    private final String id;
    private final CompletableFuture<Exit> ended = new CompletableFuture<>();

    private ContainerEnd(belljar.engine.Engine engine, String id) {
        this.engine = engine;
        this.id = id;
    }

    /**
     * {@return completed when the run that is on has ended, or the last one if none is on; never, when there was none}
     * To be called by a thread that may wait in the kernel.
     */
    static CompletableFuture<Exit> of(belljar.engine.Engine engine, String id) {
        ContainerEnd end = new ContainerEnd(engine, id);
        Optional<Fd> pidfd = engine.streams().end(id);
        if (pidfd.isEmpty()) {
            end.settle();
        } else {
            end.watch(pidfd.get());
        }
        return end.ended;
    }

    private void watch(Fd pidfd) {
        Poller.Ready ready = Poller.SHARED.ready(pidfd.number(), Poller.READABLE);
        CompletableFuture<Void> _ = ready.future()
                .thenRun(() -> Work.later(() -> {
                    Poller.SHARED.forget(ready);
                    pidfd.close();
                    settle();
                }));
    }

    /** The first process is gone, and somebody has to see to it that what became of it is written down. */
    private void settle() {
        try {
            ContainerRecord record = engine.container(id);
            switch (record.status()) {
                case CREATED -> {}
                case EXITED -> ended.complete(Exit.of(record.exitCode()));
                case RUNNING, PAUSED, STOPPING ->
                    ended.complete(Exit.of(engine.streams().outcome(record)));
            }
        } catch (UserException gone) {
            ended.complete(Exit.of(ContainerRecord.UNKNOWN));
        } catch (RuntimeException e) {
            ended.completeExceptionally(e);
        }
    }
}
