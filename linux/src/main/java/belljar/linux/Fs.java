package belljar.linux;

import belljar.failure.HostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * File system calls with types, made by a {@link Caller}: on this host ({@link #HOST}) or in the process behind a
 * {@link Stub}, whose descriptors and ids these then are. Every path starts at a directory descriptor or at
 * {@link At#FDCWD}; paths are text in the form of {@link FileName}. Methods throw {@link HostException} with the call's
 * errno and a message such as {@code make directory usr/bin: EACCES (Permission denied)}.
 *
 * <p>Descriptors are plain numbers because those of a stub are not this process's; on the host wrap them in {@link Fd}.
 * As safe for use by several threads as its caller is. Interrupted calls are made again.
 */
public final class Fs {
    /** Calls on this host. */
    public static final Fs HOST = new Fs(HostKernel.INSTANCE);

    /** utimensat(2): leave this time as it is (nanoseconds). */
    public static final int TIME_OMIT = 0x3ffffffe;

    /** utimensat(2): set this time to now (nanoseconds). */
    public static final int TIME_NOW = 0x3fffffff;

    /** renameat2(2): fail when the new name exists. */
    public static final int RENAME_NOREPLACE = 1;

    /** renameat2(2): exchange both names. */
    public static final int RENAME_EXCHANGE = 2;

    private final Caller caller;
    private final FsContent content;
    private final FsXattrs xattrs;

    /**
     * Makes the calls of one caller.
     *
     * @param caller who makes the calls
     */
    public Fs(Caller caller) {
        this.caller = caller;
        this.content = new FsContent(caller);
        this.xattrs = new FsXattrs(caller);
    }

    /** {@return who makes the calls} */
    public Caller caller() {
        return caller;
    }

    /**
     * {@return a new descriptor, by openat(2)}
     *
     * @param dirfd where a relative path starts
     * @param path the path; the last component's link is followed unless flags hold {@link OpenFlags#NOFOLLOW}
     * @param flags of {@link OpenFlags}
     * @param mode permission bits of a file it makes, less the umask
     */
    public int open(int dirfd, String path, int flags, int mode) {
        return (int) check("openat", "open ", path, tryOpen(dirfd, path, flags, mode));
    }

    /**
     * {@return a new descriptor, or the negated errno; see {@link #open(int, String, int, int)}}
     *
     * @param dirfd where a relative path starts
     * @param path the path
     * @param flags of {@link OpenFlags}
     * @param mode permission bits of a file it makes
     */
    public int tryOpen(int dirfd, String path, int flags, int mode) {
        try (Memory memory = caller.lend()) {
            long at = path(memory, path);
            long fd;
            do {
                fd = caller.call(Nr.OPENAT, dirfd, at, flags | OpenFlags.CLOEXEC, mode);
            } while (fd == -Errno.EINTR);
            return (int) fd;
        }
    }

    /**
     * {@return a new descriptor, by openat2(2)}
     *
     * @param dirfd where the path starts
     * @param path the path
     * @param how flags, mode and what to refuse on the way
     */
    public int open(int dirfd, String path, OpenHow how) {
        return (int) check("openat2", "open ", path, tryOpen(dirfd, path, how));
    }

    /**
     * {@return a new descriptor, or the negated errno; see {@link #open(int, String, OpenHow)}}
     *
     * @param dirfd where the path starts
     * @param path the path
     * @param how flags, mode and what to refuse on the way
     */
    public int tryOpen(int dirfd, String path, OpenHow how) {
        try (Memory memory = caller.lend()) {
            long at = path(memory, path);
            long struct = memory.allocate(24);
            memory.putLong(struct, how.flags() | OpenFlags.CLOEXEC);
            memory.putLong(struct + 8, how.mode());
            memory.putLong(struct + 16, how.resolve());
            // EAGAIN: a rename elsewhere on the system raced with the walk; the manual says to try again.
            long fd = -Errno.EAGAIN;
            for (int i = 0; i < 100 && (fd == -Errno.EAGAIN || fd == -Errno.EINTR); i++) {
                fd = caller.call(Nr.OPENAT2, dirfd, at, struct, 24);
            }
            return (int) fd;
        }
    }

    /**
     * Closes a descriptor; errors are dropped, since Linux frees the number even then.
     *
     * @param fd the descriptor
     */
    public void close(int fd) {
        caller.call(Nr.CLOSE, fd);
    }

    /**
     * Makes a directory.
     *
     * @param dirfd where the path starts
     * @param path the path
     * @param mode permission bits, less the umask
     * @return false if the name existed, as anything
     */
    public boolean mkdir(int dirfd, String path, int mode) {
        try (Memory memory = caller.lend()) {
            return unlessExists(
                    "mkdirat", "make directory ", path, caller.call(Nr.MKDIRAT, dirfd, path(memory, path), mode));
        }
    }

    /**
     * Makes a device node, FIFO, socket or empty file.
     *
     * @param dirfd where the path starts
     * @param path the path
     * @param mode type (of {@link Stat}) and permission bits, less the umask
     * @param device the device number, see {@link Stat#rdev}
     * @return false if the name existed, as anything
     */
    public boolean mknod(int dirfd, String path, int mode, long device) {
        try (Memory memory = caller.lend()) {
            // The system call takes the 32-bit form of a device number, which for its halves' ranges is the same.
            long result = caller.call(Nr.MKNODAT, dirfd, path(memory, path), mode, device);
            return unlessExists("mknodat", "make node ", path, result);
        }
    }

    /**
     * Makes a symbolic link.
     *
     * @param target what it says
     * @param dirfd where the path starts
     * @param path the link's path
     * @return false if the name existed, as anything
     */
    public boolean symlink(String target, int dirfd, String path) {
        try (Memory memory = caller.lend()) {
            long to = path(memory, target);
            long result = caller.call(Nr.SYMLINKAT, to, dirfd, path(memory, path));
            return unlessExists("symlinkat", "make symbolic link ", path, result);
        }
    }

    /**
     * Makes a hard link.
     *
     * @param fromDirfd where the existing path starts
     * @param from the existing path
     * @param dirfd where the new path starts
     * @param path the new path
     * @param flags {@link At#SYMLINK_FOLLOW}, {@link At#EMPTY_PATH} or 0, which links a symbolic link itself
     * @return false if the new name existed, as anything
     */
    public boolean link(int fromDirfd, String from, int dirfd, String path, int flags) {
        try (Memory memory = caller.lend()) {
            long source = path(memory, from);
            long result = caller.call(Nr.LINKAT, fromDirfd, source, dirfd, path(memory, path), flags);
            return unlessExists("linkat", "make hard link ", path, result);
        }
    }

    /**
     * Removes a name.
     *
     * @param dirfd where the path starts
     * @param path the path
     * @param flags {@link At#REMOVEDIR} for an empty directory, else 0
     * @return false if there was none
     */
    public boolean unlink(int dirfd, String path, int flags) {
        long result = tryUnlink(dirfd, path, flags);
        if (result == -Errno.ENOENT) {
            return false;
        }
        check("unlinkat", "remove ", path, result);
        return true;
    }

    long tryUnlink(int dirfd, String path, int flags) {
        try (Memory memory = caller.lend()) {
            return caller.call(Nr.UNLINKAT, dirfd, path(memory, path), flags);
        }
    }

    /**
     * Renames.
     *
     * @param fromDirfd where the old path starts
     * @param from the old path
     * @param dirfd where the new path starts
     * @param path the new path
     * @param flags {@link #RENAME_NOREPLACE}, {@link #RENAME_EXCHANGE} or 0
     */
    public void rename(int fromDirfd, String from, int dirfd, String path, int flags) {
        check(
                "renameat2",
                "rename " + FileName.show(from) + " to ",
                path,
                tryRename(fromDirfd, from, dirfd, path, flags));
    }

    long tryRename(int fromDirfd, String from, int dirfd, String path, int flags) {
        try (Memory memory = caller.lend()) {
            long source = path(memory, from);
            return caller.call(Nr.RENAMEAT2, fromDirfd, source, dirfd, path(memory, path), flags);
        }
    }

    /**
     * {@return what a symbolic link says}
     *
     * @param dirfd where the path starts, or with an empty path the link itself opened with {@link OpenFlags#PATH}
     * @param path the link's path
     */
    public String readlink(int dirfd, String path) {
        try (Memory memory = caller.lend()) {
            long at = path(memory, path);
            long buffer = memory.allocateDirty(4096);
            long n = check(
                    "readlinkat", "read symbolic link ", path, caller.call(Nr.READLINKAT, dirfd, at, buffer, 4096));
            return FsContent.text(memory, buffer, (int) n);
        }
    }

    /**
     * Changes owner and group; the kernel drops set-id bits and file capabilities with it.
     *
     * @param dirfd where the path starts
     * @param path the path
     * @param uid the new owner, -1 to leave it
     * @param gid the new group, -1 to leave it
     * @param flags {@link At#SYMLINK_NOFOLLOW}, {@link At#EMPTY_PATH} or 0
     */
    public void chown(int dirfd, String path, int uid, int gid, int flags) {
        try (Memory memory = caller.lend()) {
            check(
                    "fchownat",
                    "give to user " + Integer.toUnsignedString(uid) + " and group " + Integer.toUnsignedString(gid)
                            + ": ",
                    path,
                    caller.call(Nr.FCHOWNAT, dirfd, path(memory, path), uid & 0xffffffffL, gid & 0xffffffffL, flags));
        }
    }

    /**
     * Changes owner and group of an open file; see {@link #chown(int, String, int, int, int)}.
     *
     * @param fd the file, not opened with {@link OpenFlags#PATH}
     * @param uid the new owner, -1 to leave it
     * @param gid the new group, -1 to leave it
     */
    public void chown(int fd, int uid, int gid) {
        long result = caller.call(Nr.FCHOWN, fd, uid & 0xffffffffL, gid & 0xffffffffL);
        check(
                "fchown",
                "give to user " + Integer.toUnsignedString(uid) + " and group ",
                Integer.toUnsignedString(gid),
                result);
    }

    /**
     * Sets the permission bits of an open file or directory.
     *
     * @param fd the file; one opened with {@link OpenFlags#PATH} will do where /proc is mounted
     * @param mode 0 to 07777
     */
    public void chmod(int fd, int mode) {
        long result = caller.call(Nr.FCHMOD, fd, mode);
        if (result == -Errno.EBADF) {
            try (Memory memory = caller.lend()) {
                result = caller.call(Nr.FCHMODAT, At.FDCWD, memory.string(FsXattrs.PROC + fd), mode);
            }
        }
        check("fchmod", "set the mode of ", "descriptor " + fd, result);
    }

    /**
     * Sets the permission bits of a name, never of what a link points to.
     *
     * @param dirfd where the path starts
     * @param path the path; must not be a symbolic link, whose mode Linux does not keep
     * @param mode 0 to 07777
     */
    public void chmod(int dirfd, String path, int mode) {
        long result;
        try (Memory memory = caller.lend()) {
            result = caller.call(Nr.FCHMODAT2, dirfd, path(memory, path), mode, At.SYMLINK_NOFOLLOW);
        }
        // Kernels before 6.6 have no fchmodat2, and seccomp policies that do not know it answer EPERM.
        if (result != -Errno.ENOSYS && result != -Errno.EPERM) {
            check("fchmodat2", "set the mode of ", path, result);
            return;
        }
        int fd = open(dirfd, path, OpenFlags.PATH | OpenFlags.NOFOLLOW, 0);
        try {
            if (stat(fd).isSymlink()) {
                throw Errno.failure("fchmodat2", "set the mode of " + FileName.show(path), -Errno.EOPNOTSUPP);
            }
            chmod(fd, mode);
        } finally {
            close(fd);
        }
    }

    /**
     * Sets the times of a name, never of what a link points to.
     *
     * @param dirfd where the path starts; with an empty path the open file itself
     * @param path the path, or empty
     * @param accessSeconds access time
     * @param accessNanos nanoseconds of it, or {@link #TIME_OMIT} or {@link #TIME_NOW}
     * @param modifySeconds modification time
     * @param modifyNanos nanoseconds of it, or {@link #TIME_OMIT} or {@link #TIME_NOW}
     */
    public void times(
            int dirfd, String path, long accessSeconds, int accessNanos, long modifySeconds, int modifyNanos) {
        try (Memory memory = caller.lend()) {
            long at = path.isEmpty() ? 0 : path(memory, path);
            long times = memory.allocate(32);
            memory.putLong(times, accessSeconds);
            memory.putLong(times + 8, accessNanos);
            memory.putLong(times + 16, modifySeconds);
            memory.putLong(times + 24, modifyNanos);
            int flags = path.isEmpty() ? 0 : At.SYMLINK_NOFOLLOW;
            check("utimensat", "set the times of ", path, caller.call(Nr.UTIMENSAT, dirfd, at, times, flags));
        }
    }

    /**
     * {@return what a name is, the link itself where it is one; empty when there is none}
     *
     * @param dirfd where the path starts
     * @param path the path
     */
    public Optional<Stat> find(int dirfd, String path) {
        try (Memory memory = caller.lend()) {
            long at = path(memory, path);
            long buffer = memory.allocate(Stat.SIZE);
            long result = caller.call(Nr.NEWFSTATAT, dirfd, at, buffer, At.SYMLINK_NOFOLLOW);
            if (result == -Errno.ENOENT) {
                return Optional.empty();
            }
            check("newfstatat", "look at ", path, result);
            return Optional.of(Stat.read(memory, buffer));
        }
    }

    /**
     * {@return what an open file is}
     *
     * @param fd the file; one opened with {@link OpenFlags#PATH} will do
     */
    public Stat stat(int fd) {
        try (Memory memory = caller.lend()) {
            long buffer = memory.allocate(Stat.SIZE);
            check("fstat", "look at ", "descriptor " + fd, caller.call(Nr.FSTAT, fd, buffer));
            return Stat.read(memory, buffer);
        }
    }

    /** {@return reading, writing, sizes, locks and flushing of open files} */
    public FsContent content() {
        return content;
    }

    /** {@return extended attributes} */
    public FsXattrs xattrs() {
        return xattrs;
    }

    /**
     * {@return all names in a directory but {@code .} and {@code ..}, in the file system's order}
     *
     * @param fd the directory, opened for reading; read from its start
     */
    public List<DirectoryEntry> list(int fd) {
        return FsTree.list(caller, fd);
    }

    /**
     * {@return all names in a directory but {@code .} and {@code ..}, in the file system's order; none where there is
     * no such directory}
     *
     * @param directory its path
     * @throws HostException if it cannot be read
     */
    public List<String> names(String directory) {
        int fd = tryOpen(At.FDCWD, directory, OpenFlags.DIRECTORY, 0);
        if (fd == -Errno.ENOENT) {
            return List.of();
        }
        Errno.check("openat", "open " + directory, fd);
        try {
            List<String> names = new ArrayList<>();
            for (DirectoryEntry entry : list(fd)) {
                names.add(entry.name());
            }
            return names;
        } finally {
            close(fd);
        }
    }

    /**
     * Removes a name and, when it is a directory, all below it. Never follows a symbolic link and never crosses a mount
     * point. Works through trees of any depth with a bounded number of descriptors. Names that vanish meanwhile are no
     * failure.
     *
     * @param dirfd the directory that holds the name
     * @param name one name, no path
     * @return false if there was none
     */
    public boolean removeTree(int dirfd, String name) {
        return new FsTree(this).remove(dirfd, name);
    }

    static long path(Memory memory, String path) {
        byte[] bytes = FileName.encode(path);
        for (byte b : bytes) {
            if (b == 0) {
                throw new IllegalArgumentException("a NUL character in a path");
            }
        }
        long at = memory.allocateDirty(bytes.length + 1);
        int offset = memory.offset(at);
        memory.bytes().put(offset, bytes);
        memory.bytes().put(offset + bytes.length, (byte) 0);
        return at;
    }

    static long check(String call, String what, String path, long result) {
        if (result < 0) {
            throw Errno.failure(call, what + FileName.show(path), result);
        }
        return result;
    }

    private static boolean unlessExists(String call, String what, String path, long result) {
        if (result == -Errno.EEXIST) {
            return false;
        }
        check(call, what, path, result);
        return true;
    }
}
