package belljar.container;

import belljar.failure.GuestException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Batch;
import belljar.linux.Errno;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.MountSpec;
import org.jspecify.annotations.Nullable;

/**
 * Makes mounts in the stub through the kernel's descriptor-based interface (fsopen(2), open_tree(2), mount_setattr(2),
 * move_mount(2)): a mount is complete, with all its attributes, before it appears anywhere.
 */
final class Mounter {
    static final int AT_FDCWD = -100;
    static final int AT_EMPTY_PATH = 0x1000;
    static final int AT_RECURSIVE = 0x8000;

    private static final int OPEN_TREE_CLONE = 1;
    private static final int OPEN_TREE_CLOEXEC = 0x80000;
    private static final int MOVE_FROM_AND_TO_DESCRIPTORS = 0x44;
    private static final int FSCONFIG_SET_FLAG = 0;
    private static final int FSCONFIG_SET_STRING = 1;
    private static final int FSCONFIG_CMD_CREATE = 6;
    private static final int S_IFMT = 0xF000;
    private static final int S_IFDIR = 0x4000;
    static final int STATFS_SIZE = 120;

    /** The type of procfs in {@code struct statfs}, from linux/magic.h. */
    private static final long PROC_SUPER_MAGIC = 0x9fa0;

    private final Stub stub;

    Mounter(Stub stub) {
        this.stub = stub;
    }

    /**
     * Copies a piece of the host's mount tree.
     *
     * @param source a path on the host
     * @param recursive whether mounts below it come along
     * @return a descriptor in the stub of the copy, mounted nowhere yet
     * @throws UserException if the source does not exist
     */
    int cloneTree(String source, boolean recursive) {
        try (Batch batch = stub.batch()) {
            Batch.Step step = cloneTree(batch, source, recursive);
            batch.run();
            return checkClone(source, step);
        }
    }

