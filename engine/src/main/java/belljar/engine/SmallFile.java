package belljar.engine;

import belljar.failure.UserException;
import belljar.linux.DirectoryEntry;
import belljar.linux.Errno;
import belljar.linux.Fs;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.OpenFlags;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads and writes small files by plain system calls: a command touches a dozen of them, and the JDK's file API costs
 * it more time to load than the work takes.
 */
final class SmallFile {
    private static final int AT_FDCWD = -100;
    private static final int O_CLOEXEC = 0x80000;
    private static final int O_WRITE_NEW = 1 | 0x40 | 0x200 | O_CLOEXEC;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private SmallFile() {}

    /** {@return the content as UTF-8, at most 32 KiB of it; empty when it cannot be read} */
    static String read(String path) {
        try (Memory memory = KERNEL.lend()) {
            long fd = KERNEL.call(Nr.OPENAT, AT_FDCWD, memory.string(path), O_CLOEXEC);
            if (fd < 0) {
                return "";
            }
            long buffer = memory.allocateDirty(32 * 1024);
            int length = 0;
            while (length < 32 * 1024) {
                long n = KERNEL.call(Nr.READ, fd, buffer + length, 32 * 1024 - length);
                if (n <= 0) {
                    break;
                }
                length += (int) n;
            }
            KERNEL.call(Nr.CLOSE, fd);
            return memory.text(buffer, length);
        }
    }

    /** {@return the whole content as UTF-8, however long it is; empty when it cannot be read} */
    static String readWhole(String path) {
        String text = read(path);
        if (text.length() < 8 * 1024) {
            return text; // UTF-8 has at most four bytes a character, so nothing was cut off
        }
        try (Memory memory = KERNEL.lend()) {
            long stat = memory.allocate(144);
            KERNEL.call(Nr.NEWFSTATAT, AT_FDCWD, memory.string(path), stat, 0);
            int size = (int) Math.min(memory.getLong(stat + 48), 1 << 28);
            return size < 32 * 1024 ? text : readWhole(path, size);
        }
    }

    private static String readWhole(String path, int size) {
        try (Memory memory = KERNEL.lend(size + 16384)) {
            long fd = KERNEL.call(Nr.OPENAT, AT_FDCWD, memory.string(path), O_CLOEXEC);
            if (fd < 0) {
                return "";
            }
            long buffer = memory.allocateDirty(size);
            long n = KERNEL.call(Nr.READ, fd, buffer, size);
            KERNEL.call(Nr.CLOSE, fd);
            return n <= 0 ? "" : memory.text(buffer, (int) n);
        }
    }

