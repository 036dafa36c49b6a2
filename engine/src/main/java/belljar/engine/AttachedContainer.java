package belljar.engine;

import belljar.container.Keepers;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import belljar.sandbox.Container;

/**
 * A container as whoever is attached to it may handle it: signals and window sizes go to it. It outlives this object.
 */
final class AttachedContainer implements Container {
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final AttachTarget target;
    private final Runnable leave;
    private final boolean passSignals;
    private volatile boolean closed;

    /**
     * @param target the container
     * @param passSignals whether signals go to it
     * @param leave what a signal does otherwise
     */
    AttachedContainer(AttachTarget target, boolean passSignals, Runnable leave) {
        this.target = target;
        this.passSignals = passSignals;
        this.leave = leave;
    }

    @Override
    public long pid() {
        return target.pid();
    }

    @Override
    public int terminal() {
        return target.terminal();
    }

    @Override
    public int pidfd() {
        return target.pidfd();
    }

    /** It runs already. */
    @Override
    public void start() {}

    @Override
    public void signal(int number) {
        if (closed) {
            return;
        }
        if (passSignals) {
            KERNEL.call(Nr.PIDFD_SEND_SIGNAL, target.pidfd(), number, 0, 0);
        } else {
            leave.run();
        }
    }

    @Override
    public void resize(int rows, int columns) {
        if (!closed && target.terminal() >= 0) {
            Keepers.resize(target.terminal(), rows, columns);
        }
    }

    @Override
    public int waitFor() {
        return target.exitCode();
    }

    @Override
    public void close() {
        closed = true;
    }
}
