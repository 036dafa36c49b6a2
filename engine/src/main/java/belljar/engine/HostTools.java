package belljar.engine;

import belljar.container.HostIsolation;
import belljar.failure.UserException;
import belljar.image.ImageConfig;
import belljar.image.Images;
import belljar.image.StoredImage;
import belljar.linux.Cgroups;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Isolation;
import java.nio.file.Path;
import java.util.Optional;

/** What this host has for all containers: the kinds of isolation, and the images. */
final class HostTools {
    private final Path root;
    private final HostIsolation container;

    /**
     * @param root where images and containers are kept
     * @param cgroups this host's cgroups
     */
    HostTools(Path root, Cgroups cgroups) {
        this.root = root;
        this.container = new HostIsolation(cgroups);
    }

    /**
     * {@return the isolation of a kind}
     *
     * @throws UserException if there is none of that name
     */
    Isolation isolation(String kind) {
        return switch (kind) {
            case "container" -> container;
            case "sentry", "vm", "unikernel" ->
                throw new UserException("the isolation '" + kind
                        + "' is not built yet; 'container' is what this version of Belljar has");
            default -> throw new UserException("unknown isolation '" + kind + "'; there are container, sentry and vm");
        };
    }

    /** {@return what is ready for containers to come, see {@link Readiness}} */
    Readiness stayReady() {
        return new Readiness(container.stayReady());
    }

    /** {@return the images with layers whose ids are those of a mapping} */
    ImageChoice images(IdMaps maps) {
        return new ImageChoice(
                maps.within().isPresent() ? Images.open(root, new NamespaceOwner(maps)) : Engine.images(root));
    }

    /** {@return what the image of a container says; empty when it is a directory, or gone} */
    Optional<ImageConfig> image(ContainerRecord record) {
        return record.imageId().isEmpty()
                ? Optional.empty()
                : Engine.images(root).resolve(record.imageId()).map(StoredImage::config);
    }
}
