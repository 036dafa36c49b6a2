package belljar.image;

import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Brings the images of an archive into a store: what {@code docker save} and {@code podman save} write in either
 * format, compressed or not. The archive is read once, front to back, so that it may come through a pipe; its documents
 * may stand anywhere in it.
 *
 * <p>Use an instance once, by one thread.
 */
final class ArchiveLoader {
    private static final int MAX_LINKS = 10;

    private final ContentStore store;
    private final String what;
    private final Platform platform;
    private final Progress progress;
    private final Map<String, Descriptor> files = new HashMap<>();
    private final Map<String, String> links = new HashMap<>();
    private final Map<String, byte[]> documents = new HashMap<>();

    ArchiveLoader(ContentStore store, String what, Platform platform, Progress progress) {
        this.store = store;
        this.what = what;
        this.platform = platform;
        this.progress = progress;
    }

    /**
     * {@return the images, in the archive's order}
     *
     * @param in the archive; not closed
     * @param ref the one image wanted, or empty for all
     */
    List<StoredImage> load(InputStream in, String ref) {
        try (StoreLock _ = StoreLock.shared(store.contentLockPath())) {
            progress.started(what, what, -1);
            readAll(new ProgressStream(new BufferedInputStream(in, 128 * 1024), what, progress));
            List<StoredImage> images;
            if (documents.containsKey("manifest.json")) {
                images = commitDocker(ref);
            } else if (documents.containsKey("index.json")) {
                images = commitOci(ref);
            } else {
                throw new UserException(
                        "it has neither manifest.json nor index.json; for a root file system use import");
            }
            progress.finished(what, "done");
            return images;
        } catch (UserException e) {
            progress.finished(what, "failed");
            throw new UserException("cannot load " + what + ": " + e.getMessage(), e);
        }
    }

    private void readAll(InputStream in) {
        TarReader reader = TarReader.of(Decompression.open(in));
        while (true) {
            Optional<TarEntry> next = reader.next();
            if (next.isEmpty()) {
                return;
            }
            TarEntry entry = next.get();
            String name = clean(entry.name());
            switch (entry.type()) {
                case FILE -> file(name, entry, reader);
                case SYMLINK -> links.put(name, resolve(name, entry.linkName()));
                case HARD_LINK -> links.put(name, clean(entry.linkName()));
                case DIRECTORY, CHAR_DEVICE, BLOCK_DEVICE, FIFO -> {
                    // Nothing an image is made of.
                }
            }
        }
    }

    private void file(String name, TarEntry entry, TarReader reader) {
        if (name.equals("manifest.json") || name.equals("index.json") || name.equals("oci-layout")) {
            documents.put(name, small(reader, name));
            return;
        }
        // Left over from Docker's format before 1.10; nothing points to them.
        if (name.equals("repositories") || name.endsWith("/json") || name.endsWith("/VERSION")) {
            return;
        }
        Optional<Digest> digest = blobDigest(name);
        try {
            if (digest.isPresent()) {
                Descriptor blob = Descriptor.of("", digest.get(), entry.size());
                try (Ingest ingest = store.ingest(blob)) {
                    if (!ingest.complete()) {
                        ingest.restart();
                        ingest.writeAll(reader.content());
                        ingest.commit();
                    }
                }
                files.put(name, blob);
            } else {
                try (Ingest ingest = store.ingestUnknown()) {
                    ingest.writeAll(reader.content());
                    files.put(name, ingest.commit());
                }
            }
        } catch (IOException e) {
            throw StoreFiles.failure("read " + what, e);
        }
    }

    private byte[] small(TarReader reader, String name) {
        try {
            byte[] content = reader.content().readNBytes(Documents.MAX_BYTES + 1);
            if (content.length > Documents.MAX_BYTES) {
                throw new UserException("its " + name + " is larger than " + Documents.MAX_BYTES + " bytes");
            }
            return content;
        } catch (IOException e) {
            throw StoreFiles.failure("read " + what, e);
        }
    }

    private static Optional<Digest> blobDigest(String name) {
        if (name.startsWith("blobs/sha256/") || name.startsWith("blobs/sha512/")) {
            return Optional.of(new Digest(name.substring(6, 12), name.substring(13)));
        }
        return Optional.empty();
    }

    /** An entry's path within the archive, without {@code ./}, empty and {@code ..} parts; used as a key only. */
    private static String clean(String name) {
        return resolve("", name);
    }

    private static String resolve(String link, String target) {
        int slash = target.startsWith("/") ? -1 : link.lastIndexOf('/');
        String path = slash < 0 ? target : link.substring(0, slash) + "/" + target;
        ArrayList<String> parts = new ArrayList<>();
        int start = 0;
        while (start <= path.length()) {
            int end = path.indexOf('/', start);
            if (end < 0) {
                end = path.length();
            }
            String part = path.substring(start, end);
            if (part.equals("..") && !parts.isEmpty()) {
                parts.remove(parts.size() - 1);
            } else if (!part.isEmpty() && !part.equals(".") && !part.equals("..")) {
                parts.add(part);
            }
            start = end + 1;
        }
        return String.join("/", parts);
    }

