package belljar.virtio;

import belljar.machine.StateStream;
import belljar.machine.Stateful;

/**
 * Holds a device to a {@link RateLimit}, as two buckets of tokens that fill evenly up to what belongs to a second. A
 * request begins when there is any token of either kind, and may leave a debt, so that one of any size gets its turn.
 * For one thread. What is left in the buckets is in a machine's state, so that a copy of it begins with no more.
 */
final class RateLimiter implements Stateful {
    private static final long SECOND = 1_000_000_000;

    /** No request is longer. */
    private static final long MOST_DEBT = 1L << 32;

    private final Bucket bytes;
    private final Bucket operations;

    RateLimiter(RateLimit limit, long now) {
        bytes = new Bucket(limit.bytes(), now);
        operations = new Bucket(limit.operations(), now);
    }

    /** {@return nanoseconds until the next request may begin; 0 if it may now} */
    long delay(long now) {
        return Math.max(bytes.delay(now), operations.delay(now));
    }

    /** Counts a request. */
    void used(long length) {
        bytes.tokens -= (double) length;
        operations.tokens--;
    }

    @Override
    public void transfer(StateStream state) {
        long now = System.nanoTime();
        bytes.transfer(state, now);
        operations.transfer(state, now);
    }

    private static final class Bucket {
        private final long rate;
        private double tokens;
        private long filled;

        Bucket(long rate, long now) {
            this.rate = rate;
            // Beyond 2^53 it is rounded, which nobody can tell.
            this.tokens = (double) rate;
            this.filled = now;
        }

        void transfer(StateStream state, long now) {
            delay(now);
            long left = state.number(rate == 0 ? 0 : (long) tokens, -MOST_DEBT, Long.MAX_VALUE);
            if (state.isLoading()) {
                tokens = (double) Math.min(rate, left);
            }
        }

        long delay(long now) {
            if (rate == 0) {
                return 0;
            }
            tokens = Math.min((double) rate, tokens + (double) rate * (double) (now - filled) / SECOND);
            filled = now;
            return tokens > 0 ? 0 : 1 + (long) (-tokens * SECOND / (double) rate);
        }
    }
}
