package belljar.image;

import java.util.List;

/**
 * What a removal or a pruning did.
 *
 * @param untagged names that are gone
 * @param deleted ids of images that are gone
 * @param reclaimedBytes how much space it freed: files' sizes of blobs and unpacked layers
 * @param deferred whether content stays for now because others are using the store; the next pruning takes it
 */
public record ImageRemoval(List<Reference> untagged, List<Digest> deleted, long reclaimedBytes, boolean deferred) {
    /** Copies the lists. */
    public ImageRemoval {
        untagged = List.copyOf(untagged);
        deleted = List.copyOf(deleted);
    }
}
