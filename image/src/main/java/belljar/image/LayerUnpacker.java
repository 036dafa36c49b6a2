package belljar.image;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Errno;
import belljar.linux.FileName;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.Stat;
import java.io.InputStream;
import java.util.Optional;

/**
 * Unpacks one layer of an image into an empty directory (OCI image specification, "Image Layer Filesystem Changeset"),
 * ready to be a layer of overlayfs. Nothing outside the directory is ever touched, whatever the archive says: see
 * {@link UnpackTree}. Where an archive has a name twice, the later entry wins; where a link of the layer is in the way
 * of a path, it is followed within the directory; where a name leads out by {@code ..}, the layer is refused.
 */
public final class LayerUnpacker {
    private static final String WHITEOUT = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";
    private static final String AUFS = ".wh..wh.";
    private static final int BUFFER = 256 * 1024;

    private final Fs fs;
    private final UnpackOptions options;
    private final UnpackTree tree;
    private final UnpackMetadata metadata;
    private final TarReader reader;
    private final byte[] buffer = new byte[BUFFER];
    private long entries;
    private long skippedDevices;

    private LayerUnpacker(Fs fs, int root, TarReader reader, UnpackOptions options) {
        this.fs = fs;
        this.options = options;
        this.reader = reader;
        this.tree = new UnpackTree(fs, root, options);
        this.metadata = new UnpackMetadata(fs, root, options);
    }

    /**
     * Unpacks a layer. Nothing is synced to disk; what was unpacked before a failure stays and is the caller's to
     * remove.
     *
     * @param fs who makes the calls: {@link Fs#HOST}, or one of a stub that is in a user namespace
     * @param root descriptor of an empty directory, opened for reading by the same caller; stays open
     * @param layer the layer's archive, compressed with gzip, zstd, xz or not at all; read to its end on another thread
     *     while this method runs, not closed
     * @param options how
     * @return what was found, among it the digest to be checked
     * @throws UserException if the layer is damaged, hostile or beyond the limits
     * @throws HostException if the host fails, with ENOSPC or EDQUOT when the disk is full
     */
    public static UnpackedLayer unpack(Fs fs, int root, InputStream layer, UnpackOptions options) {
        try (UnpackPipe pipe = new UnpackPipe(layer, options.limits().totalBytes()).start()) {
            LayerUnpacker unpacker = new LayerUnpacker(fs, root, TarReader.of(pipe), options);
            unpacker.run();
            Digest diffId = pipe.finish();
            return new UnpackedLayer(
                    diffId, pipe.total(), unpacker.entries, unpacker.skippedDevices, unpacker.metadata.skippedXattrs());
        }
    }

