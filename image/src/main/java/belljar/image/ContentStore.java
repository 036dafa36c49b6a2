package belljar.image;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.At;
import belljar.linux.Fs;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import belljar.linux.Stat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Images on disk. Content lies in an OCI image layout (image specification 1.1, "Image Layout"), which other tools can
 * read; records beside it make finding an image cheap. Everything is written under a temporary name and renamed, so
 * that a process may die at any instruction.
 *
 * <p>Safe for use by several threads and several processes at once.
 */
public final class ContentStore {
    /** The annotation by which an image layout names its images. */
    static final String REF_NAME = "org.opencontainers.image.ref.name";

    private final Path root;
    private final Path images;
    private final Path blobs;
    private final Path ingests;
    private final String layers;
    private final ImageRecords records;
    private boolean ready;

    private ContentStore(Path root) {
        this.root = root;
        images = root.resolve("images");
        blobs = images.resolve("blobs");
        ingests = images.resolve("ingest");
        layers = root + "/layers";
        records = new ImageRecords(images.toString(), layers);
    }

    /**
     * {@return the store under a directory} Nothing is read or made until it is needed.
     *
     * @param root an absolute path, such as {@code /var/lib/belljar}
     */
    public static ContentStore open(Path root) {
        if (!root.isAbsolute()) {
            throw new UserException("the store's directory '" + root + "' must be an absolute path");
        }
        return new ContentStore(root);
    }

    /** {@return the directory that it is under} */
    public Path root() {
        return root;
    }

