package belljar.image;

import belljar.linux.DirectoryEntry;
import belljar.linux.FileName;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.OpenHow;
import belljar.linux.Stat;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;

/**
 * Writes a directory as a layer: entries sorted by the bytes of their names, hard links found, sockets left out as in
 * every archive. The same tree gives the same bytes. Symbolic links are never followed.
 */
public final class LayerPacker {
    private static final int BUFFER = 256 * 1024;

    private final Fs fs;
    private final TarWriter writer;
    private final PackOptions options;
    private final Map<String, String> linked = new HashMap<>();
    private final byte[] buffer = new byte[BUFFER];

    private final IntUnaryOperator uids;
    private final IntUnaryOperator gids;

    private LayerPacker(Fs fs, TarWriter writer, PackOptions options, IntUnaryOperator uids, IntUnaryOperator gids) {
        this.fs = fs;
        this.writer = writer;
        this.options = options;
        this.uids = uids;
        this.gids = gids;
    }

    /**
     * Writes all below a directory, but not the directory itself.
     *
     * @param fs who makes the calls
     * @param root the directory, opened for reading
     * @param out receives the archive, not compressed; stays open
     * @param options how
     * @throws belljar.failure.HostException if the tree cannot be read, or changes meanwhile, or the stream fails
     */
    public static void pack(Fs fs, int root, OutputStream out, PackOptions options) {
        pack(fs, root, out, options, IntUnaryOperator.identity(), IntUnaryOperator.identity());
    }

    /**
     * Writes all below a directory whose owners are others than the layer shall have.
     *
     * @param fs as above
     * @param root as above
     * @param out as above
     * @param options as above
     * @param uids gives the user id in the layer for one on disk
     * @param gids gives the group id in the layer for one on disk
     */
    public static void pack(
            Fs fs, int root, OutputStream out, PackOptions options, IntUnaryOperator uids, IntUnaryOperator gids) {
        TarWriter writer = TarWriter.to(out);
        new LayerPacker(fs, writer, options, uids, gids).directory(root, "");
        writer.finish();
    }

    /**
     * {@return the extended attributes of a file that may travel in a layer, sorted by name} Those of overlayfs itself
     * and labels of the host's policy may not.
     *
     * @param fs who makes the calls
     * @param fd the file
     */
    public static Map<String, byte[]> xattrs(Fs fs, int fd) {
        List<String> names = fs.xattrs().list(fd);
        if (names.isEmpty()) {
            return Map.of();
        }
        Map<String, byte[]> xattrs = new TreeMap<>();
        for (String name : names) {
            boolean ours = name.startsWith("trusted.overlay.")
                    || name.startsWith("user.overlay.")
                    || name.equals("security.selinux");
            if (!ours) {
                fs.xattrs().get(fd, name).ifPresent(value -> xattrs.put(name, value));
            }
        }
        return xattrs;
    }

    private void directory(int fd, String prefix) {
        List<DirectoryEntry> entries = new ArrayList<>(fs.list(fd));
        entries.sort((a, b) -> Arrays.compareUnsigned(FileName.encode(a.name()), FileName.encode(b.name())));
        if (options.overlay() && isOpaque(fd)) {
            writer.put(timed(TarEntry.file(prefix + ".wh..wh..opq", 0, 0), 0, 0));
        }
        for (DirectoryEntry entry : entries) {
            Optional<Stat> stat = fs.find(fd, entry.name());
            if (stat.isPresent()) {
                entry(fd, entry.name(), prefix + entry.name(), stat.get());
            }
        }
    }

    private boolean isOpaque(int fd) {
        return isYes(fs.xattrs().get(fd, "trusted.overlay.opaque"))
                || isYes(fs.xattrs().get(fd, "user.overlay.opaque"));
    }

    private static boolean isYes(Optional<byte[]> value) {
        return value.isPresent() && value.get().length == 1 && value.get()[0] == 'y';
    }

    private void entry(int parent, String name, String path, Stat stat) {
        if (options.overlay() && UnpackTree.isWhiteout(stat)) {
            writer.put(timed(TarEntry.file(whiteout(path, name), 0, 0), 0, 0));
            return;
        }
        if (stat.type() == Stat.SOCKET) {
            return;
        }
        if (stat.links() > 1 && !stat.isDirectory()) {
            String first = linked.putIfAbsent(stat.device() + ":" + stat.inode(), path);
            if (first != null) {
                writer.put(owned(TarEntry.hardLink(path, first), stat));
                return;
            }
        }
        int mode = stat.permissions();
        if (stat.isRegular()) {
            file(parent, name, path, stat);
        } else if (stat.isDirectory()) {
            int fd = fs.open(parent, name, OpenHow.beneath(OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW));
            try {
                writer.put(owned(TarEntry.directory(path + "/", mode), stat).withXattrs(kept(fd)));
                directory(fd, path + "/");
            } finally {
                fs.close(fd);
            }
        } else {
            int fd = fs.open(parent, name, OpenFlags.PATH | OpenFlags.NOFOLLOW, 0);
            try {
                TarEntry entry = stat.isSymlink()
                        ? TarEntry.symlink(path, fs.readlink(fd, ""))
                        : TarEntry.node(path, type(stat), mode, stat.rdevMajor(), stat.rdevMinor());
                writer.put(owned(entry, stat).withXattrs(kept(fd)));
            } finally {
                fs.close(fd);
            }
        }
    }

    private static TarType type(Stat stat) {
        return stat.type() == Stat.FIFO
                ? TarType.FIFO
                : stat.type() == Stat.CHAR_DEVICE ? TarType.CHAR_DEVICE : TarType.BLOCK_DEVICE;
    }

    private static String whiteout(String path, String name) {
        return path.substring(0, path.length() - name.length()) + ".wh." + name;
    }

    private void file(int parent, String name, String path, Stat stat) {
        int fd = fs.open(parent, name, OpenHow.beneath(OpenFlags.NOFOLLOW | OpenFlags.NONBLOCK));
        try {
            TarEntry entry = TarEntry.file(path, stat.permissions(), stat.size());
            writer.put(owned(entry, stat).withXattrs(kept(fd)));
            long left = stat.size();
            while (left > 0) {
                int n = fs.content().read(fd, buffer, 0, (int) Math.min(left, BUFFER));
                if (n == 0) {
                    // The header already said how much follows: what was cut off meanwhile reads as zeros.
                    n = (int) Math.min(left, BUFFER);
                    Arrays.fill(buffer, 0, n, (byte) 0);
                }
                writer.write(buffer, 0, n);
                left -= n;
            }
        } finally {
            fs.close(fd);
        }
    }

    private Map<String, byte[]> kept(int fd) {
        return options.xattrs() ? xattrs(fs, fd) : Map.of();
    }

    private TarEntry owned(TarEntry entry, Stat stat) {
        TarEntry mine =
                entry.withOwner(uids.applyAsInt(stat.uid()) & 0xffffffffL, gids.applyAsInt(stat.gid()) & 0xffffffffL);
        return timed(mine, stat.modifySeconds(), 0);
    }

    private TarEntry timed(TarEntry entry, long seconds, int nanos) {
        return options.fixedTime() ? entry.withTime(options.seconds(), 0) : entry.withTime(seconds, nanos);
    }
}
