package belljar.container;

import belljar.linux.Cgroup;
import belljar.linux.Fd;
import belljar.linux.Stub;
import org.jspecify.annotations.Nullable;

/** A container that ends with this process. */
final class HostContainer extends StubContainer {
    private static final int SIGKILL = 9;

    private final Cgroup cgroup;

    HostContainer(Stub stub, ProcessSetup setup, @Nullable Fd master, Cgroup cgroup) {
        super(stub, setup, master);
        this.cgroup = cgroup;
    }

    @Override
    void takeDown() {
        stub.signal(SIGKILL);
        waitFor();
        stub.release();
        HostIsolation.remove(cgroup);
    }
}
