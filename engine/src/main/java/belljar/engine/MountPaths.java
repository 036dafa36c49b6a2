package belljar.engine;

import belljar.failure.UserException;
import belljar.sandbox.MountSpec;
import java.util.ArrayList;
import java.util.List;

/** Paths inside a container and the order in which mounts at them have to be made. */
final class MountPaths {
    private static final List<String> HARMLESS = List.of(
            "/proc/cpuinfo",
            "/proc/diskstats",
            "/proc/loadavg",
            "/proc/meminfo",
            "/proc/net/dev",
            "/proc/slabinfo",
            "/proc/stat",
            "/proc/swaps",
            "/proc/uptime");

    private MountPaths() {}

    /**
     * {@return a path without empty names, {@code .}, {@code ..} and a slash at its end}
     *
     * @param path an absolute path
     * @throws UserException if it is not absolute or stands for the root
     */
    static String clean(String path) {
        if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
            throw new UserException("the mount destination '" + path.replace('\0', '?')
                    + "' is not an absolute path inside the container; begin it with '/'");
        }
        List<String> names = new ArrayList<>();
        int at = 1;
        while (at <= path.length()) {
            int slash = path.indexOf('/', at);
            int end = slash < 0 ? path.length() : slash;
            String name = path.substring(at, end);
            if (name.equals("..")) {
                if (!names.isEmpty()) {
                    names.remove(names.size() - 1);
                }
            } else if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
            at = end + 1;
        }
        if (names.isEmpty()) {
            throw new UserException(
                    "a mount at '" + path + "' would replace the container's root; mount it at a directory below");
        }
        StringBuilder clean = new StringBuilder();
        for (String name : names) {
            clean.append('/').append(name);
        }
        return clean.toString();
    }

    /**
     * {@return whether a mount at a path would stand in for a part of procfs}, which the set-up of a container and the
     * programs in it believe (CVE-2019-16884). The files that lxcfs(1) replaces are harmless, as in runc.
     *
     * @param path the destination, clean
     */
    static boolean forgesProc(String path) {
        return covers("/proc", path) && !HARMLESS.contains(path);
    }

    /** {@return whether a path is another one or lies below it; both clean} */
    static boolean covers(String above, String path) {
        return path.startsWith(above) && (path.length() == above.length() || path.charAt(above.length()) == '/');
    }

    /**
     * Sorts mounts so that none hides one made before it: by depth, otherwise as they came.
     *
     * @param mounts the mounts, clean
     */
    static void sort(List<MountSpec> mounts) {
        for (int i = 1; i < mounts.size(); i++) { // few and nearly sorted: insertion
            MountSpec mount = mounts.get(i);
            int depth = depth(mount.destination());
            int at = i;
            while (at > 0 && depth(mounts.get(at - 1).destination()) > depth) {
                mounts.set(at, mounts.get(at - 1));
                at--;
            }
            mounts.set(at, mount);
        }
    }

    private static int depth(String path) {
        int depth = 0;
        for (int i = 0; i < path.length(); i++) {
            if (path.charAt(i) == '/') {
                depth++;
            }
        }
        return depth;
    }
}
