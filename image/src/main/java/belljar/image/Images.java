package belljar.image;

import belljar.failure.BelljarException;
import belljar.failure.UserException;
import belljar.json.JsonObject;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * All that a person does with images. Where a method takes an image as text, that is its name ({@code busybox},
 * {@code host:5000/app:1}), its id or the start of it, or where the text names a source, a transport and what it needs:
 * {@code oci:DIR[:ref]}, {@code oci-archive:FILE[:ref]}, {@code docker-archive:FILE[:ref]}, {@code dir:ROOTFS},
 * {@code apt:PKG[,PKG…]}.
 *
 * <p>Safe for use by several threads and processes at once.
 */
public final class Images {
    private final ContentStore store;
    private final LayerTrees trees;

    private Images(ContentStore store, TreeOwner owner) {
        this.store = store;
        this.trees = new LayerTrees(store, owner);
    }

    /**
     * {@return the images under a directory, unpacked by this process with the ids it has} Nothing is read or made
     * until it is needed.
     *
     * @param root an absolute path, such as {@code /var/lib/belljar}
     */
    public static Images open(Path root) {
        return open(root, TreeOwner.SELF);
    }

    /**
     * {@return the images under a directory} Nothing is read or made until it is needed.
     *
     * @param root an absolute path, such as {@code /var/lib/belljar}
     * @param owner unpacks layers and deletes what it unpacked
     */
    public static Images open(Path root, TreeOwner owner) {
        return new Images(ContentStore.open(root), owner);
    }

    /** {@return the store beneath} */
    public ContentStore store() {
        return store;
    }

    /**
     * {@return an image that is in the store; its layers may have to be unpacked, which {@link #prepare} does}
     *
     * @param text a name, an id or the start of one, or a transport's text, whose content must be in the store already;
     *     {@code dir:} is never found, since a directory may have changed
     * @throws UserException if the text is neither name nor id, or the start of several ids
     */
    public Optional<StoredImage> resolve(String text) {
        Transport transport = Transport.parse(text);
        if (transport.kind() == Transport.Kind.APT) {
            return store.byAlias(AptRequest.parse(text).name());
        }
        if (transport.kind() != Transport.Kind.REGISTRY) {
            return ImageTransfer.known(store, transport);
        }
        Optional<Named> named = named(transport.text());
        if (named.isPresent()) {
            return Optional.of(named.get().image());
        }
        Optional<StoredImage> byId = store.byId(hexOf(transport.text()));
        if (byId.isEmpty() && !isId(transport.text())) {
            // Says which rule of names the text breaks, where it breaks one.
            Reference.parse(transport.text());
        }
        return byId;
    }

    private record Named(Reference name, StoredImage image) {}

    /** The image that a text names, with Podman's {@code localhost/} for short names. */
    private Optional<Named> named(String text) {
        Reference name;
        try {
            name = Reference.parse(text);
        } catch (UserException notAName) {
            return Optional.empty();
        }
        Optional<StoredImage> image = store.byName(name);
        if (image.isEmpty()
                && name.registry().equals(Reference.DEFAULT_REGISTRY)
                && name.repository().startsWith("library/")) {
            name = new Reference("localhost", name.familiarName(), name.tag(), name.digest());
            image = store.byName(name);
        }
        return image.isPresent() ? Optional.of(new Named(name, image.get())) : Optional.empty();
    }

    private Optional<Reference> nameOf(String text) {
        Optional<Named> named = named(text);
        return named.isPresent() ? Optional.of(named.get().name()) : Optional.empty();
    }

    private static String hexOf(String text) {
        return text.startsWith("sha256:") ? text.substring(7) : text;
    }

    private static boolean isId(String text) {
        String hex = hexOf(text);
        return !hex.isEmpty() && hex.length() <= 64 && Digest.isHex(hex);
    }

    /**
     * {@return an image that is in the store}
     *
     * @param text as {@link #resolve} takes it
     * @throws UserException if there is none
     */
    public StoredImage require(String text) {
        return resolve(text)
                .orElseThrow(
                        () -> new UserException("there is no image '" + text + "' here; pull it or look at the list"));
    }

