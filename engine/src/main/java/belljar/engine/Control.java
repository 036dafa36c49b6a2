package belljar.engine;

import belljar.container.ContainerProcess;
import belljar.container.ContainerProcesses;
import belljar.failure.UserException;
import belljar.image.ImageConfig;
import belljar.image.Images;
import belljar.image.StoredImage;
import belljar.linux.Cgroup;
import belljar.linux.CgroupLimits;
import belljar.linux.CgroupUsage;
import belljar.linux.Cgroups;
import belljar.linux.NetworkCounters;
import belljar.linux.ProcessCgroup;
import belljar.sandbox.Container;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.Isolation;
import belljar.sandbox.Resources;
import belljar.sandbox.Stdio;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What is done to a container while it runs: programs started in it, pausing, limits, looking at what it uses. */
final class Control {
    private final Book book;
    private final Path root;
    private final Cgroups cgroups;
    private final Events events;

    /**
     * @param book the book of containers
     * @param root where images and containers are kept
     * @param cgroups this host's cgroups
     * @param events the journal
     */
    Control(Book book, Path root, Cgroups cgroups, Events events) {
        this.book = book;
        this.root = root;
        this.cgroups = cgroups;
        this.events = events;
    }

    int exec(Isolation isolation, ContainerRecord record, ExecRequest request, RunIo io) {
        long pid = running(record);
        return new ExecRun(isolation, pid, spec(record, pid, request), io).run(request.interactive());
    }

    /** {@return a program that waits to be started, whose streams are the caller's concern} */
    Container prepare(Isolation isolation, ContainerRecord record, ExecRequest request, Stdio stdio) {
        long pid = running(record);
        ContainerSpec spec = spec(record, pid, request);
        ExecRun.own(spec, stdio);
        return isolation.exec(pid, spec, stdio);
    }

    String execDetached(Isolation isolation, ContainerRecord record, ExecRequest request) {
        long pid = running(record);
        try (Container program = isolation.execDetached(pid, spec(record, pid, request))) {
            program.start();
            return Names.newId();
        }
    }

    private ContainerSpec spec(ContainerRecord record, long pid, ExecRequest request) {
        if (request.command().isEmpty() || request.command().get(0).isEmpty()) {
            throw new UserException("exec needs a command to run in the container " + record.name());
        }
        RunRequest made = RequestFile.load(book.directory(record.id()));
        return new ExecSpec(record, made, defaults(record), pid).of(request);
    }

    /** By its id: the name may belong to another image by now. An image that was removed by force says nothing. */
    private ImageDefaults defaults(ContainerRecord record) {
        if (record.imageId().isEmpty()) {
            return ImageDefaults.NONE;
        }
        Images images = Engine.images(root);
        Optional<StoredImage> image = images.resolve(record.imageId());
        if (image.isEmpty()) {
            return ImageDefaults.NONE;
        }
        ImageConfig config = image.get().config();
        return new ImageDefaults(
                config.entrypoint(), config.cmd(), config.env(), config.user(), config.workingDir(), config.volumes());
    }

    private long running(ContainerRecord record) {
        long pid = book.pid(record.id());
        if (pid == 0) {
            throw new UserException("the container " + record.name() + " does not run; start it first");
        }
        return pid;
    }

    void pause(ContainerRecord record) {
        try (ContainerLock _ = ContainerLock.take(book.directory(record.id()), record.name())) {
            pauseLocked(record);
            events.container("pause", record);
        }
    }

    private void pauseLocked(ContainerRecord record) {
        Cgroup cgroup = cgroup(record);
        if (cgroup.frozen()) {
            throw new UserException(
                    "the container " + record.name() + " is paused already; unpause it to let it go on");
        }
        // Noted first: should this process die in between, an unpause of what is not frozen does no harm.
        book.note(record.id(), Book.PAUSED, "");
        boolean done = false;
        try {
            cgroup.freeze();
            done = true;
        } finally {
            if (!done) {
                cgroup.thaw();
                book.unnote(record.id(), Book.PAUSED);
            }
        }
    }

