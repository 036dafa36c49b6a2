package belljar.image;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Errno;
import belljar.linux.FileName;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.OpenHow;
import belljar.linux.Stat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * The tree that a layer is unpacked to. Every name is made in a directory that openat2(2) resolved with
 * RESOLVE_IN_ROOT, so links of the layer lead where they would in the container and never out of the tree; the last
 * component is never followed. What directories shall look like is kept to the end, because making names in them
 * changes their times.
 */
final class UnpackTree {
    private static final int MAX_OPEN = 64;
    private static final int MAX_LINKS = 40;

    /** Bounds the memory for directories to come back to. */
    private static final long MAX_PENDING_CHARS = 64L << 20;

    private static final OpenHow DIRECTORY = new OpenHow(
            OpenFlags.PATH | OpenFlags.DIRECTORY, 0, OpenHow.IN_ROOT | OpenHow.NO_MAGICLINKS | OpenHow.NO_XDEV);

    private final Fs fs;
    private final int root;
    private final UnpackOptions options;
    private final LinkedHashMap<String, Integer> open = new LinkedHashMap<>(128, 0.75f, true);
    private final TreeMap<String, TarEntry> directories = new TreeMap<>();
    private long pendingChars;
    private String lastPath = "";
    private int lastFd;

    UnpackTree(Fs fs, int root, UnpackOptions options) {
        this.fs = fs;
        this.root = root;
        this.options = options;
        this.lastFd = root;
    }

    /** {@return the directory at a path, made with all above it where they are missing; owned by this tree} */
    int directory(String path) {
        if (path.equals(lastPath)) {
            return lastFd;
        }
        Integer known = path.isEmpty() ? Integer.valueOf(root) : open.get(path);
        if (known == null) {
            int fd = fs.tryOpen(root, path, DIRECTORY);
            known = fd >= 0 ? fd : make(path, 0);
            open.put(path, known);
            trim();
        }
        lastPath = path;
        lastFd = known;
        return lastFd;
    }

    private void trim() {
        if (open.size() > MAX_OPEN) {
            var oldest = open.entrySet().iterator();
            fs.close(oldest.next().getValue());
            oldest.remove();
        }
    }

    /** {@return the directory at a path if there is one, else the negated errno; the caller closes it} */
    int existing(String path) {
        return fs.tryOpen(root, path.isEmpty() ? "." : path, DIRECTORY);
    }

    /** Walks down a path and makes what is missing. */
    private int make(String path, int links) {
        int current = fs.open(root, ".", DIRECTORY);
        int start = 0;
        while (start < path.length()) {
            int slash = path.indexOf('/', start);
            int end = slash < 0 ? path.length() : slash;
            String prefix = path.substring(0, end);
            int next = fs.tryOpen(root, prefix, DIRECTORY);
            try {
                if (next < 0) {
                    component(current, prefix, path.substring(start, end), next, links);
                    next = fs.open(root, prefix, DIRECTORY);
                }
            } finally {
                fs.close(current);
            }
            current = next;
            start = end + 1;
        }
        return current;
    }

    private void component(int parent, String prefix, String name, int error, int links) {
        if (error == -Errno.ELOOP || links > MAX_LINKS) {
            throw new UserException(
                    "the layer is damaged: the path " + FileName.show(prefix) + " is a circle of symbolic links");
        }
        if (error != -Errno.ENOENT && error != -Errno.ENOTDIR) {
            throw Errno.failure("openat2", "open " + FileName.show(prefix), error);
        }
        Optional<Stat> found = fs.find(parent, name);
        if (found.isPresent() && found.get().isSymlink() && error == -Errno.ENOENT) {
            // A link to a directory of a lower layer: the directory is made in this layer, where the link leads.
            String target = fs.readlink(parent, name);
            int fd = make(UnpackPath.follow(UnpackPath.parent(prefix), target, options.limits()), links + 1);
            fs.close(fd);
            return;
        }
        if (found.isPresent()) {
            remove(parent, name, prefix, found.get());
        }
        boolean hidden = found.isPresent() && isWhiteout(found.get());
        TarEntry looks = fromLower(prefix, hidden);
        fs.mkdir(parent, name, UnpackMetadata.creationMode(looks.mode()) | 0700);
        remember(prefix, looks);
        if (hidden) {
            opaque(parent, name);
        }
    }

