package belljar.engine;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.image.TarEntry;
import belljar.image.TarType;
import belljar.linux.At;
import belljar.linux.Errno;
import belljar.linux.FileName;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.OpenHow;
import belljar.linux.Stat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Makes a tree below a directory, in which others may work meanwhile. No link in it is followed: each name is made in a
 * directory that openat2(2) found below the first one without crossing a link. What has a name already gives way,
 * except that directories and other things do not replace one another unasked.
 */
final class TreeMaker implements TreeSink {
    private static final int BUFFER = 128 * 1024;
    private static final int ATTEMPTS = 8;
    private static final OpenHow DIRECTORY = OpenHow.beneath(OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW);

    private final Fs fs;
    private final int base;
    private final Looks looks;
    private final boolean overwrite;
    private final byte[] buffer = new byte[BUFFER];
    private final LinkedHashMap<String, TarEntry> directories = new LinkedHashMap<>();

    /**
     * @param fs who makes it
     * @param base the directory, opened for reading or as a handle
     * @param looks how owners and modes of entries become those of files
     * @param overwrite whether directories and other things may replace one another
     */
    TreeMaker(Fs fs, int base, Looks looks, boolean overwrite) {
        this.fs = fs;
        this.base = base;
        this.looks = looks;
        this.overwrite = overwrite;
    }

    /**
     * How copies look.
     *
     * @param owners the tree's that the copy goes to
     * @param uid the user inside that all belongs to; -1 to keep owners
     * @param gid the group inside that all belongs to; -1 to keep groups
     * @param toHost whether it goes out of a container: then no file gets a set-id bit and no device is made, since
     *     what a container wrote would act with the rights of the host's users
     */
    record Looks(TreeOwners owners, int uid, int gid, boolean toHost) {
        int uid(TarEntry entry) {
            return owners.outsideUid(uid >= 0 ? uid : (int) entry.uid());
        }

        int gid(TarEntry entry) {
            return owners.outsideGid(gid >= 0 ? gid : (int) entry.gid());
        }

        int mode(TarEntry entry) {
            return toHost ? entry.mode() & 01777 : entry.mode();
        }
    }

    @Override
    public void put(TarEntry entry, Content content) {
        String path = MountPaths.clean("/" + entry.name()).substring(1);
        if (path.isEmpty()) {
            return;
        }
        int slash = path.lastIndexOf('/');
        int parent = parent(slash < 0 ? "" : path.substring(0, slash));
        try {
            make(entry, content, parent, path.substring(slash + 1), path);
        } finally {
            fs.close(parent);
        }
    }

    private void make(TarEntry entry, Content content, int parent, String name, String path) {
        switch (entry.type()) {
            case DIRECTORY -> directory(entry, parent, name, path);
            case FILE -> {
                int fd = create(parent, name, path);
                try {
                    write(fd, entry, content);
                } finally {
                    fs.close(fd);
                }
            }
            case SYMLINK -> {
                replace(parent, name, path, () -> fs.symlink(entry.linkName(), parent, name));
                named(parent, name, entry);
            }
            case HARD_LINK -> hardLink(entry, parent, name, path);
            case FIFO -> {
                replace(parent, name, path, () -> fs.mknod(parent, name, Stat.FIFO | 0600, 0));
                named(parent, name, entry);
            }
            case CHAR_DEVICE, BLOCK_DEVICE -> {
                if (!looks.toHost() && !IdMapping.rootless()) {
                    int type = entry.type() == TarType.CHAR_DEVICE ? Stat.CHAR_DEVICE : Stat.BLOCK_DEVICE;
                    long device = Stat.rdev(entry.deviceMajor(), entry.deviceMinor());
                    replace(parent, name, path, () -> fs.mknod(parent, name, type | 0600, device));
                    named(parent, name, entry);
                }
            }
        }
    }

    /** {@return the directory at a path, made where it is missing; the caller closes it} */
    private int parent(String path) {
        int found = fs.tryOpen(base, path.isEmpty() ? "." : path, DIRECTORY);
        if (found == -Errno.ENOENT) {
            int slash = path.lastIndexOf('/');
            int above = parent(slash < 0 ? "" : path.substring(0, slash));
            try {
                fs.mkdir(above, path.substring(slash + 1), 0755);
            } finally {
                fs.close(above);
            }
            found = fs.tryOpen(base, path, DIRECTORY);
        }
        if (found == -Errno.ELOOP || found == -Errno.ENOTDIR) {
            throw new UserException("the destination has something else than a directory at " + FileName.show(path)
                    + "; copy to where it leads, or remove it");
        }
        return (int) Errno.check("openat2", "open " + FileName.show(path), found);
    }

