package belljar.engine;

import belljar.engine.ContainerRecord.Status;
import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Cgroup;
import belljar.linux.Cgroups;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What can be done to a container that is there, but for starting it. Each verb that changes what a container does
 * takes its {@link ContainerLock}; {@link #kill} does not, so that it works while a stop waits.
 */
final class Lifecycle {
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final int DEFAULT_TIMEOUT_SECONDS = 10;
    /** A process that does not die of SIGKILL in this time hangs in the kernel. */
    private static final long DYING_MILLIS = 10_000;

    private final Book book;
    private final Events events;

    Lifecycle(Book book, Events events) {
        this.book = book;
        this.events = events;
    }

    static OptionalInt seconds(Optional<Duration> timeout) {
        return timeout.isPresent()
                ? OptionalInt.of((int) Math.min(timeout.get().toSeconds(), Integer.MAX_VALUE / 1000))
                : OptionalInt.empty();
    }

    /** Takes the lock of a container. */
    ContainerLock lock(ContainerRecord record) {
        return ContainerLock.take(book.directory(record.id()), record.name());
    }

    /**
     * Stops a container and sees to it that what became of it is written down.
     *
     * @param timeoutSeconds how long to wait before killing; empty for what the container was made with
     * @return whether it ran
     */
    boolean stop(String nameOrId, OptionalInt timeoutSeconds) {
        ContainerRecord record = book.find(nameOrId);
        try (ContainerLock _ = lock(record)) {
            return stopLocked(book.find(record.id()), timeoutSeconds);
        }
    }

    /** Stops a container whose lock the caller holds. */
    boolean stopLocked(ContainerRecord record, OptionalInt timeoutSeconds) {
        long pid = book.pid(record.id());
        if (pid == 0) {
            book.settle(record.id());
            // Its restart policy may be about to start it again.
            if (record.status() == Status.EXITED && !record.stoppedByUser() && !record.remove()) {
                book.write(record.with(record.state().withStoppedByUser(true)));
            }
            return false;
        }
        int timeout = timeoutSeconds.orElseGet(() -> timeout(record));
        book.note(record.id(), Book.STOP, "");
        if (timeout > 0) {
            Pause.signal(pid, Signals.numberOr(record.stopSignal(), SIGTERM));
            thaw(record);
        }
        if (timeout == 0 || !Pause.ended(pid, timeout * 1000L)) {
            killNow(record, pid);
        }
        awaitSettled(record);
        events.container("stop", record);
        return true;
    }

    private int timeout(ContainerRecord record) {
        return RequestFile.exists(book.directory(record.id()))
                ? RequestFile.load(book.directory(record.id()))
                        .life()
                        .stopTimeoutSeconds()
                        .orElse(DEFAULT_TIMEOUT_SECONDS)
                : DEFAULT_TIMEOUT_SECONDS;
    }

    private void killNow(ContainerRecord record, long pid) {
        Pause.signal(pid, SIGKILL);
        thaw(record);
        if (!Pause.ended(pid, DYING_MILLIS)) {
            throw new HostException(
                    "the first process " + pid + " of the container " + record.name()
                            + " does not die; it hangs in a system call, see /proc/" + pid + "/stack",
                    "pidfd_send_signal",
                    0);
        }
    }

    /** A frozen process gets no signal but on cgroup v2, so it is let go; its note goes with the container. */
    private void thaw(ContainerRecord record) {
        if (book.isNoted(record.id(), Book.PAUSED)) {
            Cgroup cgroup = Cgroups.existing(book.places(record.id()));
            cgroup.thaw();
        }
    }

    /** Waits until a container that has ended is settled, be it by another process; not for one that lives. */
    void settle(ContainerRecord record) {
        book.settle(record.id());
        if (book.pid(record.id()) == 0) {
            awaitSettled(record);
        }
    }

    /** Waits until the container's keeper has let go of it, and brings it in order unless somebody else does. */
    void awaitSettled(ContainerRecord record) {
        int _ = outcome(record);
    }

    /**
     * Waits as above.
     *
     * @return the exit code of the end that was settled; when there was nothing to settle, that of the last end
     */
    int outcome(ContainerRecord record) {
        long deadline = System.nanoTime() + DYING_MILLIS * 1_000_000;
        long nap = 1;
        int code = ContainerRecord.UNKNOWN;
        while (book.isClaimed(record.id())) {
            // The exit file is there before the claim is free, and goes when the container is settled.
            boolean free = !book.isLive(record.id());
            code = book.exitCode(record.id(), code);
            if (free) {
                book.settle(record.id());
            }
            if (!book.isClaimed(record.id())) {
                break;
            }
            if (System.nanoTime() > deadline) {
                throw new HostException(
                        "the container " + record.name() + " has ended, but its keeper does not; end that process",
                        "fcntl",
                        0);
            }
            Pause.millis(nap);
            nap = Math.min(nap * 2, 20);
        }
        ContainerRecord settled = code == ContainerRecord.UNKNOWN ? book.read(record.id()) : null;
        return settled == null ? code : settled.exitCode();
    }

    /**
     * Sends a signal to a container's first process.
     *
     * @throws UserException if it does not run
     */
    void kill(String nameOrId, int signal) {
        ContainerRecord record = book.find(nameOrId);
        long pid = book.pid(record.id());
        if (pid == 0) {
            throw new UserException("the container '" + nameOrId + "' does not run; 'belljar ps' lists those that do");
        }
        if (signal == SIGKILL) {
            // As after a stop, it is not to be started again, and this process brings it in order.
            book.note(record.id(), Book.STOP, "");
        }
        Pause.signal(pid, signal);
        events.container("kill", record, "signal", String.valueOf(signal));
        if (signal == SIGKILL) {
            killNow(record, pid);
            awaitSettled(record);
        }
    }

    /**
     * Removes a container.
     *
     * @throws UserException if it runs and {@code options} do not say that this is no hindrance
     */
    void remove(String nameOrId, RemoveOptions options) {
        ContainerRecord record = book.find(nameOrId);
        try (ContainerLock _ = lock(record)) {
            if (!book.isLive(record.id())) {
                // Its keeper may have died since this process began; then it lives on with another.
                settle(record);
            }
            if (book.isLive(record.id())) {
                if (!options.force()) {
                    throw new UserException(
                            "the container '" + nameOrId + "' is running; stop it first, or remove it with --force");
                }
                stopLocked(record, options.timeoutSeconds());
            }
            if (book.exists(record.id())) {
                book.remove(record, book.claim(record.id()), options.volumes() || record.remove());
            }
            events.container("remove", record);
        }
    }

    /** Gives a container another name. */
    void rename(String nameOrId, String name) {
        Names.check(name);
        ContainerRecord record = book.find(nameOrId);
        try (ContainerLock _ = lock(record)) {
            ContainerRecord stored = book.stored(record.id());
            if (stored.name().equals(name)) {
                throw new UserException("the container is called '" + name + "' already; choose another name");
            }
            book.rename(stored, name);
            events.container("rename", record.withName(name));
        }
    }

    /**
     * Waits until a container is in one of several conditions.
     *
     * @return its exit code; {@link ContainerRecord#UNKNOWN} when it has none, or went before anybody could see it
     */
    int waitFor(String nameOrId, List<WaitCondition> conditions, long intervalMillis) {
        ContainerRecord record;
        try {
            record = book.find(nameOrId);
        } catch (UserException gone) {
            if (conditions.contains(WaitCondition.REMOVED)) {
                return ContainerRecord.UNKNOWN;
            }
            throw gone;
        }
        int code = record.exitCode();
        while (true) {
            for (WaitCondition condition : conditions) {
                if (condition.holds(record)) {
                    return record.exitCode();
                }
            }
            long pid = book.pid(record.id());
            if (pid == 0) {
                Pause.millis(intervalMillis);
            } else if (Pause.ended(pid, ends(conditions) ? -1 : intervalMillis)) {
                code = outcome(record);
            }
            if (!book.exists(record.id())) {
                return code;
            }
            record = book.find(record.id());
        }
    }

    /** {@return whether nothing but the end of the container's process can fulfil the conditions} */
    private static boolean ends(List<WaitCondition> conditions) {
        for (WaitCondition condition : conditions) {
            if (condition != WaitCondition.EXITED && condition != WaitCondition.STOPPED) {
                return false;
            }
        }
        return true;
    }
}
