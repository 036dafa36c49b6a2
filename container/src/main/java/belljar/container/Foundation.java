package belljar.container;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Batch;
import belljar.linux.Errno;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.MountSpec;
import belljar.sandbox.RootSpec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a container's file system takes from the host: its root, and the trees that bind mounts copy. Made in a mount
 * namespace of the container's own, before anything of the container is in it.
 *
 * @param root a descriptor in the stub of the mounted root
 * @param options the options of the container's mounts, in order
 * @param sources for each mount the descriptor of the tree it takes from the host, or -1
 */
@SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
record Foundation(int root, MountOptions[] options, int[] sources) {
    private static final int MS_REC = 0x4000;
    /** What one batch of system calls has room for. */
    private static final int MAX_MOUNTS = 5000;

    private static final int MOVE_FROM_AND_TO_DESCRIPTORS = 0x44;
    private static final int MOVE_FROM_DESCRIPTOR = 4;
    private static final long MOUNT_ATTR_IDMAP = 0x100000;
    private static final int ATTR_USERNS = 24;
    /** Options of overlayfs go through one page. */
    private static final int OVERLAY_DATA_MAX = 4095;
    /** A directory that every host has and every user may enter. */
    private static final String MEETING_PLACE = "/tmp";

    /**
     * Makes the foundation where the container's users are the host's, or where this process has no privileges anyway.
     *
     * @param stub the container's first process, in its mount namespace
     * @param spec what the container should be
     * @param userNamespace whether the stub is in a user namespace
     */
    static Foundation make(Stub stub, ContainerSpec spec, boolean userNamespace) {
        RootSpec root = spec.root();
        boolean overlay = !root.upper().isEmpty();
        // An overlay is mounted over the directory that holds its own upper and work directories: that one exists.
        String place = overlay ? parent(root.upper()) : root.layers().get(0);
        try (Batch batch = stub.largeBatch()) {
            Sources sources = Sources.begin(batch, spec);
            if (overlay) {
                String base = commonParent(root.layers());
                batch.step("enter the layer store " + base, Nr.CHDIR, batch.string(base.isEmpty() ? "/" : base));
                StringBuilder lower = new StringBuilder();
                for (String layer : root.layers()) {
                    lower.append(lower.length() > 0 ? ":" : "")
                            .append(base.isEmpty() ? layer : layer.substring(base.length() + 1));
                }
                mountOverlay(batch, root, lower.toString(), root.upper(), root.work(), place, userNamespace);
            } else {
                mountInPlace(batch, place);
            }
            Batch.Step top = open(batch, place);
            batch.run();
            return sources.finish((int) top.result());
        }
    }

    /**
     * Makes the foundation as root for a container whose users are mapped: its layers belong to the host's ids on disk,
     * and idmapped mounts (mount_setattr(2)) show them with the container's. All of it needs the host's privileges, so
     * it happens before the stub enters the user namespace; {@link #attach} follows there.
     *
     * @param stub the container's future first process, in a mount namespace of its own
     * @param spec what the container should be
     * @param users path of the user namespace
     * @return the foundation, whose root is mounted nowhere yet
     */
    static Foundation makeMapped(Stub stub, ContainerSpec spec, String users) {
        RootSpec root = spec.root();
        int namespace;
        try (Memory memory = stub.lend()) {
            long fd = stub.call(Nr.OPENAT, Mounter.AT_FDCWD, memory.string(users), Rootfs.O_CLOEXEC);
            namespace = (int) Errno.check("openat", "open the user namespace " + users, fd);
        }
        try (Batch batch = stub.largeBatch()) {
            Sources sources = Sources.begin(batch, spec);
            long attr = Mounter.attributes(batch.memory(), MOUNT_ATTR_IDMAP, 0, 0);
            batch.memory().putLong(attr + ATTR_USERNS, namespace);
            Batch.Step top =
                    root.upper().isEmpty() ? map(batch, root.layers().get(0), attr) : mapOverlay(batch, spec, attr);
            batch.run();
            return sources.finish((int) top.result());
        } catch (HostException e) {
            if (e.getMessage().startsWith("map the ids of ") && e.errno() == Errno.EINVAL) {
                throw new HostException(
                        "the file system that holds " + root.layers().get(0)
                                + " cannot map ids, which --userns needs; keep Belljar's root on ext4, xfs or btrfs",
                        e.call(),
                        e.errno());
            }
            throw e;
        }
    }