    /**
     * {@return the image with all its layers unpacked} Costs one system call a layer where they are.
     *
     * @param image an image of this store
     * @param progress told how far it is
     * @throws UserException if a layer is damaged
     * @throws belljar.failure.HostException if the disk is full or fails
     */
    public StoredImage prepare(StoredImage image, Progress progress) {
        return trees.prepare(image, progress);
    }

    /**
     * {@return an image, fetched and unpacked} What the store has already is not fetched again.
     *
     * @param text as {@link #resolve} takes it, except for an id
     * @param platform which one of several is wanted
     * @param registry how to talk to a registry
     * @param progress told how far it is
     * @throws UserException if there is no such image or it is damaged
     * @throws belljar.failure.HostException if the network, a disk or a helper program fails
     */
    public StoredImage pull(String text, Platform platform, RegistryOptions registry, Progress progress) {
        repair();
        Transport transport = Transport.parse(text);
        try (StoreLock _ = StoreLock.shared(store.contentLockPath())) {
            StoredImage image = ImageTransfer.fetch(store, trees, transport, platform, registry, progress);
            if (transport.kind() == Transport.Kind.REGISTRY) {
                Reference name = Reference.parse(transport.text());
                store.name(image, name.withDigest(image.manifest().digest()));
            }
            return prepareNew(image, progress);
        }
    }

    /**
     * An image that cannot be unpacked is no use to anybody: one that just came in goes again. Its blobs stay until the
     * next pruning, so that a second try, with more space on the disk for instance, need not fetch them again.
     */
    private StoredImage prepareNew(StoredImage image, Progress progress) {
        try {
            return prepare(image, progress);
        } catch (BelljarException e) {
            if (!image.isUnpacked()) {
                forget(image, e);
            }
            throw e;
        }
    }

    private void forget(StoredImage image, BelljarException reason) {
        try {
            store.forget(image);
        } catch (BelljarException e) {
            reason.addSuppressed(e);
        }
    }

    /** Cleans up after processes that died, where nobody is at work. */
    private void repair() {
        Optional<StoreLock> alone = StoreLock.tryExclusive(store.contentLockPath());
        if (alone.isPresent()) {
            try (StoreLock _ = alone.get()) {
                StoreSweeper.sweepTemporaries(store, trees);
            }
        }
    }

    /**
     * Sends an image.
     *
     * @param text which, as {@link #resolve} takes it
     * @param destination a name in a registry, {@code oci:DIR[:ref]}, {@code oci-archive:FILE[:name]} or
     *     {@code docker-archive:FILE[:name]}
     * @param registry how to talk to a registry
     * @param progress told how far it is
     * @throws UserException if there is no such image or the destination refuses it
     * @throws belljar.failure.HostException if the network or a disk fails
     */
    public void push(String text, String destination, RegistryOptions registry, Progress progress) {
        StoredImage image = require(text);
        ImageTransfer.sink(Transport.parse(destination), registry).send(store, image, progress);
    }

    /** {@return all images by name; those with several names several times, those with none once, at the end} */
    public List<ImageSummary> list() {
        ArrayList<ImageSummary> found = new ArrayList<>();
        ArrayList<String> unnamed = new ArrayList<>(store.records().recordNames());
        for (ImageRecords.Link link : store.records().links()) {
            Optional<StoredImage> image = store.records().byRecord(link.recordName());
            if (image.isPresent() && link.name().digest().isEmpty()) {
                found.add(new ImageSummary(Optional.of(link.name()), "", image.get()));
                unnamed.remove(link.recordName());
            }
        }
        Map<String, String> packages = store.records().packagesByRecord();
        for (String record : unnamed) {
            Optional<StoredImage> image = store.records().byRecord(record);
            String made = packages.getOrDefault(record, "");
            image.ifPresent(each -> found.add(new ImageSummary(Optional.empty(), made, each)));
        }
        return found;
    }

