package belljar.engine;

import belljar.failure.UserException;
import belljar.linux.DirectoryEntry;
import belljar.linux.Fs;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.OpenFlags;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where pods are kept, and what being in one means for a container:
 *
 * <pre>
 * ROOT/pods/ID/pod.json   the record; lock beside it
 * ROOT/pods/root          the empty root directory of all infra containers
 * STATE/pods/ID           what its containers have as /dev/shm
 * </pre>
 *
 * <p>Which containers are in a pod is in their own records: nothing has to be changed in two places at once.
 */
final class PodFiles {
    private static final int AT_FDCWD = -100;
    private static final String SHM = "/dev/shm";
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final Book book;
    private final Path pods;

    PodFiles(Book book, Path root) {
        this.book = book;
        this.pods = root.resolve("pods");
    }

    Path directory(String id) {
        return pods.resolve(id);
    }

    /** {@return what the containers of a pod have as /dev/shm} */
    Path shared(String id) {
        return book.live().resolveSibling("pods").resolve(id);
    }

    void save(PodRecord pod) {
        SmallFile.makeDirectories(directory(pod.id()));
        SmallFile.write(directory(pod.id()).resolve("pod.json"), pod.toText(), true);
    }

    /** {@return all pods, in no order} */
    List<PodRecord> all() {
        List<PodRecord> all = new ArrayList<>();
        int fd = Fs.HOST.tryOpen(
                AT_FDCWD, pods.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.CLOEXEC, 0);
        if (fd < 0) {
            return all;
        }
        try {
            for (DirectoryEntry entry : Fs.HOST.list(fd)) {
                String file = pods.resolve(entry.name()).resolve("pod.json").toString();
                String text = Names.isId(entry.name()) ? SmallFile.readWhole(file) : "";
                if (!text.isEmpty()) {
                    all.add(PodRecord.parse(file, text));
                }
            }
        } finally {
            Fs.HOST.close(fd);
        }
        return all;
    }

    /** {@return the pod of an id that a container's record names} */
    PodRecord of(String id) {
        String file = directory(id).resolve("pod.json").toString();
        String text = SmallFile.readWhole(file);
        if (text.isEmpty()) {
            throw new UserException("the pod " + id.substring(0, Math.min(12, id.length()))
                    + " that the container is part of is gone; remove the container");
        }
        return PodRecord.parse(file, text);
    }

    /** {@return whether a container is there to hold a pod's namespaces} */
    static boolean isInfra(ContainerRecord record) {
        return !record.pod().isEmpty() && record.image().startsWith(ImageChoice.PAUSE);
    }

    /** {@return the containers of a pod, the infra container first, then the oldest first} */
    List<ContainerRecord> containers(String pod) {
        List<ContainerRecord> members = new ArrayList<>();
        for (ContainerRecord record : book.list()) {
            if (record.pod().equals(pod)) {
                members.add(0, record);
            }
        }
        for (int i = 0; i < members.size(); i++) {
            if (isInfra(members.get(i))) {
                members.add(0, members.remove(i));
            }
        }
        return members;
    }

    /** {@return the name of the image of infra containers, which is no image; its directory is made when needed} */
    String pauseImage() {
        Path empty = pods.resolve("root");
        SmallFile.makeDirectories(empty);
        mode(empty, 0755);
        return ImageChoice.PAUSE + empty.toString().substring(1);
    }

