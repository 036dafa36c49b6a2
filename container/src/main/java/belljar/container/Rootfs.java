package belljar.container;

import belljar.failure.UserException;
import belljar.linux.Batch;
import belljar.linux.Errno;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.Stub;
import java.util.ArrayList;
import java.util.List;

/**
 * The container's root as a descriptor in the stub. Every path of the container goes through here, because an image may
 * be hostile: openat2(2) resolves each as if the root were {@code /}, so that no link leads outside, and what is
 * mounted on or created is the descriptor that was resolved, not the name, so that nothing can be exchanged in between
 * (CVE-2019-16884, CVE-2021-30465).
 */
final class Rootfs {
    static final int O_PATH = 0x200000;
    static final int O_CLOEXEC = 0x80000;
    static final int O_DIRECTORY = 0x10000;

    private static final long RESOLVE_NO_MAGICLINKS = 2;
    private static final long RESOLVE_NO_SYMLINKS = 4;
    private static final long RESOLVE_IN_ROOT = 0x10;
    private static final int S_IFREG = 0x8000;
    /** As the kernel's MAXSYMLINKS. */
    private static final int MAX_LINKS = 40;

    private static final int MAX_PATH = 4096;

    private final Stub stub;
    private final int root;

    /**
     * @param stub who makes the calls
     * @param root the root directory's descriptor in the stub
     */
    Rootfs(Stub stub, int root) {
        this.stub = stub;
        this.root = root;
    }

    int descriptor() {
        return root;
    }

    /**
     * Looks a path up.
     *
     * @param path an absolute path inside the container
     * @param flags further flags of open(2) beside O_PATH
     * @return a descriptor in the stub, or a negated errno
     */
    int lookup(String path, int flags) {
        try (Memory memory = stub.lend()) {
            return (int) stub.call(Nr.OPENAT2, root, memory.string(path), how(memory, O_PATH | O_CLOEXEC | flags), 24);
        }
    }

    /** Appends a look-up of a path; that it finds nothing is an error. */
    Batch.Step find(Batch batch, String path) {
        Memory memory = batch.memory();
        long how = how(memory, O_PATH | O_CLOEXEC);
        return batch.step("open " + path + " in the container", Nr.OPENAT2, root, memory.string(path), how, 24);
    }

    /** Appends a look-up of a path; it may find nothing. */
    Batch.Step lookup(Batch batch, String path) {
        return lookup(batch, path, false);
    }

    /**
     * Appends a look-up of a path; it may find nothing.
     *
     * @param strict whether a link on the way is an error (ELOOP)
     */
    Batch.Step lookup(Batch batch, String path, boolean strict) {
        Memory memory = batch.memory();
        long how = how(memory, O_PATH | O_CLOEXEC);
        if (strict) {
            memory.putLong(how + 16, memory.getLong(how + 16) | RESOLVE_NO_SYMLINKS);
        }
        return batch.step("open " + path + " in the container", Nr.OPENAT2, root, memory.string(path), how, 24)
                .tolerating(Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP);
    }

    /**
     * Allocates a {@code struct open_how} (openat2(2)) that confines the path to the root.
     *
     * @param memory where
     * @param flags flags of open(2)
     * @return its address
     */
    static long how(Memory memory, int flags) {
        long how = memory.allocate(24);
        memory.putLong(how, flags);
        memory.putLong(how + 16, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
        return how;
    }

    /**
     * Looks a path up and makes what is missing of it, owned by the container's root.
     *
     * @param path an absolute path inside the container
     * @param directory whether a directory is wanted at its end, otherwise a file
     * @return a descriptor in the stub
     * @throws UserException if something on the way is in the way
     */
    int make(String path, boolean directory) {
        int found = lookup(path, 0);
        if (found != -Errno.ENOENT) {
            return check(path, found);
        }
        List<String> rest = new ArrayList<>();
        push(rest, clean(path));
        String at = "";
        int parent = check(path, lookup("/", 0));
        int links = 0;
        while (!rest.isEmpty()) {
            String name = rest.removeLast();
            String inside = at + "/" + name;
            int next = lookup(inside, 0);
            if (next == -Errno.ENOENT) {
                String target = readLink(parent, name);
                if (!target.isEmpty()) {
                    // What a link that leads nowhere names is made where it would be in the container.
                    check(path, ++links > MAX_LINKS ? -Errno.ELOOP : 0);
                    push(rest, target);
                    if (target.startsWith("/")) {
                        close(parent);
                        at = "";
                        parent = check(path, lookup("/", 0));
                    }
                    continue;
                }
                if (!create(parent, name, directory || !rest.isEmpty(), path)) {
                    // Somebody was faster, as another user of a shared directory may be; they do not keep us here.
                    check(path, ++links > MAX_LINKS ? -Errno.ELOOP : 0);
                    rest.add(name);
                    continue;
                }
                next = lookup(inside, 0);
            }
            close(parent);
            parent = check(path, next);
            at = inside;
        }
        return parent;
    }

    /** Puts a path's names on a stack, the first on top. */
    private static void push(List<String> stack, String path) {
        int end = path.length();
        while (end > 0) {
            int slash = path.lastIndexOf('/', end - 1);
            if (slash + 1 < end) {
                stack.add(path.substring(slash + 1, end));
            }
            end = slash;
        }
    }

    /** {@return where a link leads; empty when the name is none} */
    private String readLink(int parent, String name) {
        try (Memory memory = stub.lend()) {
            long buffer = memory.allocate(MAX_PATH);
            long n = stub.call(Nr.READLINKAT, parent, memory.string(name), buffer, MAX_PATH);
            return n <= 0 ? "" : memory.text(buffer, (int) n);
        }
    }

    /** Makes a name; false when it is there already. */
    private boolean create(int parent, String name, boolean directory, String path) {
        try (Memory memory = stub.lend()) {
            long text = memory.string(name);
            long result = directory
                    ? stub.call(Nr.MKDIRAT, parent, text, 0755)
                    : stub.call(Nr.MKNODAT, parent, text, S_IFREG | 0644, 0);
            if (result == -Errno.EEXIST) {
                return false;
            }
            if (result == -Errno.ENOENT) {
                throw new UserException(
                        "cannot make " + path + " in the container: its links lead to where nothing can be made");
            }
            Errno.check(directory ? "mkdirat" : "mknodat", "make " + path + " in the container", result);
            return true;
        }
    }

    static int check(String path, int result) {
        if (result == -Errno.ENOTDIR) {
            throw new UserException("cannot use " + path + " in the container: a part of the path is not a directory");
        }
        if (result == -Errno.ELOOP) {
            throw new UserException(
                    "cannot use " + path + " in the container: its links go in circles, or lead through a"
                            + " link of procfs to what has no path of its own");
        }
        return (int) Errno.check("openat2", "open " + path + " in the container", result);
    }

    /** Resolves {@code .} and {@code ..} by their letters, as the specification does for mount destinations. */
    static String clean(String path) {
        StringBuilder clean = new StringBuilder();
        int at = 0;
        while (at < path.length()) {
            int slash = path.indexOf('/', at);
            int end = slash < 0 ? path.length() : slash;
            if (end - at == 2 && path.startsWith("..", at)) {
                int last = clean.lastIndexOf("/");
                clean.setLength(Math.max(last, 0));
            } else if (end > at && !(end - at == 1 && path.charAt(at) == '.')) {
                clean.append('/').append(path, at, end);
            }
            at = end + 1;
        }
        return clean.toString();
    }

    void close(int fd) {
        if (fd >= 0) {
            stub.call(Nr.CLOSE, fd);
        }
    }
}
