package belljar.linux;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.CgroupLimits.DeviceRule;
import belljar.linux.CgroupSettings.Setting;
import java.util.ArrayList;
import java.util.List;

/**
 * This host's cgroups, v1, v2 or both, found by looking: a hierarchy is what {@code /proc/self/cgroup} names,
 * {@code /proc/self/mountinfo} shows mounted, and statfs(2) confirms.
 *
 * <p>A new cgroup is named {@code belljar-ID} and stands
 *
 * <ul>
 *   <li>with v1, below this process's own cgroup in every hierarchy, so that limits on this process hold for what it
 *       starts; also in the unified hierarchy, where there is one, for its way to kill;
 *   <li>with v2 alone, as root, below the root of the hierarchy, because a cgroup with processes of its own can hand no
 *       controllers on (cgroups(7), "no internal processes");
 *   <li>without root, below the nearest cgroup on v2 that was delegated to this user.
 * </ul>
 *
 * <p>Immutable; safe for use by several threads.
 */
public final class Cgroups {
    private static final String[] V2_CONTROLLERS = {"cpu", "cpuset", "io", "memory", "pids"};

    /** What the names of all cgroups made here begin with. */
    static final String PREFIX = "belljar-";

    /** A host without cgroups. */
    static final Cgroups NONE = new Cgroups(List.of(), false, PREFIX);

    private final List<CgroupHierarchy> hierarchies;
    private final boolean root;
    private final String prefix;

    Cgroups(List<CgroupHierarchy> hierarchies, boolean root, String prefix) {
        this.hierarchies = hierarchies;
        this.root = root;
        this.prefix = prefix;
    }

    /** {@return the cgroups that this process sees} */
    public static Cgroups detect() {
        return new Cgroups(CgroupHierarchy.detect(), HostKernel.INSTANCE.call(Nr.GETEUID) == 0, PREFIX);
    }

    private boolean hasV1() {
        for (CgroupHierarchy hierarchy : hierarchies) {
            if (!hierarchy.unified() && !hierarchy.controllers().startsWith("name=")) {
                return true;
            }
        }
        return false;
    }

    /** {@return in a word what this host has: {@code v1}, {@code v2}, {@code hybrid} or {@code none}} */
    public String kind() {
        boolean v2 = false;
        for (CgroupHierarchy hierarchy : hierarchies) {
            v2 |= hierarchy.unified();
        }
        return hasV1() ? v2 ? "hybrid" : "v1" : v2 ? "v2" : "none";
    }

    /**
     * Makes a cgroup with limits.
     *
     * @param id a name without slashes, unique among cgroups of Belljar's; an empty cgroup left over from a process
     *     that died is taken over
     * @param limits its limits
     * @return the cgroup; {@link Cgroup#NONE} where none can be made (no root, no hierarchy, or a read-only one, as
     *     inside a container) and no limit asks for one. Device rules alone do not ask: see {@link Cgroup#holdsDevices}
     * @throws UserException if a limit has no controller here, or the kernel refuses its value
     * @throws HostException if the cgroup cannot be made
     */
    public Cgroup create(String id, CgroupLimits limits) {
        CgroupDraft draft = CgroupDraft.of(Cgroup.NONE);
        boolean done = false;
        try {
            draft = begin(id, limits);
            Cgroup made = draft.finish();
            done = true;
            return made;
        } finally {
            if (!done) {
                draft.made().remove();
            }
        }
    }

