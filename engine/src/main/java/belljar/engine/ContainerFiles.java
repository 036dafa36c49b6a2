package belljar.engine;

import belljar.failure.UserException;
import belljar.image.Images;
import belljar.image.Progress;
import belljar.image.StoredImage;
import belljar.linux.Fs;
import belljar.linux.Stub;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What can be done with the files of containers, running or not: copying, exporting and comparing them, and making
 * images of them. Nothing in a container leads a copy out of it, whatever its processes do meanwhile.
 *
 * <p>Safe for use by several threads.
 */
public final class ContainerFiles {
    /** What every container has and nobody changed: places that are mounted over, as Podman leaves them out. */
    private static final List<String> MOUNTED = List.of(
            "/dev",
            "/etc/hostname",
            "/etc/hosts",
            "/etc/resolv.conf",
            "/proc",
            "/run",
            "/run/.containerenv",
            "/run/secrets",
            "/sys");

    private final Book book;
    private final Images images;

    ContainerFiles(Book book, Images images) {
        this.book = book;
        this.images = images;
    }

    /**
     * Copies files. The rules for paths are those of {@code docker cp}: a directory is copied into one that exists, to
     * the new name otherwise, and only its content where the source's path ends with {@code /.}; links in the paths
     * themselves are followed, those in the tree that is copied are copied.
     *
     * @param from where from
     * @param to where to
     * @param archive whether what is copied into a container belongs to its user rather than to whom it belonged
     * @param overwrite whether directories and other things may replace one another
     * @throws belljar.failure.UserException if a container or path does not exist, or the two do not fit
     * @throws belljar.failure.HostException if the host fails
     */
    public void copy(CopyEnd from, CopyEnd to, boolean archive, boolean overwrite) {
        try (ContainerCopy copy = new ContainerCopy(book, images, archive, overwrite)) {
            copy.copy(from, to);
        }
    }

    /**
     * {@return a small file of a running container as its programs see it; empty when there is no such regular file or
     * it is too long}
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @param path an absolute path in it
     * @param limit the most bytes
     * @throws belljar.failure.UserException if there is no such container, or it does not run
     */
    public Optional<String> read(String nameOrId, String path, int limit) {
        ContainerRecord record = book.find(nameOrId);
        long pid = book.pid(record.id());
        if (pid == 0) {
            throw new UserException("the container " + record.name() + " does not run; start it first");
        }
        return belljar.container.ContainerFiles.read(pid, path, limit);
    }

    /**
     * Writes all files of a container as a tar archive: image and changes, without what is mounted.
     *
     * @param nameOrId the container
     * @param out receives the archive; neither flushed nor closed
     */
    public void export(String nameOrId, OutputStream out) {
        ContainerRecord record = book.find(nameOrId);
        try (ContainerTree tree = ContainerTree.open(book, images, record, false)) {
            tree.pack(out);
        }
    }

    /**
     * {@return an image made of a container, unpacked} A volume is no part of it.
     *
     * @param nameOrId the container, running or not
     * @param request how
     * @param progress told how far unpacking it is
     * @throws belljar.failure.UserException if there is no such container, or a change or the name is malformed
     */
    public StoredImage commit(String nameOrId, CommitRequest request, Progress progress) {
        return new ContainerCommit(book, images, book.find(nameOrId), request).run(progress);
    }

    /**
     * {@return what a container has changed, or the topmost layer of an image, sorted by path}
     *
     * @param nameOrId a container, or else an image
     * @throws belljar.failure.UserException if there is neither
     */
    public List<TreeChange> changes(String nameOrId) {
        ContainerRecord record = find(nameOrId);
        if (record == null) {
            StoredImage image = images.prepare(images.require(nameOrId), Progress.NONE);
            return changes(image.layerDirectories());
        }
        List<String> layers = new ArrayList<>(ContainerTree.layers(images, record));
        String upper = book.directory(record.id()).resolve("upper").toString();
        if (record.imageId().isEmpty() || !SmallFile.exists(upper)) {
            return List.of();
        }
        layers.add(0, upper);
        List<TreeChange> changes = new ArrayList<>();
        for (TreeChange change : changes(layers)) {
            if (!MOUNTED.contains(change.path())) {
                changes.add(change);
            }
        }
        return changes;
    }

    private @Nullable ContainerRecord find(String nameOrId) {
        try {
            return book.find(nameOrId);
        } catch (UserException none) {
            if (images.resolve(nameOrId).isPresent()) {
                return null;
            }
            throw new UserException("there is neither a container nor an image '" + nameOrId + "' here", none);
        }
    }

    private static List<TreeChange> changes(List<String> layers) {
        if (!IdMapping.rootless()) {
            return LayerChanges.of(Fs.HOST, layers, false);
        }
        try (Stub stub = NamespaceOwner.start(IdMapping.own())) {
            return LayerChanges.of(new Fs(stub), layers, true);
        }
    }
}
