package belljar.engine;

import belljar.linux.HostKernel;
import belljar.linux.Nr;
import belljar.sandbox.IdMaps;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ids of a user namespace for who runs without root: their own as 0, and behind it those that subuid(5) and
 * subgid(5) grant. Without a grant, or without newuidmap(1), their own alone.
 */
final class IdMapping {
    private static final int FIRST_CONTAINER_ID = 524_288;
    private static final int IDS = 65_536;
    private static final int SLOTS = 16_384;

    /** All that systemd sets aside for containers and is used here. */
    static final IdMaps.Range ALL_CONTAINERS = new IdMaps.Range(0, FIRST_CONTAINER_ID, SLOTS * IDS);

    /** UID_GID_MAP_MAX_EXTENTS of the kernel (user_namespaces(7)). */
    private static final int MAX_RANGES = 340;

    private IdMapping() {}

    /** {@return whether Belljar lacks the host's root privileges} */
    static boolean rootless() {
        return HostKernel.INSTANCE.call(Nr.GETEUID) != 0;
    }

    /** {@return the mapping for this user} */
    static IdMaps own() {
        int uid = (int) HostKernel.INSTANCE.call(Nr.GETEUID);
        int gid = (int) HostKernel.INSTANCE.call(Nr.GETEGID);
        String name = userName();
        List<IdMaps.Range> uids = ranges("/etc/subuid", name, Integer.toString(uid));
        List<IdMaps.Range> gids = ranges("/etc/subgid", name, Integer.toString(uid));
        boolean helpers = executable("newuidmap") && executable("newgidmap");
        if (!helpers || uids.isEmpty() || gids.isEmpty()) {
            return new IdMaps(List.of(new IdMaps.Range(0, uid, 1)), List.of(new IdMaps.Range(0, gid, 1)));
        }
        uids.add(0, new IdMaps.Range(0, uid, 1));
        gids.add(0, new IdMaps.Range(0, gid, 1));
        return new IdMaps(uids, gids);
    }

    /**
     * {@return a range of ids that most likely no other container has} From those that systemd sets aside for
     * containers (systemd's UIDS-GIDS document, 524288 to 1879048191), chosen by the container's id, so that nothing
     * has to be kept.
     *
     * @param id the container's id, hexadecimal
     */
    static IdMaps ofContainer(String id) {
        int slot = Integer.parseInt(id, 0, 4, 16) % SLOTS;
        List<IdMaps.Range> range = List.of(new IdMaps.Range(0, FIRST_CONTAINER_ID + slot * IDS, IDS));
        return new IdMaps(range, range);
    }

    /** {@return whether a mapping has one id only} */
    static boolean single(IdMaps maps) {
        return maps.uids().size() == 1 && maps.uids().get(0).size() == 1;
    }

    private static boolean executable(String program) {
        return SmallFile.exists("/usr/bin/" + program) || SmallFile.exists("/bin/" + program);
    }

    /** {@return what a file grants, from the id 1 on} */
    static List<IdMaps.Range> ranges(String file, String name, String uid) {
        return parse(SmallFile.read(file), name, uid);
    }

    /**
     * {@return all that subuid(5) grants, with the ids inside counted on from 1}
     *
     * @param text lines of the form {@code user:first:count}, where the user is a name or a number
     * @param name the user's name; empty if it has none
     * @param uid the user's number; empty to look for the name only
     */
    static List<IdMaps.Range> parse(String text, String name, String uid) {
        List<IdMaps.Range> ranges = new ArrayList<>(1);
        long next = 1;
        int at = 0;
        while (at < text.length()) {
            int newline = text.indexOf('\n', at);
            int end = newline < 0 ? text.length() : newline;
            IdMaps.Range range = grant(text.substring(at, end), name, uid);
            if (range != null && isNew(range, ranges) && next + range.size() <= Integer.MAX_VALUE) {
                ranges.add(new IdMaps.Range((int) next, range.outside(), range.size()));
                next += range.size();
            }
            at = end + 1;
        }
        return ranges;
    }

    private static IdMaps.@Nullable Range grant(String line, String name, String uid) {
        int first = line.indexOf(':');
        int second = line.indexOf(':', first + 1);
        if (first <= 0 || second <= first) {
            return null;
        }
        String user = line.substring(0, first);
        if (!user.equals(name) && !user.equals(uid)) {
            return null;
        }
        try {
            int start = Integer.parseInt(line.substring(first + 1, second));
            int count = Integer.parseInt(line.substring(second + 1).strip());
            boolean good = start > 0 && count > 0 && start <= Integer.MAX_VALUE - count;
            return good ? new IdMaps.Range(0, start, count) : null;
        } catch (NumberFormatException damaged) {
            return null; // a line that is no grant grants nothing; the next may
        }
    }

    /** The kernel maps no id twice, and takes 340 ranges, of which the user's own id is one. */
    private static boolean isNew(IdMaps.Range range, List<IdMaps.Range> ranges) {
        for (IdMaps.Range other : ranges) {
            if (range.outside() < other.outside() + other.size() && other.outside() < range.outside() + range.size()) {
                return false;
            }
        }
        return ranges.size() < MAX_RANGES - 1;
    }

    /** {@return the same ranges with other ids inside} */
    static List<IdMaps.Range> shifted(List<IdMaps.Range> ranges, int by) {
        List<IdMaps.Range> shifted = new ArrayList<>(ranges.size());
        for (IdMaps.Range range : ranges) {
            shifted.add(new IdMaps.Range(range.inside() + by, range.outside(), range.size()));
        }
        return shifted;
    }

    /** {@return the caller's name; empty where /etc/passwd has none} */
    static String userName() {
        return name("/etc/passwd", (int) HostKernel.INSTANCE.call(Nr.GETEUID));
    }

    /** {@return the name of the caller's group; empty where /etc/group has none} */
    static String groupName() {
        return name("/etc/group", (int) HostKernel.INSTANCE.call(Nr.GETEGID));
    }

    private static String name(String file, int id) {
        String text = SmallFile.read(file);
        String wanted = ":" + id + ":";
        int at = 0;
        while (at < text.length()) {
            int newline = text.indexOf('\n', at);
            int end = newline < 0 ? text.length() : newline;
            int first = text.indexOf(':', at);
            int second = text.indexOf(':', first + 1);
            if (first > at && second > first && second < end && text.startsWith(wanted, second)) {
                return text.substring(at, first);
            }
            at = end + 1;
        }
        return "";
    }
}
