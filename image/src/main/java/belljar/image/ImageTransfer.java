package belljar.image;

import belljar.failure.UserException;
import java.util.Optional;

/** Finds the source or sink that a text means. Apart from the facade, so that a run loads none of it. */
final class ImageTransfer {
    private ImageTransfer() {}

    static ImageSource source(ContentStore store, Transport transport, Platform platform, RegistryOptions registry) {
        return switch (transport.kind()) {
            case REGISTRY -> RegistrySource.of(Reference.parse(transport.text()), platform, registry);
            case OCI -> new OciDirectory(transport.path(), transport.ref(), platform);
            case OCI_ARCHIVE, DOCKER_ARCHIVE -> archive(transport, platform);
            case DIR -> new RootDirectory(transport.path());
            case APT -> AptSource.of(AptRequest.parse("apt:" + transport.text()), store.aptDirectory());
        };
    }

    /** {@return an image from a source, in the store} Layers from a registry are unpacked while others still come. */
    static StoredImage fetch(
            ContentStore store,
            LayerTrees trees,
            Transport transport,
            Platform platform,
            RegistryOptions registry,
            Progress progress) {
        ImageSource source = source(store, transport, platform, registry);
        if (!(source instanceof RegistrySource remote)) {
            return source.fetchInto(store, progress);
        }
        try (EarlyUnpack early = new EarlyUnpack(store, trees, progress)) {
            StoredImage image = remote.withArrivals(early).fetchInto(store, progress);
            early.await();
            return image;
        }
    }

    static ImageSink sink(Transport transport, RegistryOptions registry) {
        return switch (transport.kind()) {
            case REGISTRY -> RegistrySink.of(Reference.parse(transport.text()), registry);
            case OCI -> new OciDirectory(transport.path(), transport.ref(), Platform.HOST);
            case OCI_ARCHIVE, DOCKER_ARCHIVE -> archive(transport, Platform.HOST);
            case DIR ->
                throw new UserException("an image cannot be pushed to dir:; name a registry, oci:DIR,"
                        + " oci-archive:FILE or docker-archive:FILE");
            case APT ->
                throw new UserException("an image cannot be pushed to apt:; name a registry, oci:DIR,"
                        + " oci-archive:FILE or docker-archive:FILE");
        };
    }

    private static ArchiveFile archive(Transport transport, Platform platform) {
        return new ArchiveFile(transport.kind().prefix(), transport.path(), transport.ref(), platform);
    }

    /** {@return the image that a local source's content leads to without fetching; empty where it is not known yet} */
    static Optional<StoredImage> known(ContentStore store, Transport transport) {
        return switch (transport.kind()) {
            case OCI ->
                store.byId(new OciDirectory(transport.path(), transport.ref(), Platform.HOST)
                        .manifest()
                        .digest()
                        .hex());
            case OCI_ARCHIVE, DOCKER_ARCHIVE ->
                store.byAlias(archive(transport, Platform.HOST).alias());
            case APT ->
                store.byAlias(AptRequest.parse("apt:" + transport.text()).name());
            case REGISTRY, DIR -> Optional.empty();
        };
    }
}