    /**
     * Begins to make a cgroup with limits: in the unified hierarchy, if there is one, where a process can be started.
     *
     * @param id as for {@link #create}
     * @param limits as for {@link #create}
     * @return the rest; whoever gives it up removes {@link CgroupDraft#made}
     * @throws UserException if a limit has no controller here
     * @throws HostException if the cgroup cannot be made
     */
    public CgroupDraft begin(String id, CgroupLimits limits) {
        boolean v1 = hasV1();
        List<Setting> settings = v1 ? CgroupSettings.v1(limits) : CgroupSettings.v2(limits);
        if (hierarchies.isEmpty()) {
            refuseAll(settings, "this host has no cgroup hierarchy mounted");
            return CgroupDraft.of(Cgroup.NONE);
        }
        if (!root && v1) {
            refuseAll(settings, "without root, limits need a host with cgroup v2 alone");
            return CgroupDraft.of(Cgroup.NONE);
        }
        if (!root && settings.isEmpty()) {
            // Device rules alone are no reason: without root, making a device is refused anyway.
            return CgroupDraft.of(Cgroup.NONE);
        }
        List<String> first = new ArrayList<>();
        List<String> later = new ArrayList<>();
        for (CgroupHierarchy hierarchy : hierarchies) {
            if (v1 || hierarchy.unified()) {
                String directory = v1
                        ? own(hierarchy, id)
                        : CgroupDelegation.base(hierarchy, root, V2_CONTROLLERS, settings) + "/" + prefix + id;
                (hierarchy.unified() ? first : later).add(hierarchy.controllers() + ":" + directory);
            }
        }
        return CgroupDraft.begin(this, first, later, settings, limits.devices());
    }

    /** Sets the limits of a new cgroup. */
    void limit(Cgroup made, List<Setting> settings, List<DeviceRule> devices) {
        apply(made, settings, hasV1());
        devices(made, devices);
    }

    /**
     * {@return where {@link #create} may make the cgroup of an id} To be written down before it does, for
     * {@link #existing}.
     *
     * @param id the name that will be given to {@link #create}
     */
    public List<String> places(String id) {
        List<String> places = new ArrayList<>();
        for (CgroupHierarchy hierarchy : hierarchies) {
            String controllers = hierarchy.controllers() + ":";
            places.add(controllers + own(hierarchy, id));
            if (hierarchy.unified()) {
                // With v2 alone a cgroup stands elsewhere: as root at the top, else below what was delegated.
                places.add(controllers + hierarchy.mount() + "/" + prefix + id);
            }
        }
        return places;
    }

    /**
     * {@return the cgroup that a process which died may have left, as far as it exists}
     *
     * @param places what {@link #places} returned, maybe to another process in another cgroup
     */
    public static Cgroup existing(List<String> places) {
        List<String> found = new ArrayList<>();
        for (String place : places) {
            if (place.indexOf(":/") >= 0
                    && exists(place.substring(place.indexOf(":/") + 1))
                    && !found.contains(place)) {
                found.add(place);
            }
        }
        return Cgroup.of(found);
    }

    /**
     * Changes the limits of a cgroup; empty ones stay as they are. Device rules are not changed.
     *
     * @param cgroup which
     * @param limits the new limits
     * @throws UserException if a limit has no controller here, or the kernel refuses its value
     */
    public void update(Cgroup cgroup, CgroupLimits limits) {
        boolean v1 = hasV1();
        List<Setting> settings = v1 ? CgroupSettings.v1(limits) : CgroupSettings.v2(limits);
        if (cgroup.places().isEmpty()) {
            refuseAll(settings, "it runs without a cgroup");
        }
        apply(cgroup, settings, v1);
    }

    private static void refuseAll(List<Setting> settings, String why) {
        if (!settings.isEmpty()) {
            Setting first = settings.get(0);
            throw new UserException(first.option() + " needs the " + first.controller()
                    + " controller, which is out of reach: " + why + "; leave the option out to run without the limit");
        }
    }

    private String own(CgroupHierarchy hierarchy, String id) {
        return hierarchy.mount() + hierarchy.own() + "/" + prefix + id;
    }

