package belljar.engine;

import belljar.container.RootMount;
import belljar.failure.UserException;
import belljar.image.Images;
import belljar.image.LayerPacker;
import belljar.image.PackOptions;
import belljar.image.Progress;
import belljar.image.StoredImage;
import belljar.linux.At;
import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.OpenHow;
import belljar.sandbox.IdMaps;
import belljar.sandbox.RootSpec;
import belljar.volume.Volume;
import belljar.volume.VolumeStore;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A container's file tree while a command works on it. A container that does not run is kept from being started
 * meanwhile, since overlayfs's upper directory serves one mount at a time.
 */
final class ContainerTree implements AutoCloseable {
    private static final String DIRECTORY = "dir:";
    private static final int LOCK_ATTEMPTS = 200;
    private static final int LOCK_PAUSE_MILLIS = 50;

    private final RootMount mount;
    private final TreeOwners owners;
    private final @Nullable Fd lock;
    /** What would be mounted in it and is not: the mounts of one that does not run. */
    private final List<MountRequest> absent;

    private final VolumeStore volumes;

    private ContainerTree(
            RootMount mount, TreeOwners owners, @Nullable Fd lock, Path directory, List<MountRequest> absent) {
        this.mount = mount;
        this.owners = owners;
        this.lock = lock;
        this.volumes = Volumes.store(Volumes.beside(directory));
        this.absent = absent;
    }

