package belljar.container;

import belljar.linux.Fd;
import belljar.linux.Stub;
import org.jspecify.annotations.Nullable;

/** A further program in a container. */
final class ExecContainer extends StubContainer {
    private static final int SIGKILL = 9;
    private static final int STACK = 64 * 1024;

    private final boolean detached;

    private ExecContainer(Stub stub, ProcessSetup setup, @Nullable Fd master, boolean detached) {
        super(stub, setup, master);
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
    void takeDown() {
        if (!detached || !started()) {
            stub.signal(SIGKILL);
            waitFor();
        }
        stub.release();
    }
}