    /** Attaches the root of {@link #makeMapped} in the stub's mount namespace, so that it can be pivoted to. */
    Foundation attach(Stub stub) {
        try (Batch batch = stub.batch()) {
            long empty = batch.string("");
            Batch.Step place = open(batch, MEETING_PLACE);
            batch.step("mount the root file system", Nr.MOVE_MOUNT, root, empty, 0, empty, MOVE_FROM_AND_TO_DESCRIPTORS)
                    .uses(2, place);
            Batch.Step top = open(batch, MEETING_PLACE);
            batch.run();
            return new Foundation((int) top.result(), options, sources);
        }
    }

    /** An overlay of mapped layers: each needs a place of its own, which a tmpfs that nobody else sees gives it. */
    private static Batch.Step mapOverlay(Batch batch, ContainerSpec spec, long attr) {
        RootSpec root = spec.root();
        // Opened before the tmpfs comes, which may hide where they lie.
        List<Batch.Step> layers = new ArrayList<>();
        for (String layer : root.layers()) {
            layers.add(map(batch, layer, attr));
        }
        // The upper directory stays as it is: overlayfs itself, as the host's root, makes files there. What the
        // container
        // writes has its mapped ids on disk.
        Batch.Step own = batch.step(
                "open " + root.upper(), Nr.OPEN_TREE, Mounter.AT_FDCWD, batch.string(parent(root.upper())), 0x80001);
        batch.step(
                "give the root directory to the container's root",
                Nr.FCHOWNAT,
                Mounter.AT_FDCWD,
                batch.string(root.upper()),
                spec.idMaps().uids().get(0).outside(),
                spec.idMaps().gids().get(0).outside(),
                0);
        MountSpec places = new MountSpec(MEETING_PLACE, "tmpfs", "belljar", List.of("mode=700"));
        Batch.Step tmpfs = Mounter.create(batch, places, MountOptions.parse(places.options()));
        long empty = batch.string("");
        batch.step("mount the layers", Nr.MOVE_MOUNT, 0, empty, Mounter.AT_FDCWD, batch.string(MEETING_PLACE), 4)
                .uses(0, tmpfs);
        batch.step("enter the layers", Nr.FCHDIR, 0).uses(0, tmpfs);
        StringBuilder lower = new StringBuilder();
        for (int i = 0; i < root.layers().size(); i++) {
            place(batch, layers.get(i), Integer.toString(i));
            lower.append(i > 0 ? ":" : "").append(i);
        }
        place(batch, own, "own");
        batch.step("make a place for the root", Nr.MKDIRAT, Mounter.AT_FDCWD, batch.string("root"), 0755);
        String upper = "own" + root.upper().substring(parent(root.upper()).length());
        String work = "own" + root.work().substring(parent(root.work()).length());
        mountOverlay(batch, root, lower.toString(), upper, work, "root", false);
        return batch.step("take the root", Nr.OPEN_TREE, Mounter.AT_FDCWD, batch.string("root"), 0x80001);
    }

    private static void place(Batch batch, Batch.Step tree, String name) {
        String what = "place the layer " + name;
        long at = batch.string(name);
        batch.step(what, Nr.MKDIRAT, Mounter.AT_FDCWD, at, 0700);
        batch.step(what, Nr.MOVE_MOUNT, 0, batch.string(""), Mounter.AT_FDCWD, at, MOVE_FROM_DESCRIPTOR)
                .uses(0, tree);
    }

