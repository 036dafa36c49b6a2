package belljar.log;

import belljar.linux.Errno;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Writes a container's output to its log and rotates it. Each call's bytes are in the file when it returns; a line that
 * has no end yet is written as a piece. What cannot be written, as on a full disk, is left out: a log must not stop the
 * program. For one thread at a time, and one writer a log.
 */
public final class LogWriter implements AutoCloseable {
    private static final int AT_FDCWD = -100;
    private static final int FLAGS = 2 | 0x40 | 0x400 | 0x80000; // O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC
    private static final int STAT_SIZE = 144;
    private static final int SIZE_AT = 48;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private final String path;
    private final LogFormat format;
    private final long mostBytes;
    private final int mostFiles;
    private int fd = -1;
    private long size;
    private byte[] text = new byte[80 * 1024];
    private int length;

    private LogWriter(String path, LogFormat format, long mostBytes, int mostFiles) {
        this.path = path;
        this.format = format;
        this.mostBytes = mostBytes;
        this.mostFiles = mostFiles;
    }

    /**
     * Opens a log to write at its end.
     *
     * @param file the log's newest file; made when it is missing
     * @param format how its lines are to look
     * @param mostBytes the size after which a new file is begun; 0 or less for never
     * @param mostFiles how many files there may be, with the newest; where it is 1 the log starts over
     * @return the writer
     * @throws belljar.failure.HostException if the file cannot be opened
     */
    public static LogWriter open(Path file, LogFormat format, long mostBytes, int mostFiles) {
        LogWriter writer = new LogWriter(file.toString(), format, mostBytes, Math.max(1, mostFiles));
        Errno.check("openat", "open the log " + file, writer.openFile());
        return writer;
    }

    private long openFile() {
        try (Memory memory = KERNEL.lend()) {
            long opened = KERNEL.call(Nr.OPENAT, AT_FDCWD, memory.string(path), FLAGS, 0600);
            if (opened < 0) {
                return opened;
            }
            fd = (int) opened;
            long stat = memory.allocate(STAT_SIZE);
            KERNEL.call(Nr.FSTAT, fd, stat);
            size = memory.getLong(stat + SIZE_AT);
            if (size > 0
                    && KERNEL.call(Nr.PREAD64, fd, stat, 1, size - 1) == 1
                    && (memory.getInt(stat) & 0xFF) != '\n') {
                // The writer before died within a line.
                size += Math.max(0, KERNEL.call(Nr.WRITE, fd, memory.copy(new byte[] {'\n'}), 1));
            }
            return 0;
        }
    }

    /**
     * Writes what the container wrote now.
     *
     * @param error whether to standard error
     * @param bytes holds the output
     * @param from where it starts
     * @param count how many bytes, 0 or more
     */
    public void write(boolean error, byte[] bytes, int from, int count) {
        long now = LogTime.now();
        int end = from + count;
        int at = from;
        while (at < end) {
            int newline = at;
            while (newline < end && bytes[newline] != '\n') {
                newline++;
            }
            entry(now, error, newline < end, bytes, at, newline);
            at = newline + 1;
            if (mostBytes > 0 && size + length >= mostBytes) {
                flush();
                rotate();
            }
        }
        flush();
    }

    private void entry(long now, boolean error, boolean whole, byte[] bytes, int from, int to) {
        int most = (to - from) * 6 + 128;
        if (text.length - length < most) {
            flush();
            if (text.length < most) {
                text = new byte[most];
            }
        }
        String stream = error ? "stderr" : "stdout";
        if (format == LogFormat.CRI) {
            time(now);
            put(" ");
            put(stream);
            put(whole ? " F " : " P ");
            System.arraycopy(bytes, from, text, length, to - from);
            length += to - from;
            put("\n");
        } else {
            put("{\"log\":\"");
            escape(bytes, from, to);
            put(whole ? "\\n\",\"stream\":\"" : "\",\"stream\":\"");
            put(stream);
            put("\",\"time\":\"");
            time(now);
            put("\"}\n");
        }
    }

    private void time(long now) {
        LogTime.format(now, text, length);
        length += LogTime.LENGTH;
    }

    private void put(String ascii) {
        for (int i = 0; i < ascii.length(); i++) {
            text[length++] = (byte) ascii.charAt(i);
        }
    }

    private void escape(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            byte b = bytes[i];
            if (b == '"' || b == '\\') {
                text[length++] = '\\';
                text[length++] = b;
            } else if (b == '\t' || b == '\r') {
                text[length++] = '\\';
                text[length++] = (byte) (b == '\t' ? 't' : 'r');
            } else if (b >= 0 && b < 0x20) {
                put("\\u00");
                text[length++] = HEX[b >> 4];
                text[length++] = HEX[b & 15];
            } else {
                text[length++] = b;
            }
        }
    }

    private void flush() {
        if (length == 0 || fd < 0) {
            length = 0;
            return;
        }
        try (Memory memory = length < 60_000 ? KERNEL.lend() : KERNEL.lend(length + 64)) {
            long address = memory.allocateDirty(length);
            memory.bytes().put(memory.offset(address), text, 0, length);
            int done = 0;
            while (done < length) {
                long n = KERNEL.call(Nr.WRITE, fd, address + done, length - done);
                if (n <= 0 && n != -Errno.EINTR) {
                    break;
                }
                done += (int) Math.max(0, n);
            }
            size += done;
        }
        length = 0;
    }

    /** Renames from the oldest on, so that a reader finds each file under its old name or its new one. */
    private void rotate() {
        try (Memory memory = KERNEL.lend()) {
            long newest = memory.string(path);
            if (mostFiles == 1) {
                KERNEL.call(Nr.UNLINKAT, AT_FDCWD, newest, 0);
            }
            long stat = memory.allocate(STAT_SIZE);
            int free = 1;
            // Up to the first name that is free, which is the oldest, or one that a rotation left when it was cut
            // short.
            while (free < mostFiles - 1 && KERNEL.call(Nr.NEWFSTATAT, AT_FDCWD, name(memory, free), stat, 0) == 0) {
                free++;
            }
            for (int i = Math.min(free, mostFiles - 1); i > 0; i--) {
                memory.reset();
                long older = memory.string(path + "." + i);
                long newer = memory.string(i == 1 ? path : path + "." + (i - 1));
                KERNEL.call(Nr.RENAMEAT2, AT_FDCWD, newer, AT_FDCWD, older, 0);
            }
        }
        int before = fd;
        fd = -1;
        if (openFile() < 0) {
            // No descriptors left, or the directory is gone: better a log that is too long than none.
            fd = before;
            size = 0;
        } else {
            KERNEL.call(Nr.CLOSE, before);
        }
    }

    /** Room for one name at a time, behind the structure that comes first. */
    private long name(Memory memory, int number) {
        memory.reset();
        memory.allocate(STAT_SIZE);
        return memory.string(path + "." + number);
    }

    /** Closes the file. */
    @Override
    public void close() {
        flush();
        if (fd >= 0) {
            KERNEL.call(Nr.CLOSE, fd);
            fd = -1;
        }
    }
}
