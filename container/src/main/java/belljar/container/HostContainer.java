package belljar.container;

import belljar.failure.BugException;
import belljar.linux.Cgroup;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.Container;
import org.jspecify.annotations.Nullable;

/** A container whose set-up is done; its stub waits to become the program. */
final class HostContainer implements Container {
    private static final int SIGKILL = 9;
    private static final long TIOCSWINSZ = 0x5414;
    private static final int NOT_ENDED = -1;

    private final Stub stub;
    private final ProcessSetup setup;
    private final @Nullable Fd master;
    private final Cgroup cgroup;
    private boolean started;
    private volatile boolean closed;
    private int exitCode = NOT_ENDED;

    HostContainer(Stub stub, ProcessSetup setup, @Nullable Fd master, Cgroup cgroup) {
        this.stub = stub;
        this.setup = setup;
        this.master = master;
        this.cgroup = cgroup;
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
            throw new BugException("a container can be started once", null);
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
        if (master == null) {
            return;
        }
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long size = memory.allocate(8);
            memory.putInt(size, rows & 0xFFFF | columns << 16);
            HostKernel.INSTANCE.call(Nr.IOCTL, master.number(), TIOCSWINSZ, size);
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
        stub.signal(SIGKILL);
        closed = true;
        waitFor();
        stub.release();
        if (master != null) {
            master.close();
        }
        HostIsolation.remove(cgroup);
    }
}
