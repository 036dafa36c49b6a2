package belljar.volume;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.At;
import belljar.linux.Errno;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.Stat;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * All volumes under a directory, as files:
 *
 * <pre>
 * VOLUMES/NAME/_data          the volume's content; nothing else of a volume is ever shown to a container
 * VOLUMES/NAME/volume.json    the {@link Volume}
 * VOLUMES/NAME/lock           locked (flock(2)) by who fills or removes it
 * </pre>
 *
 * <p>A directory with content and no file beside it is a volume as well, one that somebody else has made.
 *
 * <p>Any process may die at any instruction: a volume that was being filled is emptied and filled anew by the next one,
 * and one that was being removed is out of sight and goes with the next. Safe for use by several threads and processes.
 */
public final class VolumeStore {
    private static final String DATA = "_data";
    private static final String RECORD = "volume.json";
    private static final String LOCK = "lock";
    /** No volume's name begins like this. */
    private static final String GONE = ".gone-";

    private static final int MAX_RECORD = 1 << 20;
    private static final int NAME_MAX = 255;

    private final Path directory;
    private final Removal removal;

    /**
     * Opens the volumes under a directory, which is made when it is needed.
     *
     * @param directory an absolute path
     * @param removal removes what may belong to other users
     */
    public VolumeStore(Path directory, Removal removal) {
        this.directory = directory;
        this.removal = removal;
    }

    /** Removes directories whose files may belong to ids that only a user namespace of this user's has. */
    public interface Removal {
        /**
         * Removes a directory with all in it, whoever owns it; does nothing when it is not there.
         *
         * @param directory the directory
         */
        void remove(Path directory);
    }

    /**
     * {@return whether a text can be a volume's name} Letters, digits, {@code _}, {@code .} and {@code -}, beginning
     * with a letter or digit.
     *
     * @param name the text
     */
    public static boolean isName(String name) {
        boolean good = !name.isEmpty() && name.length() <= NAME_MAX;
        for (int i = 0; i < name.length() && good; i++) {
            char c = name.charAt(i);
            boolean alphanumeric = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            good = alphanumeric || i > 0 && (c == '_' || c == '.' || c == '-');
        }
        return good;
    }

    /**
     * Checks a volume's name.
     *
     * @param name the name
     * @throws UserException if it is malformed
     */
    public static void check(String name) {
        if (!isName(name)) {
            throw new UserException(
                    "'" + name + "' is not a volume's name (letters, digits, '_', '.' and '-', beginning "
                            + "with a letter or digit); begin a path of the host with '/' or './'");
        }
    }

    /**
     * Makes a volume.
     *
     * @param name its name
     * @param anonymous whether nobody chose the name
     * @param labels free text by name
     * @param options as {@link Volume#options()}
     * @return the volume
     * @throws UserException if the name or an option is malformed, or the volume exists
     */
    public Volume create(String name, boolean anonymous, Map<String, String> labels, Map<String, String> options) {
        check(name);
        Map<String, String> checked = VolumeOptions.check(options);
        long now = System.currentTimeMillis();
        Volume volume = new Volume(name, anonymous, now, labels, checked, !checked.isEmpty());
        try (Lock _ = lock(name)) {
            if (find(name).isPresent()) {
                throw new UserException("the volume '" + name + "' exists already; choose another name");
            }
            make(volume);
            return volume;
        }
    }

    /**
     * {@return a volume, made when it is not there}
     *
     * @param name its name
     * @param anonymous whether nobody chose the name; for a new one
     * @throws UserException if the name is malformed
     */
    public Volume obtain(String name, boolean anonymous) {
        check(name);
        // Locked even if it is there: whoever removes it has looked for its users, of which the caller may be a new
        // one.
        try (Lock _ = lock(name)) {
            Optional<Volume> found = find(name);
            if (found.isPresent()) {
                return found.get();
            }
            Volume volume = new Volume(name, anonymous, System.currentTimeMillis(), Map.of(), Map.of(), false);
            make(volume);
            return volume;
        }
    }

