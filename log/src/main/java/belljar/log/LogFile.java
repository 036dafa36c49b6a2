package belljar.log;

import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One open file of a log, known by its inode whatever it is called by now. */
final class LogFile {
    private static final int AT_FDCWD = -100;
    private static final int O_CLOEXEC = 0x80000;
    private static final int STAT_SIZE = 144;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final int fd;
    private final long device;
    private final long inode;
    /** Where reading goes on, bytes. */
    long position;

    private LogFile(int fd, long device, long inode) {
        this.fd = fd;
        this.device = device;
        this.inode = inode;
    }

    static @Nullable LogFile open(String path) {
        try (Memory memory = KERNEL.lend()) {
            long fd = KERNEL.call(Nr.OPENAT, AT_FDCWD, memory.string(path), O_CLOEXEC);
            if (fd < 0) {
                return null;
            }
            long stat = memory.allocate(STAT_SIZE);
            KERNEL.call(Nr.FSTAT, fd, stat);
            return new LogFile((int) fd, memory.getLong(stat), memory.getLong(stat + 8));
        }
    }

    /**
     * {@return all files of a log that exist, the newest first} A rotation that happens meanwhile moves a file that is
     * open already to a name that is opened later; then all is done again.
     */
    static List<LogFile> openAll(String path) {
        return openNewer(path, null);
    }

    /** {@return the files that are newer than a known one, the newest first; all when that one is gone or null} */
    static List<LogFile> openNewer(String path, @Nullable LogFile known) {
        while (true) {
            List<LogFile> files = new ArrayList<>();
            boolean again = false;
            int missing = 0;
            // In the midst of a rotation one name is missing.
            for (int i = 0; missing < 2 && !again; i++) {
                LogFile file = open(i == 0 ? path : path + "." + i);
                if (file == null) {
                    missing++;
                    continue;
                }
                if (known != null && file.is(known)) {
                    file.close();
                    break;
                }
                missing = 0;
                for (LogFile other : files) {
                    again |= file.is(other);
                }
                files.add(file);
            }
            if (!again) {
                return files;
            }
            closeAll(files);
        }
    }

    static void closeAll(Iterable<LogFile> files) {
        for (LogFile file : files) {
            file.close();
        }
    }

    boolean is(LogFile other) {
        return inode == other.inode && device == other.device;
    }

    /** {@return whether a name leads to this file} */
    boolean isNamed(String path) {
        try (Memory memory = KERNEL.lend()) {
            long stat = memory.allocate(STAT_SIZE);
            return KERNEL.call(Nr.NEWFSTATAT, AT_FDCWD, memory.string(path), stat, 0) == 0
                    && memory.getLong(stat) == device
                    && memory.getLong(stat + 8) == inode;
        }
    }

    long size() {
        return stat(48);
    }

    /** {@return when it was last written to, seconds since 1970} */
    long modified() {
        return stat(88);
    }

    private long stat(int field) {
        try (Memory memory = KERNEL.lend()) {
            long stat = memory.allocate(STAT_SIZE);
            KERNEL.call(Nr.FSTAT, fd, stat);
            return memory.getLong(stat + field);
        }
    }

    /** {@return how many bytes were read, 0 at the end or when it cannot be read} */
    int read(long from, byte[] to, int at, int most) {
        try (Memory memory = KERNEL.lend()) {
            int count = Math.min(most, memory.free() - 8);
            long buffer = memory.allocateDirty(count);
            int n = (int) KERNEL.call(Nr.PREAD64, fd, buffer, count, from);
            if (n > 0) {
                memory.bytes().get(memory.offset(buffer), to, at, n);
            }
            return Math.max(0, n);
        }
    }

    void close() {
        KERNEL.call(Nr.CLOSE, fd);
    }
}
