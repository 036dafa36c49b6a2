package belljar.engine;

import belljar.failure.BugException;
import belljar.failure.UserException;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import belljar.sandbox.IdMaps;
import belljar.sandbox.IdMaps.Range;
import java.util.ArrayList;
import java.util.List;

/** Turns the words for a container's user ids into a mapping, as podman-run(1) describes them. */
final class UserIds {
    /** UID_GID_MAP_MAX_EXTENTS of the kernel (user_namespaces(7)). */
    private static final int MAX_RANGES = 340;

    private UserIds() {}

    /**
     * {@return the mapping of a container's user namespace; {@link IdMaps#NONE} where it has none, or gets one that
     * depends on its id}
     *
     * @param asked what is asked
     * @param rootless whether Belljar lacks the host's root privileges
     * @throws UserException if it cannot be had
     */
    static IdMaps of(NamespaceRequest asked, boolean rootless) {
        if (!rootless) {
            return ofRoot(asked.ids());
        }
        if (asked.user() instanceof NamespaceMode.Host) {
            throw new UserException("--userns host needs root; an ordinary user's containers have a user namespace");
        }
        IdMaps own = IdMapping.own();
        return asked.ids() instanceof IdChoice.Default ? own : ofUser(asked.ids(), own);
    }

    private static IdMaps ofRoot(IdChoice ids) {
        if (ids instanceof IdChoice.Auto) {
            throw new BugException("ids were to be chosen before they are mapped", null);
        }
        if (ids instanceof IdChoice.KeepId || ids instanceof IdChoice.NoMap) {
            throw new UserException("--userns " + (ids instanceof IdChoice.NoMap ? "nomap" : "keep-id")
                    + " is for ordinary users; as root use --userns private or --uidmap");
        }
        if (ids instanceof IdChoice.Granted granted) {
            return new IdMaps(granted("/etc/subuid", granted.users()), granted("/etc/subgid", granted.groups()));
        }
        if (ids instanceof IdChoice.Given given) {
            check("--uidmap", given.maps().uids());
            check("--gidmap", given.maps().gids());
            return given.maps();
        }
        return IdMaps.NONE;
    }

    /** All that a name has in a file, from 0 on. */
    private static List<Range> granted(String file, String name) {
        List<Range> ranges = IdMapping.shifted(IdMapping.ranges(file, name, ""), -1);
        if (ranges.isEmpty()) {
            throw new UserException(file + " grants nothing to '" + name + "'; add a line for it or use another name");
        }
        return ranges;
    }

    /**
     * {@return a mapping inside an ordinary user's}
     *
     * @param ids what is asked
     * @param own the user's ids: 0 for themselves, and their subordinate ids from 1 on
     */
    static IdMaps ofUser(IdChoice ids, IdMaps own) {
        int uids = count(own.uids());
        int gids = count(own.gids());
        if (ids instanceof IdChoice.Given given) {
            check("--uidmap", given.maps().uids());
            check("--gidmap", given.maps().gids());
            checkOwn("--uidmap", given.maps().uids(), uids, "/etc/subuid");
            checkOwn("--gidmap", given.maps().gids(), gids, "/etc/subgid");
            return inside(given.maps(), own);
        }
        if (IdMapping.single(own)) {
            throw new UserException("a user namespace of this kind needs subordinate ids, and this user has none; add"
                    + " them to /etc/subuid and /etc/subgid and install newuidmap (the package uidmap)");
        }
        if (ids instanceof IdChoice.KeepId keep) {
            return inside(new IdMaps(keep(uid(keep), uids), keep(gid(keep), gids)), own);
        }
        if (ids instanceof IdChoice.Granted granted) {
            checkName(granted.users(), "--subuidname");
            checkName(granted.groups(), "--subgidname");
        }
        return inside(new IdMaps(List.of(new Range(0, 1, uids - 1)), List.of(new Range(0, 1, gids - 1))), own);
    }

    private static IdMaps inside(IdMaps maps, IdMaps own) {
        return new IdMaps(split(maps.uids(), own.uids()), split(maps.gids(), own.gids())).inside(own);
    }

