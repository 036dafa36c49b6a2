package belljar.linux;

import java.nio.charset.StandardCharsets;

/**
 * Whole reads and single writes of the kernel's small text files (procfs, sysfs, cgroupfs), by plain system calls: on
 * the start-up path the JDK's file API costs more than the kernel does. Results are the kernel's, negated errno on
 * failure, because only the caller knows what a failure means.
 */
final class KernelFile {
    /** The directory that relative names start from unless one is opened. */
    static final int AT_FDCWD = -100;

    private static final int O_WRONLY = 1;
    private static final int O_CLOEXEC = 0x80000;
    private static final int CHUNK = 16 * 1024;

    private KernelFile() {}

    /**
     * {@return the content of a file}
     *
     * @param path an absolute path
     * @throws belljar.failure.HostException if it cannot be read
     */
    static String read(String path) {
        StringBuilder text = new StringBuilder();
        long result = read(AT_FDCWD, path, text);
        if (result < 0) {
            throw Errno.failure("read", "read " + path, result);
        }
        return text.toString();
    }

    /**
     * Appends the content of a file to a text.
     *
     * @param directory an open directory, or {@link #AT_FDCWD}
     * @param path the file's path
     * @param into receives the content
     * @return 0, or a negated errno
     */
    static long read(int directory, String path, StringBuilder into) {
        HostKernel kernel = HostKernel.INSTANCE;
        try (Memory memory = kernel.lend()) {
            long fd = kernel.call(Nr.OPENAT, directory, memory.string(path), O_CLOEXEC);
            if (fd < 0) {
                return fd;
            }
            long buffer = memory.allocateDirty(CHUNK);
            long n;
            do {
                n = kernel.call(Nr.READ, fd, buffer, CHUNK);
                if (n > 0) {
                    byte[] content = new byte[(int) n];
                    memory.bytes().get(memory.offset(buffer), content);
                    into.append(new String(content, StandardCharsets.ISO_8859_1));
                }
            } while (n > 0 || n == -Errno.EINTR);
            kernel.call(Nr.CLOSE, fd);
            return n;
        }
    }

    /**
     * Writes a text to an existing file in one call, as control files demand.
     *
     * @param directory an open directory, or {@link #AT_FDCWD}
     * @param path the file's path
     * @param text what to write
     * @return 0 or more, or a negated errno
     */
    static long write(int directory, String path, String text) {
        HostKernel kernel = HostKernel.INSTANCE;
        try (Memory memory = kernel.lend()) {
            long fd = kernel.call(Nr.OPENAT, directory, memory.string(path), O_WRONLY | O_CLOEXEC);
            if (fd < 0) {
                return fd;
            }
            byte[] content = text.getBytes(StandardCharsets.UTF_8);
            long buffer = memory.copy(content);
            long n;
            do {
                n = kernel.call(Nr.WRITE, fd, buffer, content.length);
            } while (n == -Errno.EINTR);
            kernel.call(Nr.CLOSE, fd);
            return n;
        }
    }
}
