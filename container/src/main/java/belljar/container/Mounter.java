package belljar.container;

import belljar.failure.UserException;
import belljar.linux.Batch;
import belljar.linux.Errno;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.MountSpec;

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
        try (Memory memory = stub.lend()) {
            int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0);
            long fd = stub.call(Nr.OPEN_TREE, AT_FDCWD, memory.string(source), flags);
            if (fd == -Errno.ENOENT || fd == -Errno.ENOTDIR) {
                throw new UserException("the mount source " + source + " does not exist on the host; create it first");
            }
            if (fd == -Errno.EACCES) {
                throw new UserException("the mount source " + source + " may not be accessed by this user");
            }
            return (int) Errno.check("open_tree", "open the mount source " + source, fd);
        }
    }

    /** {@return a copy in the stub of the mount at a descriptor, with those below it if wanted} */
    int cloneTree(int fd, boolean recursive, String what) {
        try (Memory memory = stub.lend()) {
            int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
            return (int)
                    Errno.check("open_tree", "bind " + what, stub.call(Nr.OPEN_TREE, fd, memory.string(""), flags));
        }
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
        String what = "mount " + mount.type() + " at " + mount.destination();
        try (Batch batch = stub.batch()) {
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
            batch.run();
            return (int) made.result();
        } catch (belljar.failure.HostException e) {
            if (e.errno() == Errno.ENODEV) {
                throw new UserException(
                        "this host's kernel has no file system '" + mount.type() + "' for the mount at "
                                + mount.destination(),
                        e);
            }
            if (e.errno() == Errno.EINVAL && !options.data().isEmpty()) {
                throw new UserException(
                        "the mount at " + mount.destination() + " has an option that " + mount.type()
                                + " does not take, among: " + String.join(",", options.data()),
                        e);
            }
            throw e;
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
     * Sets attributes and propagation of a mount that has not been attached yet, and attaches it.
     *
     * @param mount the mount's descriptor; closed
     * @param options its options
     * @param fresh whether {@link #create} already set the attributes
     * @param target the descriptor of the place where it goes; closed
     * @param what for messages
     */
    void attach(int mount, MountOptions options, boolean fresh, int target, String what) {
        try (Batch batch = stub.batch()) {
            long empty = batch.string("");
            if (!fresh && (options.set() | options.clear()) != 0) {
                long attr = attributes(batch.memory(), options.set(), options.clear(), 0);
                batch.step("set the options of " + what, Nr.MOUNT_SETATTR, mount, empty, AT_EMPTY_PATH, attr, 32);
            }
            if ((options.recursiveSet() | options.recursiveClear()) != 0) {
                long attr = attributes(batch.memory(), options.recursiveSet(), options.recursiveClear(), 0);
                batch.step(
                        "set the options of " + what,
                        Nr.MOUNT_SETATTR,
                        mount,
                        empty,
                        AT_EMPTY_PATH | AT_RECURSIVE,
                        attr,
                        32);
            }
            if (options.propagation() != 0) {
                long attr = attributes(batch.memory(), 0, 0, options.propagation());
                int flags = AT_EMPTY_PATH | (options.propagationRecursive() ? AT_RECURSIVE : 0);
                batch.step("set the propagation of " + what, Nr.MOUNT_SETATTR, mount, empty, flags, attr, 32);
            }
            batch.step("attach " + what, Nr.MOVE_MOUNT, mount, empty, target, empty, MOVE_FROM_AND_TO_DESCRIPTORS);
            batch.step("close the mount", Nr.CLOSE, mount);
            batch.step("close the mount point", Nr.CLOSE, target);
            batch.run();
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
