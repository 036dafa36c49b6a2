package belljar.engine;

import belljar.container.RootMount;
import belljar.image.LayerPacker;
import belljar.linux.At;
import belljar.linux.Errno;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.OpenHow;
import belljar.linux.Stat;
import belljar.sandbox.RootSpec;
import java.nio.file.Path;
import java.util.Map;

/**
 * Gives a new volume what the image has at the place that the volume covers: owner and mode of the directory, so that
 * the image's user can write to it, and unless that is unwanted its content. The image is mounted for it as it is for a
 * container, so that its links lead where they do for the container's processes and never out of it.
 */
final class VolumeFill {
    private static final int NEW_DIRECTORY_MODE = 0755;

    private final RunSite site;

    /** @param site what is prepared for the container */
    VolumeFill(RunSite site) {
        this.site = site;
    }

    /**
     * Fills a volume.
     *
     * @param data the volume's directory, empty
     * @param destination where it goes in the container
     * @param copy whether it is to have what the image has there
     */
    void fill(Path data, String destination, boolean copy) {
        Path scratch = site.files().resolve("fill");
        try (RootMount tree = RootMount.mount(root(scratch), VolumeOwner.namespace(site))) {
            Fs fs = tree.fs();
            int to = fs.open(At.FDCWD, data.toString(), OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW, 0);
            int from = fs.tryOpen(tree.directory(), destination, OpenHow.inRoot(OpenFlags.PATH));
            try {
                fill(fs, from, to, destination, copy);
            } finally {
                fs.close(to);
                if (from >= 0) {
                    fs.close(from);
                }
            }
        } finally {
            HostLeftovers.removeTree(scratch);
        }
    }

    private void fill(Fs fs, int from, int to, String destination, boolean copy) {
        boolean nothing = from == -Errno.ENOENT || from == -Errno.ENOTDIR || from == -Errno.ELOOP;
        if (!nothing) {
            Errno.check("openat2", "open " + destination + " of the image", from);
        }
        if (nothing || !fs.stat(from).isDirectory()) {
            TreeOwners owners = ContainerTree.owners(site.idMaps());
            fs.chown(to, owners.outsideUid(0), owners.outsideGid(0));
            fs.chmod(to, NEW_DIRECTORY_MODE);
            return;
        }
        if (copy) {
            // Both sides are seen by the same eyes, so that owners stay what they are.
            TreeMaker.Looks same = new TreeMaker.Looks(TreeOwners.SAME, -1, -1, false);
            TreeMaker maker = new TreeMaker(fs, to, same, false);
            new TreeWalk(fs, TreeOwners.SAME, maker, "").walk(from, "");
            maker.finish();
        }
        Stat looks = fs.stat(from);
        fs.chown(to, looks.uid(), looks.gid());
        fs.chmod(to, looks.permissions());
        int readable = fs.open(from, ".", OpenFlags.DIRECTORY, 0);
        try {
            for (Map.Entry<String, byte[]> each :
                    LayerPacker.xattrs(fs, readable).entrySet()) {
                fs.xattrs().trySet(to, each.getKey(), each.getValue());
            }
        } finally {
            fs.close(readable);
        }
        fs.times(to, "", looks.modifySeconds(), looks.modifyNanos(), looks.modifySeconds(), looks.modifyNanos());
    }

    /** The image's layers below an empty one, which nobody needs afterwards and the kernel need not write to disk. */
    private RootSpec root(Path scratch) {
        if (site.upper().isEmpty()) {
            return new RootSpec(site.layers(), "", "", false, false);
        }
        Path upper = scratch.resolve("upper");
        Path work = scratch.resolve("work");
        SmallFile.makeDirectories(upper);
        SmallFile.makeDirectories(work);
        return new RootSpec(site.layers(), upper.toString(), work.toString(), false, true);
    }
}
