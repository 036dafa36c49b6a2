package belljar.container;

import belljar.failure.BugException;
import belljar.linux.Fd;
import belljar.linux.Stub;
import belljar.sandbox.Container;
import org.jspecify.annotations.Nullable;

/**
 * What is set up and waits, as a stub, to become a program: a container's first or a further one. What must be taken
 * down with it differs.
 */
abstract class StubContainer implements Container {
    private static final int NOT_ENDED = Integer.MIN_VALUE;

    final Stub stub;
    private final ProcessSetup setup;
    private final @Nullable Fd master;
    private boolean started;
    private volatile boolean closed;
    private int exitCode = NOT_ENDED;

    /**
     * @param stub the process
     * @param setup what makes it the program
     * @param master its terminal's master, if it has one
     */
    StubContainer(Stub stub, ProcessSetup setup, @Nullable Fd master) {
        this.stub = stub;
        this.setup = setup;
        this.master = master;
    }

    @Override
    public final long pid() {
        return stub.pid();
    }

    @Override
    public final int terminal() {
        return master == null ? -1 : master.number();
    }

    @Override
    public final int pidfd() {
        return stub.pidfd();
    }

    @Override
    public void start() {
        if (started) {
            throw new BugException("a container's program can be started once", null);
        }
        launch(setup);
        started = true;
    }

    /** Makes the stub the program. */
    void launch(ProcessSetup how) {
        how.execute();
    }

    /** {@return whether the program runs, or ran} */
    final boolean started() {
        return started;
    }

    @Override
    public final void signal(int number) {
        if (!closed) {
            stub.signal(number);
        }
    }

    @Override
    public final void resize(int rows, int columns) {
        if (master != null) {
            Keepers.resize(master.number(), rows, columns);
        }
    }

    @Override
    public final synchronized int waitFor() {
        if (exitCode == NOT_ENDED) {
            exitCode = awaitEnd();
        }
        return exitCode;
    }

    /** {@return the exit code, once the program has ended} */
    int awaitEnd() {
        return stub.waitFor();
    }

    /** Takes down what goes with this object, the stub's own things among it. Never fails. */
    abstract void takeDown();

    @Override
    public final void close() {
        if (closed) {
            return;
        }
        // From now on nobody else signals what is about to be reaped.
        closed = true;
        takeDown();
        if (master != null) {
            master.close();
        }
    }
}
