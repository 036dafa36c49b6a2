package belljar.container;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Batch;
import belljar.linux.Cgroup;
import belljar.linux.CgroupDraft;
import belljar.linux.Cgroups;
import belljar.linux.Fs;
import belljar.linux.NetworkNamespace;
import belljar.linux.Nr;
import belljar.linux.Stat;
import belljar.linux.Stub;
import belljar.sandbox.Container;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.Isolation;
import belljar.sandbox.Keeping;
import belljar.sandbox.Namespaces;
import belljar.sandbox.Phases;
import belljar.sandbox.Stdio;
import org.jspecify.annotations.Nullable;

/** Isolation by the host's kernel. Safe for use by several threads. */
public final class HostIsolation implements Isolation {
    private final Cgroups cgroups;
    private volatile @Nullable SpareKeepers spares;

    /**
     * Creates the isolation kind.
     *
     * @param cgroups where containers get their cgroups
     */
    public HostIsolation(Cgroups cgroups) {
        this.cgroups = cgroups;
    }

    @Override
    public String kind() {
        return "container";
    }

    @Override
    public Container create(ContainerSpec spec, Stdio stdio) {
        return create(spec, stdio, (Kept) null);
    }

    @Override
    public Container create(ContainerSpec spec, Stdio stdio, Keeping keeping) {
        try (KeptStreams streams = streams(spec.process().terminal(), keeping.holdInput())) {
            Kept kept = new Kept(streams.keeper(keeping.claim()), keeping);
            try {
                return create(spec, streams.inside(), kept);
            } catch (RuntimeException e) {
                kept.keeper().close();
                throw e;
            }
        } finally {
            SpareKeepers ready = spares;
            if (ready != null) {
                ready.makeAnother();
            }
        }
    }

    private KeptStreams streams(boolean terminal, boolean holdInput) {
        SpareKeepers ready = spares;
        KeptStreams spare = ready == null ? null : ready.take();
        if (spare == null) {
            return KeptStreams.of(terminal, holdInput);
        }
        spare.use(terminal, holdInput);
        return spare;
    }

    /**
     * Makes ready for the next container what does not depend on it, each time that one was created to be kept.
     *
     * @return what is ready, to be closed when no more containers are to be expected
     */
    public SpareKeepers stayReady() {
        return stayReady(new SpareKeepers());
    }

    SpareKeepers stayReady(SpareKeepers ready) {
        spares = ready;
        return ready;
    }

    private Container create(ContainerSpec spec, Stdio stdio, @Nullable Kept kept) {
        boolean userNamespace = !spec.idMaps().uids().isEmpty();
        Sysctls.check(spec);
        Identity identity = Identity.of(spec, !userNamespace || UserNamespace.groupsAllowed(spec.idMaps()));
        SeccompFilters.Filter filter = SeccompFilters.of(spec.seccomp(), identity.bounding());
        Phases.mark("compile the system call filter");
        CgroupDraft draft = cgroups.begin(spec.id(), CgroupRequest.of(spec.resources()));
        Phases.mark("begin the cgroups");
        try {
            Entry.Started started = new Entry(spec, draft).start(stdio, kept == null ? null : kept.keeper());
            Stub stub = started.stub();
            Cgroup cgroup = draft.made();
            Console.Master master = null;
            try {
                CgroupRequest.checkDevices(cgroup, identity, spec);
                adjustOomScore(stub, spec);
                Phases.mark("make the namespaces, the cgroups and the root");
                int directory = new FilesystemSetup(stub, spec, userNamespace).run(cgroup, started.foundation());
                Phases.mark("mount and enter the root");
                giveStreams(stub, spec, stdio);
                if (spec.process().terminal()) {
                    master = Console.open(stub, spec.process().uid());
                }
                ProcessSetup setup = new ProcessSetup(stub, spec.process(), identity, filter, directory);
                if (kept == null) {
                    return new HostContainer(stub, setup, master == null ? null : master.fd(), cgroup);
                }
                return new KeptContainer(stub, setup, master, cgroup, kept);
            } catch (RuntimeException e) {
                close(stub, master);
                throw e;
            }
        } catch (RuntimeException e) {
            boolean starved = draft.made().usage().oomKills().orElse(0) > 0;
            remove(draft.made());
            if (starved) {
                // Whatever failed, failed since the kernel killed the process that was setting the container up.
                throw new UserException(
                        "the memory limit of " + spec.resources().memory().orElse(0)
                                + " bytes is too low to set a container up; raise --memory",
                        e);
            }
            throw e;
        }
    }

