package belljar.container;

import belljar.failure.GuestException;
import belljar.failure.HostException;
import belljar.linux.Batch;
import belljar.linux.Errno;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.MountSpec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Mounts that are made one after the other in one conversation with the stub. That supposes that each place is there
 * already. Where one is not, the mount waits and gets its place afterwards; a mount below it waits too, since its place
 * cannot be there either. What the places turn out to be is looked at before anything of the container runs.
 */
final class MountSeries {
    /** How many steps a batch has before no more mounts are added; one mount may have hundreds. */
    private static final int MOST = 3000;

    private final Stub stub;
    private final Mounter mounter;
    private final Rootfs root;
    private final List<Pending> pending = new ArrayList<>();
    private @Nullable Batch batch;

    MountSeries(Stub stub, Mounter mounter, Rootfs root) {
        this.stub = stub;
        this.mounter = mounter;
        this.root = root;
    }

    /** A mount that the batch makes. */
    private static final class Pending {
        private final MountSpec mount;
        private final MountOptions options;
        private final int source;
        private final boolean system;
        private final int first;
        private int end;
        private Batch.@Nullable Step made;
        private Batch.@Nullable Step place;
        private long statfs;

        /** What was found of the place: a descriptor, or a negated errno; and the type of its file system. */
        private long found;

        private long type;
        private int tree;

        Pending(MountSpec mount, MountOptions options, int source, int first) {
            this.mount = mount;
            this.options = options;
            this.source = source;
            this.system = source < 0 && Mounter.belongsToSystem(mount);
            this.first = first;
        }

        void append(Batch batch, Rootfs root) {
            String what = mount.type() + " at " + mount.destination();
            Batch.Step tree = source < 0 ? Mounter.create(batch, mount, options) : null;
            Batch.Step where = root.lookup(batch, mount.destination(), system);
            statfs = batch.memory().allocate(Mounter.STATFS_SIZE);
            batch.step("look at " + mount.destination(), Nr.FSTATFS, 0, statfs)
                    .uses(0, where)
                    .tolerating(Errno.EBADF);
            Mounter.attach(batch, tree, source, options, where, -1, what);
            batch.step("close " + mount.destination(), Nr.CLOSE, 0)
                    .uses(0, where)
                    .tolerating(Errno.EBADF);
            made = tree;
            place = where;
            end = batch.size();
        }

        /** Reads what came out, which the next batch writes over. */
        void read(Batch batch) {
            tree = made == null ? source : (int) made.result();
            found = place == null ? -1 : place.result();
            type = batch.memory().getLong(statfs);
        }

        /** Refuses what must not be mounted at; true when the place is missing. */
        boolean isMissing() {
            if (found >= 0) {
                Mounter.checkPlace(type, mount);
                return false;
            }
            if (system && found == -Errno.ELOOP) {
                throw new GuestException(
                        "the image has a link at " + mount.destination()
                                + ", where the system's own files belong, so it cannot be run",
                        126);
            }
            if (found != -Errno.ENOENT) {
                Rootfs.check(mount.destination(), (int) found);
            }
            return true;
        }
    }

    /**
     * Appends a mount.
     *
     * @param mount what to mount
     * @param options its options
     * @param source the tree to mount, or -1 to make a new file system
     */
    void add(MountSpec mount, MountOptions options, int source) {
        if (batch().size() > MOST) {
            run();
        }
        Batch steps = batch();
        Pending next = new Pending(mount, options, source, steps.size());
        pending.add(next);
        next.append(steps, root);
    }

    private Batch batch() {
        Batch open = batch;
        if (open == null) {
            open = stub.largeBatch();
            batch = open;
        }
        return open;
    }

    /** Appends the standard devices to the file system that was added last. */
    void devices(DeviceSetup devices, List<String> places) {
        Batch.Step dev = pending.getLast().made;
        if (dev != null) {
            devices.standard(batch(), dev, places);
        }
    }

    /**
     * Makes the mounts that were added since the last time.
     *
     * @return the descriptor of the last one; -1 when there is none
     */
    int run() {
        Batch steps = batch;
        if (steps == null) {
            return -1;
        }
        batch = null;
        List<Pending> all = List.copyOf(pending);
        pending.clear();
        try (steps) {
            steps.run();
            for (Pending one : all) {
                one.read(steps);
            }
        } catch (HostException e) {
            throw explained(e, steps, all);
        }
        for (Pending one : all) {
            if (one.isMissing()) {
                boolean directory = one.source < 0 || mounter.isDirectory(one.source);
                mounter.makePlace(root, one.mount, one.tree, directory);
            }
        }
        return all.getLast().tree;
    }

    /** What is wrong with an earlier mount comes first, as the cause of the failure may lie there. */
    private static RuntimeException explained(HostException e, Batch steps, List<Pending> all) {
        for (Pending one : all) {
            if (one.end <= steps.failed()) {
                one.read(steps);
                boolean _ = one.isMissing();
            } else if (one.first <= steps.failed()) {
                return Mounter.explained(e, one.mount, one.options);
            }
        }
        return e;
    }

    /** Gives up what was added and not made. */
    void drop() {
        Batch steps = batch;
        if (steps != null) {
            steps.close();
            batch = null;
        }
        pending.clear();
    }
}
