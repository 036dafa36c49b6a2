package belljar.linux;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Extended attributes (xattr(7)) of open files, also of those opened with {@link OpenFlags#PATH}, which are reached
 * through /proc/self/fd: the only way to a symbolic link's or a device node's attributes by descriptor. Get it from
 * {@link Fs#xattrs()}.
 */
public final class FsXattrs {
    static final String PROC = "/proc/self/fd/";

    /** The kernel's XATTR_SIZE_MAX and XATTR_LIST_MAX, bytes; a loan of the host has room for it less the name. */
    private static final int MAX = 64 * 1024;

    private final Caller caller;

    FsXattrs(Caller caller) {
        this.caller = caller;
    }

    /**
     * Sets one attribute.
     *
     * @param fd the file
     * @param name its full name, such as {@code user.comment}
     * @param value its value, up to 64 KiB
     */
    public void set(int fd, String name, byte[] value) {
        Fs.check("fsetxattr", "set the extended attribute ", name, trySet(fd, name, value));
    }

    /**
     * Sets one attribute.
     *
     * @param fd the file
     * @param name its full name
     * @param value its value
     * @return 0, or the negated errno, such as that of EOPNOTSUPP where the file system has none
     */
    public long trySet(int fd, String name, byte[] value) {
        try (Memory memory = lend(value.length + name.length() * 3 + 256)) {
            long at = Fs.path(memory, name);
            long content = memory.copy(value);
            long result = caller.call(Nr.FSETXATTR, fd, at, content, value.length, 0);
            if (result == -Errno.EBADF) {
                result = caller.call(Nr.SETXATTR, memory.string(PROC + fd), at, content, value.length, 0);
            }
            return result;
        }
    }

    /**
     * {@return the value of one attribute; empty when the file or its file system has none such}
     *
     * @param fd the file
     * @param name its full name
     */
    public Optional<byte[]> get(int fd, String name) {
        try (Memory memory = lend(MAX + name.length() * 3 + 256)) {
            long at = Fs.path(memory, name);
            long proc = memory.string(PROC + fd);
            long buffer = memory.allocateDirty(MAX);
            long n = caller.call(Nr.FGETXATTR, fd, at, buffer, MAX);
            if (n == -Errno.EBADF) {
                n = caller.call(Nr.GETXATTR, proc, at, buffer, MAX);
            }
            if (n == -Errno.ENODATA || n == -Errno.EOPNOTSUPP) {
                return Optional.empty();
            }
            Fs.check("fgetxattr", "read the extended attribute ", name, n);
            byte[] value = new byte[(int) n];
            memory.bytes().get(memory.offset(buffer), value);
            return Optional.of(value);
        }
    }

    /**
     * {@return the names of all attributes; empty where the file system has none}
     *
     * @param fd the file
     */
    public List<String> list(int fd) {
        try (Memory memory = lend(MAX + 256)) {
            long proc = memory.string(PROC + fd);
            long buffer = memory.allocateDirty(MAX);
            long n = caller.call(Nr.FLISTXATTR, fd, buffer, MAX);
            if (n == -Errno.EBADF) {
                n = caller.call(Nr.LISTXATTR, proc, buffer, MAX);
            }
            if (n == 0 || n == -Errno.EOPNOTSUPP) {
                return List.of();
            }
            Fs.check("flistxattr", "list the extended attributes of ", "descriptor " + fd, n);
            byte[] names = new byte[(int) n];
            memory.bytes().get(memory.offset(buffer), names);
            List<String> list = new ArrayList<>();
            int start = 0;
            for (int i = 0; i < names.length; i++) {
                if (names[i] == 0) {
                    list.add(FileName.decode(names, start, i - start));
                    start = i + 1;
                }
            }
            return list;
        }
    }

    /**
     * Removes one attribute.
     *
     * @param fd the file
     * @param name its full name
     * @return false if there was none
     */
    public boolean remove(int fd, String name) {
        try (Memory memory = caller.lend()) {
            long proc = memory.string(PROC + fd);
            long result = caller.call(Nr.REMOVEXATTR, proc, Fs.path(memory, name));
            if (result == -Errno.ENODATA) {
                return false;
            }
            Fs.check("removexattr", "remove the extended attribute ", name, result);
            return true;
        }
    }

    /** A loan of the host is exactly as large as the largest attribute, so that its name would no longer fit. */
    private Memory lend(int size) {
        if (size > MAX - 4096 && caller instanceof HostKernel host) {
            return host.lend(size);
        }
        return caller.lend();
    }
}
