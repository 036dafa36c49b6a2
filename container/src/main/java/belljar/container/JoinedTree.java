package belljar.container;

import belljar.linux.At;
import belljar.linux.Batch;
import belljar.linux.Clone;
import belljar.linux.Nr;
import belljar.linux.OpenFlags;
import belljar.linux.OpenHow;

/**
 * Takes a tree out of another mount namespace: only a process in that namespace can copy it (open_tree(2)), and the
 * copy is mounted nowhere, so it can be brought home.
 */
final class JoinedTree {
    private static final int OPEN_TREE_CLONE_CLOEXEC = 0x80001;
    private static final int OPEN_HOW = 24;

    private JoinedTree() {}

    /**
     * Appends the steps.
     *
     * @param batch of a process with CAP_SYS_ADMIN over both mount namespaces
     * @param namespace path of the mount namespace
     * @param path what to take there, without links
     * @return the step whose result is the tree's descriptor
     */
    static Batch.Step take(Batch batch, String namespace, String path) {
        String what = "share " + path;
        long flags = OpenFlags.RDONLY | OpenFlags.CLOEXEC;
        long dot = batch.string(".");
        Batch.Step own = batch.step(what, Nr.OPENAT, At.FDCWD, batch.string("/proc/self/ns/mnt"), flags);
        Batch.Step root = batch.step(
                what, Nr.OPENAT, At.FDCWD, batch.string("/"), OpenFlags.PATH | OpenFlags.DIRECTORY | OpenFlags.CLOEXEC);
        Batch.Step other = batch.step(what, Nr.OPENAT, At.FDCWD, batch.string(namespace), flags);
        batch.step(what, Nr.SETNS, 0, Clone.NEWNS).uses(0, other);
        long how = batch.memory().allocate(OPEN_HOW);
        batch.memory().putLong(how, OpenFlags.PATH | OpenFlags.CLOEXEC);
        // A link there is under the control of the programs there, and could name anything.
        batch.memory().putLong(how + 16, OpenHow.NO_SYMLINKS);
        Batch.Step place = batch.step(what, Nr.OPENAT2, At.FDCWD, batch.string(path), how, OPEN_HOW);
        Batch.Step tree = batch.step(
                        what, Nr.OPEN_TREE, 0, batch.string(""), OPEN_TREE_CLONE_CLOEXEC | Mounter.AT_EMPTY_PATH)
                .uses(0, place);
        batch.step(what, Nr.SETNS, 0, Clone.NEWNS).uses(0, own);
        batch.step(what, Nr.FCHDIR, 0).uses(0, root);
        batch.step(what, Nr.CHROOT, dot);
        for (Batch.Step done : new Batch.Step[] {own, root, other, place}) {
            batch.step(what, Nr.CLOSE, 0).uses(0, done);
        }
        return tree;
    }
}
