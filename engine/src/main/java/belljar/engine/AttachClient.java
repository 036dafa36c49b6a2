package belljar.engine;

import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.log.Follower;
import belljar.log.LogOutput;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * Connects the caller with a container that another process keeps: shows what it writes from the log, as soon as it is
 * there, and carries the caller's input to it. To miss nothing of a container that is about to start, open the client
 * first, start it, and then {@link #run}. For one thread.
 */
public final class AttachClient implements AutoCloseable {
    private static final int POLLFD = 8;
    private static final int POLLIN = 1;
    private static final int POLLOUT = 4;
    private static final int EFD_FLAGS = 0x80800; // EFD_CLOEXEC | EFD_NONBLOCK
    private static final int CHUNK = 16 * 1024;
    /** What fits into a pipe that polls writable, so that the write does not block (pipe(7)). */
    private static final int MOST_AT_ONCE = 4096;

    private static final int LOOK_AGAIN = 20;
    private static final int LOOK_FOR_END = 2;
    /** How many looks without anything new in the log an ended container gets, if whoever writes it hangs. */
    private static final int LOOKS = 5_000;

    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final Follower follower;
    private final LogOutput output;
    private final Fd wake;
    private final DetachKeys keys;
    private int in;
    private byte[] pending = new byte[0];
    private int sent;
    private boolean inputOver;
    private volatile boolean leaving;

    private AttachClient(Follower follower, LogOutput output, Fd wake, int in, DetachKeys keys) {
        this.follower = follower;
        this.output = output;
        this.wake = wake;
        this.in = in;
        this.keys = keys;
    }

    /**
     * Connects the caller with a log from now on.
     *
     * @param log the container's newest log file; it need not exist yet, its directory must
     * @param in descriptor that input is read from; -1 for no input
     * @param out descriptor for the container's standard output
     * @param err descriptor for its standard error
     * @param keys what ends the attachment; used up by this client
     * @return the client
     * @throws belljar.failure.HostException if the host has no descriptors left
     */
    public static AttachClient open(Path log, int in, int out, int err, DetachKeys keys) {
        Fd wake = new Fd(
                (int) Errno.check("eventfd2", "attach to the container", KERNEL.call(Nr.EVENTFD2, 0, EFD_FLAGS)));
        return new AttachClient(Follower.open(log), new LogOutput(out, err), wake, in, keys);
    }

    /**
     * Carries input and output until the container has ended or the caller leaves it. The caller's terminal, if input
     * is one and the container has one, is in raw mode meanwhile and has its size passed on.
     *
     * @param target the container, which runs
     * @param observer gets the container to pass signals and window sizes on to
     * @param passSignals whether signals go to the container; otherwise any of them ends the attachment
     * @return the exit code; empty when the caller left by keys, by a signal, or by reading no more output
     */
    public OptionalInt run(AttachTarget target, RunIo.Observer observer, boolean passSignals) {
        boolean raw = target.terminal() >= 0 && in >= 0 && Terminal.isTerminal(in);
        Terminal terminal = null;
        try (AttachedContainer attached = new AttachedContainer(target, passSignals, this::leave)) {
            // First, so that no signal ends this process between the change of the mode and its being restored.
            observer.started(attached);
            terminal = raw ? Terminal.raw(in) : null;
            return carry(target) ? OptionalInt.of(target.exitCode()) : OptionalInt.empty();
        } finally {
            if (terminal != null) {
                terminal.close();
            }
        }
    }

    /** Ends {@link #run} soon, from any thread; the container goes on. */
    public void leave() {
        leaving = true;
        try (Memory memory = KERNEL.lend()) {
            long one = memory.allocate(8);
            memory.putLong(one, 1);
            KERNEL.call(Nr.WRITE, wake.number(), one, 8);
        }
    }

    /** {@return whether the container has ended; false when the caller left} */
    private boolean carry(AttachTarget target) {
        if (target.input() < 0) {
            in = -1;
        }
        try (Memory memory = KERNEL.lend()) {
            long polls = memory.allocate(5 * POLLFD);
            long buffer = memory.allocateDirty(CHUNK);
            boolean ended = false;
            int looks = 0;
            while (true) {
                // What is asked before the look at the log holds for all that the look finds.
                boolean logged = ended && (target.logged() || looks++ > LOOKS);
                if (!follower.pump(output) || leaving) {
                    return false;
                }
                if (logged) {
                    return true;
                }
                boolean sending = sent < pending.length;
                watch(memory, polls, 0, follower.fd(), POLLIN);
                watch(memory, polls, 1, ended ? -1 : target.pidfd(), POLLIN);
                watch(memory, polls, 2, wake.number(), POLLIN);
                watch(memory, polls, 3, ended || sending || inputOver ? -1 : in, POLLIN);
                watch(memory, polls, 4, sending && !ended ? target.input() : -1, POLLOUT);
                KERNEL.call(Nr.POLL, polls, 5, ended ? LOOK_FOR_END : follower.fd() < 0 ? LOOK_AGAIN : -1);
                ended |= ready(memory, polls, 1);
                looks = ready(memory, polls, 0) ? 0 : looks;
                if (ready(memory, polls, 3) && !read(memory, buffer, target)) {
                    return false;
                }
                if (ready(memory, polls, 4)) {
                    send(memory, buffer, target);
                }
            }
        }
    }

    private static void watch(Memory memory, long polls, int index, int fd, int events) {
        memory.putInt(polls + (long) index * POLLFD, fd);
        memory.putInt(polls + (long) index * POLLFD + 4, events);
    }

    private static boolean ready(Memory memory, long polls, int index) {
        return memory.getInt(polls + (long) index * POLLFD + 4) >>> 16 != 0;
    }

    /** Takes input; false when the keys to leave were pressed. */
    private boolean read(Memory memory, long buffer, AttachTarget target) {
        long n = KERNEL.call(Nr.READ, in, buffer, CHUNK);
        if (n == -Errno.EINTR || n == -Errno.EAGAIN) {
            return true;
        }
        if (n <= 0) {
            keys.end();
            pend(keys.passed());
            inputOver = true;
            if (pending.length == 0) {
                target.inputEnded();
            }
            return true;
        }
        byte[] typed = new byte[(int) n];
        memory.bytes().get(memory.offset(buffer), typed);
        boolean leave = keys.take(typed, typed.length);
        pend(keys.passed());
        if (leave && pending.length > 0) {
            send(memory, buffer, target);
        }
        return !leave;
    }

    private void pend(byte[] bytes) {
        pending = bytes;
        sent = 0;
    }

    private void send(Memory memory, long buffer, AttachTarget target) {
        int count = Math.min(pending.length - sent, MOST_AT_ONCE);
        memory.bytes().put(memory.offset(buffer), pending, sent, count);
        long n = KERNEL.call(Nr.WRITE, target.input(), buffer, count);
        if (n < 0 && n != -Errno.EINTR && n != -Errno.EAGAIN) {
            // The container reads no more; its end, if that is it, is told by its pidfd.
            inputOver = true;
            pend(new byte[0]);
            return;
        }
        sent += (int) Math.max(0, n);
        if (inputOver && sent == pending.length) {
            target.inputEnded();
        }
    }

    /** Lets go of the log. */
    @Override
    public void close() {
        follower.close();
        wake.close();
    }
}
