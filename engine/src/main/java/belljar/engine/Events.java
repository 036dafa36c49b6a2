package belljar.engine;

import belljar.linux.Errno;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.log.LogTime;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/**
 * The journal of what happened: one line of JSON an event in {@code STATE/events.jsonl}, written by whichever process
 * did it. Safe for use by several threads and processes.
 */
public final class Events {
    /** Beyond this size the journal is renamed to {@code events.jsonl.1}, in place of the one before. */
    static final long MOST_BYTES = 10_000_000;

    private static final int AT_FDCWD = -100;
    private static final int FLAGS = 2 | 0x40 | 0x400 | 0x80000; // O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC
    private static final int LOCK_EX = 2;
    private static final int STAT_SIZE = 144;
    private static final int SIZE_AT = 48;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final Path file;
    private final long mostBytes;

    Events(Path file, long mostBytes) {
        this.file = file;
        this.mostBytes = mostBytes;
    }

    /**
     * {@return the journal of a state directory; nothing is opened yet}
     *
     * @param state the directory, such as {@code /run/belljar}
     */
    public static Events of(Path state) {
        return new Events(state.resolve("events.jsonl"), MOST_BYTES);
    }

    /** {@return the journal's file} */
    Path file() {
        return file;
    }

    /**
     * Enters an event of a container, with its labels.
     *
     * @param action what happened, in Podman's words
     * @param container to which
     * @param attributes what else is to be known, as names and values in turn
     */
    public void container(String action, ContainerRecord container, String... attributes) {
        Map<String, String> all = new java.util.LinkedHashMap<>();
        for (int i = 0; i + 1 < attributes.length; i += 2) {
            all.put(attributes[i], attributes[i + 1]);
        }
        for (Map.Entry<String, String> label : container.labels().entrySet()) {
            all.putIfAbsent(label.getKey(), label.getValue());
        }
        append("container", action, container.id(), container.name(), container.image(), all);
    }

    /**
     * Enters an event that happens now. Never fails: a full disk must not keep a container from being stopped, so what
     * cannot be written is left out.
     *
     * @param type the kind of thing, as {@link Event#type()}
     * @param action what happened, in Podman's words
     * @param id the thing's id; empty for none
     * @param name its name; empty for none
     * @param image the name of a container's image; empty for none
     * @param attributes what else is to be known
     */
    public void append(
            String type, String action, String id, String name, String image, Map<String, String> attributes) {
        byte[] line = (new Event(type, action, id, name, image, LogTime.now(), attributes).toLine() + "\n")
                .getBytes(StandardCharsets.UTF_8);
        try (Memory memory = line.length < 32_000 ? KERNEL.lend() : KERNEL.lend(line.length + 20_000)) {
            long path = memory.string(file.toString());
            // Somebody may rename the file between opening and locking it; then the next one is the journal.
            for (int attempt = 0; attempt < 100; attempt++) {
                long fd = KERNEL.call(Nr.OPENAT, AT_FDCWD, path, FLAGS, 0600);
                if (fd < 0) {
                    return;
                }
                boolean done = write(memory, (int) fd, path, line);
                KERNEL.call(Nr.CLOSE, fd);
                if (done) {
                    return;
                }
            }
        }
    }

    /** Writes a line if the descriptor still is the journal; false when another file has taken its place. */
    private boolean write(Memory memory, int fd, long path, byte[] line) {
        long locked;
        do {
            locked = KERNEL.call(Nr.FLOCK, fd, LOCK_EX);
        } while (locked == -Errno.EINTR);
        long here = memory.allocate(STAT_SIZE);
        long there = memory.allocate(STAT_SIZE);
        KERNEL.call(Nr.FSTAT, fd, here);
        if (KERNEL.call(Nr.NEWFSTATAT, AT_FDCWD, path, there, 0) != 0
                || memory.getLong(here) != memory.getLong(there)
                || memory.getLong(here + 8) != memory.getLong(there + 8)) {
            return false;
        }
        long size = memory.getLong(here + SIZE_AT);
        long older = memory.string(file + ".1");
        if (size > mostBytes && KERNEL.call(Nr.RENAMEAT2, AT_FDCWD, path, AT_FDCWD, older, 0) == 0) {
            return false;
        }
        long text = memory.copy(line);
        if (size > 0 && KERNEL.call(Nr.PREAD64, fd, here, 1, size - 1) == 1 && (memory.getInt(here) & 0xFF) != '\n') {
            // Whoever wrote last had no room for the whole line; that one is lost, this one shall not be.
            KERNEL.call(Nr.WRITE, fd, memory.copy(new byte[] {'\n'}), 1);
        }
        KERNEL.call(Nr.WRITE, fd, text, line.length);
        return true;
    }
}