    @Override
    public Container exec(long pid, ContainerSpec spec, Stdio stdio) {
        return new Exec(pid, spec, false).create(stdio);
    }

    @Override
    public Container execDetached(long pid, ContainerSpec spec) {
        if (spec.process().terminal()) {
            throw new UserException("a detached program cannot have a terminal, since nobody would read it;"
                    + " leave --tty or --detach out");
        }
        return new Exec(pid, spec, true).create(new Stdio(-1, -1, -1));
    }

    /** Removes a cgroup after its last process. What cannot be removed now is found again by its name. */
    static void remove(Cgroup cgroup) {
        try {
            if (!cgroup.processes().isEmpty()) {
                cgroup.kill();
            }
            cgroup.remove();
        } catch (HostException left) {
            // Closing never fails; the next cleaning up finds the cgroup by the container's id.
            return;
        }
    }

    private static void close(Stub stub, Console.@Nullable Master master) {
        if (master != null) {
            master.fd().close();
        }
        stub.close();
    }

    static void adjustOomScore(Stub stub, ContainerSpec spec) {
        if (spec.process().oomScoreAdj().isEmpty()) {
            return;
        }
        byte[] value = Integer.toString(spec.process().oomScoreAdj().getAsInt())
                .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        try (Batch batch = stub.batch()) {
            String what = "set the out-of-memory score";
            Batch.Step file = batch.step(
                    what, Nr.OPENAT, Mounter.AT_FDCWD, batch.string("/proc/self/oom_score_adj"), Rootfs.O_CLOEXEC | 1);
            batch.step(what, Nr.WRITE, 0, batch.memory().copy(value), value.length)
                    .uses(0, file);
            batch.step(what, Nr.CLOSE, 0).uses(0, file);
            batch.run();
        }
    }

    /** Appends what is left to do inside the root: names and the loopback device. */
    static void finish(Batch batch, ContainerSpec spec) {
        if (spec.namespaces().network() instanceof Namespaces.Private) {
            NetworkNamespace.loopbackUp(batch);
        }
        if (!spec.hostname().isEmpty()) {
            long length = spec.hostname().getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
            batch.step("set the host name", Nr.SETHOSTNAME, batch.string(spec.hostname()), length);
        }
        if (!spec.domainname().isEmpty()) {
            long length = spec.domainname().getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
            batch.step("set the domain name", Nr.SETDOMAINNAME, batch.string(spec.domainname()), length);
        }
    }

    /**
     * Gives pipes to the program's user, who may open them anew by name (/dev/stdout). In a user namespace only its
     * root can do that for subordinate ids; other files than pipes are the caller's and stay so.
     */
    static void giveStreams(Stub stub, ContainerSpec spec, Stdio stdio) {
        int uid = spec.process().uid();
        int gid = spec.process().gid();
        if (spec.idMaps().uids().isEmpty() || spec.idMaps().within().isPresent() || uid == 0 && gid == 0) {
            return; // nobody has to, or it was done when the ids around were at hand
        }
        giveStreams(stub, uid, gid, stdio);
    }

    /** Gives pipes to a user of the stub's namespace. */
    static void giveStreams(Stub stub, int uid, int gid, Stdio stdio) {
        int[] streams = {stdio.in(), stdio.out(), stdio.err()};
        for (int i = 0; i < streams.length; i++) {
            if (streams[i] >= 0 && Fs.HOST.stat(streams[i]).type() == Stat.FIFO) {
                stub.call(Nr.FCHOWN, i, uid, gid);
            }
        }
    }
}
