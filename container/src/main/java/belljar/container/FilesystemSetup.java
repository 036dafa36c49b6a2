package belljar.container;

import belljar.failure.UserException;
import belljar.linux.Batch;
import belljar.linux.Cgroup;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.MountSpec;
import belljar.sandbox.RootSpec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds the container's file system in the stub's mount namespace and makes it the stub's root. */
final class FilesystemSetup {
    private static final int MS_REC = 0x4000;
    private static final int MNT_DETACH = 2;
    /** Options of overlayfs go through one page. */
    private static final int OVERLAY_DATA_MAX = 4095;

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
     */
    void run(Cgroup cgroup) {
        MountOptions[] options = new MountOptions[spec.mounts().size()];
        for (int i = 0; i < options.length; i++) {
            options[i] = MountOptions.parse(spec.mounts().get(i).options());
        }
        int[] sources = new int[options.length];
        Rootfs root = begin(options, sources);
        DeviceSetup devices = new DeviceSetup(stub, mounter, root, userNamespace);
        for (int i = 0; i < options.length; i++) {
            MountSpec mount = spec.mounts().get(i);
            if (mount.type().equals("cgroup")) {
                new CgroupMounts(stub, mounter, root).show(cgroup, mount);
                continue;
            }
            int tree = mount(root, mount, options[i], sources[i]);
            if (mount.destination().equals("/dev") && sources[i] < 0) {
                devices.standard(tree);
            }
        }
        devices.extra(spec.devices());
        new Sysctls(stub, spec).apply();
        new PathMasks(stub, root).apply(spec.maskedPaths(), spec.readonlyPaths());
        root.make(spec.process().cwd(), true);
        pivot(root);
    }

    /**
     * Copies the trees that bind mounts take from the host, separates the mounts from the host's, and mounts the root.
     * The sources come first, so that one asked for as shared stays the host's peer.
     */
    private Rootfs begin(MountOptions[] options, int[] sources) {
        RootSpec root = spec.root();
        boolean overlay = !root.upper().isEmpty();
        // An overlay is mounted over the directory that holds its own upper and work directories: that one exists.
        String place = overlay
                ? root.upper().substring(0, root.upper().lastIndexOf('/'))
                : root.layers().get(0);
        Batch.@Nullable Step[] clones = new Batch.Step[sources.length];
        try (Batch batch = stub.batch()) {
            batch.step("clear the umask", Nr.UMASK, 0);
            for (int i = 0; i < sources.length; i++) {
                MountSpec mount = spec.mounts().get(i);
                if (options[i].bind() || mount.type().equals("bind")) {
                    clones[i] = Mounter.cloneTree(batch, mount.source(), options[i].recursiveBind());
                }
            }
            batch.step(
                    "separate the mounts from the host's", Nr.MOUNT, 0, batch.string("/"), 0, MS_REC | separation(), 0);
            if (overlay) {
                mountOverlay(batch, root, place);
            } else {
                mountInPlace(batch, place);
            }
            Batch.Step top = open(batch, place);
            batch.run();
            for (int i = 0; i < sources.length; i++) {
                Batch.Step clone = clones[i];
                sources[i] = clone == null
                        ? -1
                        : Mounter.checkClone(spec.mounts().get(i).source(), clone);
            }
            return new Rootfs(stub, (int) top.result());
        }
    }

    /**
     * How this mount namespace is separated: a shared root would carry every mount below it, and the pivot, back to the
     * host; it becomes shared at the end.
     */
    private long separation() {
        long asked = spec.rootPropagation().isEmpty()
                ? MountOptions.PRIVATE
                : MountOptions.propagation(spec.rootPropagation());
        return asked == MountOptions.SHARED
                ? MountOptions.SLAVE
                : asked == MountOptions.UNBINDABLE ? MountOptions.PRIVATE : asked;
    }

    private static Batch.Step open(Batch batch, String path) {
        long flags = Rootfs.O_PATH | Rootfs.O_DIRECTORY | Rootfs.O_CLOEXEC;
        return batch.step("open the root file system " + path, Nr.OPENAT, Mounter.AT_FDCWD, batch.string(path), flags);
    }

    /** A root in place is mounted on itself, since only a mount can become the root. */
    private static void mountInPlace(Batch batch, String place) {
        long empty = batch.string("");
        Batch.Step tree = Mounter.cloneTree(batch, place, true);
        Batch.Step target = open(batch, place);
        batch.step("mount the root file system", Nr.MOVE_MOUNT, 0, empty, 0, empty, 0x44)
                .uses(0, tree)
                .uses(2, target);
    }

    private void mountOverlay(Batch batch, RootSpec root, String place) {
        String base = commonParent(root.layers());
        StringBuilder data = new StringBuilder(256).append("lowerdir=");
        for (int i = 0; i < root.layers().size(); i++) {
            String layer = root.layers().get(i);
            data.append(i > 0 ? ":" : "").append(base.isEmpty() ? layer : layer.substring(base.length() + 1));
        }
        data.append(",upperdir=").append(root.upper()).append(",workdir=").append(root.work());
        if (userNamespace) {
            data.append(",userxattr");
        }
        if (root.discarded()) {
            // Else the kernel would sync the whole file system below when the container ends.
            data.append(",volatile");
        }
        if (data.length() > OVERLAY_DATA_MAX) {
            throw new UserException("the image has too many layers ("
                    + root.layers().size() + ") for one overlay mount; squash it to fewer");
        }
        long overlay = batch.string("overlay");
        batch.step("enter the layer store " + base, Nr.CHDIR, batch.string(base.isEmpty() ? "/" : base));
        batch.step(
                "mount overlay at /",
                Nr.MOUNT,
                overlay,
                batch.string(place),
                overlay,
                0,
                batch.string(data.toString()));
    }

    /**
     * The directory that all layers lie in, so that their names in the option string are short; empty if there is none.
     */
    private static String commonParent(List<String> layers) {
        String first = layers.get(0);
        String parent = first.substring(0, Math.max(0, first.lastIndexOf('/')));
        for (String layer : layers) {
            if (layer.lastIndexOf('/') != parent.length() || !layer.startsWith(parent)) {
                return "";
            }
        }
        return parent;
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
            new CopyUp(stub).copy(target, tree);
            mounter.attach(tree, MountOptions.parse(List.of()), target, mount.type() + " at " + mount.destination());
            return tree;
        }
        return mounter.mount(root, mount, options, source);
    }

    private void pivot(Rootfs root) {
        try (Batch batch = stub.batch()) {
            long dot = batch.string(".");
            long empty = batch.string("");
            if (spec.root().readonly()) {
                long attr = Mounter.attributes(batch.memory(), MountOptions.RDONLY, 0, 0);
                batch.step(
                        "make the root read-only",
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
