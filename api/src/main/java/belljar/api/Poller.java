package belljar.api;

import belljar.failure.BugException;
import belljar.linux.Errno;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Waits for all descriptors of the library in one thread (epoll(7)). A system call that blocks holds the carrier of a
 * virtual thread; whoever needs a descriptor therefore parks on a future that this thread completes.
 */
final class Poller {
    static final int READABLE = 1;
    static final int WRITABLE = 4;

    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int EPOLLONESHOT = 1 << 30;
    private static final int ADD = 1;
    private static final int DELETE = 2;
    /** {@code struct epoll_event} is packed on x86-64: events, then data. */
    private static final int EVENT = 12;

    private static final int EVENTS = 64;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    /** The one of this process; its thread lives as long as the JVM. */
    static final Poller SHARED = new Poller();

    private final int epoll;
    private final AtomicLong tokens = new AtomicLong();
    private final ConcurrentHashMap<Long, Ready> waiting = new ConcurrentHashMap<>();

    private Poller() {
        epoll = (int) Errno.check("epoll_create1", "wait for containers", KERNEL.call(Nr.EPOLL_CREATE1, EPOLL_CLOEXEC));
        Thread thread = new Thread(this::run, "belljar-poller");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * A wait for a descriptor.
     *
     * @param fd the descriptor
     * @param token tells this wait from all others
     * @param future completed when the descriptor is ready
     */
    record Ready(int fd, long token, CompletableFuture<Object> future) {}

    /**
     * Waits for a descriptor once. Whoever calls this must call {@link #forget} before the descriptor is closed, and
     * nobody else may wait for the same one meanwhile.
     *
     * @param fd the descriptor
     * @param events {@link #READABLE} or {@link #WRITABLE}; ends and errors count as both
     * @return completed by the poller's thread, which must not be kept
     */
    Ready ready(int fd, int events) {
        Ready ready = new Ready(fd, tokens.incrementAndGet(), new CompletableFuture<>());
        waiting.put(ready.token, ready);
        try (Memory memory = KERNEL.lend()) {
            long event = memory.allocate(EVENT + 4);
            memory.putInt(event, events | EPOLLONESHOT);
            memory.putInt(event + 4, (int) ready.token);
            memory.putInt(event + 8, (int) (ready.token >>> 32));
            long added = KERNEL.call(Nr.EPOLL_CTL, epoll, ADD, fd, event);
            if (added < 0) {
                waiting.remove(ready.token);
                throw Errno.failure("epoll_ctl", "wait for a container", added);
            }
        }
        return ready;
    }

    /** Ends a wait, be it over or not. */
    void forget(Ready ready) {
        waiting.remove(ready.token);
        try (Memory memory = KERNEL.lend()) {
            KERNEL.call(Nr.EPOLL_CTL, epoll, DELETE, ready.fd, memory.allocate(EVENT + 4));
        }
    }

    private void run() {
        try (Memory memory = KERNEL.lend()) {
            long events = memory.allocate(EVENTS * EVENT);
            while (true) {
                long count = KERNEL.call(Nr.EPOLL_WAIT, epoll, events, EVENTS, -1);
                if (count < 0 && count != -Errno.EINTR) {
                    throw new BugException("the thread that waits for containers cannot: errno " + -count, null);
                }
                for (long i = 0; i < count; i++) {
                    long at = events + i * EVENT;
                    long low = memory.getInt(at + 4) & 0xFFFF_FFFFL;
                    Ready ready = waiting.remove((long) memory.getInt(at + 8) << 32 | low);
                    if (ready != null) {
                        ready.future.complete(ready);
                    }
                }
            }
        }
    }
}
