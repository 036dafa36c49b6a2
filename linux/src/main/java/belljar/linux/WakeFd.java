package belljar.linux;

/**
 * Waits for a descriptor to become ready, and can be woken from it by another thread (eventfd(2), poll(2)). One thread
 * waits at a time; any thread wakes.
 */
public final class WakeFd implements AutoCloseable {
    /** There is something to read. */
    public static final int READABLE = 1;

    /** There is room to write. */
    public static final int WRITABLE = 4;

    private static final int FLAGS = 0x80000 | 0x800; // EFD_CLOEXEC | EFD_NONBLOCK
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final Fd event;

    private WakeFd(Fd event) {
        this.event = event;
    }

    /**
     * {@return a new one}
     *
     * @throws belljar.failure.HostException if there are too many open files
     */
    public static WakeFd open() {
        return new WakeFd(new Fd(
                (int) Errno.check("eventfd2", "make a descriptor to be woken by", KERNEL.call(Nr.EVENTFD2, 0, FLAGS))));
    }

    /** {@return the descriptor that is readable once {@link #wake} was called, until somebody waits} */
    public int number() {
        return event.number();
    }

    /** Ends the waiting of now, or if there is none the next one at once. */
    public void wake() {
        try (Memory memory = KERNEL.lend()) {
            long one = memory.allocate(8);
            memory.putLong(one, 1);
            KERNEL.call(Nr.WRITE, event.number(), one, 8);
        }
    }

    /**
     * Waits until a descriptor is ready or has failed, or {@link #wake} is called.
     *
     * @param fd the descriptor; -1 to wait for {@link #wake} only
     * @param events {@link #READABLE}, {@link #WRITABLE} or both
     * @param millis how long at most; negative for any time
     * @return what the descriptor is ready for, with further bits of poll(2) where it has failed; 0 when woken or when
     *     the time is over
     */
    public int await(int fd, int events, int millis) {
        try (Memory memory = KERNEL.lend()) {
            long polls = memory.allocate(16); // two of struct pollfd: descriptor, events, what happened
            memory.putInt(polls, event.number());
            memory.putInt(polls + 4, READABLE);
            memory.putInt(polls + 8, fd);
            memory.putInt(polls + 12, events);
            long ready = KERNEL.call(Nr.POLL, polls, 2, millis);
            if (ready <= 0) {
                return 0;
            }
            if (memory.getInt(polls + 4) >>> 16 != 0) {
                KERNEL.call(Nr.READ, event.number(), memory.allocate(8), 8);
            }
            return memory.getInt(polls + 12) >>> 16;
        }
    }

    /** Closes the descriptor. Nobody may be waiting. */
    @Override
    public void close() {
        event.close();
    }
}
