package belljar.container;

import belljar.failure.HostException;
import belljar.failure.UserException;
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
    private static final int F_SETFL = 4;
    private static final int O_NONBLOCK = 0x800;
    private static final long RESOLVE_NO_SYMLINKS = 4;
    private static final String MULTIPLEXER = "/dev/pts/ptmx";
    private static final String NO_TERMINALS =
            "the container has no terminal multiplexer at " + MULTIPLEXER + "; leave --tty out";

    private Console() {}

    /**
     * The terminal's master.
     *
     * @param fd a descriptor of this process
     * @param inside the number it has in the container's process until the program runs
     */
    record Master(Fd fd, int inside) {}

    /**
     * Opens the pair and lays the slave out. Runs inside the container's root, before privileges are dropped.
     *
     * @param stub the container's first process
     * @param uid the user who will own the terminal
     * @return the master
     */
    static Master open(Stub stub, int uid) {
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
            return new Master(stub.take((int) master.result()), (int) master.result());
        }
    }

    /**
     * Opens a pair in a container that runs already, whose programs may have changed everything in it: what stands at
     * the multiplexer's place is used only when it is one, and no link is followed (CVE-2025-52565 was of that kind).
     *
     * @param stub a process in the container's mount namespace that is not the container's first
     * @param uid the user who will own the terminal
     * @return the master, a descriptor of this process
     * @throws UserException if the container has no terminals
     */
    static Fd openAnother(Stub stub, int uid) {
        int master;
        try (Batch batch = stub.batch()) {
            Memory memory = batch.memory();
            long how = memory.allocate(24);
            memory.putLong(how, O_RDWR | O_NOCTTY | Rootfs.O_CLOEXEC | O_NONBLOCK);
            memory.putLong(how + 16, RESOLVE_NO_SYMLINKS);
            long path = memory.string(MULTIPLEXER);
            Batch.Step opened = batch.step("open " + MULTIPLEXER, Nr.OPENAT2, Mounter.AT_FDCWD, path, how, 24);
            long stat = memory.allocate(144);
            batch.step("look at " + MULTIPLEXER, Nr.FSTAT, 0, stat).uses(0, opened);
            batch.run();
            // struct stat: st_mode at 24, st_rdev at 40; the multiplexer is the character device 5:2 (pts(4)).
            if ((memory.getInt(stat + 24) & 0xF000) != 0x2000 || memory.getLong(stat + 40) != (5 << 8 | 2)) {
                throw new UserException(NO_TERMINALS);
            }
            master = (int) opened.result();
        } catch (HostException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR || e.errno() == Errno.ELOOP) {
                throw new UserException(NO_TERMINALS, e);
            }
            throw e;
        }
        layOut(stub, master, uid);
        return stub.take(master);
    }

    private static void layOut(Stub stub, int master, int uid) {
        try (Batch batch = stub.batch()) {
            Memory memory = batch.memory();
            // F_SETFL: only the opening was not to wait.
            batch.step("set the terminal up", Nr.FCNTL, master, F_SETFL, O_RDWR);
            batch.step("unlock the terminal", Nr.IOCTL, master, TIOCSPTLCK, memory.allocate(4));
            Batch.Step slave = batch.step(
                    "open the terminal", Nr.IOCTL, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | Rootfs.O_CLOEXEC);
            batch.step("give the terminal to the user", Nr.FCHOWN, 0, uid, -1)
                    .uses(0, slave)
                    .tolerating(Errno.EINVAL, Errno.EROFS, Errno.EPERM);
            for (int fd = 0; fd <= 2; fd++) {
                batch.step("lay out the terminal", Nr.DUP3, 0, fd, 0).uses(0, slave);
            }
            batch.step("close the terminal", Nr.CLOSE, 0).uses(0, slave);
            batch.run();
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
