package belljar.engine;

import belljar.failure.UserException;
import belljar.linux.At;
import belljar.linux.DirectoryEntry;
import belljar.linux.Errno;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.Stub;
import belljar.sandbox.IdMaps;
import java.util.List;

/** Gives what is mounted to the user whom the container runs as, with all in it: the option {@code U}. */
final class VolumeOwner {
    private static final int MAX_DEPTH = 250;

    /** Whose files a host needs to have the owners that they have. */
    private static final List<String> HOSTS = List.of(
            "/",
            "/bin",
            "/boot",
            "/dev",
            "/etc",
            "/home",
            "/lib",
            "/lib64",
            "/media",
            "/opt",
            "/proc",
            "/root",
            "/run",
            "/sbin",
            "/srv",
            "/sys",
            "/tmp",
            "/usr",
            "/var",
            "/var/lib");

    private final Fs fs;
    private final int uid;
    private final int gid;

    private VolumeOwner(Fs fs, int uid, int gid) {
        this.fs = fs;
        this.uid = uid;
        this.gid = gid;
    }

    /**
     * Refuses a directory of the host that must stay whose it is.
     *
     * @throws UserException if it is such a one
     */
    static void checkHost(String source) {
        if (HOSTS.contains(MountPaths.clean(source))) {
            throw new UserException("the option U would give the host's " + source
                    + " to the container's user; mount a directory below it, or leave U out");
        }
    }

    /** {@return the mapping of the namespace that a container's files are owned in} */
    static IdMaps namespace(RunSite site) {
        IdMaps maps = site.idMaps();
        return maps.uids().isEmpty() && IdMapping.rootless()
                ? IdMapping.own()
                : maps.within().orElse(maps);
    }

    /**
     * Gives a file, or a directory with all in it, to a user. Links are not followed.
     *
     * @param site what is prepared for the container
     * @param path the absolute path on the host
     * @param user the user, by the ids inside
     */
    static void give(RunSite site, String path, Users.User user) {
        TreeOwners owners = ContainerTree.owners(site.idMaps());
        int uid = owners.outsideUid(user.uid());
        int gid = owners.outsideGid(user.gid());
        if (!IdMapping.rootless()) {
            new VolumeOwner(Fs.HOST, uid, gid).give(path);
            return;
        }
        try (Stub stub = NamespaceOwner.start(namespace(site))) {
            new VolumeOwner(new Fs(stub), uid, gid).give(path);
        }
    }

    private void give(String path) {
        give(At.FDCWD, path, 0);
    }

    private void give(int parent, String name, int depth) {
        if (depth > MAX_DEPTH) {
            throw new UserException("directories are nested more than " + MAX_DEPTH
                    + " deep in what the option U is to give away; use chown(1) and leave U out");
        }
        fs.chown(parent, name, uid, gid, At.SYMLINK_NOFOLLOW);
        int fd = fs.tryOpen(parent, name, OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW, 0);
        if (fd == -Errno.ENOTDIR || fd == -Errno.ELOOP || fd == -Errno.ENOENT) {
            return;
        }
        Errno.check("openat", "open a directory that is given away", fd);
        try {
            for (DirectoryEntry entry : fs.list(fd)) {
                give(fd, entry.name(), depth + 1);
            }
        } finally {
            fs.close(fd);
        }
    }
}
