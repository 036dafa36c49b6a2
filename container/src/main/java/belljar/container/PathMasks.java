package belljar.container;

import belljar.linux.Batch;
import belljar.linux.Errno;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.Stub;
import java.util.List;

/**
 * Hides paths and makes paths read-only. Each is looked up once and all that follows happens to that descriptor, and
 * the host's own {@code /dev/null} covers files, so that an image cannot turn a mask aside (CVE-2025-31133).
 */
final class PathMasks {
    private static final int S_IFMT = 0xF000;
    private static final int S_IFDIR = 0x4000;
    private static final int OPEN_TREE = 0x80000 | 1 | Mounter.AT_EMPTY_PATH;
    private static final int MOVE = 0x44;

    /** A path that is not there, or that the container cannot reach either, needs no mask. */
    private static final int[] PASSED_OVER = {Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES};

    private final Stub stub;
    private final Rootfs root;

    PathMasks(Stub stub, Rootfs root) {
        this.stub = stub;
        this.root = root;
    }

    void apply(List<String> masked, List<String> readonly) {
        if (masked.isEmpty() && readonly.isEmpty()) {
            return;
        }
        int[] readonlyFds = new int[readonly.size()];
        int[] maskedFds = new int[masked.size()];
        int[] modes = new int[masked.size()];
        lookup(readonly, readonlyFds, masked, maskedFds, modes);
        try (Batch batch = stub.batch()) {
            long empty = batch.string("");
            long attr = Mounter.attributes(batch.memory(), MountOptions.RDONLY, 0, 0);
            for (int i = 0; i < readonlyFds.length; i++) {
                if (readonlyFds[i] >= 0) {
                    freeze(batch, empty, attr, readonlyFds[i], "make " + readonly.get(i) + " read-only");
                }
            }
            for (int i = 0; i < maskedFds.length; i++) {
                if (maskedFds[i] >= 0) {
                    mask(batch, empty, maskedFds[i], modes[i], "mask " + masked.get(i));
                }
            }
            batch.run();
        }
    }

    private void lookup(List<String> readonly, int[] readonlyFds, List<String> masked, int[] maskedFds, int[] modes) {
        try (Batch batch = stub.batch()) {
            Memory memory = batch.memory();
            long empty = memory.string("");
            Batch.Step[] frozen = new Batch.Step[readonlyFds.length];
            Batch.Step[] hidden = new Batch.Step[maskedFds.length];
            long[] stats = new long[maskedFds.length];
            for (int i = 0; i < frozen.length; i++) {
                frozen[i] = root.lookup(batch, readonly.get(i)).tolerating(PASSED_OVER);
            }
            for (int i = 0; i < hidden.length; i++) {
                hidden[i] = root.lookup(batch, masked.get(i)).tolerating(PASSED_OVER);
                stats[i] = memory.allocate(144);
                batch.step("look at " + masked.get(i), Nr.NEWFSTATAT, 0, empty, stats[i], Mounter.AT_EMPTY_PATH)
                        .uses(0, hidden[i])
                        .tolerating(Errno.EBADF);
            }
            batch.run();
            for (int i = 0; i < frozen.length; i++) {
                readonlyFds[i] = (int) frozen[i].result();
            }
            for (int i = 0; i < hidden.length; i++) {
                maskedFds[i] = (int) hidden[i].result();
                modes[i] = memory.getInt(stats[i] + 24);
            }
        }
    }

    private static void freeze(Batch batch, long empty, long attr, int fd, String what) {
        Batch.Step tree = batch.step(what, Nr.OPEN_TREE, fd, empty, OPEN_TREE | Mounter.AT_RECURSIVE);
        batch.step(what, Nr.MOUNT_SETATTR, 0, empty, Mounter.AT_EMPTY_PATH | Mounter.AT_RECURSIVE, attr, 32)
                .uses(0, tree);
        finish(batch, empty, tree, fd, what);
    }

    private static void mask(Batch batch, long empty, int fd, int mode, String what) {
        if ((mode & S_IFMT) != S_IFDIR) {
            // Each mask is its own copy of the host's node: older kernels cannot copy what is mounted nowhere yet.
            Batch.Step tree = batch.step(what, Nr.OPEN_TREE, Mounter.AT_FDCWD, batch.string("/dev/null"), 0x80001);
            finish(batch, empty, tree, fd, what);
            return;
        }
        Batch.Step fs = batch.step(what, Nr.FSOPEN, batch.string("tmpfs"), 1);
        batch.step(what, Nr.FSCONFIG, 0, 1, batch.string("size"), batch.string("4k"), 0)
                .uses(0, fs);
        batch.step(what, Nr.FSCONFIG, 0, 6, 0, 0, 0).uses(0, fs);
        Batch.Step mount = batch.step(
                        what,
                        Nr.FSMOUNT,
                        0,
                        1,
                        MountOptions.RDONLY | MountOptions.NOSUID | MountOptions.NODEV | MountOptions.NOEXEC)
                .uses(0, fs);
        batch.step(what, Nr.CLOSE, 0).uses(0, fs);
        finish(batch, empty, mount, fd, what);
    }

    private static void finish(Batch batch, long empty, Batch.Step tree, int fd, String what) {
        batch.step(what, Nr.MOVE_MOUNT, 0, empty, fd, empty, MOVE).uses(0, tree);
    }
}
