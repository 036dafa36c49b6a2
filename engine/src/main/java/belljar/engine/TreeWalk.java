package belljar.engine;

import belljar.failure.UserException;
import belljar.image.LayerPacker;
import belljar.image.TarEntry;
import belljar.image.TarType;
import belljar.linux.At;
import belljar.linux.DirectoryEntry;
import belljar.linux.Errno;
import belljar.linux.FileName;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.Stat;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a tree whose owner may change it meanwhile. Every name is opened once, as a handle that follows no link and
 * opens nothing; what it is, is asked of the handle, and what is read, is read through it. A name that becomes a link,
 * a FIFO or a device in between is therefore copied as what it was when it was looked at.
 */
final class TreeWalk {
    private static final int MAX_DEPTH = 250;
    private static final int HANDLE = OpenFlags.PATH | OpenFlags.NOFOLLOW;

    /** Of linux/magic.h: procfs, sysfs, and the file systems of cgroups; what they show are no files to copy. */
    private static final List<Long> KERNELS_OWN = List.of(0x9fa0L, 0x62656572L, 0x27e0ebL, 0x63677270L);

    private final Fs fs;
    private final TreeOwners owners;
    private final TreeSink sink;
    private final String forbidden;
    private final Map<String, String> linked = new HashMap<>();

    /**
     * @param fs who reads
     * @param owners the tree's
     * @param sink who takes it
     * @param forbidden the {@link #identity} of a directory that must not be met, since the copy goes there; or empty
     */
    TreeWalk(Fs fs, TreeOwners owners, TreeSink sink, String forbidden) {
        this.fs = fs;
        this.owners = owners;
        this.sink = sink;
        this.forbidden = forbidden;
    }

    /** {@return what tells one file from all others} */
    static String identity(Stat stat) {
        return stat.device() + ":" + stat.inode();
    }

    /**
     * Hands on a file or a directory with all in it.
     *
     * @param fd a handle, opened with O_PATH
     * @param name the name it gets; empty to leave a directory itself out
     */
    void walk(int fd, String name) {
        walk(fd, name, fs.stat(fd), 0);
    }

    private void walk(int fd, String name, Stat stat, int depth) {
        if (stat.isDirectory()) {
            directory(fd, name, stat, depth);
        } else if (stat.type() != Stat.SOCKET) {
            other(fd, name, stat);
        }
    }

    private void other(int fd, String name, Stat stat) {
        if (stat.links() > 1) {
            String first = linked.putIfAbsent(identity(stat), name);
            if (first != null) {
                sink.put(looks(TarEntry.hardLink(name, first), stat), TreeSink.Content.NONE);
                return;
            }
        }
        if (stat.isRegular()) {
            file(fd, name, stat);
            return;
        }
        TarEntry entry = stat.isSymlink()
                ? TarEntry.symlink(name, fs.readlink(fd, ""))
                : TarEntry.node(name, type(stat), stat.permissions(), stat.rdevMajor(), stat.rdevMinor());
        sink.put(looks(entry, stat).withXattrs(LayerPacker.xattrs(fs, fd)), TreeSink.Content.NONE);
    }

    private static TarType type(Stat stat) {
        return stat.type() == Stat.FIFO
                ? TarType.FIFO
                : stat.type() == Stat.CHAR_DEVICE ? TarType.CHAR_DEVICE : TarType.BLOCK_DEVICE;
    }

    private void file(int handle, String name, Stat stat) {
        int fd = fs.open(At.FDCWD, "/proc/self/fd/" + handle, OpenFlags.RDONLY | OpenFlags.NONBLOCK, 0);
        try {
            TarEntry entry = TarEntry.file(name, stat.permissions(), stat.size());
            long[] left = {stat.size()};
            sink.put(looks(entry, stat).withXattrs(LayerPacker.xattrs(fs, fd)), (into, start, length) -> {
                int wanted = (int) Math.min(left[0], length);
                int n = wanted == 0 ? 0 : fs.content().read(fd, into, start, wanted);
                if (n < wanted) {
                    // Its size was announced already: what was cut off meanwhile reads as zeros.
                    java.util.Arrays.fill(into, start + n, start + wanted, (byte) 0);
                }
                left[0] -= wanted;
                return wanted;
            });
        } finally {
            fs.close(fd);
        }
    }

    private void directory(int handle, String name, Stat stat, int depth) {
        if (depth > MAX_DEPTH) {
            throw new UserException("directories are nested more than " + MAX_DEPTH + " deep at " + FileName.show(name)
                    + "; copy the ones further down by themselves");
        }
        if (identity(stat).equals(forbidden)) {
            throw new UserException("a directory cannot be copied into itself; choose another destination");
        }
        int fd = fs.open(handle, ".", OpenFlags.DIRECTORY, 0);
        try {
            if (!name.isEmpty()) {
                TarEntry entry = TarEntry.directory(name + "/", stat.permissions());
                sink.put(looks(entry, stat).withXattrs(LayerPacker.xattrs(fs, fd)), TreeSink.Content.NONE);
            }
            if (KERNELS_OWN.contains(fs.content().fileSystemType(fd))) {
                return;
            }
            String prefix = name.isEmpty() ? "" : name + "/";
            for (DirectoryEntry entry : fs.list(fd)) {
                int child = fs.tryOpen(fd, entry.name(), HANDLE, 0);
                if (child == -Errno.ENOENT) {
                    continue;
                }
                Errno.check("openat", "open " + FileName.show(prefix + entry.name()), child);
                try {
                    walk(child, prefix + entry.name(), fs.stat(child), depth + 1);
                } finally {
                    fs.close(child);
                }
            }
        } finally {
            fs.close(fd);
        }
    }

    private TarEntry looks(TarEntry entry, Stat stat) {
        return entry.withOwner(owners.insideUid(stat.uid()) & 0xffffffffL, owners.insideGid(stat.gid()) & 0xffffffffL)
                .withTime(stat.modifySeconds(), stat.modifyNanos());
    }
}
