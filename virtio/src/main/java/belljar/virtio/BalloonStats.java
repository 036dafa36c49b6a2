package belljar.virtio;

import java.util.OptionalLong;

/**
 * What a guest says of its memory (virtio 1.2, section 5.5.6.3). It says what it likes: nothing here is to be relied
 * upon. A number that it has not said is -1.
 *
 * @param swapIn bytes swapped in since its start
 * @param swapOut bytes swapped out since its start
 * @param majorFaults page faults that needed a disk
 * @param minorFaults other page faults
 * @param free bytes not in use for anything
 * @param total bytes that it knows of
 * @param available bytes that programs could have without swapping
 * @param diskCaches bytes that can be had again from disks
 */
public record BalloonStats(
        long swapIn,
        long swapOut,
        long majorFaults,
        long minorFaults,
        long free,
        long total,
        long available,
        long diskCaches) {
    static final int TAGS = 8;

    /** What is known before the guest has said anything. */
    public static final BalloonStats UNKNOWN = new BalloonStats(-1, -1, -1, -1, -1, -1, -1, -1);

    long[] byTag() {
        return new long[] {swapIn, swapOut, majorFaults, minorFaults, free, total, available, diskCaches};
    }

    static BalloonStats of(long[] byTag) {
        return new BalloonStats(byTag[0], byTag[1], byTag[2], byTag[3], byTag[4], byTag[5], byTag[6], byTag[7]);
    }

    /** {@return bytes that programs could have without swapping, if the guest has said so} */
    public OptionalLong availableBytes() {
        return available < 0 ? OptionalLong.empty() : OptionalLong.of(available);
    }
}
