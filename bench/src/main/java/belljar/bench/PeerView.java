package belljar.bench;

import belljar.linux.Batch;
import belljar.linux.Clone;
import belljar.linux.Netlink;
import belljar.linux.Nr;
import belljar.linux.Stub;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The mount namespace that other programs are started in. It is the host's, unless the host has controllers both in
 * cgroups of version 1 and of version 2: crun refuses that layout. Then it is a private one which shows the hierarchies
 * of version 1 alone, so that the peers limit resources in the same cgroups as Belljar does. The host sees nothing of
 * it, and it is gone when the process that holds it ends.
 */
final class PeerView implements AutoCloseable {
    private static final int AT_FDCWD = -100;
    private static final int OPEN_TREE_CLONE = 1;
    private static final int O_CLOEXEC = 0x80000;
    private static final int MOVE_MOUNT_F_EMPTY_PATH = 4;
    private static final int MS_REC_PRIVATE = 0x44000;
    private static final int LOOPBACK = 1;
    private static final String CNI_STATE = "/var/lib/cni";
    private static final String CGROUPS = "/sys/fs/cgroup";

    private final @Nullable Stub holder;
    private final long namespaces;

    private PeerView(@Nullable Stub holder, long namespaces) {
        this.holder = holder;
        this.namespaces = namespaces;
    }

    /** {@return the view that suits this host} */
    static PeerView make() {
        if (!mixed()) {
            return new PeerView(null, 0);
        }
        return new PeerView(hold(Clone.NEWNS, true), Clone.NEWNS);
    }

    /**
     * {@return a view with a network of its own, where only the loopback device is, so that what engines do to a host's
     * network is done to this one and goes with it} Its mounts are private, too: CNI's plugins keep files of their own.
     */
    static PeerView apart() {
        Stub holder = hold(Clone.NEWNS | Clone.NEWNET, mixed());
        try (Netlink network = Netlink.ofProcess(holder.pid())) {
            network.up(LOOPBACK);
            if (Files.isDirectory(Path.of(CNI_STATE))) {
                try (Batch batch = holder.batch()) {
                    long tmpfs = batch.string("tmpfs");
                    batch.step("mount tmpfs at " + CNI_STATE, Nr.MOUNT, tmpfs, batch.string(CNI_STATE), tmpfs, 0, 0);
                    batch.run();
                }
            }
        } catch (RuntimeException e) {
            holder.close();
            throw e;
        }
        return new PeerView(holder, Clone.NEWNS | Clone.NEWNET);
    }

    private static Stub hold(long namespaces, boolean versionOneAlone) {
        Stub holder = Stub.start(namespaces, -1, -1, -1);
        try {
            try (Batch batch = holder.batch()) {
                // A terminal's interrupt ends whoever is in its process group, but this is needed to tidy up.
                batch.step("leave the terminal's process group", Nr.SETPGID, 0, 0);
                batch.step("make the mounts private", Nr.MOUNT, 0, batch.string("/"), 0, MS_REC_PRIVATE, 0);
                batch.run();
            }
            if (versionOneAlone) {
                showVersionOne(holder, versionOne());
            }
        } catch (RuntimeException e) {
            holder.close();
            throw e;
        }
        return holder;
    }

    private static boolean mixed() {
        Path controllers = Path.of(CGROUPS, "unified/cgroup.controllers");
        try {
            return Files.exists(controllers)
                    && !Files.readString(controllers).isBlank()
                    && !versionOne().isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> versionOne() {
        try {
            List<String> found = new ArrayList<>();
            for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
                String[] words = line.split(" ", -1);
                if (words[2].equals("cgroup") && words[1].startsWith(CGROUPS + "/")) {
                    found.add(words[1]);
                }
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void showVersionOne(Stub stub, List<String> hierarchies) {
        try (Batch batch = stub.batch()) {
            List<Batch.Step> trees = new ArrayList<>();
            for (String path : hierarchies) {
                trees.add(batch.step(
                        "copy the mount of " + path,
                        Nr.OPEN_TREE,
                        AT_FDCWD,
                        batch.string(path),
                        OPEN_TREE_CLONE | O_CLOEXEC));
            }
            long tmpfs = batch.string("tmpfs");
            batch.step("mount tmpfs at " + CGROUPS, Nr.MOUNT, tmpfs, batch.string(CGROUPS), tmpfs, 0, 0);
            for (int i = 0; i < trees.size(); i++) {
                long path = batch.string(hierarchies.get(i));
                batch.step("make " + hierarchies.get(i), Nr.MKDIRAT, AT_FDCWD, path, 0755);
                batch.step(
                                "mount " + hierarchies.get(i),
                                Nr.MOVE_MOUNT,
                                0,
                                batch.string(""),
                                AT_FDCWD,
                                path,
                                MOVE_MOUNT_F_EMPTY_PATH)
                        .uses(0, trees.get(i));
            }
            batch.run();
        }
    }

    /** {@return which view this is, for the reader of the results} */
    String description() {
        return holder == null
                ? "peers run in the host's mount namespace"
                : "peers run in a private mount namespace that shows the cgroups of version 1 alone,"
                        + " because crun refuses this host's mixture of version 1 and 2";
    }

    /**
     * Appends the steps that bring a process here.
     *
     * @param batch a batch of the process
     */
    void enter(Batch batch) {
        if (holder != null) {
            Batch.Step file = batch.step("open the peers' namespaces", Nr.PIDFD_OPEN, holder.pid(), 0);
            batch.step("enter the peers' namespaces", Nr.SETNS, 0, namespaces).uses(0, file);
        }
    }

    @Override
    public void close() {
        if (holder != null) {
            holder.close();
        }
    }
}
