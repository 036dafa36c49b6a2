package belljar.engine;

import belljar.failure.BelljarException;
import belljar.linux.DetachedProgram;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Inotify;
import belljar.linux.LockFile;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.Stub;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one process of a state directory that does what no command can wait for, such as answering containers' questions
 * for names. It exists only while a {@link Duty} is needed, keeps nothing that is not in files, and may be killed at
 * any time: the next command that needs it starts another. Who is it holds the lock STATE/helper.lock (flock(2)).
 */
public final class Helper {
    private static final int POLL_MILLIS = 1000;
    private static final int IDLE_ROUNDS = 3;
    private static final long READY_NANOS = 3_000_000_000L;
    private static final String READY = "helper.ready";
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private Helper() {}

    /** Something that the process does as long as it is needed. Used by one thread. */
    public interface Duty extends AutoCloseable {
        /** {@return whether there is anything to do for it now; reads files only, and is asked often} */
        boolean needed();

        /**
         * Looks at how things are now and does what is due. Called about once a second, and soon after a watched
         * directory has changed, while it is needed. Returns soon; what takes time has threads of its own.
         *
         * @return what went wrong, for the process's log
         */
        List<String> run();

        /** {@return the directories whose changes matter to it} */
        List<Path> watched();

        /** Ends all that it does. */
        @Override
        void close();
    }

    /**
     * {@return the lock, or null where another process has it}
     *
     * @param state where the lock is
     */
    private static @Nullable Fd tryLock(Path state) {
        SmallFile.makeDirectories(state);
        return LockFile.tryTake(state.resolve("helper.lock").toString());
    }

    /**
     * {@return whether the process runs}
     *
     * @param state its state directory
     */
    public static boolean runs(Path state) {
        Fd lock = tryLock(state);
        if (lock == null) {
            return true;
        }
        lock.close();
        return false;
    }

    /**
     * {@return whether the process was killed} Costs one system call where it was not needed of late.
     *
     * @param state its state directory
     */
    static boolean crashed(Path state) {
        return SmallFile.exists(state.resolve(READY).toString()) && !runs(state);
    }

    /**
     * Starts the process where it does not run, and waits until it has begun to do its duties, at most three seconds.
     * What makes a duty needed must be in its file before.
     *
     * @param state its state directory
     * @param command the program and its arguments that call {@link #serve}
     * @throws belljar.failure.HostException if it cannot be started
     */
    public static void ensure(Path state, List<String> command) {
        ensure(state, command, true);
    }

    /**
     * Starts the process where it does not run.
     *
     * @param state its state directory
     * @param command the program and its arguments that call {@link #serve}
     * @param wait whether to wait until it has begun to do its duties, at most three seconds
     * @throws belljar.failure.HostException if it cannot be started
     */
    static void ensure(Path state, List<String> command, boolean wait) {
        if (runs(state)) {
            return;
        }
        Path ready = state.resolve(READY);
        SmallFile.remove(ready.toString());
        Stub stub = DetachedProgram.start(state.resolve("helper.log").toString(), command);
        try {
            Thread.ofPlatform().daemon().name("reap the helper").start(() -> {
                stub.waitFor();
                stub.release();
            });
            long until = System.nanoTime() + READY_NANOS;
            while (wait && !SmallFile.exists(ready.toString()) && runsOrStarts(stub) && System.nanoTime() < until) {
                Thread.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean runsOrStarts(Stub stub) {
        return SmallFile.exists("/proc/" + stub.pid());
    }

    /**
     * Does duties until none is needed any more. Returns at once where another process does them.
     *
     * @param state the state directory
     * @param duties the duties
     */
    public static void serve(Path state, List<Duty> duties) {
        while (true) {
            Fd lock = tryLock(state);
            if (lock == null) {
                return;
            }
            try {
                rounds(state, duties);
            } finally {
                SmallFile.remove(state.resolve(READY).toString());
                for (Duty duty : duties) {
                    duty.close();
                }
                lock.close();
            }
            // Who looked for the lock a moment ago found it taken, and relies on this process.
            if (!anyNeeded(duties)) {
                return;
            }
        }
    }

    private static void rounds(Path state, List<Duty> duties) {
        try (Inotify watch = Inotify.open()) {
            List<Path> watched = new ArrayList<>();
            int idle = 0;
            boolean first = true;
            String said = "";
            while (idle < IDLE_ROUNDS) {
                watch(watch, watched, duties);
                watch.forget();
                boolean needed = anyNeeded(duties);
                idle = needed ? 0 : idle + 1;
                String problem = needed ? round(duties) : "";
                if (!problem.isEmpty() && !problem.equals(said)) {
                    System.err.println(Instant.now() + " " + problem);
                }
                said = problem;
                if (first) {
                    SmallFile.write(state.resolve(READY), "", false);
                    first = false;
                }
                poll(watch.fd());
            }
        }
    }

    private static String round(List<Duty> duties) {
        StringBuilder problems = new StringBuilder();
        for (Duty duty : duties) {
            try {
                if (duty.needed()) {
                    for (String problem : duty.run()) {
                        problems.append(problems.isEmpty() ? "" : "; ").append(problem);
                    }
                }
            } catch (BelljarException e) {
                problems.append(problems.isEmpty() ? "" : "; ").append(e.getMessage());
            }
        }
        return problems.toString();
    }

    private static boolean anyNeeded(List<Duty> duties) {
        for (Duty duty : duties) {
            try {
                if (duty.needed()) {
                    return true;
                }
            } catch (BelljarException e) {
                System.err.println(Instant.now() + " " + e.getMessage());
            }
        }
        return false;
    }

    private static void watch(Inotify watch, List<Path> watched, List<Duty> duties) {
        for (Duty duty : duties) {
            for (Path directory : duty.watched()) {
                if (!watched.contains(directory) && Files.isDirectory(directory) && watch.watch(directory)) {
                    watched.add(directory);
                }
            }
        }
    }

    private static void poll(int fd) {
        try (Memory memory = KERNEL.lend()) {
            long poll = memory.allocate(8);
            memory.putInt(poll, fd);
            memory.putInt(poll + 4, 1);
            KERNEL.call(Nr.POLL, poll, 1, POLL_MILLIS);
        }
    }
}
