package belljar.linux;

import belljar.failure.UserException;
import belljar.linux.CgroupSettings.Setting;
import java.util.List;

/** Finds the cgroup of the unified hierarchy below which this process may make its own, with controllers in reach. */
final class CgroupDelegation {
    private static final int W_OK = 2;

    /** The leaf that this process steps aside into. */
    private static final String SELF = "/belljar-self";

    private CgroupDelegation() {}

    /**
     * {@return the directory to make cgroups in, with its controllers handed on to them}
     *
     * @param hierarchy the unified hierarchy
     * @param root whether this process is root
     * @param wanted the controllers to hand on where they are there
     * @param settings what will be set, and so which of them must be there
     * @throws UserException if a controller that a limit needs cannot be handed on
     */
    static String base(CgroupHierarchy hierarchy, boolean root, String[] wanted, List<Setting> settings) {
        String base = root ? hierarchy.mount() : delegated(hierarchy);
        if (base.isEmpty()) {
            Setting first = settings.get(0);
            throw new UserException(first.option() + " needs the " + first.controller()
                    + " controller delegated to this user; start Belljar by 'systemd-run --user --scope -p "
                    + "Delegate=yes', or leave the option out");
        }
        StringBuilder text = new StringBuilder();
        KernelFile.read(KernelFile.AT_FDCWD, base + "/cgroup.controllers", text);
        String offered = " " + text.toString().strip() + " ";
        StringBuilder enabled = new StringBuilder();
        KernelFile.read(KernelFile.AT_FDCWD, base + "/cgroup.subtree_control", enabled);
        String has = " " + enabled.toString().strip() + " ";
        for (String controller : wanted) {
            if (!has.contains(" " + controller + " ") && offered.contains(" " + controller + " ")) {
                long result = enable(base, controller);
                if (result < 0) {
                    require(controller, settings, base, result);
                }
            } else if (!offered.contains(" " + controller + " ")) {
                require(controller, settings, base, -Errno.ENOENT);
            }
        }
        return base;
    }

    private static long enable(String base, String controller) {
        String file = base + "/cgroup.subtree_control";
        long result = KernelFile.write(KernelFile.AT_FDCWD, file, "+" + controller);
        if (result == -Errno.EBUSY && onlyThisProcess(base)) {
            // A cgroup hands controllers on only while no process is in it itself: this one steps aside into a leaf.
            String leaf = base + SELF;
            try (Memory memory = HostKernel.INSTANCE.lend()) {
                HostKernel.INSTANCE.call(Nr.MKDIRAT, KernelFile.AT_FDCWD, memory.string(leaf), 0755);
            }
            String self = Long.toString(HostKernel.INSTANCE.call(Nr.GETPID));
            KernelFile.write(KernelFile.AT_FDCWD, leaf + "/cgroup.procs", self);
            result = KernelFile.write(KernelFile.AT_FDCWD, file, "+" + controller);
        }
        return result;
    }

    private static boolean onlyThisProcess(String directory) {
        StringBuilder procs = new StringBuilder();
        KernelFile.read(KernelFile.AT_FDCWD, directory + "/cgroup.procs", procs);
        return procs.toString().strip().equals(Long.toString(HostKernel.INSTANCE.call(Nr.GETPID)));
    }

    private static void require(String controller, List<Setting> settings, String base, long result) {
        for (Setting setting : settings) {
            if (setting.controller().equals(controller)) {
                String why = result == -Errno.EBUSY
                        ? "processes run in it directly"
                        : result == -Errno.ENOENT ? "it does not have it" : Errno.text((int) -result);
                throw new UserException(setting.option() + " needs the " + controller
                        + " controller, which the cgroup " + base + " cannot hand on: " + why
                        + "; leave the option out to run without the limit");
            }
        }
    }

    /** The nearest cgroup upwards that this user may change and in which no other process runs directly. */
    private static String delegated(CgroupHierarchy hierarchy) {
        String path = hierarchy.own();
        if (path.endsWith(SELF)) {
            // This process has stepped aside before: below the leaf it would do so again, ever deeper.
            path = path.substring(0, path.length() - SELF.length());
        }
        while (!path.isEmpty()) {
            String directory = hierarchy.mount() + path;
            StringBuilder procs = new StringBuilder();
            boolean ours = writable(directory)
                    && writable(directory + "/cgroup.procs")
                    && writable(directory + "/cgroup.subtree_control");
            long read = KernelFile.read(KernelFile.AT_FDCWD, directory + "/cgroup.procs", procs);
            if (ours && read >= 0 && (procs.isEmpty() || onlyThisProcess(directory))) {
                return directory;
            }
            path = path.substring(0, path.lastIndexOf('/'));
        }
        return "";
    }

    private static boolean writable(String path) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            return HostKernel.INSTANCE.call(Nr.ACCESS, memory.string(path), W_OK) == 0;
        }
    }
}
