package belljar.engine;

import belljar.sandbox.IdMaps;
import belljar.sandbox.MountSpec;
import belljar.sandbox.Namespaces;
import java.util.ArrayList;
import java.util.List;

/**
 * The file systems that every Linux program expects: those of the OCI runtime specification's "Default Filesystems",
 * with Podman's options.
 */
final class SystemMounts {
    private static final long SHM_SIZE = 64 << 20;
    private static final int TTY_GROUP = 5; // the group of terminals in every distribution

    private final RunRequest request;
    private final Namespaces namespaces;
    private final IdMaps idMaps;
    private final boolean ownUsers;

    /**
     * @param request what is asked
     * @param namespaces the container's namespaces
     * @param idMaps its id mapping
     */
    SystemMounts(RunRequest request, Namespaces namespaces, IdMaps idMaps) {
        this.request = request;
        this.namespaces = namespaces;
        this.idMaps = idMaps;
        this.ownUsers = !(namespaces.user() instanceof Namespaces.Host);
    }

    /** {@return the mounts, parents first} */
    List<MountSpec> mounts() {
        String access = request.security().privileged() ? "rw" : "ro";
        List<MountSpec> mounts = new ArrayList<>(12);
        mounts.add(proc());
        mounts.add(new MountSpec(
                "/dev", "tmpfs", "tmpfs", List.of("nosuid", "noexec", "strictatime", "mode=755", "size=65536k")));
        mounts.add(sys(access));
        mounts.add(pts());
        mounts.add(messageQueues());
        if (!(request.namespaces().ipc() instanceof NamespaceMode.None)) {
            mounts.add(sharedMemory());
        }
        mounts.add(new MountSpec(
                "/sys/fs/cgroup", "cgroup", "cgroup", List.of("nosuid", "noexec", "nodev", "relatime", access)));
        if (request.storage().readonlyRoot() && request.storage().readonlyTmpfs()) {
            List<String> options = List.of("rw", "rprivate", "nosuid", "nodev", "tmpcopyup");
            mounts.add(new MountSpec("/run", "tmpfs", "tmpfs", options));
            mounts.add(new MountSpec("/tmp", "tmpfs", "tmpfs", options));
            mounts.add(new MountSpec("/var/tmp", "tmpfs", "tmpfs", options));
        }
        return mounts;
    }

    private MountSpec proc() {
        if (ownUsers && namespaces.pid() instanceof Namespaces.Host) {
            // A user namespace may mount procfs only for a PID namespace that it owns (user_namespaces(7)).
            return new MountSpec("/proc", "bind", "/proc", List.of("rbind", "rprivate", "nosuid", "noexec", "nodev"));
        }
        return new MountSpec("/proc", "proc", "proc", List.of("nosuid", "noexec", "nodev"));
    }

    private MountSpec sys(String access) {
        if (ownUsers && !(namespaces.network() instanceof Namespaces.Private)) {
            // Likewise sysfs, which belongs to the network namespace; read-only all the way down.
            return new MountSpec(
                    "/sys", "bind", "/sys", List.of("rbind", "rprivate", "nosuid", "noexec", "nodev", "rro"));
        }
        return new MountSpec("/sys", "sysfs", "sysfs", List.of("nosuid", "noexec", "nodev", access));
    }

    private MountSpec pts() {
        List<String> options =
                new ArrayList<>(List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"));
        if (idMaps.gids().isEmpty() || maps(idMaps.gids(), TTY_GROUP)) {
            options.add("gid=" + TTY_GROUP); // the kernel refuses a group that has no place in the mapping
        }
        return new MountSpec("/dev/pts", "devpts", "devpts", options);
    }

    private MountSpec messageQueues() {
        if (ownUsers && namespaces.ipc() instanceof Namespaces.Host) {
            return new MountSpec(
                    "/dev/mqueue", "bind", "/dev/mqueue", List.of("bind", "rprivate", "nosuid", "noexec", "nodev"));
        }
        if (ownUsers && request.namespaces().ipc() instanceof NamespaceMode.Of) {
            // Only who has the namespace's own privileges may mount it anew.
            return joined("/dev/mqueue");
        }
        return new MountSpec("/dev/mqueue", "mqueue", "mqueue", List.of("nosuid", "noexec", "nodev"));
    }

    /** What the container has whose namespace is joined. */
    private MountSpec joined(String path) {
        String ipc = ((Namespaces.Join) namespaces.ipc()).path();
        String mounts = ipc.substring(0, ipc.lastIndexOf('/')) + "/mnt";
        return new MountSpec(path, MountSpec.JOINED, mounts, List.of("rprivate", "nosuid", "noexec", "nodev"));
    }

    private MountSpec sharedMemory() {
        if (namespaces.ipc() instanceof Namespaces.Host) {
            return new MountSpec(
                    "/dev/shm", "bind", "/dev/shm", List.of("bind", "rprivate", "nosuid", "noexec", "nodev"));
        }
        if (request.namespaces().ipc() instanceof NamespaceMode.Of && !PodFiles.isMounted(request, "/dev/shm")) {
            return joined("/dev/shm");
        }
        long size = request.storage().shmSize().orElse(SHM_SIZE);
        return new MountSpec(
                "/dev/shm", "tmpfs", "shm", List.of("nosuid", "noexec", "nodev", "mode=1777", "size=" + size));
    }

    /**
     * {@return whether an id inside a container has one outside}
     *
     * @param ranges the mapping
     * @param id the id inside
     */
    static boolean maps(List<IdMaps.Range> ranges, int id) {
        for (IdMaps.Range range : ranges) {
            if (id >= range.inside() && id - (long) range.inside() < range.size()) {
                return true;
            }
        }
        return false;
    }
}
