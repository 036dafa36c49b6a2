package belljar.translator;

/**
 * Tells when a CPU does next to nothing: it has slept for nearly all of a while. Guests wake up some times a second
 * even when they are idle, so one long sleep is not to be waited for. For one thread.
 */
final class Rest {
    /** How long it has to be at rest, in nanoseconds. */
    private static final long WHILE = 2_000_000_000;

    /** Of how many parts of that time it may be awake for one. */
    private static final int PARTS = 10;

    private long began;
    private long slept;

    /**
     * Makes one.
     *
     * @param now nanoseconds of some clock
     */
    Rest(long now) {
        began = now;
    }

    /**
     * Notes a sleep, and begins anew when a while is over.
     *
     * @param from when it began
     * @param to when it ended
     * @return whether a while is over that was a rest
     */
    boolean slept(long from, long to) {
        slept += to - from;
        long all = to - began;
        if (all < WHILE) {
            return false;
        }
        boolean rested = all - slept <= all / PARTS;
        began = to;
        slept = 0;
        return rested;
    }
}
