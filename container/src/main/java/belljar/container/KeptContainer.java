package belljar.container;

import belljar.failure.BugException;
import belljar.linux.Cgroup;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.Container;
import belljar.sandbox.ExitStatus;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A container that a keeper looks after once it is started. */
final class KeptContainer implements Container {
    private static final int SIGKILL = 9;
    private static final int PAUSE_MILLIS = 1;

    private final Stub stub;
    private final ProcessSetup setup;
    private final @Nullable Fd master;
    private final Cgroup cgroup;
    private final Kept kept;
    private boolean free;
    private boolean started;
    private volatile boolean closed;

    KeptContainer(Stub stub, ProcessSetup setup, @Nullable Fd master, Cgroup cgroup, Kept kept) {
        this.stub = stub;
        this.setup = setup;
        this.master = master;
        this.cgroup = cgroup;
        this.kept = kept;
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
    public long keeperPid() {
        return kept.keeper().pid();
    }

    @Override
    public void start() {
        if (free) {
            throw new BugException("a container can be started once", null);
        }
        // The keeper first: were this process killed in between, the container would end and the keeper tell of it.
        kept.keeper().free(stub, Kept.plan(kept.keeping()));
        free = true;
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
            Keepers.resize(master, rows, columns);
        }
    }

    @Override
    public int waitFor() {
        if (!free) {
            throw new BugException("a container was waited for that was not started", null);
        }
        stub.waitFor();
        String exitFile = kept.keeping().exitFile();
        while (!exitFile.isEmpty()) {
            // Asked before the file is looked for: a keeper that is gone has written it or never will.
            boolean over = ended(kept.keeper().pidfd(), PAUSE_MILLIS);
            Optional<ExitStatus> status = ExitStatus.read(Path.of(exitFile));
            if (status.isPresent()) {
                return status.get().code();
            }
            if (over) {
                break;
            }
        }
        return ExitStatus.UNKNOWN;
    }

    private static boolean ended(int pidfd, int millis) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long poll = memory.allocate(8);
            memory.putInt(poll, pidfd);
            memory.putInt(poll + 4, 1); // POLLIN
            return HostKernel.INSTANCE.call(Nr.POLL, poll, 1, millis) > 0;
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (started) {
            kept.keeper().release();
            stub.release();
        } else {
            takeDown();
        }
        if (master != null) {
            master.close();
        }
    }

    private void takeDown() {
        if (free) {
            // It must not tell of an end, and nothing shall come afterwards, since the container never was.
            kept.keeper().close();
            stub.close();
        } else {
            // As long as it serves, it is the one to reap the first process.
            stub.signal(SIGKILL);
            stub.close();
            kept.keeper().close();
        }
        HostIsolation.remove(cgroup);
    }
}
