package belljar.linux;

import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a file or block device that serves as a machine's disk needs beyond reading and writing: a lock, so that no two
 * machines write to it, and holes.
 */
public final class DiskFile {
    private static final int F_OFD_SETLK = 37;
    private static final short F_RDLCK = 0;
    private static final short F_WRLCK = 1;

    private static final int KEEP_SIZE = 1;
    private static final int PUNCH_HOLE = 2;
    private static final int ZERO_RANGE = 0x10;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private DiskFile() {}

    /**
     * Locks a disk (fcntl_locking(2), open file description locks, which QEMU uses as well). Any number of machines may
     * share one for reading; one that writes has it alone. The lock ends with the last copy of the descriptor.
     *
     * @param fd the open disk: readable for sharing, writable for having it alone
     * @param path its path, for messages
     * @param alone whether nobody else may use it
     * @throws UserException if another has it locked, with that one's process id where it can be seen
     * @throws HostException if its file system has no locks
     */
    public static void lock(int fd, Path path, boolean alone) {
        try (Memory memory = KERNEL.lend()) {
            long lock = memory.allocate(32); // struct flock; length 0 is the whole file
            memory.bytes().putShort(memory.offset(lock), alone ? F_WRLCK : F_RDLCK);
            long result = KERNEL.call(Nr.FCNTL, fd, F_OFD_SETLK, lock);
            if (result == -Errno.EAGAIN || result == -Errno.EACCES) {
                throw new UserException("the disk " + path + " is in use by " + holder(fd, path)
                        + (alone
                                ? "; stop that first, or have both use it for reading only"
                                : " that may write to it; stop that first, or use a copy"));
            }
            Errno.check("fcntl F_OFD_SETLK", "lock the disk " + path, result);
        }
    }

    /** {@return who has a lock on a file, as far as this process may see} The kernel itself does not tell. */
    private static String holder(int fd, Path path) {
        String own = Long.toString(ProcessHandle.current().pid());
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
            for (Path process : processes) {
                String pid = process.getFileName().toString();
                if (holds(process, path, pid.equals(own) ? Integer.toString(fd) : "")) {
                    return pid.equals(own) ? "another machine of this process" : "process " + pid;
                }
            }
        } catch (IOException e) {
            return "another process";
        }
        return "another process";
    }

    private static boolean holds(Path process, Path path, String except) {
        try (DirectoryStream<Path> open = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path link : open) {
                String number = link.getFileName().toString();
                if (!number.equals(except) && isLocked(process, number, link, path)) {
                    return true;
                }
            }
        } catch (IOException e) {
            // Another user's process, or one that has just ended: who cannot be seen cannot be named.
            return false;
        }
        return false;
    }

    private static boolean isLocked(Path process, String number, Path link, Path path) {
        try {
            return Files.isSameFile(link, path)
                    && Files.readString(process.resolve("fdinfo").resolve(number))
                            .contains("lock:");
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Frees the space of a part of a disk, which then reads as zeros (fallocate(2)).
     *
     * @param fd the disk, open for writing
     * @param offset bytes from its beginning
     * @param length how many bytes, 1 or more
     * @return false if the disk cannot do that; nothing has changed then
     * @throws HostException if it failed
     */
    public static boolean punch(int fd, long offset, long length) {
        return allocate(fd, PUNCH_HOLE | KEEP_SIZE, offset, length, "free a part of a disk");
    }

    /**
     * Makes a part of a disk read as zeros and keeps its space (fallocate(2)).
     *
     * @param fd the disk, open for writing
     * @param offset bytes from its beginning
     * @param length how many bytes, 1 or more
     * @return false if the disk cannot do that; nothing has changed then
     * @throws HostException if it failed
     */
    public static boolean zero(int fd, long offset, long length) {
        return allocate(fd, ZERO_RANGE | KEEP_SIZE, offset, length, "write zeros to a part of a disk");
    }

    private static boolean allocate(int fd, int mode, long offset, long length, String what) {
        long result;
        do {
            result = KERNEL.call(Nr.FALLOCATE, fd, mode, offset, length);
        } while (result == -Errno.EINTR);
        if (result == -Errno.EOPNOTSUPP || result == -Errno.ENODEV || result == -Errno.ENOSYS) {
            return false;
        }
        Errno.check("fallocate", what, result);
        return true;
    }
}