    private void make(Volume volume) {
        Path place = directory.resolve(volume.name());
        Fs.HOST.mkdir(At.FDCWD, place.resolve(DATA).toString(), 0755);
        write(volume);
    }

    /**
     * {@return a volume}
     *
     * @param name its name, in full
     */
    public Optional<Volume> find(String name) {
        if (!isName(name)) {
            return Optional.empty();
        }
        Path file = directory.resolve(name).resolve(RECORD);
        int fd = Fs.HOST.tryOpen(At.FDCWD, file.toString(), OpenFlags.RDONLY | OpenFlags.NOFOLLOW, 0);
        if (fd == -Errno.ENOENT) {
            boolean plain = !Fs.HOST.find(At.FDCWD, data(name).toString()).isEmpty();
            return plain && !empty(name)
                    ? Optional.of(new Volume(name, false, 0, Map.of(), Map.of(), true))
                    : Optional.empty();
        }
        Errno.check("openat", "open " + file, fd);
        try {
            byte[] bytes = Fs.HOST.content().readAll(fd, MAX_RECORD);
            return Optional.of(VolumeJson.read(file.toString(), new String(bytes, StandardCharsets.UTF_8)));
        } finally {
            Fs.HOST.close(fd);
        }
    }

    /** A directory that this user may not look into is somebody's, and so not empty. */
    private boolean empty(String name) {
        int fd = Fs.HOST.tryOpen(At.FDCWD, data(name).toString(), OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW, 0);
        if (fd < 0) {
            return false;
        }
        try {
            return Fs.HOST.list(fd).isEmpty();
        } finally {
            Fs.HOST.close(fd);
        }
    }

    /**
     * {@return the volume of a name, or of the beginning of one}
     *
     * @param nameOrPart the name, or the beginning of exactly one
     * @throws UserException if there is none, or more than one
     */
    public Volume require(String nameOrPart) {
        Optional<Volume> found = find(nameOrPart);
        if (found.isPresent()) {
            return found.get();
        }
        List<Volume> matching = new ArrayList<>();
        for (Volume volume : list()) {
            if (!nameOrPart.isEmpty() && volume.name().startsWith(nameOrPart)) {
                matching.add(volume);
            }
        }
        if (matching.size() > 1) {
            throw new UserException("more than one volume's name begins with '" + nameOrPart + "'; write more of it");
        }
        if (matching.isEmpty()) {
            throw new UserException("there is no volume '" + nameOrPart + "'; 'belljar volume ls' lists them");
        }
        return matching.get(0);
    }

    /** {@return all volumes, sorted by name} */
    public List<Volume> list() {
        List<Volume> volumes = new ArrayList<>();
        for (String name : entries()) {
            find(name).ifPresent(volumes::add);
        }
        volumes.sort((a, b) -> a.name().compareTo(b.name()));
        return volumes;
    }

    /**
     * {@return the directory of a volume's content}
     *
     * @param name the volume's name
     */
    public Path data(String name) {
        return directory.resolve(name).resolve(DATA);
    }

    /**
     * Removes a volume and its content. What lies elsewhere, by its options, stays.
     *
     * @param name its name, in full
     * @param allowed asked when nobody else can fill the volume any more; not removed if it throws
     * @return false if there was none
     */
    public boolean remove(String name, Runnable allowed) {
        check(name);
        try (Lock _ = lock(name)) {
            boolean there = find(name).isPresent();
            if (there) {
                allowed.run();
            }
            takeAway(name);
            return there;
        }
    }

    /**
     * Removes a volume and its content if that is allowed.
     *
     * @param name its name, in full
     * @param allowed asked when nobody else can begin to use the volume any more
     * @return false if there was none, or it was not allowed
     */
    public boolean removeIf(String name, BooleanSupplier allowed) {
        check(name);
        try (Lock _ = lock(name)) {
            boolean there = find(name).isPresent();
            if (there && !allowed.getAsBoolean()) {
                return false;
            }
            takeAway(name);
            return there;
        }
    }

    /** In one step, so that nobody ever meets a part of it. */
    private void takeAway(String name) {
        String gone = GONE + name + "-" + System.nanoTime();
        Fs.HOST.rename(
                At.FDCWD,
                directory.resolve(name).toString(),
                At.FDCWD,
                directory.resolve(gone).toString(),
                0);
        sweep();
    }