    /** The kernel takes no range that lies in two ranges of the namespace around. */
    private static List<Range> split(List<Range> ranges, List<Range> around) {
        List<Range> pieces = new ArrayList<>();
        for (Range range : ranges) {
            for (Range place : around) {
                int first = Math.max(range.outside(), place.inside());
                int end = Math.min(range.outside() + range.size(), place.inside() + place.size());
                if (first < end) {
                    pieces.add(new Range(range.inside() + first - range.outside(), first, end - first));
                }
            }
        }
        return pieces;
    }

    /** newuidmap(1) gives nobody what is another's. */
    private static void checkName(String name, String option) {
        if (!name.equals(IdMapping.userName()) && !name.equals(Long.toString(euid()))) {
            throw new UserException(option + " '" + name + "' is not you, and only root can use the ids of others");
        }
    }

    /** {@return the user id that the caller has inside} */
    static int uid(IdChoice.KeepId keep) {
        return keep.uid() >= 0 ? keep.uid() : (int) euid();
    }

    /** {@return the group id that the caller has inside} */
    static int gid(IdChoice.KeepId keep) {
        return keep.gid() >= 0 ? keep.gid() : (int) HostKernel.INSTANCE.call(Nr.GETEGID);
    }

    private static long euid() {
        return HostKernel.INSTANCE.call(Nr.GETEUID);
    }

    /** The subordinate ids fill the places before and behind the caller's. */
    private static List<Range> keep(int id, int count) {
        List<Range> ranges = new ArrayList<>(3);
        int before = Math.min(id, count - 1);
        if (before > 0) {
            ranges.add(new Range(0, 1, before));
        }
        ranges.add(new Range(id, 0, 1));
        if (count - 1 > before) {
            ranges.add(new Range(id + 1, before + 1, count - 1 - before));
        }
        return ranges;
    }

    /** {@return how many ids ranges have} */
    static int count(List<Range> ranges) {
        long count = 0;
        for (Range range : ranges) {
            count += range.size();
        }
        return (int) Math.min(count, Integer.MAX_VALUE);
    }

    /** The kernel's rules for a mapping, and that there must be a root to set the container up. */
    private static void check(String option, List<Range> ranges) {
        if (ranges.size() > MAX_RANGES) {
            throw new UserException(
                    option + " is given " + ranges.size() + " times, and the kernel takes at most " + MAX_RANGES);
        }
        boolean root = false;
        for (int i = 0; i < ranges.size(); i++) {
            Range range = ranges.get(i);
            if (range.inside() > Integer.MAX_VALUE - range.size()
                    || range.outside() > Integer.MAX_VALUE - range.size()) {
                throw new UserException(
                        option + " " + text(range) + " goes beyond the id " + Integer.MAX_VALUE + "; make it shorter");
            }
            root |= range.inside() == 0;
            for (int j = 0; j < i; j++) {
                Range other = ranges.get(j);
                boolean inside = overlap(range.inside(), range.size(), other.inside(), other.size());
                if (inside || overlap(range.outside(), range.size(), other.outside(), other.size())) {
                    throw new UserException(option + " " + text(other) + " and " + text(range) + " both map the same "
                            + (inside ? "ids of the container" : "ids outside") + "; make them disjoint");
                }
            }
        }
        if (!root) {
            throw new UserException(
                    option + " maps nothing to the container's id 0, which sets the container up; map it, too");
        }
    }

    private static boolean overlap(int a, int aSize, int b, int bSize) {
        return a < b + bSize && b < a + aSize;
    }

    private static void checkOwn(String option, List<Range> ranges, int count, String file) {
        for (Range range : ranges) {
            if (range.outside() + range.size() > count) {
                throw new UserException(option + " " + text(range) + " needs ids up to "
                        + (range.outside() + range.size() - 1) + " of your own, and you have 0 to " + (count - 1)
                        + "; without root these count from you and on through what " + file + " grants you");
            }
        }
    }

    private static String text(Range range) {
        return range.inside() + ":" + range.outside() + ":" + range.size();
    }
}
