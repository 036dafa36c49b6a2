package belljar.engine;

import belljar.failure.HostException;
import belljar.linux.Cgroup;
import belljar.linux.Cgroups;
import belljar.linux.Errno;
import belljar.linux.Fs;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import belljar.linux.Pidfd;
import belljar.linux.Stub;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Takes down what containers left on this host. */
final class HostLeftovers implements Book.Leftovers {
    private static final int SIGKILL = 9;
    private static final int AT_FDCWD = -100;
    private static final int DYING_MILLIS = 5000;
    private static final int O_DIRECTORY_CLOEXEC = 0x90000;

    private final Cgroups cgroups;
    private final ContainerNetworks networks;
    private final Events events;

    HostLeftovers(Cgroups cgroups, ContainerNetworks networks, Events events) {
        this.cgroups = cgroups;
        this.networks = networks;
        this.events = events;
    }

    @Override
    public void disconnect(String id, boolean forever) {
        networks.disconnect(id, forever);
    }

    @Override
    public void kill(long pid, List<String> places) {
        if (pid > 0) {
            HostKernel kernel = HostKernel.INSTANCE;
            long pidfd = kernel.call(Nr.PIDFD_OPEN, pid, 0);
            if (pidfd >= 0) {
                kernel.call(Nr.PIDFD_SEND_SIGNAL, pidfd, SIGKILL, 0, 0);
                Pidfd.awaitEnd((int) pidfd, DYING_MILLIS);
                kernel.call(Nr.CLOSE, pidfd);
            }
        }
        Cgroup cgroup = Cgroups.existing(places);
        if (!cgroup.places().isEmpty()) {
            cgroup.kill();
            cgroup.remove();
        }
    }

    @Override
    public boolean outOfMemory(List<String> places) {
        return Cgroups.existing(places).usage().oomKills().orElse(0) > 0;
    }

    @Override
    public List<String> places(String id) {
        return cgroups.places(id);
    }

    @Override
    public boolean exists(List<String> places) {
        return !Cgroups.existing(places).places().isEmpty();
    }

    @Override
    public void discardVolumes(Path directory) {
        for (String volume : ContainerVolumes.discard(directory)) {
            events.append("volume", "remove", "", volume, "", Map.of());
        }
    }

    @Override
    public void remove(Path directory) {
        removeTree(directory);
    }

    /** Removes a directory with all that is in it, whichever of this user's ids owns it. */
    static void removeTree(Path directory) {
        Path parent = directory.getParent();
        Path name = directory.getFileName();
        if (parent == null || name == null || !SmallFile.exists(directory.toString())) {
            return;
        }
        if (!IdMapping.rootless()) {
            remove(Fs.HOST, parent, name);
            return;
        }
        // Files of subordinate ids can be removed only from inside a user namespace that has them.
        try (Stub stub = NamespaceOwner.start(IdMapping.own())) {
            remove(new Fs(stub), parent, name);
        }
    }

    private static void remove(Fs fs, Path parent, Path name) {
        int fd = fs.tryOpen(AT_FDCWD, parent.toString(), O_DIRECTORY_CLOEXEC, 0);
        if (fd == -Errno.ENOENT) {
            return;
        }
        if (fd < 0) {
            throw Errno.failure("openat", "open " + parent, fd);
        }
        try {
            fs.removeTree(fd, name.toString());
        } catch (HostException e) {
            throw new HostException(
                    "cannot remove " + parent.resolve(name) + ": " + e.getMessage(), e.call(), e.errno());
        } finally {
            fs.close(fd);
        }
    }
}
