package belljar.sandbox;

import java.util.List;

/**
 * The id mappings of a user namespace (user_namespaces(7)).
 *
 * @param uids of user ids; empty without a new user namespace
 * @param gids of group ids; empty without a new user namespace
 */
public record IdMaps(List<Range> uids, List<Range> gids) {
    /** No mapping. */
    public static final IdMaps NONE = new IdMaps(List.of(), List.of());

    /** Copies the lists. */
    public IdMaps {
        uids = List.copyOf(uids);
        gids = List.copyOf(gids);
    }

    /**
     * A run of ids.
     *
     * @param inside the first id in the container
     * @param outside the first id on the host
     * @param size how many, at least 1
     */
    public record Range(int inside, int outside, int size) {}
}
