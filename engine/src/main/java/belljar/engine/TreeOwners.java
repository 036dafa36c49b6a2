package belljar.engine;

import belljar.sandbox.IdMaps;
import java.util.List;

/**
 * Translates between the owners that files have inside a container and those that somebody outside sees.
 *
 * @param maps the mapping of the container's user namespace; {@link IdMaps#NONE} where both are the same
 */
record TreeOwners(IdMaps maps) {
    /** Nothing is translated. */
    static final TreeOwners SAME = new TreeOwners(IdMaps.NONE);

    /** What has no id inside is shown as nobody's, as the kernel does (user_namespaces(7)). */
    private static final int OVERFLOW = 65_534;

    int insideUid(int uid) {
        return inside(maps.uids(), uid);
    }

    int insideGid(int gid) {
        return inside(maps.gids(), gid);
    }

    int outsideUid(int uid) {
        return IdMaps.outside(maps.uids(), uid);
    }

    int outsideGid(int gid) {
        return IdMaps.outside(maps.gids(), gid);
    }

    private static int inside(List<IdMaps.Range> ranges, int outside) {
        for (IdMaps.Range range : ranges) {
            if (outside >= range.outside() && outside - range.outside() < range.size()) {
                return range.inside() + outside - range.outside();
            }
        }
        return ranges.isEmpty() ? outside : OVERFLOW;
    }
}
