package belljar.virtio;

/**
 * Holds a device to a {@link RateLimit}, as two buckets of tokens that fill evenly up to what belongs to a second. A
 * request begins when there is any token of either kind, and may leave a debt, so that one of any size gets its turn.
 * For one thread.
 */
final class RateLimiter {
    private static final long SECOND = 1_000_000_000;

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
