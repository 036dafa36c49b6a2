package belljar.sandbox;

import java.util.List;
import java.util.Optional;

/**
 * The id mappings of a user namespace (user_namespaces(7)).
 *
 * @param uids of user ids; empty without a new user namespace
 * @param gids of group ids; empty without a new user namespace
 * @param within the mapping of another new user namespace around this one, whose ids are then the ids outside; empty
 *     where that is the caller's own namespace
 */
public record IdMaps(List<Range> uids, List<Range> gids, Optional<IdMaps> within) {
    /** No mapping. */
    public static final IdMaps NONE = new IdMaps(List.of(), List.of());

    /** Copies the lists. */
    public IdMaps {
        uids = List.copyOf(uids);
        gids = List.copyOf(gids);
    }

    /** A mapping to the ids of the caller's own namespace. */
    public IdMaps(List<Range> uids, List<Range> gids) {
        this(uids, gids, Optional.empty());
    }

    /** {@return the same mapping to the ids of another one's namespace} */
    public IdMaps inside(IdMaps outer) {
        return new IdMaps(uids, gids, Optional.of(outer));
    }

    /**
     * {@return the id outside that an id inside stands for; the same one where the ranges do not have it}
     *
     * @param ranges of user or of group ids
     * @param inside the id inside
     */
    public static int outside(List<Range> ranges, int inside) {
        for (Range range : ranges) {
            if (inside >= range.inside() && inside - range.inside() < range.size()) {
                return range.outside() + inside - range.inside();
            }
        }
        return inside;
    }

    /**
     * A run of ids.
     *
     * @param inside the first id in the container
     * @param outside the first id outside: on the host, or in the namespace around
     * @param size how many, at least 1
     */
    public record Range(int inside, int outside, int size) {}
}
