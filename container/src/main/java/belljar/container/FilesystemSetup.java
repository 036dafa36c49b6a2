package belljar.container;

import belljar.linux.Batch;
import belljar.linux.Cgroup;
import belljar.linux.Errno;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.MountSpec;
import belljar.sandbox.RootSpec;
import java.util.List;

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
        stub.call(Nr.UMASK, 0);
        int[] sources = cloneSources();
        detachFromHost();
        Rootfs root = mountRoot();
        int index = 0;
        for (MountSpec mount : spec.mounts()) {
            int source = sources[index++];
            if (mount.type().equals("cgroup")) {
                new CgroupMounts(stub, mounter, root).show(cgroup, mount);
            } else {
                mount(root, mount, source);
            }
            if (mount.destination().equals("/dev") && !mount.type().equals("bind")) {
                new DeviceSetup(stub, mounter, root, userNamespace).standard();
            }
        }
        new DeviceSetup(stub, mounter, root, userNamespace).extra(spec.devices());
        new Sysctls(stub, spec).apply();
        new PathMasks(stub, root).apply(spec.maskedPaths(), spec.readonlyPaths());
        root.close(root.make(spec.process().cwd(), true));
        pivot(root);
    }

    /**
     * Copies the trees that bind mounts take from the host. This comes before the mount namespace is made a slave, so
     * that a source asked for as shared stays the host's peer.
     */
    private int[] cloneSources() {
        int[] sources = new int[spec.mounts().size()];
        int index = 0;
        for (MountSpec mount : spec.mounts()) {
            MountOptions options = MountOptions.parse(mount.options());
            boolean bind = options.bind() || mount.type().equals("bind");
            sources[index++] = bind ? mounter.cloneTree(mount.source(), options.recursiveBind()) : -1;
        }
        return sources;
    }

    private void detachFromHost() {
        long propagation = spec.rootPropagation().isEmpty()
                ? MountOptions.PRIVATE
                : MountOptions.propagation(spec.rootPropagation());
        // A shared root would carry every mount below it, and the pivot, back to the host; it becomes shared at the
        // end.
        long now = propagation == MountOptions.SHARED ? MountOptions.SLAVE : propagation & ~MountOptions.UNBINDABLE;
        if (now == 0) {
            now = MountOptions.PRIVATE;
        }
        try (Batch batch = stub.batch()) {
            batch.step("separate the mounts from the host's", Nr.MOUNT, 0, batch.string("/"), 0, MS_REC | now, 0);
            batch.run();
        }
    }

    private Rootfs mountRoot() {
        RootSpec root = spec.root();
        String place;
        if (root.upper().isEmpty()) {
            place = root.layers().get(0);
            int tree = mounter.cloneTree(place, true);
            MountOptions none = MountOptions.parse(List.of());
            mounter.attach(tree, none, false, open(place), "the root file system");
        } else {
            // Mounted over the directory that holds its own upper and work directories: nothing else needs to exist.
            place = root.upper().substring(0, root.upper().lastIndexOf('/'));
            mountOverlay(root, place);
        }
        return new Rootfs(stub, open(place));
    }

    private int open(String path) {
        try (Memory memory = stub.lend()) {
            long flags = Rootfs.O_PATH | Rootfs.O_DIRECTORY | Rootfs.O_CLOEXEC;
            return (int) Errno.check(
                    "openat",
                    "open the root file system " + path,
                    stub.call(Nr.OPENAT, Mounter.AT_FDCWD, memory.string(path), flags));
        }
    }

    private void mountOverlay(RootSpec root, String place) {
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
        if (data.length() > OVERLAY_DATA_MAX) {
            throw new belljar.failure.UserException("the image has too many layers ("
                    + root.layers().size() + ") for one overlay mount; squash it to fewer");
        }
        try (Batch batch = stub.batch()) {
            batch.step("enter the layer store " + base, Nr.CHDIR, batch.string(base.isEmpty() ? "/" : base));
            batch.step(
                    "mount overlay at /",
                    Nr.MOUNT,
                    batch.string("overlay"),
                    batch.string(place),
                    batch.string("overlay"),
                    0,
                    batch.string(data.toString()));
            batch.run();
        }
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

    private void mount(Rootfs root, MountSpec mount, int source) {
        MountOptions options = MountOptions.parse(mount.options());
        int tree = source;
        boolean directory = true;
        if (source >= 0) {
            directory = mounter.isDirectory(source);
        } else {
            tree = mounter.create(mount, options);
        }
        if (Rootfs.clean(mount.destination()).isEmpty()) {
            throw new belljar.failure.UserException(
                    "a mount over the container's / is not possible; choose another place");
        }
        if (source >= 0 && options.propagation() == 0) {
            List<String> more = new java.util.ArrayList<>(mount.options());
            more.add("rprivate");
            options = MountOptions.parse(more);
        }
        int target = root.make(mount.destination(), directory);
        if (directory != mounter.isDirectory(target)) {
            throw new belljar.failure.UserException("cannot mount " + mount.source() + " at " + mount.destination()
                    + ": one is a directory and the other is not");
        }
        if (options.copyUp() && source < 0) {
            new CopyUp(stub).copy(target, tree);
        }
        mounter.attach(tree, options, source < 0, target, mount.type() + " at " + mount.destination());
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
            batch.step("close the root", Nr.CLOSE, root.descriptor());
            batch.run();
        }
    }
}