    private void run() {
        try {
            for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
                TarEntry entry = next.get();
                if (++entries > options.limits().entries()) {
                    throw new UserException(
                            "the layer has more than the " + options.limits().entries()
                                    + " entries that are allowed; raise the limit if you trust the image");
                }
                named(entry);
            }
            tree.finish(metadata);
        } finally {
            tree.close();
        }
    }

    /** Unpacks one entry; failures get its name. */
    private void named(TarEntry entry) {
        try {
            entry(entry);
        } catch (HostException e) {
            String name = FileName.show(entry.name());
            if (e.errno() == Errno.ENOSPC || e.errno() == Errno.EDQUOT) {
                throw new HostException(
                        "the disk is full: there is no space to unpack " + name + "; free some and try again",
                        e.call(),
                        e.errno());
            }
            if (e.errno() != 0) {
                throw new HostException("cannot unpack " + name + ": " + e.getMessage(), e.call(), e.errno());
            }
            throw e;
        }
    }

    private void entry(TarEntry entry) {
        String path = UnpackPath.clean(entry.name(), options.limits());
        if (path.isEmpty()) {
            if (entry.type() != TarType.DIRECTORY) {
                throw new UserException("the layer is hostile: it replaces the image's root by something else");
            }
            tree.remember(path, entry);
            return;
        }
        String name = UnpackPath.name(path);
        if (options.whiteouts() != UnpackOptions.Whiteouts.LITERAL) {
            if (name.startsWith(WHITEOUT)) {
                whiteout(entry, UnpackPath.parent(path), name);
                return;
            }
            // What old versions of Docker left of aufs's own files.
            if (path.startsWith(AUFS)) {
                return;
            }
        }
        int parent = tree.directory(UnpackPath.parent(path));
        switch (entry.type()) {
            case FILE -> file(parent, name, path, entry);
            case DIRECTORY -> tree.makeDirectory(parent, name, path, entry);
            case SYMLINK -> symlink(parent, name, path, entry);
            case HARD_LINK -> hardLink(parent, name, path, entry);
            case CHAR_DEVICE -> device(parent, name, path, entry, Stat.CHAR_DEVICE);
            case BLOCK_DEVICE -> device(parent, name, path, entry, Stat.BLOCK_DEVICE);
            case FIFO -> node(parent, name, path, entry, Stat.FIFO, 0);
        }
    }

    private void file(int parent, String name, String path, TarEntry entry) {
        if (entry.size() > options.limits().fileBytes()) {
            throw new UserException("the layer's file " + FileName.show(entry.name()) + " is larger than the "
                    + options.limits().fileBytes() + " bytes that are allowed; raise the limit if you trust the image");
        }
        int flags = OpenFlags.CREAT | OpenFlags.EXCL | OpenFlags.WRONLY | OpenFlags.NOFOLLOW;
        int mode = UnpackMetadata.creationMode(entry.mode());
        int[] fd = {fs.tryOpen(parent, name, flags, mode)};
        if (fd[0] == -Errno.EEXIST) {
            tree.replace(parent, name, path, () -> {
                fd[0] = fs.tryOpen(parent, name, flags, mode);
                return fd[0] != -Errno.EEXIST;
            });
        }
        if (fd[0] < 0) {
            throw Errno.failure("openat", "make it", fd[0]);
        }
        try {
            if (entry.extents().isEmpty()) {
                copy(fd[0], entry.size());
            } else {
                sparse(fd[0], entry);
            }
            metadata.file(fd[0], entry);
        } finally {
            fs.close(fd[0]);
        }
    }

    private void copy(int fd, long size) {
        long left = size;
        while (left > 0) {
            int n = fill((int) Math.min(left, BUFFER));
            fs.content().write(fd, buffer, 0, n);
            left -= n;
        }
    }

    private void sparse(int fd, TarEntry entry) {
        for (TarExtent extent : entry.extents()) {
            long done = 0;
            while (done < extent.length()) {
                int n = fill((int) Math.min(extent.length() - done, BUFFER));
                fs.content().pwrite(fd, buffer, 0, n, extent.offset() + done);
                done += n;
            }
        }
        fs.content().truncate(fd, entry.size());
    }

    /** Fills the buffer, so that the number of writes does not follow the sizes of pieces from the other thread. */
    private int fill(int length) {
        int done = 0;
        while (done < length) {
            done += reader.read(buffer, done, length - done);
        }
        return done;
    }

    private void symlink(int parent, String name, String path, TarEntry entry) {
        String target = entry.linkName();
        if (target.isEmpty() || FileName.encode(target).length > 4095) {
            throw new UserException("the layer is damaged: the symbolic link " + FileName.show(entry.name())
                    + " has a target that is empty or longer than 4095 bytes");
        }
        tree.replace(parent, name, path, () -> fs.symlink(target, parent, name));
        metadata.named(parent, name, entry);
    }

    private void hardLink(int parent, String name, String path, TarEntry entry) {
        String target = UnpackPath.clean(entry.linkName(), options.limits());
        if (target.equals(path)) {
            return;
        }
        int directory = tree.existing(UnpackPath.parent(target));
        if (directory < 0) {
            throw missing(entry);
        }
        try {
            String targetName = UnpackPath.name(target);
            Optional<Stat> found = target.isEmpty() ? Optional.empty() : fs.find(directory, targetName);
            if (found.isEmpty()) {
                throw missing(entry);
            }
            if (found.get().isDirectory()) {
                throw new UserException("the layer is damaged: " + FileName.show(entry.name())
                        + " is a hard link to the directory " + FileName.show(entry.linkName()));
            }
            // By another path it may be the very same name, which must not be removed for itself.
            Optional<Stat> old = fs.find(parent, name);
            if (old.isPresent()
                    && old.get().inode() == found.get().inode()
                    && old.get().device() == found.get().device()) {
                return;
            }
            // Flags 0: a link to a symbolic link is a second name of the link, not of what it points to.
            tree.replace(parent, name, path, () -> link(directory, targetName, parent, name, entry));
        } finally {
            fs.close(directory);
        }
    }

    private boolean link(int directory, String targetName, int parent, String name, TarEntry entry) {
        try {
            return fs.link(directory, targetName, parent, name, 0);
        } catch (HostException e) {
            if (e.errno() == Errno.ENOENT) {
                throw missing(entry);
            }
            throw e;
        }
    }

    private static UserException missing(TarEntry entry) {
        return new UserException("the layer is damaged: " + FileName.show(entry.name()) + " is a hard link to "
                + FileName.show(entry.linkName()) + ", which is not in the layer");
    }

    private void device(int parent, String name, String path, TarEntry entry, int type) {
        boolean whiteout = type == Stat.CHAR_DEVICE && entry.deviceMajor() == 0 && entry.deviceMinor() == 0;
        // A device 0:0 would hide a lower layer's file behind the back of all other tools; nothing else is it good for.
        if (options.devices() == UnpackOptions.Devices.SKIP || whiteout) {
            skippedDevices++;
            return;
        }
        if ((entry.deviceMajor() & ~0xfff) != 0 || (entry.deviceMinor() & ~0xfffff) != 0) {
            throw new UserException("the layer is damaged: the device " + FileName.show(entry.name())
                    + " has a number that Linux does not have");
        }
        node(parent, name, path, entry, type, Stat.rdev(entry.deviceMajor(), entry.deviceMinor()));
    }

    private void node(int parent, String name, String path, TarEntry entry, int type, long device) {
        int mode = type | UnpackMetadata.creationMode(entry.mode());
        tree.replace(parent, name, path, () -> fs.mknod(parent, name, mode, device));
        metadata.named(parent, name, entry);
    }

    private void whiteout(TarEntry entry, String parentPath, String name) {
        if (name.equals(OPAQUE)) {
            tree.opaque(tree.directory(parentPath), ".");
            return;
        }
        if (name.startsWith(AUFS)) {
            return;
        }
        String hidden = name.substring(WHITEOUT.length());
        if (hidden.isEmpty() || hidden.equals(".") || hidden.equals("..")) {
            throw new UserException("the layer is hostile: " + FileName.show(entry.name()) + " removes no file");
        }
        int parent = tree.directory(parentPath);
        // A whiteout speaks of lower layers only: what this layer has under the name stays, and hides what is below.
        if (!fs.mknod(parent, hidden, Stat.CHAR_DEVICE, 0)
                && fs.find(parent, hidden).map(Stat::isDirectory).orElse(false)) {
            tree.opaque(parent, hidden);
        }
    }
}