    /**
     * Opens a container's tree.
     *
     * @param book the book that has it
     * @param images the images of the same engine
     * @param record the container
     * @param mounted whether what is mounted in a running one is seen
     * @return its tree
     */
    static ContainerTree open(Book book, Images images, ContainerRecord record, boolean mounted) {
        Path directory = book.directory(record.id());
        IdMaps maps = maps(book, record);
        TreeOwners owners = owners(maps);
        long pid = book.pid(record.id());
        if (pid != 0) {
            return running(book, record, pid, owners, mounted);
        }
        Fd lock = lock(directory, record);
        try {
            pid = book.pid(record.id());
            if (pid != 0) {
                lock.close();
                return running(book, record, pid, owners, mounted);
            }
            RootSpec root = root(images(images, maps), record, directory);
            List<MountRequest> mounts =
                    mounted && RequestFile.exists(directory) ? Volumes.mounts(directory) : List.of();
            RootMount mount = RootMount.mount(root, maps.within().orElse(maps));
            return new ContainerTree(mount, owners, lock, directory, mounts);
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static ContainerTree running(
            Book book, ContainerRecord record, long pid, TreeOwners owners, boolean mounted) {
        RootMount mount = mounted ? RootMount.enter(pid) : RootMount.withoutMounts(pid);
        if (book.pid(record.id()) != pid) {
            // Its number may have passed to another process before the tree was opened.
            mount.close();
            throw new UserException("the container '" + record.name() + "' has ended meanwhile; try again");
        }
        // Without root it is looked at from inside the container's own user namespace.
        return new ContainerTree(
                mount, IdMapping.rootless() ? TreeOwners.SAME : owners, null, book.directory(record.id()), List.of());
    }

    private static Fd lock(Path directory, ContainerRecord record) {
        int flags = OpenFlags.RDWR | OpenFlags.CREAT;
        Fd lock = new Fd(Fs.HOST.open(At.FDCWD, directory.resolve("lock").toString(), flags, 0600));
        try {
            for (int i = 0; i < LOCK_ATTEMPTS; i++) {
                if (Fs.HOST.content().lock(lock.number(), true, false)) {
                    return lock;
                }
                Thread.sleep(LOCK_PAUSE_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        lock.close();
        throw new UserException(
                "another command works on the container '" + record.name() + "'; wait for it and try again");
    }

    /** {@return the layers of a container's image, the topmost first} */
    static List<String> layers(Images images, ContainerRecord record) {
        if (record.imageId().isEmpty() && record.image().startsWith(DIRECTORY)) {
            Path path = Path.of(record.image().substring(DIRECTORY.length()));
            return List.of(path.toAbsolutePath().normalize().toString());
        }
        return images.prepare(image(images, record), Progress.NONE).layerDirectories();
    }

    /** {@return the image that a container was made from} */
    static StoredImage image(Images images, ContainerRecord record) {
        String id = record.imageId();
        return images.store()
                .byId(id.startsWith("sha256:") ? id.substring(7) : id)
                .orElseThrow(() -> new UserException("the image of the container '" + record.name() + "' is gone; pull "
                        + record.image() + " again"));
    }

    private static RootSpec root(Images images, ContainerRecord record, Path directory) {
        List<String> layers = new ArrayList<>(layers(images, record));
        if (record.imageId().isEmpty()) {
            return new RootSpec(layers, "", "", false, false);
        }
        Path upper = directory.resolve("upper");
        Path work = directory.resolve("work");
        SmallFile.makeDirectories(upper);
        SmallFile.makeDirectories(work);
        return new RootSpec(layers, upper.toString(), work.toString(), false, false);
    }

    /** {@return the mapping of a container's user namespace, as it was chosen when the container was made} */
    static IdMaps maps(Book book, ContainerRecord record) {
        Path directory = book.directory(record.id());
        if (!RequestFile.exists(directory)) {
            return IdMapping.rootless() ? IdMapping.own() : IdMaps.NONE;
        }
        NamespaceRequest asked = RequestFile.load(directory).namespaces();
        IdMaps maps = UserIds.of(asked, IdMapping.rootless());
        boolean mapped = asked.user() instanceof NamespaceMode.Private;
        return maps.uids().isEmpty() && mapped ? IdMapping.ofContainer(record.id()) : maps;
    }

    /**
     * {@return how owners of a container's files on disk become those inside} As seen by root on the host, or from the
     * namespace of an ordinary user's ids.
     *
     * @param maps the mapping of the container's user namespace
     */
    static TreeOwners owners(IdMaps maps) {
        return IdMapping.rootless() && maps.within().isEmpty() ? TreeOwners.SAME : new TreeOwners(maps);
    }

    /** {@return the images, with their layers owned as a container's users need them} */
    private static Images images(Images images, IdMaps maps) {
        return maps.within().isEmpty() ? images : Images.open(images.store().root(), new NamespaceOwner(maps));
    }

    Fs fs() {
        return mount.fs();
    }

    /** {@return the root, a handle for {@link #fs()}} */
    int root() {
        return mount.directory();
    }

    /**
     * {@return a descriptor of what a path leads to, or a negated errno} Volumes and the host's directories are seen
     * where they are mounted when the container runs. No link leads out of either.
     *
     * @param path an absolute path inside
     * @param flags as {@link OpenFlags}
     */
    int open(String path, int flags) {
        // Not the path alone, since no mount may be at the root, which a copy may well name.
        String below = MountPaths.clean(path + "/x");
        String clean = below.substring(0, below.length() - 2);
        MountRequest nearest = null;
        for (MountRequest each : absent) {
            boolean covers = clean.equals(each.destination()) || clean.startsWith(each.destination() + "/");
            if (covers
                    && (nearest == null
                            || nearest.destination().length()
                                    < each.destination().length())) {
                nearest = each;
            }
        }
        String place = nearest == null ? "" : place(nearest);
        if (nearest == null || place.isEmpty()) {
            return fs().tryOpen(root(), path, OpenHow.inRoot(flags));
        }
        String rest = clean.substring(nearest.destination().length());
        int base = fs().tryOpen(At.FDCWD, place, OpenFlags.PATH, 0);
        if (rest.isEmpty() || base < 0) {
            return base;
        }
        try {
            return fs().tryOpen(base, rest, OpenHow.inRoot(flags));
        } finally {
            fs().close(base);
        }
    }

    /** {@return where on the host something lies that is mounted; empty for what is in memory} */
    private String place(MountRequest mount) {
        if (mount instanceof MountRequest.Bind bind) {
            return bind.source();
        }
        if (mount instanceof MountRequest.Volume volume) {
            Optional<Volume> found = volumes.find(volume.name());
            boolean elsewhere = found.isPresent() && found.get().mounted();
            return elsewhere
                    ? found.get().type().equals("tmpfs") ? "" : found.get().device()
                    : volumes.data(volume.name()).toString();
        }
        return "";
    }

    TreeOwners owners() {
        return owners;
    }

    /** Writes all of it as an archive, with the owners that its files have inside. */
    void pack(OutputStream out) {
        int fd = fs().tryOpen(root(), ".", OpenFlags.DIRECTORY, 0);
        Errno.check("openat", "open the container's root", fd);
        try {
            LayerPacker.pack(fs(), fd, out, PackOptions.TREE, owners::insideUid, owners::insideGid);
        } finally {
            fs().close(fd);
        }
    }

    @Override
    public void close() {
        mount.close();
        if (lock != null) {
            lock.close();
        }
    }
}
