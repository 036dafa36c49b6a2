package belljar.engine;

import belljar.failure.UserException;
import belljar.linux.At;
import belljar.linux.Errno;
import belljar.linux.FileName;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.Stat;
import org.jspecify.annotations.Nullable;

/**
 * A path at one end of a copy: on the host, where links lead where they lead for any program of the user's, or in a
 * container's tree, which no link leads out of.
 */
final class CopyPlace implements AutoCloseable {
    private final Fs fs;
    private final TreeOwners owners;
    private final boolean host;
    private final @Nullable ContainerTree tree;
    private final String shown;
    private final String path;
    private int handle = -1;
    private int above = -1;

    private CopyPlace(Fs fs, TreeOwners owners, @Nullable ContainerTree tree, String shown, String path) {
        this.fs = fs;
        this.owners = owners;
        this.host = tree == null;
        this.tree = tree;
        this.shown = shown;
        this.path = path;
    }

    /** {@return a place on the host} */
    static CopyPlace onHost(String path) {
        return new CopyPlace(Fs.HOST, TreeOwners.SAME, null, path, path.isEmpty() ? "." : path);
    }

    /**
     * {@return a place in a container}
     *
     * @param tree its tree
     * @param name the container, for messages
     * @param path the path as it was asked for
     * @param workdir the directory that a relative path starts at
     */
    static CopyPlace inTree(ContainerTree tree, String name, String path, String workdir) {
        String whole = path.startsWith("/") ? path : workdir + "/" + path;
        return new CopyPlace(tree.fs(), tree.owners(), tree, name + ":" + path, whole);
    }

    Fs fs() {
        return fs;
    }

    TreeOwners owners() {
        return owners;
    }

    boolean isHost() {
        return host;
    }

    /** {@return the path as the user wrote it} */
    String shown() {
        return FileName.show(shown);
    }

    private int open(String name, int flags) {
        return tree == null
                ? fs.tryOpen(At.FDCWD, name, OpenFlags.PATH | flags, 0)
                : tree.open(name, OpenFlags.PATH | flags);
    }

    /**
     * {@return a handle of what is there; -1 when there is nothing} Links are followed, the last one too.
     *
     * @throws UserException if the path cannot be followed
     */
    int find() {
        if (handle < 0) {
            int found = open(path, 0);
            if (found == -Errno.ENOENT) {
                return -1;
            }
            handle = check(found);
        }
        return handle;
    }

    /** {@return a handle of what is there} */
    int require() {
        if (find() < 0) {
            throw new UserException("there is no " + shown() + "; correct the path");
        }
        return handle;
    }

    Stat stat() {
        return fs.stat(require());
    }

    private int check(int result) {
        if (result == -Errno.ENOTDIR) {
            throw new UserException("a part of " + shown() + " is not a directory; correct the path");
        }
        if (result == -Errno.ELOOP) {
            throw new UserException(
                    "the links of " + shown() + " run in a circle or lead out of what can be copied; correct the path");
        }
        return (int) Errno.check("openat2", "open " + shown(), result);
    }

    /** {@return whether the path says that a directory's content is meant rather than the directory} */
    boolean meansContent() {
        return path.equals(".") || path.endsWith("/.") || baseName().isEmpty();
    }

    /** {@return whether the path can only be a directory's} */
    boolean meansDirectory() {
        return path.endsWith("/") || path.endsWith("/.") || path.equals(".");
    }

    /** {@return the last name of the path; empty for the root and what leads up} */
    String baseName() {
        int end = path.length();
        while (end > 0 && path.charAt(end - 1) == '/') {
            end--;
        }
        String name = path.substring(path.lastIndexOf('/', end - 1) + 1, end);
        return name.equals(".") || name.equals("..") ? "" : name;
    }

    /** {@return a handle of the directory in which the path's last name is, or would be} */
    int parent() {
        if (above < 0) {
            int end = path.length();
            while (end > 0 && path.charAt(end - 1) == '/') {
                end--;
            }
            int slash = path.lastIndexOf('/', end - 1);
            String name = slash < 0 ? "." : slash == 0 ? "/" : path.substring(0, slash);
            int found = open(name, OpenFlags.DIRECTORY);
            if (found == -Errno.ENOENT) {
                throw new UserException(
                        "the directory that " + shown() + " should be in does not exist; make it first");
            }
            above = check(found);
        }
        return above;
    }

    @Override
    public void close() {
        if (handle >= 0) {
            fs.close(handle);
        }
        if (above >= 0) {
            fs.close(above);
        }
    }
}
