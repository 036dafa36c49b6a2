package belljar.image;

import belljar.failure.UserException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

/** Makes an image of one layer from the archive of a root file system. */
final class RootImport {
    private RootImport() {}

    /**
     * {@return the image}
     *
     * @param store where to
     * @param in the archive, plain or compressed; not closed
     * @param what what to call it in messages
     * @param changes as {@link ImageChanges} takes them
     * @param message kept in the image's history
     * @param names the names it gets
     */
    static StoredImage run(
            ContentStore store,
            InputStream in,
            String what,
            List<String> changes,
            String message,
            List<Reference> names,
            Progress progress) {
        ImageConfig bare = ImageChanges.apply(ImageConfig.builder(Platform.HOST).build(), changes);
        try (StoreLock _ = StoreLock.shared(store.contentLockPath())) {
            progress.started(what, "import " + what, -1);
            byte[] start = in.readNBytes(4);
            InputStream whole =
                    new ProgressStream(new SequenceInputStream(new ByteArrayInputStream(start), in), what, progress);
            LayerCompression compression = ArchiveLoader.compression(start);
            // What a layer may be compressed with is kept as it is; anything else is unpacked on the way in.
            Descriptor layer;
            try (Ingest ingest = store.ingestUnknown()) {
                ingest.writeAll(compression == LayerCompression.NONE ? Decompression.open(whole) : whole);
                layer = ingest.commit();
            }
            Digest diffId = layer.digest();
            if (compression != LayerCompression.NONE) {
                try (InputStream packed = store.open(layer.digest());
                        InputStream archive = Decompression.open(packed)) {
                    diffId = Digest.sha256(archive);
                }
            }
            requireArchive(store, layer);
            String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
            ImageConfig config = bare.toBuilder()
                    .created(now)
                    .layer(diffId, now, message.isEmpty() ? "import " + what : message)
                    .build();
            progress.finished(what, "done");
            return store.commit(manifest(store, layer, ArchiveLoader.layerType(compression), config), names);
        } catch (UserException e) {
            progress.finished(what, "failed");
            throw new UserException("cannot import " + what + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw StoreFiles.failure("import " + what, e);
        }
    }

    private static void requireArchive(ContentStore store, Descriptor layer) throws IOException {
        try (InputStream packed = store.open(layer.digest());
                InputStream archive = Decompression.open(packed)) {
            TarReader reader = TarReader.of(archive);
            if (reader.next().isEmpty()) {
                throw new UserException("it is no tar archive, or an empty one");
            }
        }
    }

    /** {@return a pointer to the stored manifest of an image of one stored layer} */
    static Descriptor manifest(ContentStore store, Descriptor layer, String layerType, ImageConfig config) {
        Descriptor configPointer = store.put(MediaTypes.OCI_CONFIG, config.toBytes());
        Descriptor layerPointer = Descriptor.of(layerType, layer.digest(), layer.size());
        Manifest manifest = new Manifest(MediaTypes.OCI_MANIFEST, configPointer, List.of(layerPointer), Map.of());
        return store.put(MediaTypes.OCI_MANIFEST, manifest.toBytes());
    }
}
