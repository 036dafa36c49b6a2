package belljar.linux;

import java.util.ArrayList;
import java.util.List;

/** Finds the cgroup that a running container's processes are in, by asking the kernel about one of them. */
public final class ProcessCgroup {
    private ProcessCgroup() {}

    /**
     * {@return the cgroup that Belljar made for a container and in which a process of it is now} It may be one below,
     * since a container with the right to do so may divide its own. {@link Cgroup#NONE} where Belljar made none.
     *
     * @param pid a process of the container, in this process's pid namespace
     * @throws belljar.failure.HostException if the process has ended
     */
    public static Cgroup of(long pid) {
        String mounts = KernelFile.read("/proc/self/mountinfo");
        String theirs = KernelFile.read("/proc/" + pid + "/cgroup");
        return of(
                CgroupHierarchy.parse(mounts, theirs, true),
                CgroupHierarchy.parse(mounts, KernelFile.read("/proc/self/cgroup"), true));
    }

    /** A container without a cgroup is in that of whoever started it, which has another name, or in this process's. */
    static Cgroup of(List<CgroupHierarchy> theirs, List<CgroupHierarchy> ours) {
        List<String> places = new ArrayList<>();
        for (CgroupHierarchy hierarchy : theirs) {
            if (hierarchy.own().contains("/" + Cgroups.PREFIX) && !contains(ours, hierarchy)) {
                places.add(hierarchy.controllers() + ":" + hierarchy.mount() + hierarchy.own());
            }
        }
        return Cgroup.of(places);
    }

    /** Not by the record's own equals: making that of a record is the work of milliseconds. */
    private static boolean contains(List<CgroupHierarchy> all, CgroupHierarchy wanted) {
        for (CgroupHierarchy each : all) {
            if (each.mount().equals(wanted.mount()) && each.own().equals(wanted.own())) {
                return true;
            }
        }
        return false;
    }
}
