package belljar.container;

import belljar.failure.GuestException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Cgroup;
import belljar.linux.CgroupDraft;
import belljar.linux.Clone;
import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.Pidfd;
import belljar.linux.ProcessCgroup;
import belljar.linux.Stub;
import belljar.sandbox.Container;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.Phases;
import belljar.sandbox.ProcessSpec;
import belljar.sandbox.Stdio;
import org.jspecify.annotations.Nullable;

/**
 * Starts a further program in a container that runs. A stub is born in the container's cgroups, joins all of its
 * namespaces in one call, prepares what it needs there (working directory, terminal), and only then has a child, which
 * is in the container's PID namespace: until its privileges are dropped no process of the container can see more of it
 * than that it exists.
 */
final class Exec {
    private static final int PR_SET_DUMPABLE = 4;
    private static final int LINK_SIZE = 64;
    private static final String GONE = "the container has ended, so nothing can be started in it; start it again";
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private static final String[] NAMES = {"user", "mnt", "pid", "ipc", "uts", "net", "cgroup", "time"};
    private static final long[] FLAGS = {
        Clone.NEWUSER,
        Clone.NEWNS,
        Clone.NEWPID,
        Clone.NEWIPC,
        Clone.NEWUTS,
        Clone.NEWNET,
        Clone.NEWCGROUP,
        Clone.NEWTIME
    };

    private final long pid;
    private final ContainerSpec spec;
    private final boolean detached;

    /**
     * @param pid the container's first process
     * @param spec the container, with the program to run
     * @param detached whether the program outlives this process, with a small process of its own as its parent
     */
    Exec(long pid, ContainerSpec spec, boolean detached) {
        this.pid = pid;
        this.spec = spec;
        this.detached = detached;
    }

    Container create(Stdio stdio) {
        boolean groupsAllowed = spec.idMaps().uids().isEmpty() || UserNamespace.groupsAllowed(spec.idMaps());
        Identity identity = Identity.of(spec, groupsAllowed);
        SeccompFilters.Filter filter = SeccompFilters.of(spec.seccomp(), identity.bounding());
        Phases.mark("compile the system call filter");
        try (Fd first = watch()) {
            try {
                return enter(first, stdio, identity, filter);
            } catch (HostException e) {
                // A dying PID namespace takes no new process, which clone(2) calls a lack of memory.
                if (ended(first) || e.errno() == Errno.ENOMEM || e.errno() == Errno.ESRCH) {
                    throw new UserException(GONE, e);
                }
                throw e;
            }
        }
    }

    private Container enter(Fd first, Stdio stdio, Identity identity, SeccompFilters.Filter filter) {
        Cgroup cgroup = ProcessCgroup.of(pid);
        if (cgroup.frozen()) {
            throw new UserException("the container is paused, so nothing can be started in it; unpause it first");
        }
        Phases.mark("find the container's cgroups");
        Stub stub = new Entry(spec, CgroupDraft.of(cgroup)).start(0L, 0L, stdio, null);
        Fd master = null;
        try {
            HostIsolation.adjustOomScore(stub, spec);
            long joined = join(stub, first);
            Phases.mark("join the container's namespaces");
            if ((joined & Clone.NEWUSER) != 0) {
                UserNamespace.becomeRoot(stub);
            }
            HostIsolation.giveStreams(stub, spec, stdio);
            int directory = directory(stub);
            if (spec.process().terminal()) {
                master = Console.openAnother(stub, spec.process().uid());
            }
            if (!detached && (joined & Clone.NEWPID) != 0) {
                // From now on the container's processes can see it; what it has open is not for them.
                stub.call(Nr.PRCTL, PR_SET_DUMPABLE, 0, 0, 0, 0, 0);
                stub.fork(0);
            }
            Phases.mark("start a process in the container");
            ProcessSetup setup = new ProcessSetup(stub, process(), identity, filter, directory);
            return ExecContainer.watched(stub, setup, master, detached);
        } catch (RuntimeException e) {
            close(stub, master);
            throw e;
        }
    }

    private static void close(Stub stub, @Nullable Fd master) {
        if (master != null) {
            master.close();
        }
        stub.close();
    }

    /** The init that a detached program gets stays outside the container's PID namespace, as its parent. */
    private ProcessSpec process() {
        ProcessSpec p = spec.process();
        return new ProcessSpec(
                p.args(),
                p.env(),
                p.cwd(),
                p.uid(),
                p.gid(),
                p.additionalGids(),
                p.umask(),
                p.terminal(),
                p.capabilities(),
                p.rlimits(),
                p.noNewPrivileges(),
                p.oomScoreAdj(),
                detached);
    }

    private Fd watch() {
        long fd = KERNEL.call(Nr.PIDFD_OPEN, pid, 0);
        if (fd == -Errno.ESRCH || fd == -Errno.EINVAL) {
            throw gone();
        }
        return new Fd((int) Errno.check("pidfd_open", "watch the container's first process", fd));
    }

    private static boolean ended(Fd pidfd) {
        return Pidfd.awaitEnd(pidfd.number(), 0);
    }

    private static UserException gone() {
        return new UserException(GONE);
    }

    /** Joins every namespace in which the container differs from this process; returns their flags. */
    private long join(Stub stub, Fd first) {
        long flags = 0;
        for (int i = 0; i < NAMES.length; i++) {
            String theirs = link("/proc/" + pid + "/ns/" + NAMES[i]);
            // To join the user namespace that one is in is an error (setns(2)).
            flags |= theirs.equals(link("/proc/self/ns/" + NAMES[i])) ? 0 : FLAGS[i];
        }
        if ((flags & Clone.NEWNS) == 0) {
            throw gone();
        }
        long fd = Errno.check("pidfd_open", "watch the container's first process", stub.call(Nr.PIDFD_OPEN, pid, 0));
        if (ended(first)) {
            // Then the number may have passed to a process that is none of the container's.
            throw gone();
        }
        // All at once: the kernel then judges each by the rights that this process still has.
        Errno.check("setns", "join the container's namespaces", stub.call(Nr.SETNS, fd, flags));
        stub.call(Nr.CLOSE, fd);
        return flags;
    }

    private static String link(String path) {
        try (Memory memory = KERNEL.lend()) {
            long buffer = memory.allocate(LINK_SIZE);
            long n = KERNEL.call(Nr.READLINKAT, Mounter.AT_FDCWD, memory.string(path), buffer, LINK_SIZE);
            return n <= 0 ? "" : memory.text(buffer, (int) n);
        }
    }

    /** Opens the working directory inside the container; links that lead out of it lead nowhere (CVE-2024-21626). */
    private int directory(Stub stub) {
        String cwd = spec.process().cwd();
        try (Memory memory = stub.lend()) {
            long flags = Rootfs.O_PATH | Rootfs.O_DIRECTORY | Rootfs.O_CLOEXEC;
            int root = (int) Errno.check(
                    "openat",
                    "open the container's root",
                    stub.call(Nr.OPENAT, Mounter.AT_FDCWD, memory.string("/"), flags));
            int directory = new Rootfs(stub, root).lookup(cwd, Rootfs.O_DIRECTORY);
            if (directory < 0) {
                throw new GuestException(
                        "cannot enter the working directory '" + cwd + "' in the container: " + Errno.text(-directory),
                        directory == -Errno.ENOENT ? 127 : 126);
            }
            return directory;
        }
    }
}
