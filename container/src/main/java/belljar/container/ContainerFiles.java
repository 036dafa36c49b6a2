package belljar.container;

import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads small files of a running container as its programs see them, without following a link out of its root. */
public final class ContainerFiles {
    private static final int CHUNK = 16 * 1024;
    private static final int O_NONBLOCK = 0x800;
    private static final int S_IFMT = 0xF000;
    private static final int S_IFREG = 0x8000;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private ContainerFiles() {}

    /**
     * {@return the content of a regular file; empty when there is none, it may not be read, or it is too long}
     *
     * @param pid a process of the container, in this process's pid namespace
     * @param path the file's path in the container, absolute
     * @param limit the most bytes
     * @throws belljar.failure.HostException if the process has ended
     */
    public static Optional<String> read(long pid, String path, int limit) {
        try (Memory memory = KERNEL.lend();
                Fd root = root(memory, pid)) {
            // O_NONBLOCK: the container may have put a pipe there that nobody ever writes to.
            long how = Rootfs.how(memory, Rootfs.O_CLOEXEC | O_NONBLOCK);
            long fd = KERNEL.call(Nr.OPENAT2, root.number(), memory.string(path), how, 24);
            if (fd < 0) {
                return Optional.empty();
            }
            try (Fd file = new Fd((int) fd)) {
                return read(memory, file, limit);
            }
        }
    }

    private static Fd root(Memory memory, long pid) {
        String path = "/proc/" + pid + "/root";
        long flags = Rootfs.O_PATH | Rootfs.O_DIRECTORY | Rootfs.O_CLOEXEC;
        long fd = KERNEL.call(Nr.OPENAT, Mounter.AT_FDCWD, memory.string(path), flags);
        return new Fd((int) Errno.check("openat", "open the container's root " + path, fd));
    }

    private static Optional<String> read(Memory memory, Fd file, int limit) {
        long stat = memory.allocate(144);
        if (KERNEL.call(Nr.FSTAT, file.number(), stat) < 0 || (memory.getInt(stat + 24) & S_IFMT) != S_IFREG) {
            return Optional.empty();
        }
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        long buffer = memory.allocateDirty(CHUNK);
        byte[] piece = new byte[CHUNK];
        while (true) {
            long n = KERNEL.call(Nr.READ, file.number(), buffer, CHUNK);
            if (n == 0) {
                return Optional.of(content.toString(StandardCharsets.UTF_8));
            }
            if (n < 0 || content.size() + n > limit) {
                return Optional.empty();
            }
            memory.bytes().get(memory.offset(buffer), piece, 0, (int) n);
            content.write(piece, 0, (int) n);
        }
    }
}
