package belljar.linux;

import java.util.ArrayList;
import java.util.List;

/**
 * One mounted tree of cgroups: of v1 for some controllers, or the unified one of v2.
 *
 * @param controllers v1's controllers in the form of {@code /proc/self/cgroup}, such as {@code cpu,cpuacct} or
 *     {@code name=systemd}; empty for v2
 * @param mount where it is mounted
 * @param own this process's cgroup as a path below the mount: empty, or {@code /} and names
 */
record CgroupHierarchy(String controllers, String mount, String own) {
    private static final long CGROUP_SUPER_MAGIC = 0x27e0eb;
    private static final long CGROUP2_SUPER_MAGIC = 0x63677270;

    /** {@return whether this is the unified hierarchy} */
    boolean unified() {
        return controllers.isEmpty();
    }

    /** {@return the hierarchies that this process sees and that are what they claim to be} */
    static List<CgroupHierarchy> detect() {
        return parse(KernelFile.read("/proc/self/mountinfo"), KernelFile.read("/proc/self/cgroup"), true);
    }

    /**
     * {@return the hierarchies that two files of procfs describe}
     *
     * @param mountinfo the content of {@code /proc/self/mountinfo}
     * @param memberships the content of {@code /proc/self/cgroup}
     * @param look whether to ask each mount for its type: a directory left over where a hierarchy was mounted, or
     *     something mounted over it, is none
     */
    static List<CgroupHierarchy> parse(String mountinfo, String memberships, boolean look) {
        List<Mount> mounts = mounts(mountinfo);
        List<CgroupHierarchy> found = new ArrayList<>();
        int start = 0;
        for (int end = memberships.indexOf('\n'); end >= 0; end = memberships.indexOf('\n', start)) {
            int first = memberships.indexOf(':', start);
            int second = memberships.indexOf(':', first + 1);
            if (first > 0 && second > 0 && second < end) {
                String controllers = memberships.substring(first + 1, second);
                String path = memberships.substring(second + 1, end);
                for (Mount mount : mounts) {
                    if (mount.offers(controllers) && (!look || isCgroup(mount.point, mount.unified))) {
                        found.add(new CgroupHierarchy(controllers, mount.point, below(path, mount.root)));
                        break;
                    }
                }
            }
            start = end + 1;
        }
        return found;
    }

    /** The mounted hierarchies. Every command comes by here, mostly interpreted, so each line is looked at once. */
    private static List<Mount> mounts(String mountinfo) {
        List<Mount> mounts = new ArrayList<>();
        int start = 0;
        for (int end = mountinfo.indexOf('\n'); end >= 0; end = mountinfo.indexOf('\n', start)) {
            int dash = mountinfo.indexOf(" - ", start);
            if (dash > 0 && dash < end && mountinfo.startsWith("cgroup", dash + 3)) {
                boolean unified = mountinfo.startsWith("2 ", dash + 9);
                if (unified || mountinfo.startsWith(" ", dash + 9)) {
                    // Fields: id, parent, device, the mounted tree's root within its filesystem, the mount point.
                    int root = field(mountinfo, start, 3);
                    int point = field(mountinfo, root, 1);
                    mounts.add(new Mount(
                            unified,
                            unescape(mountinfo.substring(root, point - 1)),
                            unescape(mountinfo.substring(point, mountinfo.indexOf(' ', point))),
                            "," + mountinfo.substring(mountinfo.lastIndexOf(' ', end) + 1, end) + ","));
                }
            }
            start = end + 1;
        }
        return mounts;
    }

    /**
     * One line of mountinfo.
     *
     * @param root the mounted tree's root within its hierarchy
     * @param point where it is mounted
     * @param options those of the super block, with a comma before and behind each
     */
    private record Mount(boolean unified, String root, String point, String options) {
        /** Whether it is the hierarchy of the first of these controllers; the others come with it. */
        boolean offers(String controllers) {
            if (controllers.isEmpty()) {
                return unified;
            }
            int comma = controllers.indexOf(',');
            String first = comma < 0 ? controllers : controllers.substring(0, comma);
            return !unified && options.contains("," + first + ",");
        }
    }

    private static int field(String text, int start, int index) {
        int at = start;
        for (int i = 0; i < index; i++) {
            at = text.indexOf(' ', at) + 1;
        }
        return at;
    }

    /** A mount may show a subtree only: inside a container without a cgroup namespace, the container's own. */
    private static String below(String path, String root) {
        String prefix = root.equals("/") ? "" : root;
        if (path.startsWith("/..") || path.equals("/") || path.equals(prefix)) {
            return "";
        }
        return path.startsWith(prefix + "/") ? path.substring(prefix.length()) : "";
    }

    /** Mount points hold spaces and such as octal numbers. */
    private static String unescape(String text) {
        int at = text.indexOf('\\');
        return at < 0 || at + 4 > text.length()
                ? text
                : text.substring(0, at)
                        + (char) Integer.parseInt(text, at + 1, at + 4, 8)
                        + unescape(text.substring(at + 4));
    }

    private static boolean isCgroup(String mount, boolean unified) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long statfs = memory.allocate(120);
            return HostKernel.INSTANCE.call(Nr.STATFS, memory.string(mount), statfs) == 0
                    && memory.getLong(statfs) == (unified ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC);
        }
    }
}
