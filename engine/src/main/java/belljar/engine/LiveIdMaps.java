package belljar.engine;

import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.sandbox.IdMaps;
import java.util.ArrayList;
import java.util.List;

/** The id maps that a process really has (user_namespaces(7)), whatever they were asked to be. */
final class LiveIdMaps {
    private static final int AT_FDCWD = -100;
    private static final int LINK_SIZE = 64;

    private LiveIdMaps() {}

    /** {@return the maps of a process's user namespace; none when it has this process's} */
    static IdMaps of(long pid) {
        String proc = "/proc/" + pid;
        if (sameNamespace(pid, "user")) {
            return IdMaps.NONE;
        }
        return new IdMaps(parse(SmallFile.read(proc + "/uid_map")), parse(SmallFile.read(proc + "/gid_map")));
    }

    /** {@return whether a process has the same namespace of a kind, such as {@code net}, as this process} */
    static boolean sameNamespace(long pid, String kind) {
        return link("/proc/" + pid + "/ns/" + kind).equals(link("/proc/self/ns/" + kind));
    }

    private static String link(String path) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long buffer = memory.allocate(LINK_SIZE);
            long n = HostKernel.INSTANCE.call(Nr.READLINKAT, AT_FDCWD, memory.string(path), buffer, LINK_SIZE);
            return n <= 0 ? "" : memory.text(buffer, (int) n);
        }
    }

    static List<IdMaps.Range> parse(String text) {
        List<IdMaps.Range> ranges = new ArrayList<>();
        long[] numbers = new long[3];
        int count = 0;
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c >= '0' && c <= '9') {
                int end = at;
                while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
                    end++;
                }
                numbers[count++] = Long.parseLong(text, at, end, 10);
                at = end;
            } else {
                at++;
            }
            if (count == 3) {
                // The kernel knows ids up to 2^32 - 2, of which only the lower half is in use here.
                int size = (int) Math.min(numbers[2], Integer.MAX_VALUE);
                ranges.add(new IdMaps.Range((int) numbers[0], (int) numbers[1], size));
                count = 0;
            }
        }
        return ranges;
    }
}
