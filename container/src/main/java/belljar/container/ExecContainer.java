package belljar.container;

import belljar.failure.BugException;
import belljar.linux.Fd;
import belljar.linux.Stub;
import belljar.sandbox.Container;
import org.jspecify.annotations.Nullable;

/** A further program in a container. */
final class ExecContainer implements Container {
    private static final int SIGKILL = 9;
    private static final int NOT_ENDED = -1;
    private static final int STACK = 64 * 1024;

    private final Stub stub;
    private final ProcessSetup setup;
    private final @Nullable Fd master;
    private final boolean detached;
    private boolean started;
    private volatile boolean closed;
    private int exitCode = NOT_ENDED;

    private ExecContainer(Stub stub, ProcessSetup setup, @Nullable Fd master, boolean detached) {
        this.stub = stub;
        this.setup = setup;
        this.master = master;
        this.detached = detached;
    }

    /**
     * Creates one, and has a thread wait for its end. The first process of a PID namespace cannot finish ending before
     * everything in the namespace was reaped, so whoever waits for the container would wait for ever if nobody did the
     * same for what was started in it from outside.
     */
    static ExecContainer watched(Stub stub, ProcessSetup setup, @Nullable Fd master, boolean detached) {
        ExecContainer made = new ExecContainer(stub, setup, master, detached);
        if (!detached) {
            Thread reaper = new Thread(null, made::reap, "belljar-reaper", STACK, false);
            reaper.setDaemon(true);
            reaper.start();
        }
        return made;
    }

    private void reap() {
        waitFor();
    }

    @Override
    public long pid() {
        return stub.pid();
    }

    @Override
    public int terminal() {
        return master == null ? -1 : master.number();
    }

    @Override
    public int pidfd() {
        return stub.pidfd();
    }

    @Override
    public void start() {
        if (started) {
            throw new BugException("a program in a container can be started once", null);
        }
        setup.execute();
        started = true;
    }

    @Override
    public void signal(int number) {
        if (!closed) {
            stub.signal(number);
        }
    }

    @Override
    public void resize(int rows, int columns) {
        if (master != null) {
            Console.resize(master, rows, columns);
        }
    }

    @Override
    public synchronized int waitFor() {
        if (exitCode == NOT_ENDED) {
            exitCode = stub.waitFor();
        }
        return exitCode;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (!detached || !started) {
            stub.signal(SIGKILL);
            waitFor();
        }
        closed = true;
        stub.release();
        if (master != null) {
            master.close();
        }
    }
}
