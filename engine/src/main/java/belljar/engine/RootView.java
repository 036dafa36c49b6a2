package belljar.engine;

import belljar.failure.GuestException;
import belljar.linux.Caller;
import belljar.linux.Errno;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads files of an image from its unpacked layers as overlayfs would show them, before anything is mounted. Layers are
 * hostile: every step opens one name in a directory that is already open and never lets the kernel follow a link, so
 * that nothing in a layer can name a file outside it. Links are resolved here, against the root of the view.
 *
 * <p>Whiteouts are character devices 0:0 and opaque directories carry {@code overlay.opaque}, as in the kernel's
 * {@code Documentation/filesystems/overlayfs.rst}. For one thread.
 */
final class RootView implements AutoCloseable {
    private static final int AT_FDCWD = -100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_DIRECTORY = 0x10000;
    private static final int O_NOFOLLOW = 0x20000;
    private static final int O_CLOEXEC = 0x80000;
    private static final int O_PATH = 0x200000;
    private static final int S_IFMT = 0xf000;
    private static final int S_IFCHR = 0x2000;
    private static final int S_IFREG = 0x8000;
    private static final int S_IFLNK = 0xa000;
    private static final int DT_CHR = 2;
    /** As the kernel's MAXSYMLINKS. */
    private static final int MAX_LINKS = 40;

    /** As the kernel's PATH_MAX. */
    private static final int MAX_PATH = 4096;

    /** Far more than any real path needs, few enough for a process to have open. */
    private static final int MAX_OPEN = 4000;

    private static final int STAT_SIZE = 144;
    private static final int CHUNK = 16 * 1024;

    private final Caller kernel;
    private final String opaqueName;
    private final List<Integer> open = new ArrayList<>();
    private final Level root;

    /** A directory of the view: the directories of the layers that make it up, the topmost first. */
    private static final class Level {
        final @Nullable Level parent;
        final List<Integer> fds = new ArrayList<>();

        Level(@Nullable Level parent) {
            this.parent = parent;
        }
    }

    /** What a name in the view stands for: a directory, or anything else by an O_PATH descriptor. */
    private record Found(@Nullable Level directory, int fd, int mode) {}

    /**
     * A directory as the view shows it.
     *
     * @param mode its permission bits
     * @param uid its owner as the caller sees it
     * @param gid its group as the caller sees it
     * @param empty whether it has no entries
     */
    record Directory(int mode, int uid, int gid, boolean empty) {}

    /**
     * Opens a view.
     *
     * @param layers directories on the host, the topmost first
     * @param rootless whether opaque directories are marked by {@code user.} rather than {@code trusted.} attributes
     */
    RootView(List<String> layers, boolean rootless) {
        this(HostKernel.INSTANCE, layers, rootless);
    }

