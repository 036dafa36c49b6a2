package belljar.image;

import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A lock on a file by flock(2). It belongs to the open file, not to the process, so it holds between threads as well as
 * between processes, and the kernel drops it when its holder dies. Hold it in a try-with-resources statement.
 */
final class StoreLock implements AutoCloseable {
    private static final int AT_FDCWD = -100;
    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0x40;
    private static final int O_CLOEXEC = 0x80000;
    private static final int LOCK_SH = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    private static final int STAT_SIZE = 144;

    private final Path path;
    private final Fd fd;

    private StoreLock(Path path, Fd fd) {
        this.path = path;
        this.fd = fd;
    }

    /** Waits until nobody else holds the lock. */
    static StoreLock exclusive(Path path) {
        return acquire(path, LOCK_EX).orElseThrow();
    }

    /** Waits until nobody holds the lock exclusively. */
    static StoreLock shared(Path path) {
        return acquire(path, LOCK_SH).orElseThrow();
    }

    /** {@return the lock, or empty where somebody else holds it} */
    static Optional<StoreLock> tryExclusive(Path path) {
        return acquire(path, LOCK_EX | LOCK_NB);
    }

    private static Optional<StoreLock> acquire(Path path, int operation) {
        HostKernel kernel = HostKernel.INSTANCE;
        while (true) {
            Fd fd = open(kernel, path);
            long result;
            do {
                result = kernel.call(Nr.FLOCK, fd.number(), operation);
            } while (result == -Errno.EINTR);
            if (result == -Errno.EAGAIN) {
                fd.close();
                return Optional.empty();
            }
            if (result < 0) {
                fd.close();
                throw Errno.failure("flock", "lock " + path, result);
            }
            // Its last holder may have deleted the file while we waited; then a third one may lock a new file of that
            // name, and only the file that the name leads to counts.
            if (inode(kernel, fd.number(), "") == inode(kernel, AT_FDCWD, path.toString())) {
                return Optional.of(new StoreLock(path, fd));
            }
            fd.close();
        }
    }

    private static Fd open(HostKernel kernel, Path path) {
        try (Memory memory = kernel.lend()) {
            long fd = kernel.call(
                    Nr.OPENAT, AT_FDCWD, memory.string(path.toString()), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
            return new Fd((int) Errno.check("openat", "open the lock " + path, fd));
        }
    }

    private static long inode(HostKernel kernel, int directory, String path) {
        try (Memory memory = kernel.lend()) {
            long stat = memory.allocate(STAT_SIZE);
            int emptyPath = path.isEmpty() ? 0x1000 : 0; // AT_EMPTY_PATH
            long result = kernel.call(Nr.NEWFSTATAT, directory, memory.string(path), stat, emptyPath);
            return result < 0 ? -1 : memory.getLong(stat + 8);
        }
    }

    /** Deletes the lock's file and gives the lock up: for locks whose names would pile up. */
    void deleteAndClose() {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            HostKernel.INSTANCE.call(Nr.UNLINKAT, AT_FDCWD, memory.string(path.toString()), 0);
        }
        close();
    }

    @Override
    public void close() {
        fd.close();
    }
}
