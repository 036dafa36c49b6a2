package belljar.container;

import belljar.failure.BugException;
import belljar.linux.Cgroup;
import belljar.linux.Pidfd;
import belljar.linux.Stub;
import belljar.sandbox.ExitStatus;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A container that a keeper looks after once it is started. */
final class KeptContainer extends StubContainer {
    private static final int SIGKILL = 9;
    private static final int PAUSE_MILLIS = 1;

    private final Cgroup cgroup;
    private final int master;
    private final Kept kept;
    private boolean free;

    KeptContainer(Stub stub, ProcessSetup setup, Console.@Nullable Master master, Cgroup cgroup, Kept kept) {
        super(stub, setup, master == null ? null : master.fd());
        this.master = master == null ? -1 : master.inside();
        this.cgroup = cgroup;
        this.kept = kept;
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
        super.start();
    }

    @Override
    void launch(ProcessSetup how) {
        try (ProcessSetup.Launch launch = how.prepare()) {
            kept.keeper().free(stub, master, launch.batch(), Kept.plan(kept.keeping()));
            free = true;
            launch.finish();
        }
    }

    @Override
    int awaitEnd() {
        if (!free) {
            throw new BugException("a container was waited for that was not started", null);
        }
        stub.waitFor();
        String exitFile = kept.keeping().exitFile();
        while (!exitFile.isEmpty()) {
            // Asked before the file is looked for: a keeper that is gone has written it or never will.
            boolean over = Pidfd.awaitEnd(kept.keeper().pidfd(), PAUSE_MILLIS);
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

    @Override
    void takeDown() {
        if (started()) {
            kept.keeper().release();
            stub.release();
        } else {
            undo();
        }
    }

    private void undo() {
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
