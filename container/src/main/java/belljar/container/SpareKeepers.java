package belljar.container;

import belljar.failure.HostException;
import belljar.linux.Inheritance;
import org.jspecify.annotations.Nullable;

/**
 * One keeper with its pipes and a network namespace, made ahead by a thread of its own after a container was created,
 * since where there was one there may be another soon. It is what a start would have to make first, and takes a fifth
 * of the start's time. When no container comes within ten seconds it goes, and the thread too.
 *
 * <p>It is not used when this process would hand down to a new one something else than to the spare: limits, cgroups,
 * priority. Safe for use by several threads.
 */
public final class SpareKeepers implements AutoCloseable {
    /** How long a spare waits to be used, milliseconds. */
    private static final long PATIENCE = 10_000;

    /** How long its making waits, milliseconds, since the container that was just created has the processors first. */
    private static final long DELAY = 1;

    /** A spare and what it was made under. */
    private record Spare(KeptStreams streams, Inheritance inheritance) {}

    private @Nullable Spare spare;
    private boolean wanted;
    private boolean closed;
    private @Nullable Thread maker;
    private final long patience;

    SpareKeepers() {
        this(PATIENCE);
    }

    SpareKeepers(long patience) {
        this.patience = patience;
    }

    /** {@return the process id of the spare; 0 when there is none} */
    synchronized long pid() {
        return spare == null ? 0 : spare.streams.sparePid();
    }

    /** {@return a keeper and its streams, to be closed by the caller; null when none is ready} */
    @Nullable KeptStreams take() {
        Spare taken;
        synchronized (this) {
            taken = spare;
            spare = null;
        }
        if (taken == null) {
            return null;
        }
        if (taken.inheritance.same(Inheritance.now()) && taken.streams.lives()) {
            return taken.streams;
        }
        taken.streams.close();
        return null;
    }

    /** Has another be made, unless one is ready or this is closed. */
    synchronized void makeAnother() {
        if (closed || spare != null || wanted) {
            return;
        }
        wanted = true;
        if (maker == null) {
            maker = Thread.ofPlatform().daemon().name("belljar-spare").start(this::work);
        } else {
            notifyAll();
        }
    }

    private void work() {
        try {
            while (awaitWish()) {
                Thread.sleep(DELAY);
                finish(make());
            }
        } catch (InterruptedException end) {
            drop();
        }
    }

    /** Waits until a spare is wanted; with false the last one has gone, and when it is time to end. */
    private synchronized boolean awaitWish() throws InterruptedException {
        long end = System.nanoTime() + patience * 1_000_000;
        while (!wanted && !closed) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                break;
            }
            wait(left);
        }
        if (wanted && !closed) {
            return true;
        }
        drop();
        return false;
    }

    private static @Nullable Spare make() {
        try {
            Inheritance inheritance = Inheritance.now();
            return new Spare(KeptStreams.ahead(), inheritance);
        } catch (HostException without) {
            // The next container makes its own, and says what is wrong if something is.
            return null;
        }
    }

    private synchronized void finish(@Nullable Spare made) {
        spare = made;
        wanted = false;
        if (closed) {
            drop();
        }
    }

    /** Lets go of the spare; the thread is about to end. */
    private synchronized void drop() {
        if (spare != null) {
            spare.streams.close();
            spare = null;
        }
        wanted = false;
        maker = null;
        notifyAll();
    }

    /** Ends what was made ahead, and waits for its end if it is being made. Never fails. */
    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
        boolean interrupted = false;
        while (maker != null) {
            try {
                wait();
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
