package belljar.engine;

import belljar.failure.UserException;
import belljar.linux.At;
import belljar.linux.DirectoryEntry;
import belljar.linux.Errno;
import belljar.linux.FileName;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.OpenHow;
import belljar.linux.Stat;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Tells what the uppermost of several unpacked layers changes, in the marks of overlayfs: whiteouts are devices 0:0, or
 * empty files with {@code overlay.whiteout}; {@code overlay.opaque} hides all that lower layers have in a directory
 * ({@code Documentation/filesystems/overlayfs.rst}). Like Docker it names the directories above a change, too.
 */
final class LayerChanges {
    private static final int MAX_DEPTH = 100;
    private static final OpenHow DIRECTORY = OpenHow.beneath(OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW);

    private final Fs fs;
    private final String prefix;
    private final Map<String, TreeChange.Kind> changes = new TreeMap<>();

    private LayerChanges(Fs fs, boolean rootless) {
        this.fs = fs;
        this.prefix = (rootless ? "user" : "trusted") + ".overlay.";
    }

    /**
     * {@return the changes, sorted by path}
     *
     * @param fs who looks
     * @param layers directories, the topmost first
     * @param rootless whether overlayfs's attributes are those of a mount with {@code userxattr}
     */
    static List<TreeChange> of(Fs fs, List<String> layers, boolean rootless) {
        LayerChanges all = new LayerChanges(fs, rootless);
        List<Integer> fds = new ArrayList<>();
        try {
            for (String layer : layers) {
                fds.add(fs.open(At.FDCWD, layer, OpenFlags.DIRECTORY, 0));
            }
            all.directory(fds.get(0), fds.subList(1, fds.size()), "", 0);
        } finally {
            fds.forEach(fs::close);
        }
        List<TreeChange> list = new ArrayList<>();
        all.changes.forEach((path, kind) -> list.add(new TreeChange(kind, path)));
        return list;
    }

    private void directory(int upper, List<Integer> lower, String path, int depth) {
        if (depth > MAX_DEPTH) {
            throw new UserException("directories are nested more than " + MAX_DEPTH + " deep at " + FileName.show(path)
                    + ", which is more than can be compared");
        }
        for (DirectoryEntry entry : fs.list(upper)) {
            Optional<Stat> stat = fs.find(upper, entry.name());
            if (stat.isPresent()) {
                entry(upper, lower, entry.name(), path + "/" + entry.name(), stat.get(), depth);
            }
        }
    }

    private void entry(int upper, List<Integer> lower, String name, String path, Stat stat, int depth) {
        Optional<Stat> before = below(lower, name);
        if (isWhiteout(upper, name, stat)) {
            if (before.isPresent()) {
                add(path, TreeChange.Kind.DELETED);
            }
            return;
        }
        if (!stat.isDirectory()) {
            add(path, before.isPresent() ? TreeChange.Kind.CHANGED : TreeChange.Kind.ADDED);
            return;
        }
        boolean same = before.isPresent() && before.get().isDirectory();
        if (!same) {
            add(path, before.isPresent() ? TreeChange.Kind.CHANGED : TreeChange.Kind.ADDED);
        } else if (differs(stat, before.get())) {
            add(path, TreeChange.Kind.CHANGED);
        }
        int fd = fs.open(upper, name, DIRECTORY);
        List<Integer> under = same ? open(lower, name) : List.of();
        try {
            if (isYes(fs.xattrs().get(fd, prefix + "opaque"))) {
                deleted(fd, under, path);
                directory(fd, List.of(), path, depth + 1);
            } else {
                directory(fd, under, path, depth + 1);
            }
        } finally {
            under.forEach(fs::close);
            fs.close(fd);
        }
    }

    private static boolean differs(Stat now, Stat before) {
        return now.mode() != before.mode()
                || now.uid() != before.uid()
                || now.gid() != before.gid()
                || now.modifySeconds() != before.modifySeconds()
                || now.modifyNanos() != before.modifyNanos();
    }

    /** What an opaque directory hides and does not have itself is gone. */
    private void deleted(int upper, List<Integer> lower, String path) {
        for (int fd : lower) {
            for (DirectoryEntry entry : fs.list(fd)) {
                if (fs.find(upper, entry.name()).isEmpty()
                        && below(lower, entry.name()).isPresent()) {
                    add(path + "/" + entry.name(), TreeChange.Kind.DELETED);
                }
            }
        }
    }

    /** {@return the directories of a name in lower layers, as far down as overlayfs merges them} */
    private List<Integer> open(List<Integer> lower, String name) {
        List<Integer> found = new ArrayList<>();
        for (int fd : lower) {
            int below = fs.tryOpen(fd, name, DIRECTORY);
            if (below == -Errno.ENOENT) {
                continue;
            }
            if (below < 0) {
                break; // something else than a directory hides what is further down
            }
            found.add(below);
            if (isYes(fs.xattrs().get(below, prefix + "opaque"))) {
                break;
            }
        }
        return found;
    }

    /** {@return what lower layers show at a name} */
    private Optional<Stat> below(List<Integer> lower, String name) {
        for (int fd : lower) {
            Optional<Stat> stat = fs.find(fd, name);
            if (stat.isPresent()) {
                return isWhiteout(fd, name, stat.get()) ? Optional.empty() : stat;
            }
        }
        return Optional.empty();
    }

    private boolean isWhiteout(int directory, String name, Stat stat) {
        if (stat.type() == Stat.CHAR_DEVICE) {
            return stat.rdev() == 0;
        }
        if (!stat.isRegular() || stat.size() != 0) {
            return false;
        }
        int fd = fs.open(directory, name, OpenFlags.PATH | OpenFlags.NOFOLLOW, 0);
        try {
            return fs.xattrs().get(fd, prefix + "whiteout").isPresent();
        } finally {
            fs.close(fd);
        }
    }

    private static boolean isYes(Optional<byte[]> value) {
        return value.isPresent() && value.get().length == 1 && value.get()[0] == 'y';
    }

    private void add(String path, TreeChange.Kind kind) {
        changes.put(path, kind);
        for (int slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
            changes.putIfAbsent(path.substring(0, slash), TreeChange.Kind.CHANGED);
        }
    }
}
