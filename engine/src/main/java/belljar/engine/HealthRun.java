package belljar.engine;

import belljar.failure.GuestException;
import belljar.image.Progress;
import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.sandbox.Container;
import org.jspecify.annotations.Nullable;

/** One check of a container: a program run in it, killed when it takes too long. */
final class HealthRun implements RunIo.Observer {
    /** What is kept of a check's output, as Docker does; the rest is read and forgotten. */
    private static final int KEPT_BYTES = 4096;

    private static final int SIGKILL = 9;
    private static final int O_CLOEXEC = 0x80000;
    private static final int CHUNK = 4096;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final HealthCheck check;
    private final StringBuilder output = new StringBuilder();
    private @Nullable Container program;
    private boolean expired;
    private boolean over;

    private HealthRun(HealthCheck check) {
        this.check = check;
    }

    /** Runs a program in a container. */
    interface Runner {
        /** {@return the program's exit code} */
        int run(ExecRequest request, RunIo io);
    }

    /**
     * Makes a check. Blocks the calling thread in the kernel, so it is for platform threads.
     *
     * @param check the check
     * @param runner runs its program
     * @return what came of it
     * @throws belljar.failure.BelljarException if it could not be made
     */
    static HealthState.Result of(HealthCheck check, Runner runner) {
        return new HealthRun(check).run(runner);
    }

    private HealthState.Result run(Runner runner) {
        long start = System.currentTimeMillis();
        int code;
        Fd[] pipe = pipe();
        Thread reader = Thread.ofPlatform().daemon().name("health output").start(() -> read(pipe[0]));
        Thread timer = Thread.ofVirtual().name("health timeout").start(this::expire);
        try {
            RunIo io = new RunIo(-1, pipe[1].number(), pipe[1].number(), Progress.NONE, this);
            code = runner.run(ExecRequest.of(check.command().toArray(new String[0])), io);
        } catch (GuestException e) {
            code = e.exitCode();
            synchronized (this) {
                output.append(e.getMessage());
            }
        } finally {
            finish();
            timer.interrupt();
            pipe[1].close();
            join(reader);
            pipe[0].close();
        }
        synchronized (this) {
            if (expired) {
                code = -1;
                output.append(output.isEmpty() ? "" : "\n")
                        .append("the check took longer than ")
                        .append(check.timeoutMillis())
                        .append(" ms and was killed");
            }
            return new HealthState.Result(start, System.currentTimeMillis(), code, output.toString());
        }
    }

    @Override
    public synchronized void started(Container container) {
        program = container;
        if (expired) {
            kill(container);
        }
    }

    @Override
    public void notice(String line) {}

    private void expire() {
        try {
            Thread.sleep(check.timeoutMillis());
        } catch (InterruptedException inTime) {
            return;
        }
        synchronized (this) {
            Container running = program;
            if (over) {
                return;
            }
            expired = true;
            if (running != null) {
                kill(running);
            }
        }
    }

    /** From here on the program's id may be another's. */
    private synchronized void finish() {
        over = true;
        program = null;
    }

    /** With what it started, as long as that stayed in its process group, which it leads. */
    private static void kill(Container running) {
        KERNEL.call(Nr.KILL, -running.pid(), SIGKILL);
        running.signal(SIGKILL);
    }

    private static Fd[] pipe() {
        try (Memory memory = KERNEL.lend()) {
            long ends = memory.allocate(8);
            Errno.check("pipe2", "make a pipe for a health check", KERNEL.call(Nr.PIPE2, ends, O_CLOEXEC));
            return new Fd[] {new Fd(memory.getInt(ends)), new Fd(memory.getInt(ends + 4))};
        }
    }

    private void read(Fd from) {
        try (Memory memory = KERNEL.lend()) {
            long buffer = memory.allocateDirty(CHUNK);
            while (true) {
                long n = KERNEL.call(Nr.READ, from.number(), buffer, CHUNK);
                if (n == -Errno.EINTR) {
                    continue;
                }
                if (n <= 0) {
                    return;
                }
                synchronized (this) {
                    int room = KEPT_BYTES - output.length();
                    if (room > 0) {
                        output.append(memory.text(buffer, (int) Math.min(n, room)));
                    }
                }
            }
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
