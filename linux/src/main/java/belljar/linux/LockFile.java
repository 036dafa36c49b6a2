package belljar.linux;

import org.jspecify.annotations.Nullable;

/** Files that exist to be locked by flock(2), so that one process at a time does something. */
public final class LockFile {
    private static final int FLAGS = OpenFlags.RDWR | OpenFlags.CREAT | OpenFlags.CLOEXEC;

    private LockFile() {}

    /**
     * Opens a file, which is made when it is not there, with access for its owner alone.
     *
     * @param path where it is
     * @return the file, not locked yet
     * @throws belljar.failure.HostException if it cannot be opened
     */
    public static Fd open(String path) {
        return new Fd(Fs.HOST.open(At.FDCWD, path, FLAGS, 0600));
    }

    /**
     * Opens and locks a file. The lock is held until the descriptor and all copies of it are closed.
     *
     * @param path where it is
     * @return the lock, or null where somebody else has it
     * @throws belljar.failure.HostException if it cannot be opened
     */
    public static @Nullable Fd tryTake(String path) {
        Fd fd = open(path);
        if (Fs.HOST.content().lock(fd.number(), true, false)) {
            return fd;
        }
        fd.close();
        return null;
    }
}
