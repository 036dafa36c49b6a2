package belljar.image;

import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A name in a registry, to be pushed to. The manifest goes there byte for byte, so the image keeps its digest.
 * Immutable; a push opens and closes its own connections.
 */
public final class RegistrySink implements ImageSink {
    private final Reference reference;
    private final RegistryOptions options;
    private final Optional<String> mountFrom;

    private RegistrySink(Reference reference, RegistryOptions options, Optional<String> mountFrom) {
        this.reference = reference;
        this.options = options;
        this.mountFrom = mountFrom;
    }

    /**
     * {@return a name in a registry}
     *
     * @param reference the name that the image shall get there
     * @param options how to talk to the registry
     */
    public static RegistrySink of(Reference reference, RegistryOptions options) {
        return new RegistrySink(reference, options, Optional.empty());
    }

    /**
     * {@return this sink with a repository of the same registry that may have blobs to be mounted rather than sent}
     *
     * @param other the image's name there; one of another registry changes nothing
     */
    public RegistrySink withMountFrom(Reference other) {
        return other.registry().equals(reference.registry())
                ? new RegistrySink(reference, options, Optional.of(other.repository()))
                : this;
    }

    @Override
    public String description() {
        return reference.familiar();
    }

    @Override
    public void send(ContentStore store, StoredImage image, Progress progress) {
        try (RegistryClient client = RegistryClient.of(options, reference.registry())) {
            send(client, store, image, progress);
        }
    }

    /** Pushes through a client that somebody else made. */
    void send(RegistryClient client, ContentStore store, StoredImage image, Progress progress) {
        Optional<Digest> wanted = reference.digest();
        if (wanted.isPresent() && !wanted.get().equals(image.manifest().digest())) {
            throw new UserException(
                    "the image has the digest " + image.manifest().digest() + " and cannot be pushed as "
                            + reference.familiar() + ": leave the digest out of the name");
        }
        try (StoreLock _ = StoreLock.shared(store.contentLockPath())) {
            byte[] bytes = store.read(image.manifest().digest());
            Manifest manifest = Manifest.parse(bytes, "the manifest of " + reference.familiar());
            Map<Digest, Runnable> transfers = new LinkedHashMap<>();
            for (Descriptor layer : manifest.layers()) {
                if (!MediaTypes.isForeign(layer.mediaType())) {
                    transfers.putIfAbsent(layer.digest(), () -> transfer(client, store, progress, layer, "layer"));
                }
            }
            transfers.putIfAbsent(
                    manifest.config().digest(), () -> transfer(client, store, progress, manifest.config(), "config"));
            RegistryTransfers.run(options.parallel(), new ArrayList<>(transfers.values()));
            // Last, since a registry refuses a manifest whose blobs it lacks.
            client.putManifest(
                    reference.repository(),
                    reference.tag().orElse(reference.manifestName()),
                    RegistryManifest.of(manifest.mediaType(), bytes));
        }
    }

    private void transfer(RegistryClient client, ContentStore store, Progress progress, Descriptor blob, String kind) {
        String id = blob.digest().toString();
        progress.started(id, kind + " " + blob.digest().shortHex(), blob.size());
        boolean sent = client.upload(
                reference.repository(),
                blob,
                store.path(blob.digest()),
                mountFrom,
                RegistryUpload.CHUNK,
                bytes -> progress.advanced(id, bytes));
        progress.finished(id, sent ? "done" : "already present");
    }
}