    private static Batch.Step map(Batch batch, String directory, long attr) {
        Batch.Step tree =
                batch.step("open " + directory, Nr.OPEN_TREE, Mounter.AT_FDCWD, batch.string(directory), 0x80001);
        batch.step(
                        "map the ids of " + directory,
                        Nr.MOUNT_SETATTR,
                        0,
                        batch.string(""),
                        Mounter.AT_EMPTY_PATH,
                        attr,
                        32)
                .uses(0, tree);
        return tree;
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
        batch.step("mount the root file system", Nr.MOVE_MOUNT, 0, empty, 0, empty, MOVE_FROM_AND_TO_DESCRIPTORS)
                .uses(0, tree)
                .uses(2, target);
        // What it names is the host's own directory, below the mount.
        batch.step("mount the root file system", Nr.CLOSE, 0).uses(0, target);
    }

    private static void mountOverlay(
            Batch batch, RootSpec root, String lower, String upper, String work, String place, boolean userXattrs) {
        String data = "lowerdir=" + lower + ",upperdir=" + upper + ",workdir=" + work
                + (userXattrs ? ",userxattr" : "")
                // Else the kernel would sync the whole file system below when the container ends.
                + (root.discarded() ? ",volatile" : "");
        if (data.length() > OVERLAY_DATA_MAX) {
            throw new UserException("the image has too many layers ("
                    + root.layers().size() + ") for one overlay mount; squash it to fewer");
        }
        long overlay = batch.string("overlay");
        batch.step("mount overlay at /", Nr.MOUNT, overlay, batch.string(place), overlay, 0, batch.string(data));
    }

    private static String parent(String path) {
        return path.substring(0, path.lastIndexOf('/'));
    }

    /**
     * The directory that all layers lie in, so that their names in the option string are short; empty if there is none.
     */
    private static String commonParent(List<String> layers) {
        String parent = parent(layers.get(0));
        for (String layer : layers) {
            if (layer.lastIndexOf('/') != parent.length() || !layer.startsWith(parent)) {
                return "";
            }
        }
        return parent;
    }

    /** The trees that bind mounts take, while the batch that copies them is being made. */
    private record Sources(ContainerSpec spec, MountOptions[] options, Batch.@Nullable Step[] clones) {

        /**
         * Appends the copying and the separation of the mount namespace. The sources come first, so that one asked for
         * as shared stays the host's peer.
         */
        static Sources begin(Batch batch, ContainerSpec spec) {
            if (spec.mounts().size() > MAX_MOUNTS) {
                throw new UserException("a container cannot have more than " + MAX_MOUNTS + " mounts; this one has "
                        + spec.mounts().size());
            }
            MountOptions[] options = new MountOptions[spec.mounts().size()];
            Batch.@Nullable Step[] clones = new Batch.Step[options.length];
            batch.step("clear the umask", Nr.UMASK, 0);
            for (int i = 0; i < options.length; i++) {
                MountSpec mount = spec.mounts().get(i);
                options[i] = MountOptions.parse(mount.options());
                if (options[i].bind() || mount.type().equals("bind")) {
                    clones[i] = Mounter.cloneTree(batch, mount.source(), options[i].recursiveBind());
                }
            }
            long root = batch.string("/");
            batch.step("separate the mounts from the host's", Nr.MOUNT, 0, root, 0, MS_REC | separation(spec), 0);
            return new Sources(spec, options, clones);
        }

        Foundation finish(int root) {
            int[] trees = new int[clones.length];
            for (int i = 0; i < trees.length; i++) {
                Batch.Step clone = clones[i];
                trees[i] = clone == null
                        ? -1
                        : Mounter.checkClone(spec.mounts().get(i).source(), clone);
            }
            return new Foundation(root, options, trees);
        }

        /**
         * How the mount namespace is separated: a shared root would carry every mount below it, and the pivot, back to
         * the host; it becomes shared at the end.
         */
        private static long separation(ContainerSpec spec) {
            long asked = spec.rootPropagation().isEmpty()
                    ? MountOptions.PRIVATE
                    : MountOptions.propagation(spec.rootPropagation());
            return asked == MountOptions.SHARED
                    ? MountOptions.SLAVE
                    : asked == MountOptions.UNBINDABLE ? MountOptions.PRIVATE : asked;
        }
    }
}