    /** Appends the copying of a tree; {@link #checkClone} must look at the result. */
    static Batch.Step cloneTree(Batch batch, String source, boolean recursive) {
        int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0);
        return batch.step("open the mount source " + source, Nr.OPEN_TREE, AT_FDCWD, batch.string(source), flags)
                .tolerating(Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES);
    }

    static int checkClone(String source, Batch.Step step) {
        if (step.result() == -Errno.ENOENT || step.result() == -Errno.ENOTDIR) {
            throw new UserException("the mount source " + source + " does not exist on the host; create it first");
        }
        if (step.result() == -Errno.EACCES) {
            throw new UserException("the mount source " + source + " may not be accessed by this user");
        }
        return (int) step.result();
    }

    /** {@return whether a descriptor of the stub's is a directory} */
    boolean isDirectory(int fd) {
        try (Memory memory = stub.lend()) {
            long stat = memory.allocate(144);
            Errno.check(
                    "newfstatat",
                    "look at a mount source",
                    stub.call(Nr.NEWFSTATAT, fd, memory.string(""), stat, AT_EMPTY_PATH));
            return (memory.getInt(stat + 24) & S_IFMT) == S_IFDIR;
        }
    }

    /**
     * Makes a new file system that is mounted nowhere yet.
     *
     * @param mount what to make; the destination is used for messages only
     * @param options its options
     * @return a descriptor in the stub
     */
    int create(MountSpec mount, MountOptions options) {
        try (Batch batch = stub.batch()) {
            Batch.Step made = create(batch, mount, options);
            batch.run();
            return (int) made.result();
        } catch (HostException e) {
            throw explained(e, mount, options);
        }
    }

    static Batch.Step create(Batch batch, MountSpec mount, MountOptions options) {
        String what = "mount " + mount.type() + " at " + mount.destination();
        Batch.Step open = batch.step(what, Nr.FSOPEN, batch.string(mount.type()), 1 /* FSOPEN_CLOEXEC */);
        if (!mount.source().isEmpty()) {
            long key = batch.string("source");
            batch.step(what, Nr.FSCONFIG, 0, FSCONFIG_SET_STRING, key, batch.string(mount.source()), 0)
                    .uses(0, open);
        }
        for (String option : options.data()) {
            configure(batch, open, what, option);
        }
        batch.step(what, Nr.FSCONFIG, 0, FSCONFIG_CMD_CREATE, 0, 0, 0).uses(0, open);
        Batch.Step made = batch.step(what, Nr.FSMOUNT, 0, 1 /* FSMOUNT_CLOEXEC */, options.set())
                .uses(0, open);
        batch.step(what, Nr.CLOSE, 0).uses(0, open);
        return made;
    }

    static RuntimeException explained(HostException e, MountSpec mount, MountOptions options) {
        if (e.errno() == Errno.ENODEV) {
            return new UserException(
                    "this host's kernel has no file system '" + mount.type() + "' for the mount at "
                            + mount.destination(),
                    e);
        }
        if (e.errno() == Errno.EINVAL && !options.data().isEmpty()) {
            return new UserException(
                    "the mount at " + mount.destination() + " has an option that " + mount.type()
                            + " does not take, among: " + String.join(",", options.data()),
                    e);
        }
        if (e.errno() == Errno.ENOTDIR) {
            return new UserException(
                    "cannot mount " + mount.source() + " at " + mount.destination()
                            + ": one is a directory and the other is not",
                    e);
        }
        return e;
    }

    /**
     * Makes a mount and puts it in its place. Descriptors are left to be closed when the program starts.
     *
     * @param root the container's root
     * @param mount what to mount
     * @param options its options
     * @param source the tree to mount, or -1 to make a new file system
     * @return the mount's descriptor
     */
    int mount(Rootfs root, MountSpec mount, MountOptions options, int source) {
        MountSeries series = new MountSeries(stub, this, root);
        series.add(mount, options, source);
        return series.run();
    }

    /** Puts a mount where nothing was to mount it at: the place is made. */
    void makePlace(Rootfs root, MountSpec mount, int tree, boolean directory) {
        int target = root.make(mount.destination(), directory);
        checkPlace(target, mount);
        attachAgain(tree, target, mount.type() + " at " + mount.destination());
        root.close(target);
    }

    static boolean belongsToSystem(MountSpec mount) {
        return mount.type().equals("proc")
                || mount.type().equals("sysfs")
                || mount.destination().equals("/dev");
    }

    /**
     * Refuses to mount over a part of procfs that a link of the image leads to: the mount would forge what programs are
     * told there, and hide what is masked there (CVE-2019-16884). A destination below {@code /proc} was asked for.
     *
     * @param place the stub's descriptor of the place
     * @param mount what shall be mounted there
     */
    void checkPlace(int place, MountSpec mount) {
        try (Memory memory = stub.lend()) {
            long statfs = memory.allocate(STATFS_SIZE);
            Errno.check("fstatfs", "look at " + mount.destination(), stub.call(Nr.FSTATFS, place, statfs));
            checkPlace(memory.getLong(statfs), mount);
        }
    }

    static void checkPlace(long type, MountSpec mount) {
        String path = Rootfs.clean(mount.destination());
        if (type == PROC_SUPER_MAGIC && !path.equals("/proc") && !path.startsWith("/proc/")) {
            throw new GuestException(
                    "a link in the image leads from " + mount.destination()
                            + " into /proc, where nothing can be mounted",
                    126);
        }
    }

    private void attachAgain(int tree, int target, String what) {
        try (Batch batch = stub.batch()) {
            long empty = batch.string("");
            batch.step("attach " + what, Nr.MOVE_MOUNT, tree, empty, target, empty, MOVE_FROM_AND_TO_DESCRIPTORS);
            batch.run();
        }
    }

    private static void configure(Batch batch, Batch.Step open, String what, String option) {
        int equals = option.indexOf('=');
        if (equals < 0) {
            batch.step(what + " with " + option, Nr.FSCONFIG, 0, FSCONFIG_SET_FLAG, batch.string(option), 0, 0)
                    .uses(0, open);
        } else {
            long key = batch.string(option.substring(0, equals));
            long value = batch.string(option.substring(equals + 1));
            batch.step(what + " with " + option, Nr.FSCONFIG, 0, FSCONFIG_SET_STRING, key, value, 0)
                    .uses(0, open);
        }
    }

    /**
     * Sets attributes and propagation of a tree that has not been attached yet, and attaches it.
     *
     * @param tree the tree's descriptor
     * @param options its options
     * @param target the descriptor of the place where it goes
     * @param what for messages
     */
    void attach(int tree, MountOptions options, int target, String what) {
        try (Batch batch = stub.batch()) {
            attach(batch, null, tree, options, null, target, what);
            batch.run();
        }
    }

    /** Appends the steps; tree and target are each the result of a step or, without one, a descriptor. */
    static void attach(
            Batch batch,
            Batch.@Nullable Step made,
            int tree,
            MountOptions options,
            Batch.@Nullable Step place,
            int target,
            String what) {
        if (made == null) {
            // A new file system's mount got these when it was made.
            attributes(batch, made, tree, options.set(), options.clear(), 0, false, what);
        }
        attributes(batch, made, tree, options.recursiveSet(), options.recursiveClear(), 0, true, what);
        attributes(batch, made, tree, 0, 0, options.propagation(), options.propagationRecursive(), what);
        long empty = batch.string("");
        Batch.Step move =
                batch.step("attach " + what, Nr.MOVE_MOUNT, tree, empty, target, empty, MOVE_FROM_AND_TO_DESCRIPTORS);
        if (made != null) {
            move.uses(0, made);
        }
        if (place != null) {
            // Where the place was not found its descriptor is none; the mount waits until it is made.
            move.uses(2, place).tolerating(Errno.EBADF);
        }
    }

    private static void attributes(
            Batch batch,
            Batch.@Nullable Step made,
            int tree,
            long set,
            long clear,
            long propagation,
            boolean recursive,
            String what) {
        if ((set | clear | propagation) == 0) {
            return;
        }
        long attr = attributes(batch.memory(), set, clear, propagation);
        int flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
        Batch.Step step =
                batch.step("set the options of " + what, Nr.MOUNT_SETATTR, tree, batch.string(""), flags, attr, 32);
        if (made != null) {
            step.uses(0, made);
        }
    }

    /** Allocates a {@code struct mount_attr}. */
    static long attributes(Memory memory, long set, long clear, long propagation) {
        long attr = memory.allocate(32);
        memory.putLong(attr, set);
        memory.putLong(attr + 8, clear);
        memory.putLong(attr + 16, propagation);
        return attr;
    }
}