    /** How a directory looks that the archive uses but does not hold. */
    private TarEntry fromLower(String path, boolean hidden) {
        TarEntry plain = TarEntry.directory(path, 0755);
        if (hidden) {
            return plain;
        }
        for (int lower : options.lower()) {
            int fd = fs.tryOpen(lower, path, OpenHow.inRoot(OpenFlags.PATH | OpenFlags.NOFOLLOW));
            if (fd < 0) {
                continue;
            }
            try {
                Stat stat = fs.stat(fd);
                if (!stat.isDirectory()) {
                    return plain;
                }
                return TarEntry.directory(path, stat.permissions())
                        .withOwner(
                                options.owners().userOf(stat.uid() & 0xffffffffL),
                                options.owners().groupOf(stat.gid() & 0xffffffffL))
                        .withTime(stat.modifySeconds(), stat.modifyNanos())
                        .withXattrs(LayerPacker.xattrs(fs, fd));
            } finally {
                fs.close(fd);
            }
        }
        return plain;
    }

    static boolean isWhiteout(Stat stat) {
        return stat.type() == Stat.CHAR_DEVICE && stat.rdev() == 0;
    }

    /** Says how a directory shall look at the end; the last word counts. */
    void remember(String path, TarEntry entry) {
        if (directories.put(path, entry) == null) {
            pendingChars += path.length();
            if (pendingChars > MAX_PENDING_CHARS) {
                throw new UserException("the layer has more directories than can be unpacked");
            }
        }
    }

    /**
     * Makes a name that is no directory; what has the name already gives way.
     *
     * @param create makes it, and says false where the name exists
     */
    void replace(int parent, String name, String path, BooleanSupplier create) {
        if (create.getAsBoolean()) {
            return;
        }
        Optional<Stat> found = fs.find(parent, name);
        if (found.isPresent()) {
            remove(parent, name, path, found.get());
        }
        if (!create.getAsBoolean()) {
            throw new HostException("another process writes to the directory that a layer is unpacked to", "", 0);
        }
    }

    /** Makes a directory; one that is there stays, anything else gives way. */
    void makeDirectory(int parent, String name, String path, TarEntry entry) {
        // The caller must be able to write to it until the end.
        int mode = UnpackMetadata.creationMode(entry.mode()) | 0700;
        if (!fs.mkdir(parent, name, mode)) {
            Stat found = fs.find(parent, name).orElseThrow();
            if (!found.isDirectory()) {
                remove(parent, name, path, found);
                fs.mkdir(parent, name, mode);
                if (isWhiteout(found)) {
                    opaque(parent, name);
                }
            } else {
                fs.chmod(parent, name, mode);
            }
        }
        remember(path, entry);
    }

    private void remove(int parent, String name, String path, Stat found) {
        if (found.isDirectory()) {
            fs.removeTree(parent, name);
            directories.remove(path);
            // All paths below it: '0' is the character after the slash.
            directories.subMap(path + "/", path + "0").clear();
        } else {
            fs.unlink(parent, name, 0);
        }
        if (found.isDirectory() || found.isSymlink()) {
            // Open directories may have been reached through it. The one in use stays open: its caller still needs it.
            forget(parent);
        }
    }

    private void forget(int inUse) {
        var each = open.entrySet().iterator();
        while (each.hasNext()) {
            int fd = each.next().getValue();
            if (fd != inUse) {
                fs.close(fd);
                each.remove();
            }
        }
        lastPath = "";
        lastFd = root;
    }

    /** Hides what lower layers have below a directory. */
    void opaque(int parent, String name) {
        String attribute = switch (options.whiteouts()) {
            case OVERLAY -> "trusted.overlay.opaque";
            case OVERLAY_USER -> "user.overlay.opaque";
            case LITERAL -> "";
        };
        if (attribute.isEmpty()) {
            return;
        }
        int fd = fs.open(parent, name, OpenHow.beneath(OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW));
        try {
            fs.xattrs().set(fd, attribute, new byte[] {'y'});
        } finally {
            fs.close(fd);
        }
    }

    /** Gives all directories their final looks, those further down first: a parent may end up closed to us. */
    void finish(UnpackMetadata metadata) {
        for (Map.Entry<String, TarEntry> each : directories.descendingMap().entrySet()) {
            String path = each.getKey();
            TarEntry entry = each.getValue();
            if (path.isEmpty()) {
                metadata.named(root, ".", entry);
                continue;
            }
            int fd = directory(UnpackPath.parent(path));
            // Through a link the same name may have become something else; that has its looks already.
            String name = UnpackPath.name(path);
            if (fs.find(fd, name).map(Stat::isDirectory).orElse(false)) {
                metadata.named(fd, name, entry);
            }
        }
    }

    void close() {
        for (int fd : open.values()) {
            fs.close(fd);
        }
        open.clear();
        lastPath = "";
        lastFd = root;
    }
}
