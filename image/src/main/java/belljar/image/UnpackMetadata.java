package belljar.image;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.At;
import belljar.linux.Errno;
import belljar.linux.FileName;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.Stat;
import java.util.Arrays;
import java.util.Map;

/**
 * Sets owners, modes, extended attributes and times, with no call that a fresh file does not need. What a fresh file
 * gets by itself (ids, mode less the umask, set-group-id directories, default ACLs) is learned from one trial file.
 */
final class UnpackMetadata {
    private static final String PROBE = ".belljar-probe";
    private static final String CAPABILITY = "security.capability";

    private final Fs fs;
    private final UnpackOptions options;
    private final int freshUid;
    private final int freshGid;
    private final int freshMode;
    private long skippedXattrs;

    UnpackMetadata(Fs fs, int root, UnpackOptions options) {
        this.fs = fs;
        this.options = options;
        fs.unlink(root, PROBE, 0);
        fs.mknod(root, PROBE, Stat.REGULAR | 0777, 0);
        Stat probe = fs.find(root, PROBE).orElseThrow();
        fs.unlink(root, PROBE, 0);
        freshUid = probe.uid();
        freshGid = probe.gid();
        freshMode = probe.permissions();
    }

    long skippedXattrs() {
        return skippedXattrs;
    }

    /** The mode to make a file with: without the set-id bits, which a change of owner would drop. */
    static int creationMode(int mode) {
        return mode & 0777;
    }

    /** Sets everything on an open regular file. */
    void file(int fd, TarEntry entry) {
        if (changesOwner(entry)) {
            try {
                fs.chown(fd, uid(entry), gid(entry));
            } catch (HostException e) {
                throw owner(entry, e);
            }
        }
        if (changesMode(entry.mode())) {
            fs.chmod(fd, entry.mode());
        }
        if (!entry.xattrs().isEmpty()) {
            xattrs(fd, entry.xattrs());
        }
        fs.times(fd, "", entry.mtimeSeconds(), entry.mtimeNanos(), entry.mtimeSeconds(), entry.mtimeNanos());
    }

    /** Sets everything on a name that is a directory, link or node. */
    void named(int directory, String name, TarEntry entry) {
        if (changesOwner(entry)) {
            try {
                fs.chown(directory, name, uid(entry), gid(entry), At.SYMLINK_NOFOLLOW);
            } catch (HostException e) {
                throw owner(entry, e);
            }
        }
        // A directory was open to us until now, and the root has a mode of its own.
        boolean closed = entry.type() == TarType.DIRECTORY && ((entry.mode() & 0700) != 0700 || name.equals("."));
        if (entry.type() != TarType.SYMLINK && (closed || changesMode(entry.mode()))) {
            fs.chmod(directory, name, entry.mode());
        }
        if (!entry.xattrs().isEmpty()) {
            int fd = fs.open(directory, name, OpenFlags.PATH | OpenFlags.NOFOLLOW, 0);
            try {
                xattrs(fd, entry.xattrs());
            } finally {
                fs.close(fd);
            }
        }
        fs.times(directory, name, entry.mtimeSeconds(), entry.mtimeNanos(), entry.mtimeSeconds(), entry.mtimeNanos());
    }

    private boolean changesOwner(TarEntry entry) {
        return options.ids() == UnpackOptions.Ids.KEEP && (uid(entry) != freshUid || gid(entry) != freshGid);
    }

    private int uid(TarEntry entry) {
        return placed(entry, options.owners().uid(entry.uid()));
    }

    private int gid(TarEntry entry) {
        return placed(entry, options.owners().gid(entry.gid()));
    }

    private static int placed(TarEntry entry, long id) {
        if (id < 0) {
            throw new UserException("the layer's file " + FileName.show(entry.name()) + " belongs to user "
                    + entry.uid() + " and group " + entry.gid()
                    + ", which the container's id map leaves out; map more ids");
        }
        return (int) id;
    }

    private boolean changesMode(int mode) {
        return (mode & 07000) != 0 || (mode & ~freshMode) != 0;
    }

    private static RuntimeException owner(TarEntry entry, HostException e) {
        String who = "user " + entry.uid() + " and group " + entry.gid();
        if (e.errno() == Errno.EINVAL) {
            return new UserException(
                    "the layer's file " + FileName.show(entry.name()) + " belongs to " + who
                            + ", which your user namespace does not map; add ids for your user to /etc/subuid and /etc/subgid",
                    e);
        }
        if (e.errno() == Errno.EPERM) {
            return new UserException(
                    "the layer's file " + FileName.show(entry.name()) + " belongs to " + who
                            + ", which needs root or ids in /etc/subuid and /etc/subgid",
                    e);
        }
        return e;
    }

    private void xattrs(int fd, Map<String, byte[]> xattrs) {
        for (Map.Entry<String, byte[]> xattr : xattrs.entrySet()) {
            String name = xattr.getKey();
            // An image that could set overlayfs's own attributes could make it show other layers' files in its place;
            // a label of the host's policy is not the image's to choose.
            if (name.startsWith("trusted.overlay.")
                    || name.startsWith("user.overlay.")
                    || name.equals("security.selinux")) {
                skippedXattrs++;
                continue;
            }
            byte[] value = name.equals(CAPABILITY) ? withoutRootId(xattr.getValue()) : xattr.getValue();
            long result = fs.xattrs().trySet(fd, name, value);
            if (result == -Errno.EOPNOTSUPP || result == -Errno.EPERM || result == -Errno.EACCES) {
                skippedXattrs++;
            } else if (result < 0) {
                throw Errno.failure("fsetxattr", "set the extended attribute " + FileName.show(name), result);
            }
        }
    }

    /**
     * {@return file capabilities in version 2 of {@code struct vfs_cap_data}} Version 3 names the user namespace it was
     * made in, which means nothing here; the kernel turns version 2 into a 3 of ours when set in a user namespace
     * (capabilities(7), "Namespaced file capabilities").
     */
    private static byte[] withoutRootId(byte[] value) {
        if (value.length != 24 || value[3] != 3) {
            return value;
        }
        byte[] version2 = Arrays.copyOf(value, 20);
        version2[3] = 2;
        return version2;
    }
}
