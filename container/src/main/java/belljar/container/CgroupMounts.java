package belljar.container;

import belljar.linux.Batch;
import belljar.linux.Cgroup;
import belljar.linux.Nr;
import belljar.linux.Stub;
import belljar.sandbox.MountSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Shows the container its own cgroup: one directory on a host with v2 alone, otherwise a directory for each hierarchy,
 * by the names that programs look for.
 */
final class CgroupMounts {
    private static final int OPEN_TREE = 0x80001;
    private static final int MOVE_FROM_DESCRIPTOR = 4;

    private final Stub stub;
    private final Mounter mounter;
    private final Rootfs root;

    CgroupMounts(Stub stub, Mounter mounter, Rootfs root) {
        this.stub = stub;
        this.mounter = mounter;
        this.root = root;
    }

    /** Mounts the cgroup at a place; nothing happens when the container has none. */
    void show(Cgroup cgroup, MountSpec mount) {
        List<String> places = cgroup.places();
        if (places.isEmpty()) {
            return;
        }
        MountOptions options = MountOptions.parse(mount.options());
        if (places.size() == 1 && name(places.get(0)).equals("unified")) {
            int tree = mounter.cloneTree(directory(places.get(0)), false);
            mounter.attach(tree, options, root.make(mount.destination(), true), "the cgroup");
            return;
        }
        MountSpec tmpfs = new MountSpec(mount.destination(), "tmpfs", "cgroup", List.of("mode=755", "size=64k"));
        MountOptions writable = MountOptions.parse(tmpfs.options());
        fill(mounter.mount(root, tmpfs, writable, -1), places, options);
    }

    /** The tmpfs is new and this process's own, so names in it can be trusted. */
    private void fill(int at, List<String> places, MountOptions options) {
        try (Batch batch = stub.batch()) {
            long empty = batch.string("");
            long attr = Mounter.attributes(batch.memory(), options.set(), options.clear(), 0);
            for (String place : places) {
                long name = batch.string(name(place));
                String what = "mount the cgroup " + name(place);
                batch.step(what, Nr.MKDIRAT, at, name, 0755);
                Batch.Step tree =
                        batch.step(what, Nr.OPEN_TREE, Mounter.AT_FDCWD, batch.string(directory(place)), OPEN_TREE);
                batch.step(what, Nr.MOUNT_SETATTR, 0, empty, Mounter.AT_EMPTY_PATH, attr, 32)
                        .uses(0, tree);
                batch.step(what, Nr.MOVE_MOUNT, 0, empty, at, name, MOVE_FROM_DESCRIPTOR)
                        .uses(0, tree);
            }
            for (String[] link : links(places)) {
                batch.step("link " + link[0], Nr.SYMLINKAT, batch.string(link[1]), at, batch.string(link[0]));
            }
            long readonly = Mounter.attributes(batch.memory(), options.set(), options.clear(), 0);
            batch.step(
                    "set the options of the cgroups", Nr.MOUNT_SETATTR, at, empty, Mounter.AT_EMPTY_PATH, readonly, 32);
            batch.run();
        }
    }

    /** Controllers that share a hierarchy, such as {@code cpu,cpuacct}, are found by their own names too. */
    private static List<String[]> links(List<String> places) {
        List<String[]> links = new ArrayList<>();
        for (String place : places) {
            String name = name(place);
            int at = 0;
            while (name.indexOf(',') >= 0 && at <= name.length()) {
                int comma = name.indexOf(',', at);
                int end = comma < 0 ? name.length() : comma;
                links.add(new String[] {name.substring(at, end), name});
                at = end + 1;
            }
        }
        return links;
    }

    private static String name(String place) {
        String controllers = place.substring(0, place.indexOf(":/"));
        return controllers.isEmpty()
                ? "unified"
                : controllers.startsWith("name=") ? controllers.substring(5) : controllers;
    }

    private static String directory(String place) {
        return place.substring(place.indexOf(":/") + 1);
    }
}
