package belljar.image;

import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An image in a registry, to be pulled. Immutable; a pull opens and closes its own connections. */
public final class RegistrySource implements ImageSource {
    /** An index may point to indexes; one within one is all that tools make. */
    private static final int MAX_INDEXES = 4;

    private final Reference reference;
    private final Platform platform;
    private final RegistryOptions options;
    private final BlobArrivals arrivals;

    private RegistrySource(Reference reference, Platform platform, RegistryOptions options, BlobArrivals arrivals) {
        this.reference = reference;
        this.platform = platform;
        this.options = options;
        this.arrivals = arrivals;
    }

    /**
     * {@return an image in a registry}
     *
     * @param reference its name
     * @param platform which of an index's images is meant
     * @param options how to talk to the registry
     */
    public static RegistrySource of(Reference reference, Platform platform, RegistryOptions options) {
        return new RegistrySource(reference, platform, options, BlobArrivals.NONE);
    }

    /**
     * {@return this source with somebody told what has arrived}
     *
     * @param listener who
     */
    public RegistrySource withArrivals(BlobArrivals listener) {
        return new RegistrySource(reference, platform, options, listener);
    }

    @Override
    public String description() {
        return reference.familiar();
    }

    @Override
    public StoredImage fetchInto(ContentStore store, Progress progress) {
        try (RegistryClient client = RegistryClient.of(options, reference.registry())) {
            return fetch(client, store, progress);
        }
    }

    /** Pulls through a client that somebody else made. */
    StoredImage fetch(RegistryClient client, ContentStore store, Progress progress) {
        // Shared with other users of content, so that nobody deletes what this pull counts on.
        try (StoreLock _ = StoreLock.shared(store.contentLockPath())) {
            RegistryManifest chosen = choose(client);
            Manifest manifest = Manifest.parse(chosen.bytes(), "the manifest of " + reference.familiar());
            manifest.requireImage(reference.familiar());
            arrivals.manifest(manifest);
            Map<Digest, Runnable> transfers = new LinkedHashMap<>();
            transfers.put(
                    manifest.config().digest(), () -> transfer(client, store, progress, manifest.config(), "config"));
            for (Descriptor layer : manifest.layers()) {
                transfers.putIfAbsent(layer.digest(), () -> transfer(client, store, progress, layer, "layer"));
            }
            RegistryTransfers.run(options.parallel(), new ArrayList<>(transfers.values()));
            store.put(chosen.descriptor(), chosen.bytes());
            StoredImage image = store.commit(chosen.descriptor(), List.of(reference));
            if (!image.config().platform().runsOn(platform)) {
                progress.message("the image " + reference.familiar() + " is for "
                        + image.config().platform() + ", not for " + platform);
            }
            return image;
        }
    }

    private RegistryManifest choose(RegistryClient client) {
        RegistryManifest found = client.manifest(reference.repository(), reference.manifestName());
        for (int indexes = 0; MediaTypes.isIndex(found.mediaType()); indexes++) {
            if (indexes == MAX_INDEXES) {
                throw new UserException("the image " + reference.familiar() + " is an index of indexes of indexes"
                        + ": name one of its images by digest");
            }
            Index index = Index.parse(found.bytes(), "the index of " + reference.familiar());
            Descriptor entry = index.select(platform, reference.familiar());
            found = client.manifest(reference.repository(), entry.digest().toString());
        }
        return found;
    }

    private void transfer(RegistryClient client, ContentStore store, Progress progress, Descriptor blob, String kind) {
        String id = blob.digest().toString();
        progress.started(id, kind + " " + blob.digest().shortHex(), blob.size());
        try (Ingest ingest = store.ingest(blob)) {
            if (ingest.complete()) {
                progress.advanced(id, blob.size());
                progress.finished(id, "already present");
            } else {
                client.download(reference.repository(), blob, ingest, bytes -> progress.advanced(id, bytes));
                progress.finished(id, "done");
            }
        }
        arrivals.blob(blob);
    }
}
