package belljar.container;

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
        int[] sources = foundation.sources();
        Rootfs root = new Rootfs(stub, foundation.root());
        DeviceSetup devices = new DeviceSetup(stub, mounter, root, userNamespace);
        for (int i = 0; i < options.length; i++) {
            MountSpec mount = spec.mounts().get(i);
            if (mount.type().equals("cgroup")) {
                new CgroupMounts(stub, mounter, root).show(cgroup, mount);
                continue;
            }
            int tree = mount(root, mount, options[i], sources[i]);
            if (mount.destination().equals("/dev") && sources[i] < 0) {
                devices.standard(tree, below(mount.destination(), sources));
            }
        }
        devices.extra(spec.devices());
        new Sysctls(stub, spec).apply();
        new PathMasks(stub, root).apply(spec.maskedPaths(), spec.readonlyPaths());
        int directory = root.make(spec.process().cwd(), true);
        // An image can bring device nodes; where no cgroup holds the rules, none of them may be opened.
        boolean noDevices = !spec.resources().deviceRules().isEmpty() && !cgroup.holdsDevices() && !userNamespace;
        pivot(root, noDevices);
        return directory;
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

    private int mount(Rootfs root, MountSpec mount, MountOptions asked, int source) {
        if (Rootfs.clean(mount.destination()).isEmpty()) {
            throw new UserException("a mount over the container's / is not possible; choose another place");
        }
        MountOptions options = asked;
        if (source >= 0 && options.propagation() == 0) {
            List<String> more = new ArrayList<>(mount.options());
            more.add("rprivate");
            options = MountOptions.parse(more);
        }
        if (options.copyUp() && source < 0) {
            int tree = mounter.create(mount, options);
            int target = root.make(mount.destination(), true);
            mounter.checkPlace(target, mount);
            new CopyUp(stub, mount.destination(), owned(options)).copy(target, tree);
            mounter.attach(tree, MountOptions.parse(List.of()), target, mount.type() + " at " + mount.destination());
            return tree;
        }
        return mounter.mount(root, mount, options, source);
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

    private void pivot(Rootfs root, boolean noDevices) {
        try (Batch batch = stub.batch()) {
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
            batch.run();
        }
    }
}