    void unpause(ContainerRecord record) {
        try (ContainerLock _ = ContainerLock.take(book.directory(record.id()), record.name())) {
            unpauseLocked(record);
            events.container("unpause", record);
        }
    }

    private void unpauseLocked(ContainerRecord record) {
        Cgroup cgroup = cgroup(record);
        if (!cgroup.frozen() && !book.isNoted(record.id(), Book.PAUSED)) {
            throw new UserException("the container " + record.name() + " is not paused");
        }
        cgroup.thaw();
        book.unnote(record.id(), Book.PAUSED);
    }

    private Cgroup cgroup(ContainerRecord record) {
        Cgroup cgroup = ProcessCgroup.of(running(record));
        if (cgroup.places().isEmpty()) {
            throw new UserException("the container " + record.name()
                    + " has no cgroup of its own, so it cannot be paused; run it as root or with a limit");
        }
        return cgroup;
    }

    /** Sets limits of a container, at once when it runs, and for each further start. */
    void update(ContainerRecord record, Resources changes) {
        try (ContainerLock _ = ContainerLock.take(book.directory(record.id()), record.name())) {
            updateLocked(record, changes);
            events.container("update", record);
        }
    }

    private void updateLocked(ContainerRecord record, Resources changes) {
        Path directory = book.directory(record.id());
        RunRequest made = RequestFile.load(directory);
        Resources merged = merge(made.resources(), changes);
        long pid = book.pid(record.id());
        if (pid != 0) {
            // The two limits on memory are checked and written together.
            boolean memory =
                    changes.memory().isPresent() || changes.memorySwap().isPresent();
            Cgroup cgroup = ProcessCgroup.of(pid);
            cgroups.update(cgroup, limits(changes, memory ? merged : changes));
        }
        RequestFile.save(directory, made.withResources(merged));
    }

    private static CgroupLimits limits(Resources changes, Resources memory) {
        return new CgroupLimits(
                changes.cpuQuota(),
                changes.cpuPeriod(),
                changes.cpuShares(),
                changes.cpusetCpus(),
                changes.cpusetMems(),
                memory.memory(),
                memory.memorySwap(),
                changes.memoryReservation(),
                changes.pids(),
                changes.ioWeight(),
                List.of());
    }

    private static Resources merge(Resources old, Resources changes) {
        return new Resources(
                or(changes.cpuQuota(), old.cpuQuota()),
                or(changes.cpuPeriod(), old.cpuPeriod()),
                or(changes.cpuShares(), old.cpuShares()),
                changes.cpusetCpus().isEmpty() ? old.cpusetCpus() : changes.cpusetCpus(),
                changes.cpusetMems().isEmpty() ? old.cpusetMems() : changes.cpusetMems(),
                or(changes.memory(), old.memory()),
                or(changes.memorySwap(), old.memorySwap()),
                or(changes.memoryReservation(), old.memoryReservation()),
                or(changes.pids(), old.pids()),
                changes.ioWeight().isPresent() ? changes.ioWeight() : old.ioWeight(),
                old.deviceRules());
    }

    private static OptionalLong or(OptionalLong first, OptionalLong second) {
        return first.isPresent() ? first : second;
    }

    Usage usage(ContainerRecord record) {
        long pid = running(record);
        List<NetworkCounters> network = LiveIdMaps.sameNamespace(pid, "net") ? List.of() : NetworkCounters.of(pid);
        List<ContainerProcess> processes = ContainerProcesses.of(pid);
        long started = processes.isEmpty() ? record.created() : processes.get(0).startedMillis();
        return new Usage(
                record.id(), record.name(), System.nanoTime(), started, CgroupUsage.of(ProcessCgroup.of(pid)), network);
    }

    List<ContainerProcess> processes(ContainerRecord record) {
        return ContainerProcesses.of(running(record));
    }
}