    /**
     * {@return the names that lead to an image, those by digest included}
     *
     * @param image an image of this store
     */
    public List<Reference> namesOf(StoredImage image) {
        ArrayList<Reference> names = new ArrayList<>();
        for (ImageRecords.Link link : store.records().links()) {
            if (link.recordName().startsWith(image.id().hex())) {
                names.add(link.name());
            }
        }
        return names;
    }

    /**
     * Gives an image another name; an image that had that name loses it.
     *
     * @param text which, as {@link #resolve} takes it
     * @param name the new name; must not have a digest
     * @throws UserException if there is no such image or the name is malformed
     */
    public void tag(String text, String name) {
        store.name(require(text), tagName(name));
    }

    /**
     * Takes names away from an image, which stays even without any.
     *
     * @param text which, as {@link #resolve} takes it
     * @param names the names; all of its names where this is empty
     * @throws UserException if there is no such image or one of the names is not one of its; then none is taken away
     */
    public void untag(String text, List<String> names) {
        StoredImage image = require(text);
        List<Reference> all = namesOf(image);
        List<Reference> gone = new ArrayList<>();
        for (String name : names) {
            Reference reference = nameOf(name).orElseGet(() -> tagName(name));
            if (!all.contains(reference)) {
                throw new UserException(
                        "the image " + text + " has no name '" + name + "'; 'belljar images' lists the names");
            }
            gone.add(reference);
        }
        try (StoreLock _ = store.writeLock()) {
            for (Reference name : names.isEmpty() ? all : gone) {
                store.records().unlink(name);
            }
            store.writeIndex();
        }
    }

    private static Reference tagName(String name) {
        Reference reference = Reference.parse(name);
        if (reference.digest().isPresent()) {
            throw new UserException("the new name '" + name + "' must not have a digest");
        }
        return reference;
    }

    /**
     * Removes a name, and the image with its last one; by id, the image.
     *
     * @param text a name, an id or the start of one
     * @param force removes an image of several names by its id, and the names of an image in use
     * @param users knows which images are in use
     * @return what is gone
     * @throws UserException if there is no such image, or it may not be removed
     */
    public ImageRemoval remove(String text, boolean force, ImageUsers users) {
        StoredImage image = require(text);
        Transport transport = Transport.parse(text);
        Optional<Reference> name =
                transport.kind() == Transport.Kind.REGISTRY ? nameOf(transport.text()) : Optional.empty();
        return new ImageDeletion(store, trees, users).remove(text, image, name, force);
    }

    /**
     * Removes images without a name that nobody uses, and all content that no image needs.
     *
     * @param all removes images with names too, as long as nobody uses them
     * @param users knows which images are in use
     * @return what is gone
     */
    public ImageRemoval prune(boolean all, ImageUsers users) {
        return new ImageDeletion(store, trees, users).prune(all);
    }

    /**
     * Writes images to an archive.
     *
     * @param texts which, as {@link #resolve} takes them; an image takes along the names it is called by here
     * @param format {@code docker-archive} or {@code oci-archive}
     * @param out receives the archive; not closed
     * @param progress told how far it is
     * @throws UserException if there is no such image or format
     * @throws belljar.failure.HostException if writing fails
     */
    public void save(List<String> texts, String format, OutputStream out, Progress progress) {
        LinkedHashMap<String, StoredImage> images = new LinkedHashMap<>();
        LinkedHashMap<StoredImage, List<Reference>> named = new LinkedHashMap<>();
        for (String text : texts) {
            StoredImage found = require(text);
            StoredImage image = images.computeIfAbsent(found.recordName(), key -> found);
            List<Reference> names = named.computeIfAbsent(image, key -> new ArrayList<>());
            Optional<Reference> name = nameOf(text).filter(each -> each.digest().isEmpty());
            if (name.isPresent() && !names.contains(name.get())) {
                names.add(name.get());
            }
        }
        ArchiveSaver saver = new ArchiveSaver(store, out, progress);
        switch (format) {
            case "docker-archive" -> saver.docker(named);
            case "oci-archive" -> saver.oci(named);
            default ->
                throw new UserException("the format '" + format + "' is unknown; use docker-archive or oci-archive");
        }
    }

