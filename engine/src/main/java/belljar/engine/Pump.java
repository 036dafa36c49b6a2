package belljar.engine;

import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.sandbox.Container;
import java.nio.ByteBuffer;

/**
 * Carries bytes between a container's streams and the caller's descriptors until the container's first process has
 * ended. Containers never get the caller's own descriptors: a terminal among them would let the container type on it
 * (CVE-2017-5226), and their owner would be wrong.
 */
final class Pump {
    private static final int CHUNK = 32 * 1024;

    /** What a pipe can hold at most for an ordinary user (pipe(7)): more than that came after the end. */
    private static final int LEFT_MAX = 1 << 20;

    private static final int POLLIN = 1;
    private static final int POLLFD = 8;
    private static final int F_SETFL = 4;
    private static final int O_NONBLOCK = 0x800;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final Container container;
    private final Fd[] from;
    private final int[] to;
    private final RunLog log;

    /**
     * @param container whose end ends the pumping
     * @param from descriptors to read from, the container's output; closed when nobody reads on
     * @param to descriptors to write to, one for each of {@code from}
     * @param log gets the same
     */
    Pump(Container container, Fd[] from, int[] to, RunLog log) {
        this.container = container;
        this.from = from;
        this.to = to;
        this.log = log;
    }

    /**
     * Starts a thread that carries the caller's input to the container.
     *
     * @param in the caller's descriptor
     * @param into the container's; closed at the end of the input unless it is a terminal
     * @param terminal whether it is
     */
    void input(int in, Fd into, boolean terminal) {
        Thread thread = new Thread(() -> carryInput(in, into, terminal), "belljar-input");
        thread.setDaemon(true);
        thread.start();
    }

    private void carryInput(int in, Fd into, boolean terminal) {
        try (Memory memory = KERNEL.lend()) {
            long polls = memory.allocate(2 * POLLFD);
            long buffer = memory.allocateDirty(CHUNK);
            memory.putInt(polls, in);
            memory.putInt(polls + 4, POLLIN);
            memory.putInt(polls + POLLFD, container.pidfd());
            memory.putInt(polls + POLLFD + 4, POLLIN);
            while (true) {
                KERNEL.call(Nr.POLL, polls, 2, -1);
                if (memory.getInt(polls + POLLFD + 4) >>> 16 != 0) {
                    return;
                }
                if (memory.getInt(polls + 4) >>> 16 == 0) {
                    continue;
                }
                long n = KERNEL.call(Nr.READ, in, buffer, CHUNK);
                if (n == -Errno.EINTR || n == -Errno.EAGAIN) {
                    continue;
                }
                if (n <= 0 || !writeAll(into.number(), buffer, n)) {
                    break;
                }
            }
        } catch (IllegalStateException closed) {
            // The run is over and its descriptors are closed.
            return;
        }
        if (!terminal) {
            into.close();
        }
    }

    /** Carries the container's output until its first process has ended, and what is left in the pipes then. */
    void run() {
        try (Memory memory = KERNEL.lend()) {
            int count = from.length;
            long polls = memory.allocate((count + 1) * POLLFD);
            long buffer = memory.allocateDirty(CHUNK);
            for (int i = 0; i < count; i++) {
                KERNEL.call(Nr.FCNTL, from[i].number(), F_SETFL, O_NONBLOCK);
                watch(memory, polls, i, from[i].number());
            }
            watch(memory, polls, count, container.pidfd());
            boolean ended = false;
            while (!ended) {
                KERNEL.call(Nr.POLL, polls, count + 1, -1);
                ended = ready(memory, polls, count);
                for (int i = 0; i < count; i++) {
                    int fd = memory.getInt(polls + (long) i * POLLFD);
                    if (fd >= 0 && (ended || ready(memory, polls, i)) && !drain(i, memory, buffer)) {
                        // Closed rather than drained for nothing, so that the program learns that nobody reads on. A
                        // negative descriptor is passed over by poll(2).
                        from[i].close();
                        memory.putInt(polls + (long) i * POLLFD, -1);
                    }
                }
            }
        }
    }

    private static void watch(Memory memory, long polls, int index, int fd) {
        memory.putInt(polls + (long) index * POLLFD, fd);
        memory.putInt(polls + (long) index * POLLFD + 4, POLLIN);
    }

    private static boolean ready(Memory memory, long polls, int index) {
        ByteBuffer bytes = memory.bytes();
        return bytes.getShort(memory.offset(polls) + index * POLLFD + 6) != 0;
    }

    /**
     * Moves what is there, up to a limit, since a process that never pauses would else keep the others, and the end,
     * from being seen; false at the end of the stream or when nobody reads on.
     */
    private boolean drain(int index, Memory memory, long buffer) {
        int source = from[index].number();
        long moved = 0;
        while (moved < LEFT_MAX) {
            long n = KERNEL.call(Nr.READ, source, buffer, CHUNK);
            if (n == -Errno.EAGAIN) {
                return true;
            }
            if (n == -Errno.EINTR) {
                continue;
            }
            if (n <= 0) {
                return false;
            }
            log.write(index == 1, memory, buffer, (int) n);
            if (!writeAll(to[index], buffer, n)) {
                return false;
            }
            moved += n;
        }
        return true;
    }

    private static boolean writeAll(int fd, long buffer, long length) {
        long done = 0;
        while (done < length) {
            long n = KERNEL.call(Nr.WRITE, fd, buffer + done, length - done);
            if (n == -Errno.EAGAIN) {
                waitWritable(fd);
            } else if (n < 0 && n != -Errno.EINTR) {
                return false;
            } else if (n > 0) {
                done += n;
            }
        }
        return true;
    }

    /** The caller's descriptor may be non-blocking, as one shared with an event-driven parent is. */
    private static void waitWritable(int fd) {
        try (Memory memory = KERNEL.lend()) {
            long poll = memory.allocate(POLLFD);
            memory.putInt(poll, fd);
            memory.putInt(poll + 4, 4 /* POLLOUT */);
            KERNEL.call(Nr.POLL, poll, 1, -1);
        }
    }
}
