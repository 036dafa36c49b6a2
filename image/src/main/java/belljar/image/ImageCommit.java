package belljar.image;

import belljar.failure.UserException;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** Makes an image of another one and a layer on top of it. */
final class ImageCommit {
    private ImageCommit() {}

    /** Writes a layer's archive. */
    interface Layer {
        /**
         * Writes it.
         *
         * @param out where to; not closed
         */
        void write(OutputStream out);
    }

    /**
     * {@return the image}
     *
     * @param store where to
     * @param start the configuration it starts with, which has the layers below
     * @param base the image that has the layers below; empty for none
     * @param layer writes the layer
     * @param options what it says of itself
     * @param names the names it gets
     */
    static StoredImage run(
            ContentStore store,
            ImageConfig start,
            Optional<StoredImage> base,
            Layer layer,
            CommitOptions options,
            List<Reference> names) {
        ImageConfig changed = ImageChanges.apply(start, options.changes());
        try (StoreLock _ = StoreLock.shared(store.contentLockPath())) {
            Packed packed = pack(store, layer);
            String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
            ImageConfigBuilder builder = changed.toBuilder().created(now);
            if (!options.author().isEmpty()) {
                builder.author(options.author());
            }
            ImageConfig config = builder.layer(
                            packed.diffId, now, options.createdBy(), options.author(), options.message())
                    .build();
            List<Descriptor> layers = new ArrayList<>();
            if (base.isPresent()) {
                for (Descriptor below : store.manifest(base.get()).layers()) {
                    layers.add(Descriptor.of(
                            layerType(below.mediaType(), options.docker()), below.digest(), below.size()));
                }
            }
            String type = options.docker() ? MediaTypes.DOCKER_LAYER_GZIP : MediaTypes.OCI_LAYER_GZIP;
            layers.add(Descriptor.of(type, packed.blob.digest(), packed.blob.size()));
            String configType = options.docker() ? MediaTypes.DOCKER_CONFIG : MediaTypes.OCI_CONFIG;
            String manifestType = options.docker() ? MediaTypes.DOCKER_MANIFEST : MediaTypes.OCI_MANIFEST;
            Manifest manifest = new Manifest(manifestType, store.put(configType, config.toBytes()), layers, Map.of());
            return store.commit(store.put(manifestType, manifest.toBytes()), names);
        }
    }

    private record Packed(Descriptor blob, Digest diffId) {}

    private static Packed pack(ContentStore store, Layer layer) {
        Digest.Hasher hasher = Digest.Hasher.sha256();
        try (Ingest ingest = store.ingestUnknown()) {
            OutputStream blob = new BufferedOutputStream(ingest.stream(), 128 * 1024);
            try (Gzip gzip = new Gzip(blob);
                    OutputStream archive = new BufferedOutputStream(new Hashing(gzip, hasher), 128 * 1024)) {
                layer.write(archive);
            }
            return new Packed(ingest.commit(), hasher.finish());
        } catch (IOException e) {
            throw StoreFiles.failure("store the layer", e);
        }
    }

    /** Made at the fastest level: what is pushed rarely is better small, but a commit is waited for. */
    private static final class Gzip extends GZIPOutputStream {
        Gzip(OutputStream out) throws IOException {
            super(out, 64 * 1024);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }

    /** Takes the digest of all that passes. */
    private static final class Hashing extends OutputStream {
        private final OutputStream out;
        private final Digest.Hasher hasher;

        Hashing(OutputStream out, Digest.Hasher hasher) {
            this.out = out;
            this.hasher = hasher;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int start, int length) throws IOException {
            hasher.update(bytes, start, length);
            out.write(bytes, start, length);
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }

    /** Both families have a name for each form that layers come in, except for zstd, which Docker's manifests lack. */
    private static String layerType(String type, boolean docker) {
        LayerCompression compression = MediaTypes.compression(type);
        if (!docker) {
            return ArchiveLoader.layerType(compression);
        }
        return switch (compression) {
            case NONE -> MediaTypes.DOCKER_LAYER;
            case GZIP -> MediaTypes.DOCKER_LAYER_GZIP;
            case ZSTD -> MediaTypes.DOCKER_LAYER_ZSTD;
        };
    }

    /**
     * {@return an image's history, the last step first}
     *
     * @param store the store that has it
     * @param image the image
     */
    static List<HistoryEntry> history(ContentStore store, StoredImage image) {
        List<Descriptor> layers = store.manifest(image).layers();
        List<JsonObject> steps = image.config().history();
        List<HistoryEntry> entries = new ArrayList<>();
        int layer = 0;
        try {
            for (int i = 0; i < steps.size(); i++) {
                JsonObject step = steps.get(i);
                boolean made = !step.bool("empty_layer", false) && layer < layers.size();
                entries.add(
                        0,
                        new HistoryEntry(
                                i == steps.size() - 1 ? image.id().hex() : "",
                                step.text("created", ""),
                                step.text("created_by", ""),
                                step.text("comment", ""),
                                step.text("author", ""),
                                made ? layers.get(layer++).size() : 0));
            }
        } catch (JsonException e) {
            throw new UserException("the image's history is damaged: " + e.getMessage(), e);
        }
        return entries;
    }
}