    /**
     * Writes images to a file, whole or not at all.
     *
     * @param texts as {@link #save(List, String, OutputStream, Progress)} takes them
     * @param format as there
     * @param file where to
     * @param progress told how far it is
     */
    public void save(List<String> texts, String format, Path file, Progress progress) {
        ArchiveFile.write(file, out -> save(texts, format, out, progress));
    }

    /**
     * {@return the images of an archive, now in the store and unpacked}
     *
     * @param in what {@code docker save} or {@code podman save} wrote, in either format, plain or compressed with gzip,
     *     zstd or xz; not closed
     * @param what what to call it in messages, such as its file's name
     * @param progress told how far it is
     * @throws UserException if it is damaged or no archive of images
     */
    public List<StoredImage> load(InputStream in, String what, Progress progress) {
        repair();
        ArrayList<StoredImage> images = new ArrayList<>();
        try (StoreLock _ = StoreLock.shared(store.contentLockPath())) {
            for (StoredImage image : new ArchiveLoader(store, what, Platform.HOST, progress).load(in, "")) {
                images.add(prepareNew(image, progress));
            }
        }
        return images;
    }

    /**
     * {@return an image made of the archive of a root file system, unpacked}
     *
     * @param in the archive, plain or compressed with gzip, zstd or xz; not closed
     * @param what what to call it in messages
     * @param changes instructions of a Dockerfile, such as {@code CMD ["sh"]}
     * @param message kept in the image's history; may be empty
     * @param name the name it gets; empty for none
     * @param progress told how far it is
     * @throws UserException if the archive is damaged, or a change or the name malformed
     */
    public StoredImage importTar(
            InputStream in, String what, List<String> changes, String message, String name, Progress progress) {
        List<Reference> names = name.isEmpty() ? List.of() : List.of(tagName(name));
        repair();
        try (StoreLock _ = StoreLock.shared(store.contentLockPath())) {
            return prepareNew(RootImport.run(store, in, what, changes, message, names, progress), progress);
        }
    }

    /**
     * {@return an image of another one's layers and one more, unpacked}
     *
     * @param start the configuration it starts with; its layers are those of {@code base}
     * @param base an image of this store whose layers it has below; empty for none
     * @param layer writes the layer's archive, not compressed, to the stream that it is given
     * @param options what the image says of itself
     * @param name the name it gets; empty for none
     * @param progress told how far unpacking is
     * @throws UserException if a change or the name is malformed
     */
    public StoredImage commit(
            ImageConfig start,
            Optional<StoredImage> base,
            Consumer<OutputStream> layer,
            CommitOptions options,
            String name,
            Progress progress) {
        List<Reference> names = name.isEmpty() ? List.of() : List.of(localName(name));
        repair();
        try (StoreLock _ = StoreLock.shared(store.contentLockPath())) {
            return prepareNew(ImageCommit.run(store, start, base, layer::accept, options, names), progress);
        }
    }

    /** As Podman: a short name that was made here is not one of the default registry's. */
    private static Reference localName(String name) {
        Reference reference = tagName(name);
        boolean plain = reference.registry().equals(Reference.DEFAULT_REGISTRY)
                && !name.startsWith(Reference.DEFAULT_REGISTRY + "/");
        return plain
                ? new Reference("localhost", reference.familiarName(), reference.tag(), reference.digest())
                : reference;
    }

    /**
     * {@return an image's history, the last step first}
     *
     * @param text as {@link #resolve} takes it
     * @throws UserException if there is no such image
     */
    public List<HistoryEntry> history(String text) {
        return ImageCommit.history(store, require(text));
    }

    /**
     * {@return an image's description in the words of {@code docker image inspect}}
     *
     * @param text as {@link #resolve} takes it
     * @throws UserException if there is no such image
     * @throws BelljarException if the store has lost its manifest
     */
    public JsonObject inspect(String text) {
        StoredImage image = require(text);
        return ImageInspection.describe(image, store.manifest(image), namesOf(image));
    }
}
