package belljar.container;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Batch;
import belljar.linux.Errno;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.IdMaps;
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
        if (root.upper().isEmpty()) {
            String place = root.layers().get(0);
            try (Batch batch = stub.largeBatch()) {
                Sources sources = Sources.begin(batch, spec);
                mountInPlace(batch, place);
                Batch.Step top = open(batch, place);
                batch.run();
                return sources.finish((int) top.result());
            }
        }
        // An overlay is mounted over the directory that holds its own upper and work directories: that one exists.
        return overlay(stub, spec, userNamespace, parent(root.upper()));
    }

    /**
     * Makes the foundation in the mount namespace of a user namespace that has more ids than the container's will have.
     *
     * @param stub the container's future first process
     * @param spec what the container should be
     * @return the foundation, whose root is mounted nowhere yet; {@link #attach(Stub)} follows
     */
    static Foundation makeApart(Stub stub, ContainerSpec spec) {
        RootSpec root = spec.root();
        if (!root.upper().isEmpty()) {
            return overlay(stub, spec, true, "");
        }
        try (Batch batch = stub.largeBatch()) {
            Sources sources = Sources.begin(batch, spec);
            Batch.Step tree = Mounter.cloneTree(batch, root.layers().get(0), true);
            batch.run();
            return sources.finish(Mounter.checkClone(root.layers().get(0), tree));
        }
    }

    private static Foundation overlay(Stub stub, ContainerSpec spec, boolean userNamespace, String place) {
        try {
            return overlay(stub, spec, userNamespace, place, false);
        } catch (HostException e) {
            if (OverlayMount.isUnknown(e)) {
                return overlay(stub, spec, userNamespace, place, true);
            }
            throw e;
        }
    }

    /**
     * Makes an overlay.
     *
     * @param place directory that it is mounted at; empty to leave it mounted nowhere
     * @param old whether in the way of kernels before 6.7
     */
    static Foundation overlay(Stub stub, ContainerSpec spec, boolean userNamespace, String place, boolean old) {
        RootSpec root = spec.root();
        OverlayMount overlay =
                new OverlayMount(root.layers(), root.upper(), root.work(), userNamespace, root.discarded());
        try (Batch batch = stub.largeBatch()) {
            Sources sources = Sources.begin(batch, spec);
            Batch.Step made = old ? overlay.makeOfString(batch, parent(root.upper())) : overlay.make(batch);
            Batch.Step top = place.isEmpty() ? made : attach(batch, place, made, 0);
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
        int namespace;
        try (Memory memory = stub.lend()) {
            long fd = stub.call(Nr.OPENAT, Mounter.AT_FDCWD, memory.string(users), Rootfs.O_CLOEXEC);
            namespace = (int) Errno.check("openat", "open the user namespace " + users, fd);
        }
        try {
            return makeMapped(stub, spec, namespace, false);
        } catch (HostException e) {
            if (OverlayMount.isUnknown(e)) {
                return makeMapped(stub, spec, namespace, true);
            }
            if (e.getMessage().startsWith("map the ids of ") && e.errno() == Errno.EINVAL) {
                throw new HostException(
                        "the file system that holds "
                                + spec.root().layers().get(0)
                                + " cannot map ids, which --userns needs; keep Belljar's root on ext4, xfs or btrfs",
                        e.call(),
                        e.errno());
            }
            throw e;
        }
    }

    private static Foundation makeMapped(Stub stub, ContainerSpec spec, int namespace, boolean old) {
        RootSpec root = spec.root();
        try (Batch batch = stub.largeBatch()) {
            Sources sources = Sources.begin(batch, spec);
            long attr = Mounter.attributes(batch.memory(), MOUNT_ATTR_IDMAP, 0, 0);
            batch.memory().putLong(attr + ATTR_USERNS, namespace);
            Batch.Step top = root.upper().isEmpty()
                    ? map(batch, root.layers().get(0), attr)
                    : mapOverlay(batch, spec, attr, old);
            batch.run();
            return sources.finish((int) top.result());
        }
    }

    /** Attaches a root that is mounted nowhere in the stub's mount namespace, so that it can be pivoted to. */
    Foundation attach(Stub stub) {
        try (Batch batch = stub.batch()) {
            Batch.Step top = attach(batch, MEETING_PLACE, null, root);
            batch.run();
            return new Foundation((int) top.result(), options, sources);
        }
    }

    /** Appends the attachment of a step's result or, without one, of a descriptor. */
    private static Batch.Step attach(Batch batch, String directory, Batch.@Nullable Step made, int tree) {
        long empty = batch.string("");
        Batch.Step place = open(batch, directory);
        Batch.Step move = batch.step(
                        "mount the root file system",
                        Nr.MOVE_MOUNT,
                        tree,
                        empty,
                        0,
                        empty,
                        MOVE_FROM_AND_TO_DESCRIPTORS)
                .uses(2, place);
        if (made != null) {
            move.uses(0, made);
        }
        return open(batch, directory);
    }

    /** An overlay of mapped layers: each needs a place of its own, which a tmpfs that nobody else sees gives it. */
    private static Batch.Step mapOverlay(Batch batch, ContainerSpec spec, long attr, boolean old) {
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
                IdMaps.outside(spec.idMaps().uids(), 0),
                IdMaps.outside(spec.idMaps().gids(), 0),
                0);
        MountSpec places = new MountSpec(MEETING_PLACE, "tmpfs", "belljar", List.of("mode=700"));
        Batch.Step tmpfs = Mounter.create(batch, places, MountOptions.parse(places.options()));
        long empty = batch.string("");
        batch.step("mount the layers", Nr.MOVE_MOUNT, 0, empty, Mounter.AT_FDCWD, batch.string(MEETING_PLACE), 4)
                .uses(0, tmpfs);
        batch.step("enter the layers", Nr.FCHDIR, 0).uses(0, tmpfs);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < root.layers().size(); i++) {
            names.add(Integer.toString(i));
            place(batch, layers.get(i), names.get(i));
        }
        place(batch, own, "own");
        String upper = "own" + root.upper().substring(parent(root.upper()).length());
        String work = "own" + root.work().substring(parent(root.work()).length());
        OverlayMount overlay = new OverlayMount(names, upper, work, false, root.discarded());
        if (!old) {
            return overlay.make(batch);
        }
        batch.step("make a place for the root", Nr.MKDIRAT, Mounter.AT_FDCWD, batch.string("root"), 0755);
        return overlay.makeOfString(batch, "root");
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

    private static String parent(String path) {
        return path.substring(0, path.lastIndexOf('/'));
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
                if (mount.type().equals(MountSpec.JOINED)) {
                    clones[i] = JoinedTree.take(batch, mount.source(), mount.destination());
                } else if (options[i].bind() || mount.type().equals("bind")) {
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