    private void directory(TarEntry entry, int parent, String name, String path) {
        if (!fs.mkdir(parent, name, 0700)) {
            Optional<Stat> found = fs.find(parent, name);
            if (found.isPresent() && !found.get().isDirectory()) {
                if (!overwrite) {
                    throw new UserException("the destination has something else than a directory at "
                            + FileName.show(path) + "; add --overwrite to replace it");
                }
                fs.unlink(parent, name, 0);
                fs.mkdir(parent, name, 0700);
            }
        }
        directories.remove(path);
        directories.put(path, entry);
    }

    private int create(int parent, String name, String path) {
        int[] made = new int[1];
        int flags = OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.EXCL | OpenFlags.NOFOLLOW;
        replace(parent, name, path, () -> {
            int fd = fs.tryOpen(parent, name, flags, 0600);
            if (fd == -Errno.EEXIST) {
                return false;
            }
            made[0] = (int) Errno.check("openat", "make " + FileName.show(path), fd);
            return true;
        });
        return made[0];
    }

    private void replace(int parent, String name, String path, BooleanSupplier create) {
        for (int i = 0; i < ATTEMPTS; i++) {
            if (create.getAsBoolean()) {
                return;
            }
            boolean directory = fs.find(parent, name).map(Stat::isDirectory).orElse(false);
            if (directory && !overwrite) {
                throw new UserException("the destination has a directory at " + FileName.show(path)
                        + "; add --overwrite to replace it");
            }
            if (directory) {
                fs.removeTree(parent, name);
            } else {
                fs.unlink(parent, name, 0);
            }
        }
        throw new HostException("somebody else keeps making " + FileName.show(path) + " anew; try again", "", 0);
    }

    private void hardLink(TarEntry entry, int parent, String name, String path) {
        String target = MountPaths.clean("/" + entry.linkName()).substring(1);
        int slash = target.lastIndexOf('/');
        int from = parent(slash < 0 ? "" : target.substring(0, slash));
        try {
            replace(parent, name, path, () -> fs.link(from, target.substring(slash + 1), parent, name, 0));
        } finally {
            fs.close(from);
        }
    }

    /**
     * Writes a file's content and gives it its looks.
     *
     * @param fd the file, empty and open for writing
     */
    void write(int fd, TarEntry entry, Content content) {
        for (int n = content.read(buffer, 0, BUFFER); n > 0; n = content.read(buffer, 0, BUFFER)) {
            fs.content().write(fd, buffer, 0, n);
        }
        fs.chown(fd, looks.uid(entry), looks.gid(entry));
        fs.chmod(fd, looks.mode(entry));
        xattrs(fd, entry);
        fs.times(fd, "", entry.mtimeSeconds(), entry.mtimeNanos(), entry.mtimeSeconds(), entry.mtimeNanos());
    }

    private void named(int parent, String name, TarEntry entry) {
        fs.chown(parent, name, looks.uid(entry), looks.gid(entry), At.SYMLINK_NOFOLLOW);
        if (entry.type() != TarType.SYMLINK) {
            fs.chmod(parent, name, looks.mode(entry));
        }
        fs.times(parent, name, entry.mtimeSeconds(), entry.mtimeNanos(), entry.mtimeSeconds(), entry.mtimeNanos());
    }

    private void xattrs(int fd, TarEntry entry) {
        for (Map.Entry<String, byte[]> xattr : entry.xattrs().entrySet()) {
            String name = xattr.getKey();
            boolean users = name.startsWith("user.") && !name.startsWith("user.overlay.");
            if (users || !looks.toHost() && (name.equals("security.capability") || name.startsWith("system.posix_"))) {
                // Where the file system has none of them the copy is as good as it can be.
                fs.xattrs().trySet(fd, name, xattr.getValue());
            }
        }
    }

    /** Gives directories their looks, those further down first: making names in them has changed their times. */
    void finish() {
        for (Map.Entry<String, TarEntry> each : directories.sequencedEntrySet().reversed()) {
            TarEntry entry = each.getValue();
            int fd = fs.tryOpen(base, each.getKey(), DIRECTORY);
            if (fd < 0) {
                continue; // somebody else took it away
            }
            try {
                fs.chown(fd, looks.uid(entry), looks.gid(entry));
                fs.chmod(fd, looks.mode(entry));
                xattrs(fd, entry);
                fs.times(fd, "", entry.mtimeSeconds(), entry.mtimeNanos(), entry.mtimeSeconds(), entry.mtimeNanos());
            } finally {
                fs.close(fd);
            }
        }
        directories.clear();
    }
}
