package belljar.engine;

import belljar.linux.HostKernel;
import belljar.linux.Nr;
import belljar.sandbox.IdMaps;
import java.util.List;

/**
 * The ids of a user namespace for who runs without root: their own as 0, and behind it those that subuid(5) and
 * subgid(5) grant. Without a grant, or without newuidmap(1), their own alone.
 */
final class IdMapping {
    private static final int FIRST_CONTAINER_ID = 524_288;
    private static final int IDS = 65_536;
    private static final int SLOTS = 16_384;

    private IdMapping() {}

    /** {@return whether Belljar lacks the host's root privileges} */
    static boolean rootless() {
        return HostKernel.INSTANCE.call(Nr.GETEUID) != 0;
    }

    /** {@return the mapping for this user} */
    static IdMaps own() {
        int uid = (int) HostKernel.INSTANCE.call(Nr.GETEUID);
        int gid = (int) HostKernel.INSTANCE.call(Nr.GETEGID);
        String name = userName(uid);
        List<IdMaps.Range> uids = ranges("/etc/subuid", name, uid);
        List<IdMaps.Range> gids = ranges("/etc/subgid", name, uid);
        boolean helpers = executable("newuidmap") && executable("newgidmap");
        if (!helpers || uids.isEmpty() || gids.isEmpty()) {
            return new IdMaps(List.of(new IdMaps.Range(0, uid, 1)), List.of(new IdMaps.Range(0, gid, 1)));
        }
        return new IdMaps(
                List.of(new IdMaps.Range(0, uid, 1), uids.get(0)), List.of(new IdMaps.Range(0, gid, 1), gids.get(0)));
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

    /** {@return the host's id for one of a container's; the same id without a mapping} */
    static int outside(List<IdMaps.Range> ranges, int inside) {
        for (IdMaps.Range range : ranges) {
            if (inside >= range.inside() && inside - range.inside() < range.size()) {
                return range.outside() + inside - range.inside();
            }
        }
        return inside;
    }

    /** {@return whether a mapping has one id only} */
    static boolean single(IdMaps maps) {
        return maps.uids().size() == 1 && maps.uids().get(0).size() == 1;
    }

    private static boolean executable(String program) {
        return SmallFile.exists("/usr/bin/" + program) || SmallFile.exists("/bin/" + program);
    }

    /** Lines are {@code user:first:count}; the user is a name or a number. */
    static List<IdMaps.Range> ranges(String file, String name, int uid) {
        return parse(SmallFile.read(file), name, Integer.toString(uid));
    }

    static List<IdMaps.Range> parse(String text, String name, String uid) {
        int at = 0;
        while (at < text.length()) {
            int newline = text.indexOf('\n', at);
            int end = newline < 0 ? text.length() : newline;
            String line = text.substring(at, end);
            int first = line.indexOf(':');
            int second = line.indexOf(':', first + 1);
            if (first > 0 && second > first) {
                String user = line.substring(0, first);
                if (!user.isEmpty() && (user.equals(name) || user.equals(uid))) {
                    try {
                        int start = Integer.parseInt(line.substring(first + 1, second));
                        int count = Integer.parseInt(line.substring(second + 1).strip());
                        if (start > 0 && count > 0) {
                            return List.of(new IdMaps.Range(1, start, count));
                        }
                    } catch (NumberFormatException damaged) {
                        // A line that is no grant grants nothing; the next may.
                    }
                }
            }
            at = end + 1;
        }
        return List.of();
    }

    private static String userName(int uid) {
        String text = SmallFile.read("/etc/passwd");
        String wanted = ":" + uid + ":";
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
