package belljar.image;

import java.util.List;

/**
 * Which ids the owners in an image's layers become for whoever unpacks them: the mapping of a container's user
 * namespace inside that of its caller.
 *
 * @param uids of user ids, no two overlapping
 * @param gids of group ids, no two overlapping
 */
public record OwnerMap(List<Range> uids, List<Range> gids) {
    /** Every id stays what it is. */
    public static final OwnerMap SAME =
            new OwnerMap(List.of(new Range(0, 0, 1L << 32)), List.of(new Range(0, 0, 1L << 32)));

    /** Copies the lists. */
    public OwnerMap {
        uids = List.copyOf(uids);
        gids = List.copyOf(gids);
    }

    /**
     * A run of ids.
     *
     * @param inside the first id in the image
     * @param outside the first id of the unpacked files
     * @param size how many, at least 1
     */
    public record Range(long inside, long outside, long size) {}

    /** {@return the id that an image's user becomes; -1 where it has no place} */
    long uid(long inside) {
        return outside(uids, inside);
    }

    /** {@return the id that an image's group becomes; -1 where it has no place} */
    long gid(long inside) {
        return outside(gids, inside);
    }

    /** {@return the user in the image whose files belong to an id; 0 where there is none} */
    long userOf(long outside) {
        return inside(uids, outside);
    }

    /** {@return the group in the image whose files belong to an id; 0 where there is none} */
    long groupOf(long outside) {
        return inside(gids, outside);
    }

    private static long outside(List<Range> ranges, long inside) {
        for (int i = 0; i < ranges.size(); i++) {
            Range range = ranges.get(i);
            if (inside >= range.inside() && inside - range.inside() < range.size()) {
                return range.outside() + inside - range.inside();
            }
        }
        return -1;
    }

    private static long inside(List<Range> ranges, long outside) {
        for (int i = 0; i < ranges.size(); i++) {
            Range range = ranges.get(i);
            if (outside >= range.outside() && outside - range.outside() < range.size()) {
                return range.inside() + outside - range.outside();
            }
        }
        return 0;
    }
}
