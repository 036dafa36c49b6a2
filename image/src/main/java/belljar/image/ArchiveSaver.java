package belljar.image;

import belljar.json.Json;
import belljar.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes images to an archive, in Docker's format or as an image layout. The same images give the same bytes. Use an
 * instance once, by one thread.
 */
final class ArchiveSaver {
    private final ContentStore store;
    private final TarWriter tar;
    private final OutputStream out;
    private final Progress progress;
    private final Set<String> written = new LinkedHashSet<>();

    /** @param out receives the archive; buffered here, flushed at the end, not closed */
    ArchiveSaver(ContentStore store, OutputStream out, Progress progress) {
        this.store = store;
        this.out = new java.io.BufferedOutputStream(out, 128 * 1024);
        this.tar = TarWriter.to(this.out);
        this.progress = progress;
    }

    /** Writes what {@code docker load} reads: images with the names to give them there. */
    void docker(Map<StoredImage, List<Reference>> images) {
        try (StoreLock _ = StoreLock.shared(store.contentLockPath())) {
            ArrayList<Json> items = new ArrayList<>();
            for (Map.Entry<StoredImage, List<Reference>> each : images.entrySet()) {
                items.add(dockerImage(each.getKey(), each.getValue()));
            }
            small("manifest.json", new Json.Arr(items).toString());
            finish();
        }
    }

    private JsonObject dockerImage(StoredImage image, List<Reference> names) {
        List<Descriptor> packed = store.manifest(image).layers();
        ArrayList<String> layers = new ArrayList<>();
        for (int i = 0; i < packed.size(); i++) {
            Digest diffId = image.config().diffIds().get(i);
            String name = diffId.hex() + ".tar";
            layers.add(name);
            if (written.add(name)) {
                unpackedLayer(packed.get(i), diffId, name);
            }
        }
        String config = image.id().hex() + ".json";
        if (written.add(config)) {
            bytes(config, store.read(image.id()));
        }
        ArrayList<String> tags = new ArrayList<>();
        for (Reference name : names) {
            tags.add(name.familiarName() + ":" + name.tag().orElse("latest"));
        }
        return JsonObject.builder()
                .put("Config", config)
                .put("RepoTags", tags)
                .put("Layers", layers)
                .build();
    }

    /** A tar header needs the size first, so a packed layer is unpacked twice: once to count, once to write. */
    private void unpackedLayer(Descriptor layer, Digest diffId, String name) {
        String id = "save " + diffId;
        progress.started(id, "layer " + layer.digest().shortHex(), -1);
        try {
            long size = layer.size();
            if (!layer.digest().equals(diffId)) {
                try (InputStream in = Decompression.open(store.open(layer.digest()))) {
                    size = in.transferTo(OutputStream.nullOutputStream());
                }
            }
            try (InputStream in = store.open(layer.digest());
                    HashingStream content = new HashingStream(
                            layer.digest().equals(diffId) ? in : Decompression.open(in), diffId.hasher());
                    ProgressStream counted = new ProgressStream(content, id, progress)) {
                tar.put(TarEntry.file(name, 0444, size));
                copy(counted, size);
                StoreFiles.requireDigest(store, layer, content.finish().equals(diffId) ? layer.digest() : diffId);
            }
            progress.finished(id, "done");
        } catch (IOException e) {
            throw StoreFiles.failure("write the archive", e);
        }
    }

    /** Writes an image layout: images with the names to give them there. */
    void oci(Map<StoredImage, List<Reference>> images) {
        try (StoreLock _ = StoreLock.shared(store.contentLockPath())) {
            ArrayList<Descriptor> entries = new ArrayList<>();
            LinkedHashMap<Digest, Descriptor> blobs = new LinkedHashMap<>();
            for (Map.Entry<StoredImage, List<Reference>> each : images.entrySet()) {
                StoredImage image = each.getKey();
                Manifest manifest = store.manifest(image);
                for (Descriptor layer : manifest.layers()) {
                    blobs.putIfAbsent(layer.digest(), layer);
                }
                blobs.putIfAbsent(manifest.config().digest(), manifest.config());
                blobs.putIfAbsent(image.manifest().digest(), image.manifest());
                for (Reference name : each.getValue()) {
                    entries.add(image.manifest().withAnnotations(Map.of(ContentStore.REF_NAME, name.toString())));
                }
                if (each.getValue().isEmpty()) {
                    entries.add(image.manifest());
                }
            }
            bytes("oci-layout", OciDirectory.layoutMark());
            bytes("index.json", new Index(MediaTypes.OCI_INDEX, entries, Map.of()).toBytes());
            for (String directory : List.of("blobs", "blobs/sha256")) {
                tar.put(TarEntry.directory(directory, 0755));
            }
            for (Descriptor blob : blobs.values()) {
                blob(blob);
            }
            finish();
        }
    }

    private void blob(Descriptor blob) {
        String id = "save " + blob.digest();
        progress.started(id, "blob " + blob.digest().shortHex(), blob.size());
        try (InputStream in = store.open(blob.digest());
                HashingStream content = new HashingStream(in, blob.digest().hasher());
                ProgressStream counted = new ProgressStream(content, id, progress)) {
            tar.put(TarEntry.file(
                    "blobs/" + blob.digest().algorithm() + "/" + blob.digest().hex(), 0444, blob.size()));
            copy(counted, blob.size());
            StoreFiles.requireDigest(store, blob, content.finish());
        } catch (IOException e) {
            throw StoreFiles.failure("write the archive", e);
        }
        progress.finished(id, "done");
    }

    private void copy(InputStream in, long size) throws IOException {
        byte[] buffer = new byte[128 * 1024];
        long left = size;
        int n;
        while (left > 0 && (n = in.read(buffer, 0, (int) Math.min(buffer.length, left))) >= 0) {
            tar.write(buffer, 0, n);
            left -= n;
        }
        if (left > 0) {
            throw new IOException("the store's content is shorter than its record says");
        }
    }

    private void small(String name, String text) {
        bytes(name, text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private void bytes(String name, byte[] content) {
        tar.put(TarEntry.file(name, 0444, content.length));
        tar.write(content, 0, content.length);
    }

    private void finish() {
        tar.finish();
        try {
            out.flush();
        } catch (IOException e) {
            throw StoreFiles.failure("write the archive", e);
        }
    }
}
