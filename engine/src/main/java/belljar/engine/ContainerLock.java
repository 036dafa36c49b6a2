package belljar.engine;

import belljar.failure.UserException;
import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.nio.file.Path;

/**
 * Lets one command at a time change what a container is doing (flock(2)). The kernel drops the lock with its holder,
 * whatever that one dies of.
 */
final class ContainerLock implements AutoCloseable {
    private static final int AT_FDCWD = -100;
    private static final int O_RDWR_CREAT_CLOEXEC = 2 | 0x40 | 0x80000;
    private static final int LOCK_EX_NB = 2 | 4;
    /** As long as a stop may take by default, and a bit. */
    private static final long WAIT_MILLIS = 12_000;

    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final Fd fd;

    private ContainerLock(Fd fd) {
        this.fd = fd;
    }

    /**
     * Takes a container's lock, waiting for another command to be done with it.
     *
     * @param directory the container's directory
     * @param name the container, for messages
     * @return the lock
     * @throws UserException if another command holds on to it, or the container is gone
     */
    static ContainerLock take(Path directory, String name) {
        long deadline = System.nanoTime() + WAIT_MILLIS * 1_000_000;
        try (Memory memory = KERNEL.lend()) {
            long path = memory.string(directory.resolve("lock").toString());
            long number = KERNEL.call(Nr.OPENAT, AT_FDCWD, path, O_RDWR_CREAT_CLOEXEC, 0600);
            if (number == -Errno.ENOENT) {
                throw gone(name);
            }
            Fd fd = new Fd((int) Errno.check("openat", "lock the container " + name, number));
            while (KERNEL.call(Nr.FLOCK, number, LOCK_EX_NB) < 0) {
                if (System.nanoTime() > deadline) {
                    fd.close();
                    throw new UserException("another command is at work on the container " + name
                            + "; wait until it has ended, then try again");
                }
                try {
                    Pause.millis(5);
                } catch (RuntimeException interrupted) {
                    fd.close();
                    throw interrupted;
                }
            }
            long stat = memory.allocate(144);
            KERNEL.call(Nr.FSTAT, number, stat);
            if (memory.getLong(stat + 16) == 0) {
                fd.close();
                throw gone(name);
            }
            return new ContainerLock(fd);
        }
    }

    private static UserException gone(String name) {
        return new UserException("the container " + name + " has just been removed; 'belljar ps -a' lists the others");
    }

    @Override
    public void close() {
        fd.close();
    }
}