    static long make(String directory) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long result = HostKernel.INSTANCE.call(Nr.MKDIRAT, KernelFile.AT_FDCWD, memory.string(directory), 0755);
            return result == -Errno.EEXIST ? 0 : result;
        }
    }

    /** A new cpuset of v1 has no CPUs and no memory nodes, and no process can enter it until it has. */
    static void inheritCpuset(String directory) {
        String parent = directory.substring(0, directory.lastIndexOf('/'));
        String[] files = {"/cpuset.cpus", "/cpuset.mems"};
        for (String file : files) {
            String inherited = KernelFile.read(parent + file);
            Errno.check(
                    "write",
                    "copy " + parent + file + " to the new cgroup",
                    KernelFile.write(KernelFile.AT_FDCWD, directory + file, inherited));
        }
    }

    private void apply(Cgroup cgroup, List<Setting> settings, boolean v1) {
        for (int i = 0; i < settings.size(); i++) {
            Setting setting = settings.get(i);
            String directory = cgroup.directory(v1 ? setting.controller() : "");
            if (directory.isEmpty()) {
                throw missing(setting);
            }
            long result = write(directory, setting);
            if (result == -Errno.EINVAL && setting.file().equals("memory.limit_in_bytes")) {
                // Raising memory above the old sum of memory and swap: the sum has to go first.
                if (i + 1 == settings.size() || !settings.get(i + 1).file().equals(CgroupSettings.MEMORY_AND_SWAP)) {
                    throw aboveSum(setting, directory);
                }
                write(directory, settings.get(i + 1));
                result = write(directory, setting);
            }
            if (result < 0) {
                throw refused(setting, directory, result);
            }
        }
    }

    private static long write(String directory, Setting setting) {
        long result = KernelFile.write(KernelFile.AT_FDCWD, directory + "/" + setting.file(), setting.value());
        if (result == -Errno.ENOENT && !setting.fallback().isEmpty()) {
            result = KernelFile.write(
                    KernelFile.AT_FDCWD, directory + "/" + setting.fallback(), setting.fallbackValue());
        }
        return result;
    }

    private static UserException aboveSum(Setting memory, String directory) {
        long sum = Cgroup.file(directory, CgroupSettings.MEMORY_AND_SWAP).orElse(0);
        return new UserException("--memory (" + memory.value() + ") is above the limit of " + sum
                + " bytes for memory and swap together; raise --memory-swap with it");
    }

    private static UserException missing(Setting setting) {
        return new UserException(
                setting.option() + " needs the " + setting.controller()
                        + " controller of cgroups, which this host does not offer; leave the option out to run without the limit");
    }

    private static RuntimeException refused(Setting setting, String directory, long result) {
        int errno = (int) -result;
        String value = setting.option() + " (" + setting.value() + ")";
        // A control file that is not there cannot be made either, which the kernel words as a lack of permission.
        boolean absent = errno == Errno.ENOENT || errno == Errno.EACCES && !exists(directory + "/" + setting.file());
        if (absent) {
            return setting.option().equals("--memory") || setting.option().equals("--pids-limit")
                    ? missing(setting)
                    : new UserException(setting.option() + " cannot be held: this host's " + setting.controller()
                            + " controller has no " + setting.file() + "; leave the option out");
        }
        if (setting.controller().equals("cpuset") && errno != Errno.EPERM) {
            String parent = directory.substring(0, directory.lastIndexOf('/')) + "/";
            StringBuilder offered = new StringBuilder();
            if (KernelFile.read(KernelFile.AT_FDCWD, parent + effective(setting.file()), offered) < 0) {
                KernelFile.read(KernelFile.AT_FDCWD, parent + setting.file() + ".effective", offered);
            }
            return new UserException(value + " is not within what this host offers: "
                    + offered.toString().strip());
        }
        if (errno == Errno.EINVAL || errno == Errno.ERANGE) {
            return new UserException(value + " is not a value this host's kernel takes for " + setting.file());
        }
        if (errno == Errno.EBUSY) {
            return new UserException(value + " is below what is in use already");
        }
        return Errno.failure("write", "set " + value + " in " + directory + "/" + setting.file(), result);
    }

    private static String effective(String file) {
        return "cpuset.effective_" + file.substring("cpuset.".length());
    }

    static boolean exists(String path) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            return HostKernel.INSTANCE.call(Nr.ACCESS, memory.string(path), 0) == 0;
        }
    }

    private void devices(Cgroup cgroup, List<DeviceRule> rules) {
        if (rules.isEmpty()) {
            return;
        }
        String v1 = cgroup.directory("devices");
        if (v1.isEmpty()) {
            String v2 = cgroup.directory("");
            if (root && !v2.isEmpty()) {
                DeviceFilter.attach(DeviceFilter.compile(rules), v2);
            }
            return;
        }
        for (DeviceRule rule : rules) {
            String file = v1 + (rule.allow() ? "/devices.allow" : "/devices.deny");
            Errno.check(
                    "write",
                    "write the rule '" + rule.text() + "' to " + file,
                    KernelFile.write(KernelFile.AT_FDCWD, file, rule.text()));
        }
    }
}