    /** Removes what was taken out of sight, also by a process that died then. */
    private void sweep() {
        for (String entry : entries()) {
            if (entry.startsWith(GONE)) {
                removal.remove(directory.resolve(entry));
            }
        }
    }

    private List<String> entries() {
        return Fs.HOST.names(directory.toString());
    }

    /** Fills a new volume. */
    public interface Filling {
        /**
         * Copies content into the volume.
         *
         * @param data the volume's directory, which is empty
         */
        void fill(Path data);
    }

    /**
     * Fills a volume unless it was filled already. Of several processes one does it and the others wait.
     *
     * @param name the volume's name
     * @param filling does it; where it dies before its end, the next one starts with an empty directory again
     */
    public void fill(String name, Filling filling) {
        try (Lock _ = lock(name)) {
            Volume volume = obtainLocked(name);
            if (volume.filled()) {
                return;
            }
            Path begun = directory.resolve(name).resolve("filling");
            if (Fs.HOST.find(At.FDCWD, begun.toString()).isPresent()) {
                removal.remove(data(name));
                Fs.HOST.mkdir(At.FDCWD, data(name).toString(), 0755);
            }
            if (empty(name)) {
                Fs.HOST.mknod(At.FDCWD, begun.toString(), Stat.REGULAR | 0600, 0);
                filling.fill(data(name));
            }
            write(volume.asFilled());
            Fs.HOST.unlink(At.FDCWD, begun.toString(), 0);
        }
    }

    private Volume obtainLocked(String name) {
        Optional<Volume> found = find(name);
        if (found.isPresent()) {
            return found.get();
        }
        Volume volume = new Volume(name, false, System.currentTimeMillis(), Map.of(), Map.of(), false);
        make(volume);
        return volume;
    }

    private void write(Volume volume) {
        String file = directory.resolve(volume.name()).resolve(RECORD).toString();
        byte[] bytes = VolumeJson.write(volume).getBytes(StandardCharsets.UTF_8);
        int flags = OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.TRUNC | OpenFlags.NOFOLLOW;
        int fd = Fs.HOST.open(At.FDCWD, file + ".new", flags, 0600);
        try {
            Fs.HOST.content().write(fd, bytes, 0, bytes.length);
            Fs.HOST.content().sync(fd);
        } finally {
            Fs.HOST.close(fd);
        }
        Fs.HOST.rename(At.FDCWD, file + ".new", At.FDCWD, file, 0);
    }

    /** A lock on one volume, held until it is closed. */
    private record Lock(int fd) implements AutoCloseable {
        @Override
        public void close() {
            Fs.HOST.close(fd);
        }
    }

    private Lock lock(String name) {
        Path place = directory.resolve(name);
        String file = place.resolve(LOCK).toString();
        while (true) {
            makeDirectories(place);
            int flags = OpenFlags.RDWR | OpenFlags.CREAT | OpenFlags.NOFOLLOW;
            int fd = Fs.HOST.tryOpen(At.FDCWD, file, flags, 0600);
            if (fd == -Errno.ENOENT) {
                continue; // removed in between
            }
            Errno.check("openat", "open " + file, fd);
            try {
                Fs.HOST.content().lock(fd, true, true);
                long inode = Fs.HOST.stat(fd).inode();
                if (Fs.HOST.find(At.FDCWD, file).filter(s -> s.inode() == inode).isPresent()) {
                    return new Lock(fd);
                }
            } catch (HostException e) {
                Fs.HOST.close(fd);
                throw e;
            }
            // Whoever had it before has removed the volume.
            Fs.HOST.close(fd);
        }
    }

    private static void makeDirectories(Path place) {
        Path parent = place.getParent();
        if (Fs.HOST.find(At.FDCWD, place.toString()).isPresent()) {
            return;
        }
        if (parent != null) {
            makeDirectories(parent);
        }
        Fs.HOST.mkdir(At.FDCWD, place.toString(), 0700);
    }
}
