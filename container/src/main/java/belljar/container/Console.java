package belljar.container;

import belljar.linux.Batch;
import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.Stub;

/**
 * Gives the container's process a pseudo-terminal from the container's own devpts (pts(4)), so that its name is right
 * inside. The slave becomes the standard streams and {@code /dev/console}; the master goes to Java.
 */
final class Console {
    private static final int O_RDWR = 2;
    private static final int O_NOCTTY = 0x100;
    private static final long TIOCSPTLCK = 0x40045431;
    private static final long TIOCGPTPEER = 0x5441;
    private static final int MOVE = 0x44;

    private Console() {}

    /**
     * Opens the pair and lays the slave out. Runs inside the container's root, before privileges are dropped.
     *
     * @param stub the container's first process
     * @param uid the user who will own the terminal
     * @return the master, a descriptor of this process
     */
    static Fd open(Stub stub, int uid) {
        try (Batch batch = stub.batch()) {
            Memory memory = batch.memory();
            long unlock = memory.allocate(4);
            Batch.Step master = batch.step(
                    "open /dev/pts/ptmx in the container",
                    Nr.OPENAT,
                    Mounter.AT_FDCWD,
                    memory.string("/dev/pts/ptmx"),
                    O_RDWR | O_NOCTTY | Rootfs.O_CLOEXEC);
            batch.step("unlock the terminal", Nr.IOCTL, 0, TIOCSPTLCK, unlock).uses(0, master);
            Batch.Step slave = batch.step(
                            "open the terminal", Nr.IOCTL, 0, TIOCGPTPEER, O_RDWR | O_NOCTTY | Rootfs.O_CLOEXEC)
                    .uses(0, master);
            batch.step("give the terminal to the user", Nr.FCHOWN, 0, uid, -1)
                    .uses(0, slave)
                    .tolerating(Errno.EINVAL, Errno.EROFS, Errno.EPERM);
            console(batch, slave);
            for (int fd = 0; fd <= 2; fd++) {
                batch.step("lay out the terminal", Nr.DUP3, 0, fd, 0).uses(0, slave);
            }
            batch.step("close the terminal", Nr.CLOSE, 0).uses(0, slave);
            batch.run();
            return stub.take((int) master.result());
        }
    }

    /** Shows the slave at {@code /dev/console}; an image that forbids making the file goes without. */
    private static void console(Batch batch, Batch.Step slave) {
        Memory memory = batch.memory();
        long path = memory.string("/dev/console");
        long empty = memory.string("");
        batch.step("make /dev/console", Nr.MKNODAT, Mounter.AT_FDCWD, path, 0x8000 | 0600, 0)
                .tolerating(Errno.EEXIST, Errno.EROFS);
        Batch.Step tree = batch.step("bind /dev/console", Nr.OPEN_TREE, 0, empty, 0x80001 | Mounter.AT_EMPTY_PATH)
                .uses(0, slave);
        // O_NOFOLLOW: what stands at /dev/console must be the file itself.
        Batch.Step target = batch.step(
                "open /dev/console", Nr.OPENAT, Mounter.AT_FDCWD, path, Rootfs.O_PATH | Rootfs.O_CLOEXEC | 0x20000);
        batch.step("bind /dev/console", Nr.MOVE_MOUNT, 0, empty, 0, empty, MOVE)
                .uses(0, tree)
                .uses(2, target);
        batch.step("close /dev/console", Nr.CLOSE, 0).uses(0, tree);
        batch.step("close /dev/console", Nr.CLOSE, 0).uses(0, target);
    }
}
