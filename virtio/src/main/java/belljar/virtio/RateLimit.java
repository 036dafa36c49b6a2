package belljar.virtio;

import belljar.failure.UserException;

/**
 * How much a device may do in a second, on average; what it has not used of one second it can use in the next.
 *
 * @param bytes bytes a second, 1 or more; 0 for no limit
 * @param operations requests a second, 1 or more; 0 for no limit
 */
public record RateLimit(long bytes, long operations) {
    /** No limit. */
    public static final RateLimit NONE = new RateLimit(0, 0);

    /**
     * Checks the numbers.
     *
     * @throws UserException if one is negative
     */
    public RateLimit {
        if (bytes < 0 || operations < 0) {
            throw new UserException("a device cannot be limited to less than nothing; give bytes and operations a "
                    + "second, or 0 for no limit");
        }
    }
}