    /**
     * Writes a file whole or not at all: under a temporary name, then renamed.
     *
     * @param file where
     * @param content what
     * @param durable whether it must survive a power failure, for which it is synced before; that takes milliseconds
     */
    static void write(Path file, String content, boolean durable) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        try (Memory memory = lend(bytes)) {
            long temporary = memory.string(file + ".new");
            long fd = Errno.check(
                    "openat", "write " + file, KERNEL.call(Nr.OPENAT, AT_FDCWD, temporary, O_WRITE_NEW, 0600));
            long written = KERNEL.call(Nr.WRITE, fd, memory.copy(bytes), bytes.length);
            long synced = written != bytes.length ? -Errno.ENOSPC : durable ? KERNEL.call(Nr.FSYNC, fd) : 0;
            KERNEL.call(Nr.CLOSE, fd);
            if (written < 0 || synced < 0) {
                KERNEL.call(Nr.UNLINKAT, AT_FDCWD, temporary, 0);
                throw Errno.failure("write", "write " + file, written < 0 ? written : synced);
            }
            Errno.check(
                    "renameat2",
                    "write " + file,
                    KERNEL.call(Nr.RENAMEAT2, AT_FDCWD, temporary, AT_FDCWD, memory.string(file.toString()), 0));
        }
    }

    /**
     * Writes a file that must not exist yet, not even as a link, which someone else may have laid there.
     *
     * @return whether it was made; false when something of that name exists
     */
    static boolean writeNew(String path, String content) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        try (Memory memory = KERNEL.lend()) {
            // O_WRONLY | O_CREAT | O_EXCL
            long fd = KERNEL.call(Nr.OPENAT, AT_FDCWD, memory.string(path), 0xC1 | O_CLOEXEC, 0644);
            if (fd == -Errno.EEXIST) {
                return false;
            }
            Errno.check("openat", "write " + path, fd);
            fill(memory, fd, path, bytes);
            return true;
        }
    }

    /** Writes a file in place, which keeps what is mounted of it. */
    static void overwrite(String path, String content) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        try (Memory memory = lend(bytes)) {
            long fd = KERNEL.call(Nr.OPENAT, AT_FDCWD, memory.string(path), O_WRITE_NEW, 0644);
            Errno.check("openat", "write " + path, fd);
            // Whatever this user's umask is, the container's users read it.
            KERNEL.call(Nr.FCHMOD, fd, 0644);
            fill(memory, fd, path, bytes);
        }
    }

    /** Writes all that a file is to hold, and closes it. */
    private static void fill(Memory memory, long fd, String path, byte[] bytes) {
        long written = KERNEL.call(Nr.WRITE, fd, memory.copy(bytes), bytes.length);
        KERNEL.call(Nr.CLOSE, fd);
        if (written != bytes.length) {
            throw Errno.failure("write", "write " + path, written < 0 ? written : -Errno.ENOSPC);
        }
    }

    /** Memory for a content and two paths. */
    private static Memory lend(byte[] content) {
        return content.length < 32 * 1024 ? KERNEL.lend() : KERNEL.lend(content.length + 16384);
    }

    /**
     * Refuses a directory that another user owns or may write to: what stands there is obeyed.
     *
     * @throws UserException if it is so
     */
    static void checkOwn(Path directory) {
        try (Memory memory = KERNEL.lend()) {
            long stat = memory.allocate(144);
            long path = memory.string(directory.toString());
            Errno.check("newfstatat", "look at " + directory, KERNEL.call(Nr.NEWFSTATAT, AT_FDCWD, path, stat, 0));
            boolean others = (memory.getInt(stat + 24) & 022) != 0;
            if (others || memory.getInt(stat + 28) != (int) KERNEL.call(Nr.GETEUID)) {
                throw new UserException(
                        "the directory " + directory + " belongs to another user or can be written to by"
                                + " others; choose another one with --root or --state");
            }
        }
    }

    /** Removes a file if it is there. */
    static void remove(String path) {
        try (Memory memory = KERNEL.lend()) {
            KERNEL.call(Nr.UNLINKAT, AT_FDCWD, memory.string(path), 0);
        }
    }

    /** {@return whether something of that name exists} */
    static boolean exists(String path) {
        try (Memory memory = KERNEL.lend()) {
            long stat = memory.allocate(144);
            return KERNEL.call(Nr.NEWFSTATAT, AT_FDCWD, memory.string(path), stat, 0) == 0;
        }
    }

    /** Makes a directory for this user alone, with its parents. */
    static void makeDirectories(Path directory) {
        try (Memory memory = KERNEL.lend()) {
            long made = KERNEL.call(Nr.MKDIRAT, AT_FDCWD, memory.string(directory.toString()), 0700);
            Path parent = directory.getParent();
            if (made == -Errno.ENOENT && parent != null) {
                makeDirectories(parent);
                made = KERNEL.call(Nr.MKDIRAT, AT_FDCWD, memory.string(directory.toString()), 0700);
            }
            if (made != -Errno.EEXIST) {
                Errno.check("mkdirat", "make the directory " + directory, made);
            }
        }
    }

    /** {@return the names in a directory; none when it is not there} */
    static List<String> list(Path directory) {
        int flags = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.CLOEXEC;
        int fd = Fs.HOST.tryOpen(AT_FDCWD, directory.toString(), flags, 0);
        if (fd < 0) {
            return List.of();
        }
        try {
            List<String> entries = new ArrayList<>();
            for (DirectoryEntry entry : Fs.HOST.list(fd)) {
                entries.add(entry.name());
            }
            return entries;
        } finally {
            Fs.HOST.close(fd);
        }
    }
}