    /**
     * Opens a view.
     *
     * @param caller who looks: owners are as it sees them, and what it may not enter is an error
     * @param layers directories on the host, the topmost first
     * @param rootless as above
     */
    RootView(Caller caller, List<String> layers, boolean rootless) {
        kernel = caller;
        opaqueName = rootless ? "user.overlay.opaque" : "trusted.overlay.opaque";
        root = new Level(null);
        try {
            for (String layer : layers) {
                try (Memory memory = kernel.lend()) {
                    long fd = kernel.call(Nr.OPENAT, AT_FDCWD, memory.string(layer), O_DIRECTORY | O_CLOEXEC);
                    root.fds.add(keep(Errno.check("openat", "open the layer " + layer, fd)));
                }
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * {@return the content of a regular file, decoded as UTF-8; empty when the path does not lead to a regular file}
     *
     * @param path an absolute path in the image; links are followed inside the image
     * @param limit the most bytes it may have
     * @throws GuestException if the file is larger or its links run in a circle
     */
    Optional<String> read(String path, int limit) {
        try {
            return readFile(path, limit);
        } finally {
            forget();
        }
    }

    private Optional<String> readFile(String path, int limit) {
        Found found = walk(path);
        if (found == null || found.directory != null || (found.mode & S_IFMT) != S_IFREG) {
            return Optional.empty();
        }
        try (Memory memory = kernel.lend()) {
            // The descriptor already is the file: this reopens it for reading and resolves no name of the image's.
            long reopened = kernel.call(
                    Nr.OPENAT, AT_FDCWD, memory.string("/proc/self/fd/" + found.fd), O_NONBLOCK | O_CLOEXEC);
            int fd = keep(Errno.check("openat", "open " + path + " of the image", reopened));
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            long buffer = memory.allocateDirty(CHUNK);
            byte[] chunk = new byte[CHUNK];
            long n;
            while ((n = Errno.check("read", "read " + path + " of the image", kernel.call(Nr.READ, fd, buffer, CHUNK)))
                    > 0) {
                memory.bytes().get(memory.offset(buffer), chunk, 0, (int) n);
                content.write(chunk, 0, (int) n);
                if (content.size() > limit) {
                    throw new GuestException(
                            path + " of the image is larger than " + limit + " bytes, the most that is read of it",
                            126);
                }
            }
            return Optional.of(content.toString(StandardCharsets.UTF_8));
        }
    }

    /**
     * {@return whether a path leads to anything}
     *
     * @param path an absolute path in the image
     */
    boolean exists(String path) {
        try {
            return walk(path) != null;
        } finally {
            forget();
        }
    }

    /**
     * {@return the directory that a path leads to; empty when it leads to none}
     *
     * @param path an absolute path in the image
     */
    Optional<Directory> directory(String path) {
        try {
            return lookAt(path);
        } finally {
            forget();
        }
    }

    private Optional<Directory> lookAt(String path) {
        Found found = walk(path);
        if (found == null || found.directory == null) {
            return Optional.empty();
        }
        List<Integer> fds = found.directory.fds;
        boolean empty = true;
        for (int i = 0; i < fds.size() && empty; i++) {
            empty = isEmpty(fds.get(i));
        }
        try (Memory memory = kernel.lend()) {
            long stat = stat(fds.get(0), memory);
            return Optional.of(new Directory(
                    memory.getInt(stat + 24) & 0xfff, memory.getInt(stat + 28), memory.getInt(stat + 32), empty));
        }
    }

    private boolean isEmpty(int fd) {
        try (Memory memory = kernel.lend()) {
            long buffer = memory.allocateDirty(CHUNK);
            int n;
            while ((n = (int) Errno.check(
                            "getdents64",
                            "list a directory of the image",
                            kernel.call(Nr.GETDENTS64, fd, buffer, CHUNK)))
                    > 0) {
                int at = memory.offset(buffer);
                int end = at + n;
                while (at < end) {
                    int length = memory.bytes().getShort(at + 16) & 0xffff;
                    boolean dots = memory.bytes().get(at + 19) == '.'
                            && (memory.bytes().get(at + 20) == 0
                                    || memory.bytes().get(at + 20) == '.'
                                            && memory.bytes().get(at + 21) == 0);
                    if (!dots && memory.bytes().get(at + 18) != DT_CHR) { // a character device is a whiteout here
                        return false;
                    }
                    at += length;
                }
            }
            return true;
        }
    }

    private @Nullable Found walk(String path) {
        if (path.length() > MAX_PATH || path.indexOf('\0') >= 0) {
            return null; // the kernel knows no such name either
        }
        List<String> rest = new ArrayList<>();
        push(rest, path);
        Level level = root;
        int links = 0;
        while (!rest.isEmpty()) {
            String name = rest.remove(rest.size() - 1);
            if (name.equals("..")) {
                level = level.parent == null ? root : level.parent;
                continue;
            }
            Found found = lookup(level, name, path);
            if (found == null) {
                return null;
            }
            if (found.directory != null) {
                level = found.directory;
            } else if ((found.mode & S_IFMT) == S_IFLNK) {
                if (++links > MAX_LINKS) {
                    throw new GuestException("the links at " + path + " of the image run in a circle", 126);
                }
                String target = readLink(found.fd, path);
                level = target.startsWith("/") ? root : level;
                push(rest, target);
            } else {
                return rest.isEmpty() ? found : null;
            }
        }
        return new Found(level, -1, 0);
    }

    /** Puts a path's names on a stack, the first on top, without the empty ones and {@code .}. */
    private static void push(List<String> stack, String path) {
        int end = path.length();
        while (end > 0) {
            int slash = path.lastIndexOf('/', end - 1);
            String name = path.substring(slash + 1, end);
            if (!name.isEmpty() && !name.equals(".")) {
                stack.add(name);
            }
            end = slash;
        }
    }

    private @Nullable Found lookup(Level level, String name, String path) {
        Level merged = null;
        for (int i = 0; i < level.fds.size(); i++) {
            int directory = level.fds.get(i);
            long fd = openAt(directory, name, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (fd >= 0) {
                merged = merged == null ? new Level(level) : merged;
                merged.fds.add(keep(fd));
                if (i + 1 < level.fds.size() && isOpaque((int) fd)) {
                    break;
                }
            } else if (fd == -Errno.ENOTDIR || fd == -Errno.ELOOP) {
                if (merged != null) {
                    break; // a directory hides what is below it and not a directory
                }
                return other(directory, name, path);
            } else if (fd != -Errno.ENOENT && fd != -Errno.ENAMETOOLONG) {
                throw Errno.failure("openat", "open " + path + " of the image", fd);
            }
        }
        return merged == null ? null : new Found(merged, -1, 0);
    }

    private @Nullable Found other(int directory, String name, String path) {
        long opened = openAt(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        int fd = keep(Errno.check("openat", "open " + path + " of the image", opened));
        try (Memory memory = kernel.lend()) {
            long stat = stat(fd, memory);
            int mode = memory.getInt(stat + 24);
            boolean whiteout = (mode & S_IFMT) == S_IFCHR && memory.getLong(stat + 40) == 0;
            return whiteout ? null : new Found(null, fd, mode);
        }
    }

    private long openAt(int directory, String name, int flags) {
        try (Memory memory = kernel.lend()) {
            // A layer's names are bytes; only those that are UTF-8 can be asked for, and all that we ask for are.
            return kernel.call(Nr.OPENAT, directory, memory.string(name), flags);
        }
    }

    private boolean isOpaque(int fd) {
        try (Memory memory = kernel.lend()) {
            long value = memory.allocate(8);
            long n = kernel.call(Nr.FGETXATTR, fd, memory.string(opaqueName), value, 8);
            return n == 1 && memory.bytes().get(memory.offset(value)) == 'y';
        }
    }

    private String readLink(int fd, String path) {
        try (Memory memory = kernel.lend()) {
            long buffer = memory.allocate(4096);
            long n = Errno.check(
                    "readlinkat",
                    "read the link " + path + " of the image",
                    kernel.call(Nr.READLINKAT, fd, memory.string(""), buffer, 4096));
            return memory.text(buffer, (int) n);
        }
    }

    /** {@return the address of a {@code struct stat} of x86-64: mode at 24, uid at 28, gid at 32, rdev at 40} */
    private long stat(int fd, Memory memory) {
        long stat = memory.allocate(STAT_SIZE);
        Errno.check(
                "newfstatat",
                "look at a file of the image",
                kernel.call(Nr.NEWFSTATAT, fd, memory.string(""), stat, AT_EMPTY_PATH));
        return stat;
    }

    /** Closes what one look-up opened. */
    private void forget() {
        while (open.size() > root.fds.size()) {
            kernel.call(Nr.CLOSE, open.removeLast());
        }
    }

    private int keep(long fd) {
        open.add((int) fd);
        if (open.size() > MAX_OPEN) {
            throw new GuestException("a path of the image runs through more than " + MAX_OPEN + " directories", 126);
        }
        return (int) fd;
    }

    /** Closes what was opened. */
    @Override
    public void close() {
        for (int fd : open) {
            kernel.call(Nr.CLOSE, fd);
        }
        open.clear();
    }
}