    /**
     * {@return what is asked of a container with what its pod means for it} Decided at each start: the namespaces are
     * those of the infra container as it runs then.
     */
    RunRequest joined(RunRequest request) {
        String id = request.life().pod();
        if (id.isEmpty()) {
            return request;
        }
        PodRecord pod = of(id);
        List<MountRequest> mounts = new ArrayList<>();
        if (pod.shares().contains("ipc") && !isMounted(request, SHM)) {
            mounts.add(bind(makeShared(id), SHM, "nosuid", "nodev", "noexec"));
        }
        if (!pod.infra() || request.image().startsWith(ImageChoice.PAUSE)) {
            return withMounts(request, mounts);
        }
        ContainerRecord infra = containers(id).get(0);
        if (!isInfra(infra)) {
            throw new UserException("the infra container of the pod " + pod.name()
                    + " is gone; remove the pod with 'belljar pod rm -f " + pod.name() + "'");
        }
        Path files = book.directory(infra.id()).resolve("files");
        NamespaceRequest asked = request.namespaces();
        NamespaceMode of = new NamespaceMode.Of(infra.id());
        NamespaceMode uts = chosen(pod, "uts", asked.uts(), of);
        NetworkRequest network = request.network();
        NamespaceMode mode = chosen(pod, "net", network.mode(), of);
        if (mode.equals(of) && !network.noHosts()) {
            share(mounts, request, files.resolve("hosts"), "/etc/hosts");
            share(mounts, request, files.resolve("resolv.conf"), "/etc/resolv.conf");
        }
        List<String> env = new ArrayList<>();
        if (uts.equals(of)) {
            share(mounts, request, files.resolve("hostname"), "/etc/hostname");
            env.add("HOSTNAME=" + pod.hostname());
        }
        return withMounts(request, mounts)
                .withProcess(withEnv(request.process(), env))
                .withNetwork(mode.equals(of) ? withMode(network, of) : network)
                .withNamespaces(new NamespaceRequest(
                        chosen(pod, "pid", asked.pid(), of),
                        chosen(pod, "ipc", asked.ipc(), of),
                        uts,
                        asked.cgroup(),
                        asked.user(),
                        asked.ids()));
    }

    private static NamespaceMode chosen(PodRecord pod, String kind, NamespaceMode asked, NamespaceMode of) {
        return pod.shares().contains(kind) && asked instanceof NamespaceMode.Default ? of : asked;
    }

    private static void share(List<MountRequest> mounts, RunRequest request, Path file, String destination) {
        if (SmallFile.exists(file.toString()) && !isMounted(request, destination)) {
            mounts.add(bind(file, destination));
        }
    }

    private static MountRequest bind(Path source, String destination, String... options) {
        return new MountRequest.Bind(source.toString(), destination, List.of(options));
    }

    static boolean isMounted(RunRequest request, String destination) {
        for (MountRequest mount : request.storage().mounts()) {
            if (mount.destination().equals(destination)) {
                return true;
            }
        }
        return false;
    }

    private Path makeShared(String id) {
        Path shared = shared(id);
        SmallFile.makeDirectories(shared);
        mode(shared, 01777);
        return shared;
    }

    private static void mode(Path directory, int mode) {
        try (Memory memory = KERNEL.lend()) {
            KERNEL.call(Nr.FCHMODAT, AT_FDCWD, memory.string(directory.toString()), mode);
        }
    }

    private static RunRequest withMounts(RunRequest request, List<MountRequest> more) {
        StorageRequest storage = request.storage();
        List<MountRequest> mounts = new ArrayList<>(storage.mounts());
        mounts.addAll(more);
        return request.withStorage(new StorageRequest(
                mounts,
                storage.devices(),
                storage.readonlyRoot(),
                storage.readonlyTmpfs(),
                storage.shmSize(),
                storage.imageVolumes()));
    }

    static NetworkRequest withMode(NetworkRequest network, NamespaceMode mode) {
        return new NetworkRequest(
                mode,
                network.hostname(),
                network.addHosts(),
                network.noHosts(),
                network.dns(),
                network.dnsSearch(),
                network.dnsOptions());
    }

    private static ProcessRequest withEnv(ProcessRequest process, List<String> first) {
        List<String> env = new ArrayList<>(first);
        env.addAll(process.env());
        return new ProcessRequest(
                process.command(),
                process.entrypoint(),
                env,
                process.unsetEnv(),
                process.unsetAllEnv(),
                process.user(),
                process.groups(),
                process.workdir(),
                process.tty(),
                process.interactive(),
                process.init(),
                process.stopSignal(),
                process.umask(),
                process.oomScoreAdj(),
                process.rlimits());
    }

    /** {@return the directory of all pods} */
    Path place() {
        return pods;
    }
}