    private Descriptor find(String name) {
        String at = clean(name);
        for (int i = 0; i < MAX_LINKS; i++) {
            Descriptor found = files.get(at);
            if (found != null) {
                return found;
            }
            String next = links.get(at);
            if (next == null) {
                break;
            }
            at = next;
        }
        throw new UserException("its manifest.json names the file '" + name + "', which the archive lacks");
    }

    private List<StoredImage> commitDocker(String ref) {
        ArrayList<StoredImage> images = new ArrayList<>();
        StringBuilder names = new StringBuilder();
        for (JsonObject item : dockerItems()) {
            List<String> tags;
            String config;
            List<String> layers;
            try {
                tags = item.texts("RepoTags");
                config = item.text("Config");
                layers = item.texts("Layers");
            } catch (JsonException e) {
                throw new UserException("its manifest.json is damaged: " + e.getMessage(), e);
            }
            ArrayList<Reference> references = new ArrayList<>();
            for (String tag : tags) {
                references.add(Reference.parse(tag));
                names.append(names.isEmpty() ? "" : ", ").append(tag);
            }
            if (ref.isEmpty() || references.contains(Reference.parse(ref))) {
                images.add(store.commit(dockerManifest(find(config), layers), references));
            }
        }
        if (images.isEmpty()) {
            throw new UserException("it has no image" + (ref.isEmpty() ? "" : " '" + ref + "'; it has " + names));
        }
        return images;
    }

    private List<JsonObject> dockerItems() {
        try {
            ArrayList<JsonObject> items = new ArrayList<>();
            String text = new String(documents.getOrDefault("manifest.json", new byte[0]), StandardCharsets.UTF_8);
            for (Json item : Json.parse(text).asList()) {
                items.add(item.asObject());
            }
            return items;
        } catch (JsonException e) {
            throw new UserException("its manifest.json is damaged: " + e.getMessage(), e);
        }
    }

    /** Docker's archives have no manifest in the registries' sense, so one is made; it is the same every time. */
    private Descriptor dockerManifest(Descriptor config, List<String> layers) {
        ArrayList<Descriptor> pointers = new ArrayList<>();
        for (String layer : layers) {
            Descriptor blob = find(layer);
            String type = layerType(compression(blob.digest()));
            pointers.add(Descriptor.of(type, blob.digest(), blob.size()));
        }
        Descriptor pointer = Descriptor.of(MediaTypes.OCI_CONFIG, config.digest(), config.size());
        Manifest manifest = new Manifest(MediaTypes.OCI_MANIFEST, pointer, pointers, Map.of());
        return store.put(MediaTypes.OCI_MANIFEST, manifest.toBytes());
    }

    static String layerType(LayerCompression compression) {
        return switch (compression) {
            case NONE -> MediaTypes.OCI_LAYER;
            case GZIP -> MediaTypes.OCI_LAYER_GZIP;
            case ZSTD -> MediaTypes.OCI_LAYER_ZSTD;
        };
    }

    private LayerCompression compression(Digest blob) {
        try (InputStream in = store.open(blob)) {
            return compression(in.readNBytes(4));
        } catch (IOException e) {
            throw StoreFiles.failure("read " + store.path(blob), e);
        }
    }

    /** {@return how content that starts so is compressed} */
    static LayerCompression compression(byte[] start) {
        if (start.length >= 2 && (start[0] & 0xff) == 0x1f && (start[1] & 0xff) == 0x8b) {
            return LayerCompression.GZIP;
        }
        boolean zstd = start.length >= 4
                && (start[0] & 0xff) == 0x28
                && (start[1] & 0xff) == 0xb5
                && (start[2] & 0xff) == 0x2f
                && (start[3] & 0xff) == 0xfd;
        return zstd ? LayerCompression.ZSTD : LayerCompression.NONE;
    }

    private List<StoredImage> commitOci(String ref) {
        OciSelection selection = new OciSelection("the archive", this::document, platform);
        Index index = Index.parse(documents.getOrDefault("index.json", new byte[0]), "its index.json");
        ArrayList<Descriptor> entries = new ArrayList<>();
        if (ref.isEmpty()) {
            entries.addAll(index.manifests());
        } else {
            entries.add(selection.entry(index, ref));
        }
        if (entries.isEmpty()) {
            throw new UserException("it has no image");
        }
        ArrayList<StoredImage> images = new ArrayList<>();
        for (Descriptor entry : entries) {
            Descriptor manifest = selection.manifest(entry);
            requirePresent(manifest);
            String annotation = entry.annotations().getOrDefault(ContentStore.REF_NAME, "");
            // An archive's file name says nothing about its image, so only a whole name counts.
            boolean whole = annotation.contains("/") || annotation.contains(":");
            images.add(store.commit(manifest, whole ? OciSelection.names(annotation, "") : List.of()));
        }
        return images;
    }

    private byte[] document(Descriptor blob) {
        requirePresent(blob);
        return store.read(blob.digest());
    }

    private void requirePresent(Descriptor blob) {
        if (!store.contains(blob.digest())) {
            throw new UserException("it lacks the blob " + blob.digest());
        }
    }
}
