package belljar.image;

import belljar.failure.UserException;
import belljar.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An image in an image layout directory (OCI image specification 1.1, "Image Layout"): {@code oci:DIR[:ref]}. */
final class OciDirectory implements ImageSource, ImageSink {
    private final Path directory;
    private final String ref;
    private final Platform platform;

    OciDirectory(Path directory, String ref, Platform platform) {
        this.directory = directory;
        this.ref = ref;
        this.platform = platform;
    }

    @Override
    public String description() {
        return "oci:" + directory + (ref.isEmpty() ? "" : ":" + ref);
    }

    private OciSelection selection() {
        return new OciSelection("the image layout " + directory, this::read, platform);
    }

    /** {@return the manifest meant, found without copying anything} */
    Descriptor manifest() {
        OciSelection selection = selection();
        return selection.manifest(selection.entry(index(), ref));
    }

    @Override
    public StoredImage fetchInto(ContentStore store, Progress progress) {
        try (StoreLock _ = StoreLock.shared(store.contentLockPath())) {
            OciSelection selection = selection();
            Descriptor entry = selection.entry(index(), ref);
            Descriptor pointer = selection.manifest(entry);
            byte[] content = read(pointer);
            Manifest manifest = Manifest.parse(content, "the manifest of " + description());
            manifest.requireImage(description());
            store.put(pointer, content);
            copy(store, manifest.config(), "config", progress);
            Set<Digest> done = new LinkedHashSet<>();
            for (Descriptor layer : manifest.layers()) {
                if (done.add(layer.digest())) {
                    copy(store, layer, "layer", progress);
                }
            }
            String annotation = entry.annotations().getOrDefault(ContentStore.REF_NAME, "");
            return store.commit(pointer, OciSelection.names(annotation, StoreFiles.leaf(directory)));
        }
    }

    private void copy(ContentStore store, Descriptor blob, String kind, Progress progress) {
        String id = blob.digest().toString();
        progress.started(id, kind + " " + blob.digest().shortHex(), blob.size());
        try (Ingest ingest = store.ingest(blob)) {
            if (!ingest.complete()) {
                ingest.restart();
                try (InputStream in = open(blob);
                        ProgressStream counted = new ProgressStream(in, id, progress)) {
                    ingest.writeAll(counted);
                }
                ingest.commit();
                progress.finished(id, "done");
            } else {
                progress.finished(id, "already present");
            }
        } catch (IOException e) {
            throw StoreFiles.failure("read " + blobPath(blob.digest()), e);
        }
    }

    private Path blobPath(Digest digest) {
        return directory.resolve("blobs").resolve(digest.algorithm()).resolve(digest.hex());
    }

    private InputStream open(Descriptor blob) throws IOException {
        try {
            return Files.newInputStream(blobPath(blob.digest()));
        } catch (java.nio.file.NoSuchFileException e) {
            throw new UserException("the image layout " + directory + " lacks the blob " + blob.digest(), e);
        }
    }

    private byte[] read(Descriptor blob) {
        byte[] content;
        try (InputStream in = open(blob)) {
            content = in.readNBytes(Documents.MAX_BYTES + 1);
        } catch (IOException e) {
            throw StoreFiles.failure("read " + blobPath(blob.digest()), e);
        }
        Digest.Hasher hasher = blob.digest().hasher();
        hasher.update(content, 0, content.length);
        if (!hasher.finish().equals(blob.digest())) {
            throw new UserException("the blob " + blob.digest() + " of the image layout " + directory + " is damaged");
        }
        return content;
    }

    private Index index() {
        checkVersion();
        return Index.parse(readFile("index.json"), "the index of the image layout " + directory);
    }

    private void checkVersion() {
        if (!Files.exists(directory)) {
            throw new UserException("there is no image layout '" + directory + "'");
        }
        String version = Documents.read(
                readFile("oci-layout"),
                "the file " + directory + "/oci-layout",
                json -> json.text("imageLayoutVersion", ""));
        if (!version.startsWith("1.")) {
            throw new UserException("the image layout " + directory + " has the unknown version '" + version + "'");
        }
    }

    private byte[] readFile(String name) {
        Path path = directory.resolve(name);
        try (InputStream in = Files.newInputStream(path)) {
            return in.readNBytes(Documents.MAX_BYTES + 1);
        } catch (java.nio.file.NoSuchFileException | java.nio.file.NotDirectoryException e) {
            throw new UserException("'" + directory + "' is no image layout: it has no " + name, e);
        } catch (IOException e) {
            throw StoreFiles.failure("read " + path, e);
        }
    }

    @Override
    public void send(ContentStore store, StoredImage image, Progress progress) {
        try (StoreLock _ = StoreLock.shared(store.contentLockPath())) {
            Index old = Files.exists(directory.resolve("index.json"))
                    ? index()
                    : new Index(MediaTypes.OCI_INDEX, List.of(), Map.of());
            Manifest manifest = store.manifest(image);
            ArrayList<Descriptor> blobs = new ArrayList<>(manifest.layers());
            blobs.add(manifest.config());
            blobs.add(image.manifest());
            for (Descriptor blob : new LinkedHashSet<>(blobs)) {
                copyOut(store, blob, progress);
            }
            Descriptor entry = ref.isEmpty()
                    ? image.manifest()
                    : image.manifest().withAnnotations(Map.of(ContentStore.REF_NAME, ref));
            ArrayList<Descriptor> entries = new ArrayList<>();
            for (Descriptor other : old.manifests()) {
                String name = other.annotations().getOrDefault(ContentStore.REF_NAME, "");
                boolean replaced =
                        name.equals(ref) && (!ref.isEmpty() || other.digest().equals(entry.digest()));
                if (!replaced) {
                    entries.add(other);
                }
            }
            entries.add(entry);
            StoreFiles.replace(directory.resolve("oci-layout"), layoutMark());
            StoreFiles.replace(
                    directory.resolve("index.json"), new Index(MediaTypes.OCI_INDEX, entries, Map.of()).toBytes());
        }
    }

    static byte[] layoutMark() {
        return Documents.write(
                JsonObject.builder().put("imageLayoutVersion", "1.0.0").build());
    }

    private void copyOut(ContentStore store, Descriptor blob, Progress progress) {
        Path target = blobPath(blob.digest());
        String id = blob.digest().toString();
        progress.started(id, "blob " + blob.digest().shortHex(), blob.size());
        if (Files.exists(target)) {
            progress.finished(id, "already present");
            return;
        }
        Path temporary = target;
        try {
            Files.createDirectories(StoreFiles.parent(target));
            temporary = StoreFiles.temporary(StoreFiles.parent(target), "blob");
            try (InputStream in = store.open(blob.digest());
                    HashingStream hashed = new HashingStream(in, blob.digest().hasher());
                    ProgressStream counted = new ProgressStream(hashed, id, progress)) {
                Files.copy(counted, temporary);
                StoreFiles.requireDigest(store, blob, hashed.finish());
            }
            Files.move(temporary, target, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
            progress.finished(id, "done");
        } catch (IOException e) {
            throw StoreFiles.failure("write " + target, e);
        } finally {
            if (!temporary.equals(target)) {
                StoreFiles.deleteQuietly(temporary);
            }
        }
    }
}
