package belljar.microvm;

import belljar.virtio.RateLimit;
import java.nio.file.Path;

/**
 * A disk of a machine.
 *
 * @param file the file that has its blocks, one after the other, from the first one on
 * @param readOnly whether the guest cannot write to it
 * @param limit how much is read and written at most
 */
public record DiskSpec(Path file, boolean readOnly, RateLimit limit) {
    /**
     * A disk without a limit.
     *
     * @param file the file that has its blocks, one after the other, from the first one on
     * @param readOnly whether the guest cannot write to it
     */
    public DiskSpec(Path file, boolean readOnly) {
        this(file, readOnly, RateLimit.NONE);
    }

    /**
     * {@return the same with a limit}
     *
     * @param bytes bytes a second, 1 or more; 0 for no limit
     * @param operations requests a second, 1 or more; 0 for no limit
     */
    public DiskSpec limited(long bytes, long operations) {
        return new DiskSpec(file, readOnly, new RateLimit(bytes, operations));
    }
}
