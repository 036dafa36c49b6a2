package belljar.image;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How often and when a failed transfer is tried again. Safe for use by several threads.
 *
 * @param attempts how many attempts in a row may fail without any progress, 1 or more
 * @param first the pause after the first failure; every further one doubles it
 * @param longest the longest pause, also where a registry asks for more
 * @param pause how to wait
 */
record RetryPolicy(int attempts, Duration first, Duration longest, Pause pause) {
    /** A way to wait. */
    interface Pause {
        /**
         * Waits.
         *
         * @param length for how long
         * @throws InterruptedException if the thread is interrupted meanwhile
         */
        void sleep(Duration length) throws InterruptedException;
    }

    /** Five attempts within about eight seconds: long enough for a restarting server, short enough for a person. */
    static final RetryPolicy STANDARD =
            new RetryPolicy(5, Duration.ofMillis(500), Duration.ofSeconds(60), Thread::sleep);

    /**
     * {@return the pause after a failure}
     *
     * @param failures how many attempts in a row have failed, 1 or more
     */
    Duration after(int failures) {
        long millis = first.toMillis() << Math.min(failures - 1, 16);
        // Spread by a quarter, so that transfers which failed together do not come back together.
        long spread = millis / 4 > 0 ? RandomGenerator.getDefault().nextLong(millis / 4) : 0;
        Duration wanted = Duration.ofMillis(millis + spread);
        return wanted.compareTo(longest) < 0 ? wanted : longest;
    }
}