    /** Makes the layout. Doing so again does nothing, so no mark of completion is needed. */
    synchronized void makeReady() {
        if (ready) {
            return;
        }
        StoreFiles.makeDirectory(images);
        requireOwner();
        StoreFiles.makeDirectory(blobs.resolve("sha256"));
        StoreFiles.makeDirectory(blobs.resolve("sha512"));
        StoreFiles.makeDirectory(ingests);
        records.makeDirectories();
        Path mark = images.resolve("oci-layout");
        if (!Files.exists(mark)) {
            StoreFiles.replace(mark, "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(StandardCharsets.UTF_8));
        }
        if (!Files.exists(images.resolve("index.json"))) {
            StoreFiles.replace(
                    images.resolve("index.json"), new Index(MediaTypes.OCI_INDEX, List.of(), Map.of()).toBytes());
        }
        ready = true;
    }

    /**
     * Files that root left in a user's store, that user could not delete; nor should root trust what it finds there.
     */
    private void requireOwner() {
        int owner = Fs.HOST
                .find(At.FDCWD, images.toString())
                .map(Stat::uid)
                .orElseThrow(() -> new HostException("the directory " + images + " has vanished", "", 0));
        if (owner != HostKernel.INSTANCE.call(Nr.GETEUID)) {
            throw new UserException("the images in " + root + " belong to the user with the id "
                    + Integer.toUnsignedString(owner)
                    + "; run Belljar as that user, or give another directory with --root");
        }
    }

    ImageRecords records() {
        return records;
    }

    Path imagesDirectory() {
        return images;
    }

    Path ingestDirectory() {
        return ingests;
    }

    /** Where downloaded packages and their lists are kept. */
    Path aptDirectory() {
        return root.resolve("cache/apt");
    }

    String layersDirectory() {
        return layers;
    }

    /** Held while books are changed: for moments only. */
    StoreLock writeLock() {
        makeReady();
        return StoreLock.exclusive(images.resolve("write.lock"));
    }

    /** The lock that users of content share and deletion of content has alone. */
    Path contentLockPath() {
        makeReady();
        return images.resolve("content.lock");
    }

    /**
     * {@return where a blob lies, or would lie}
     *
     * @param digest the blob's digest
     */
    public Path path(Digest digest) {
        return blobs.resolve(digest.algorithm()).resolve(digest.hex());
    }

    /**
     * {@return whether a blob is here}
     *
     * @param digest its digest
     */
    public boolean contains(Digest digest) {
        return Files.exists(path(digest));
    }

    /**
     * {@return a stream of a blob's bytes, not checked against the digest}
     *
     * @param digest its digest
     * @throws HostException if it is not here or cannot be read
     */
    public InputStream open(Digest digest) {
        try {
            return Files.newInputStream(path(digest));
        } catch (java.nio.file.NoSuchFileException e) {
            throw missing(digest, e);
        } catch (IOException e) {
            throw StoreFiles.failure("read " + path(digest), e);
        }
    }

    private static HostException missing(Digest digest, Throwable cause) {
        return new HostException("the store has lost the content " + digest + "; pull or load the image again", cause);
    }

    /**
     * {@return a small blob's bytes, checked against the digest}
     *
     * @param digest its digest
     * @throws HostException if it is not here, too large for a document, damaged, or cannot be read
     */
    public byte[] read(Digest digest) {
        byte[] content;
        try (InputStream in = open(digest)) {
            content = in.readNBytes(Documents.MAX_BYTES + 1);
        } catch (IOException e) {
            throw StoreFiles.failure("read " + path(digest), e);
        }
        Digest.Hasher hasher = digest.hasher();
        hasher.update(content, 0, content.length);
        if (!hasher.finish().equals(digest)) {
            throw new HostException(
                    "the file " + path(digest) + " is damaged; delete it and pull or load the image again", "", 0);
        }
        return content;
    }

    /** {@return whether a blob was no longer what its digest says} It is deleted then, so that it is fetched again. */
    boolean dropDamaged(Digest digest) {
        try (InputStream in = open(digest);
                HashingStream content = new HashingStream(in, digest.hasher())) {
            if (content.finish().equals(digest)) {
                return false;
            }
        } catch (IOException e) {
            throw StoreFiles.failure("read " + path(digest), e);
        }
        StoreFiles.deleteTree(path(digest));
        return true;
    }

    /**
     * Begins to bring a blob in. Waits while another thread or process brings in the same one; the result is
     * {@link Ingest#complete()} where the blob is here already.
     *
     * @param expected the blob's digest and size; both are checked
     * @return the ingest; close it
     * @throws HostException if the disk is full or fails
     */
    public Ingest ingest(Descriptor expected) {
        makeReady();
        Digest digest = expected.digest();
        if (contains(digest)) {
            return new Ingest(expected, blobs);
        }
        String name = digest.algorithm() + "-" + digest.hex();
        StoreLock lock = StoreLock.exclusive(ingests.resolve(name + ".lock"));
        if (contains(digest)) {
            lock.deleteAndClose();
            return new Ingest(expected, blobs);
        }
        try {
            return new Ingest(expected, blobs, ingests.resolve(name), lock);
        } catch (IOException e) {
            lock.close();
            throw StoreFiles.failure("store " + digest, e);
        }
    }

    /**
     * Begins to bring in a blob of unknown digest and size; nothing of it stays unless it is committed.
     *
     * @return the ingest; close it
     * @throws HostException if the disk is full or fails
     */
    public Ingest ingestUnknown() {
        makeReady();
        try {
            return new Ingest(blobs, StoreFiles.temporary(ingests, "blob"));
        } catch (IOException e) {
            throw StoreFiles.failure("store new content", e);
        }
    }

    /**
     * Stores a small blob.
     *
     * @param mediaType what it is
     * @param content its bytes
     * @return a pointer to it, by sha256
     * @throws HostException if the disk is full or fails
     */
    public Descriptor put(String mediaType, byte[] content) {
        Descriptor descriptor = Descriptor.to(mediaType, content);
        put(descriptor, content);
        return descriptor;
    }

    /**
     * Stores a small blob that was announced.
     *
     * @param expected its digest and size
     * @param content its bytes
     * @throws UserException if they do not match what was announced
     * @throws HostException if the disk is full or fails
     */
    public void put(Descriptor expected, byte[] content) {
        try (Ingest ingest = ingest(expected)) {
            if (!ingest.complete()) {
                ingest.restart();
                ingest.write(content, 0, content.length);
                ingest.commit();
            }
        }
    }

    /**
     * Makes an image of blobs that are all here: manifest, configuration, layers. From now on it is listed and, under
     * its names, found; a name that led to another image leads to this one. An image known already keeps its names and
     * its unpacked layers.
     *
     * @param manifest points to the manifest
     * @param names the names it gets, by tag or by digest; empty for none
     * @return the image
     * @throws UserException if manifest or configuration are damaged, contradict each other or are no image's, or if a
     *     layer is not here
     */
    public StoredImage commit(Descriptor manifest, List<Reference> names) {
        String what =
                names.isEmpty() ? "the image" : "the image " + names.get(0).familiar();
        Manifest document = Manifest.parse(read(manifest.digest()), what + "'s manifest");
        document.requireImage(what);
        ImageConfig config = ImageConfig.parse(read(document.config().digest()), what + "'s configuration");
        if (config.diffIds().size() != document.layers().size()) {
            throw new UserException(what + " is damaged: its manifest lists "
                    + document.layers().size() + " layers and its configuration "
                    + config.diffIds().size());
        }
        long size = 0;
        for (Descriptor layer : document.layers()) {
            requireBlob(layer, what);
            size += layer.size();
        }
        Descriptor pointer = Descriptor.of(document.mediaType(), manifest.digest(), manifest.size())
                .withPlatform(config.platform());
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        StoredImage image = StoredImage.packed(pointer, document.config().digest(), config, size, now, layers);
        try (StoreLock _ = writeLock()) {
            Optional<StoredImage> known = records.byRecord(image.recordName());
            if (known.isPresent()) {
                image = known.get();
            } else {
                records.write(image);
            }
            for (Reference name : names) {
                records.link(name, image);
            }
            writeIndex();
        }
        return image;
    }

    private void requireBlob(Descriptor layer, String what) {
        try {
            long found = Files.size(path(layer.digest()));
            if (found != layer.size()) {
                throw new UserException(what + " is damaged: its layer " + layer.digest() + " has " + found
                        + " bytes instead of " + layer.size());
            }
        } catch (IOException e) {
            throw new UserException(what + " is incomplete: its layer " + layer.digest() + " is missing", e);
        }
    }

    /** Writes the layout's index from the records; the caller holds the write lock. */
    void writeIndex() {
        ArrayList<Descriptor> entries = new ArrayList<>();
        ArrayList<String> unnamed = new ArrayList<>(records.recordNames());
        for (ImageRecords.Link link : records.links()) {
            Optional<StoredImage> image = records.byRecord(link.recordName());
            if (image.isPresent() && link.name().digest().isEmpty()) {
                entries.add(image.get()
                        .manifest()
                        .withAnnotations(Map.of(REF_NAME, link.name().toString())));
                unnamed.remove(link.recordName());
            }
        }
        for (String record : unnamed) {
            Optional<StoredImage> image = records.byRecord(record);
            if (image.isPresent()) {
                entries.add(image.get().manifest());
            }
        }
        StoreFiles.replace(images.resolve("index.json"), new Index(MediaTypes.OCI_INDEX, entries, Map.of()).toBytes());
    }

    /**
     * Gives an image one more name; an image that had that name loses it.
     *
     * @param image an image of this store
     * @param name the name, by tag or by digest
     */
    public void name(StoredImage image, Reference name) {
        try (StoreLock _ = writeLock()) {
            records.link(name, image);
            writeIndex();
        }
    }

    /** Takes back an image that turned out to be damaged, with its names; its content goes with the next sweep. */
    void forget(StoredImage image) {
        try (StoreLock _ = writeLock()) {
            for (ImageRecords.Link link : records.links()) {
                if (link.recordName().equals(image.recordName())) {
                    records.unlink(link.name());
                }
            }
            records.delete(image.recordName());
            writeIndex();
        }
    }

    /**
     * Remembers what an image was made from, so that {@link #byAlias} finds it again: for sources that are no registry.
     *
     * @param alias any text, such as {@code apt:busybox-static}
     * @param image an image of this store
     */
    public void alias(String alias, StoredImage image) {
        try (StoreLock _ = writeLock()) {
            records.link(alias, image);
        }
    }

    /**
     * {@return the image that was remembered under a text}
     *
     * @param alias the text
     */
    public Optional<StoredImage> byAlias(String alias) {
        return records.byAlias(alias);
    }

    /**
     * {@return the image of a name}
     *
     * @param name the name; its digest counts more than its tag
     */
    public Optional<StoredImage> byName(Reference name) {
        return records.byName(name);
    }

    /**
     * {@return the image of an id}
     *
     * @param hex the first digits, at least 4, or all 64, of its id; or all 64 of its manifest's digest
     * @throws UserException if several images have an id that starts so
     */
    public Optional<StoredImage> byId(String hex) {
        boolean plausible = hex.length() >= 4 && hex.length() <= 64 && Digest.isHex(hex);
        return plausible ? records.byIdPrefix(hex) : Optional.empty();
    }

    /**
     * {@return an image's manifest}
     *
     * @param image an image of this store
     * @throws HostException if the store has lost it
     */
    public Manifest manifest(StoredImage image) {
        return Manifest.parse(
                read(image.manifest().digest()),
                "the manifest of image " + image.id().shortHex());
    }
}
