package belljar.linux;

import java.nio.file.Path;

/**
 * Tells when something happens to the files of directories (inotify(7)). What happened is not told: whoever waits looks
 * for himself, and so nothing can be missed by a queue that overflowed. For one thread.
 */
public final class Inotify implements AutoCloseable {
    private static final int CLOEXEC_NONBLOCK = 0x80800;
    /** IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_DELETE_SELF. */
    private static final int CHANGES = 0x2 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400;

    private static final int BUFFER = 16 * 1024;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private int fd;

    private Inotify(int fd) {
        this.fd = fd;
    }

    /**
     * {@return a watch on nothing yet} Where the user's limit of watches is reached it works all the same, and
     * {@link #fd()} tells that one must look from time to time.
     */
    public static Inotify open() {
        return new Inotify((int) KERNEL.call(Nr.INOTIFY_INIT1, CLOEXEC_NONBLOCK));
    }

    /**
     * Watches the files in a directory for writing, making, renaming and removing.
     *
     * @param directory an existing directory
     * @return whether it is watched now; false at the user's limit or when the directory is not there
     */
    public boolean watch(Path directory) {
        if (fd < 0) {
            return false;
        }
        try (Memory memory = KERNEL.lend()) {
            if (KERNEL.call(Nr.INOTIFY_ADD_WATCH, fd, memory.string(directory.toString()), CHANGES) >= 0) {
                return true;
            }
        }
        close();
        return false;
    }

    /** {@return a descriptor that polls readable after something happened; negative when only looking again helps} */
    public int fd() {
        return fd;
    }

    /** Forgets what happened until now. To be called before one looks, so that what happens then is told. */
    public void forget() {
        if (fd < 0) {
            return;
        }
        try (Memory memory = KERNEL.lend()) {
            long buffer = memory.allocateDirty(BUFFER);
            while (KERNEL.call(Nr.READ, fd, buffer, BUFFER) > 0) {
                // Each read takes many events; the queue is short.
            }
        }
    }

    /** Ends the watch. */
    @Override
    public void close() {
        if (fd >= 0) {
            KERNEL.call(Nr.CLOSE, fd);
            fd = -1;
        }
    }
}
