package belljar.network;

import belljar.failure.HostException;
import belljar.linux.At;
import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.Fs;
import belljar.linux.LockFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The directory that the networks' files are in, and the lock of everything that is done to networks (flock(2)). By
 * plain system calls, since it is on the way of starting a container.
 */
final class Place {
    private static final int O_CLOEXEC = 0x80000;
    private static final int O_WRITE_NEW = 1 | 0x40 | 0x200 | O_CLOEXEC;
    private static final int MOST = 64 << 20;
    private static final Fs FS = Fs.HOST;

    private final Path directory;

    Place(Path directory) {
        this.directory = directory;
    }

    Path directory() {
        return directory;
    }

    /** Waits until nobody else has the lock; it is held until the descriptor and all copies of it are closed. */
    Fd lock() {
        Fd fd = LockFile.open(lockFile());
        FS.content().lock(fd.number(), true, true);
        return fd;
    }

    /** {@return the lock, or null where somebody else has it} */
    @Nullable Fd tryLock() {
        return LockFile.tryTake(lockFile());
    }

    private String lockFile() {
        make(directory);
        return directory.resolve(".lock").toString();
    }

    boolean exists(String name) {
        int fd = FS.tryOpen(At.FDCWD, directory.resolve(name).toString(), O_CLOEXEC, 0);
        if (fd >= 0) {
            FS.close(fd);
        }
        return fd >= 0;
    }

    private static void make(Path path) {
        try {
            FS.mkdir(At.FDCWD, path.toString(), 0700);
        } catch (HostException e) {
            Path parent = path.getParent();
            if (e.errno() != Errno.ENOENT || parent == null) {
                throw e;
            }
            make(parent);
            FS.mkdir(At.FDCWD, path.toString(), 0700);
        }
    }

    /** {@return the names of files with an ending, without it, sorted} */
    List<String> names(String ending) {
        List<String> names = new ArrayList<>();
        for (String name : FS.names(directory.toString())) {
            if (name.endsWith(ending) && !name.startsWith(".")) {
                names.add(name.substring(0, name.length() - ending.length()));
            }
        }
        names.sort(null);
        return names;
    }

    /** {@return a file's text; empty where there is none} */
    String read(String name) {
        return readFile(directory.resolve(name).toString());
    }

    static String readFile(String path) {
        int fd = FS.tryOpen(At.FDCWD, path, O_CLOEXEC, 0);
        if (fd == -Errno.ENOENT) {
            return "";
        }
        Errno.check("openat", "read " + path, fd);
        try {
            return new String(FS.content().readAll(fd, MOST), StandardCharsets.UTF_8);
        } finally {
            FS.close(fd);
        }
    }

    /** Replaces a file whole; not synced, since a lost lease or network is made again. */
    void write(String name, String text) {
        String path = directory.resolve(name).toString();
        String temporary = directory.resolve("." + name).toString();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int fd = FS.open(At.FDCWD, temporary, O_WRITE_NEW, 0600);
        try {
            FS.content().write(fd, bytes, 0, bytes.length);
        } finally {
            FS.close(fd);
        }
        FS.rename(At.FDCWD, temporary, At.FDCWD, path, 0);
    }

    void remove(String name) {
        FS.unlink(At.FDCWD, directory.resolve(name).toString(), 0);
    }
}
