package belljar.bench;

import java.util.Arrays;

/**
 * Measured durations of one side, in nanoseconds. Not safe for use by several threads.
 *
 * <p>There is no mean: one preemption would move it, and no question asked here is about sums.
 */
final class Samples {
    private long[] values = new long[16];
    private int count;
    private boolean sorted = true;

    /**
     * Adds one duration.
     *
     * @param nanos nanoseconds, 0 or more
     */
    void add(long nanos) {
        if (nanos < 0) {
            throw new IllegalArgumentException("a duration of " + nanos + " ns");
        }
        if (count == values.length) {
            values = Arrays.copyOf(values, 2 * count);
        }
        values[count++] = nanos;
        sorted = false;
    }

    /** {@return how many there are} */
    int count() {
        return count;
    }

    /** {@return the lowest} */
    long min() {
        return sorted()[0];
    }

    /** {@return the middle one, or halfway between the two in the middle} */
    long median() {
        long[] all = sorted();
        long upper = all[count / 2];
        return count % 2 == 1 ? upper : all[count / 2 - 1] + (upper - all[count / 2 - 1]) / 2;
    }

    /**
     * {@return the lowest value that a share of all values does not exceed (nearest rank)}
     *
     * @param percent the share, 1 to 100
     */
    long percentile(int percent) {
        if (percent < 1 || percent > 100) {
            throw new IllegalArgumentException("a percentile of " + percent);
        }
        long[] all = sorted();
        return all[(int) ((percent * (long) count + 99) / 100) - 1];
    }

    private long[] sorted() {
        if (count == 0) {
            throw new IllegalStateException("nothing was measured");
        }
        if (!sorted) {
            Arrays.sort(values, 0, count);
            sorted = true;
        }
        return values;
    }
}
