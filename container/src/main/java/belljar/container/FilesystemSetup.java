package belljar.container;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Batch;
import belljar.linux.Cgroup;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.MountSpec;
import java.util.ArrayList;
import java.util.List;

/** Builds the container's file system in the stub's mount namespace and makes it the stub's root. */
final class FilesystemSetup {
    private static final int MS_REC = 0x4000;
    private static final int MNT_DETACH = 2;

    private final Stub stub;
    private final ContainerSpec spec;
    private final boolean userNamespace;
    private final Mounter mounter;

    FilesystemSetup(Stub stub, ContainerSpec spec, boolean userNamespace) {
        this.stub = stub;
        this.spec = spec;
        this.userNamespace = userNamespace;
        this.mounter = new Mounter(stub);
    }

    /**
     * Makes all mounts and devices, and enters the root.
     *
     * @param cgroup the container's cgroup, to be shown where a mount of type {@code cgroup} asks for it
     * @param foundation what was taken from the host
     * @return the stub's descriptor of the process's working directory
     */
    int run(Cgroup cgroup, Foundation foundation) {
        MountOptions[] options = foundation.options();
        Rootfs root = new Rootfs(stub, foundation.root());
        DeviceSetup devices = new DeviceSetup(stub, mounter, root, userNamespace);
        MountSeries series = new MountSeries(stub, mounter, root);
        try {
            for (int i = 0; i < options.length; i++) {
                mount(root, series, devices, cgroup, foundation, i);
            }
            int _ = series.run();
        } finally {
            series.drop();
        }
        devices.extra(spec.devices());
        new Sysctls(stub, spec).apply();
        new PathMasks(stub, root).apply(spec.maskedPaths(), spec.readonlyPaths());
        // An image can bring device nodes; where no cgroup holds the rules, none of them may be opened.
        boolean noDevices = !spec.resources().deviceRules().isEmpty() && !cgroup.holdsDevices() && !userNamespace;
        return pivot(root, noDevices);
    }

    private void mount(
            Rootfs root, MountSeries series, DeviceSetup devices, Cgroup cgroup, Foundation foundation, int index) {
        MountSpec mount = spec.mounts().get(index);
        int source = foundation.sources()[index];
        if (mount.type().equals("cgroup")) {
            int _ = series.run();
            new CgroupMounts(stub, mounter, root).show(cgroup, mount);
            return;
        }
        if (Rootfs.clean(mount.destination()).isEmpty()) {
            throw new UserException("a mount over the container's / is not possible; choose another place");
        }
        MountOptions options = options(mount, foundation.options()[index], source);
        boolean dev = mount.destination().equals("/dev") && source < 0;
        if (options.copyUp() && source < 0) {
            int _ = series.run();
            copyUp(root, mount, options);
            return;
        }
        series.add(mount, options, source);
        if (dev) {
            series.devices(devices, below(mount.destination(), foundation.sources()));
            if (userNamespace) {
                int _ = series.run();
                devices.bindStandard();
            }
        }
    }

    /** The names of the file systems that will be mounted right below a directory. */
    private List<String> below(String directory, int[] sources) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < sources.length; i++) {
            String path = Rootfs.clean(spec.mounts().get(i).destination());
            int slash = path.lastIndexOf('/');
            if (sources[i] < 0 && slash > 0 && path.substring(0, slash).equals(directory)) {
                names.add(path.substring(slash + 1));
            }
        }
        return names;
    }

    private static MountOptions options(MountSpec mount, MountOptions asked, int source) {
        if (source < 0 || asked.propagation() != 0) {
            return asked;
        }
        List<String> more = new ArrayList<>(mount.options());
        more.add("rprivate");
        return MountOptions.parse(more);
    }

    private void copyUp(Rootfs root, MountSpec mount, MountOptions options) {
        int tree = mounter.create(mount, options);
        int target = root.make(mount.destination(), true);
        mounter.checkPlace(target, mount);
        new CopyUp(stub, mount.destination(), owned(options)).copy(target, tree);
        mounter.attach(tree, MountOptions.parse(List.of()), target, mount.type() + " at " + mount.destination());
    }

    /** Whether a tmpfs was asked for with an owner or a mode of its own (tmpfs(5)). */
    private static boolean owned(MountOptions options) {
        for (String option : options.data()) {
            if (option.startsWith("mode=") || option.startsWith("uid=") || option.startsWith("gid=")) {
                return true;
            }
        }
        return false;
    }

    /** Enters the root; returns the stub's descriptor of the process's working directory. */
    private int pivot(Rootfs root, boolean noDevices) {
        String cwd = spec.process().cwd();
        int there = tryPivot(root, noDevices, cwd);
        if (there >= 0) {
            return there;
        }
        int made = root.make(cwd, true);
        int _ = tryPivot(root, noDevices, "");
        return made;
    }

    /** Does nothing when a path that is to be there is not; the result is its descriptor. */
    private int tryPivot(Rootfs root, boolean noDevices, String path) {
        try (Batch batch = stub.batch()) {
            Batch.Step found = path.isEmpty() ? null : root.find(batch, path);
            append(batch, root, noDevices);
            HostIsolation.finish(batch, spec);
            try {
                batch.run();
            } catch (HostException e) {
                if (found != null && batch.failed() == 0) {
                    return -1;
                }
                throw e;
            }
            return found == null ? -1 : (int) found.result();
        }
    }

    private void append(Batch batch, Rootfs root, boolean noDevices) {
        long dot = batch.string(".");
        long empty = batch.string("");
        long set = (spec.root().readonly() ? MountOptions.RDONLY : 0) | (noDevices ? MountOptions.NODEV : 0);
        if (set != 0) {
            long attr = Mounter.attributes(batch.memory(), set, 0, 0);
            batch.step(
                    "set the options of the root",
                    Nr.MOUNT_SETATTR,
                    root.descriptor(),
                    empty,
                    Mounter.AT_EMPTY_PATH,
                    attr,
                    32);
        }
        batch.step("enter the root", Nr.FCHDIR, root.descriptor());
        batch.step("make it the root", Nr.PIVOT_ROOT, dot, dot);
        // Both roots are now stacked at "/"; what "." names is the host's, and it goes.
        batch.step("detach the host's root", Nr.UMOUNT2, dot, MNT_DETACH);
        batch.step("change directory to /", Nr.CHDIR, batch.string("/"));
        if (!spec.rootPropagation().isEmpty()) {
            long propagation = MountOptions.propagation(spec.rootPropagation());
            int recursive = spec.rootPropagation().charAt(0) == 'r' ? MS_REC : 0;
            batch.step("set the root's propagation", Nr.MOUNT, 0, batch.string("/"), 0, propagation | recursive, 0);
        }
    }
}
