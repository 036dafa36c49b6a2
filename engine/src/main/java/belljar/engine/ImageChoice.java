package belljar.engine;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.image.ImageConfig;
import belljar.image.Images;
import belljar.image.Platform;
import belljar.image.Progress;
import belljar.image.RegistryOptions;
import belljar.image.StoredImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Finds the image that a request names, fetching and unpacking it when that is needed. */
final class ImageChoice {
    private static final String DIRECTORY = "dir:";

    /**
     * Before a directory without a program: the first process is an init that waits to be told to end. No image is
     * called so, since a tag has no slash.
     */
    static final String PAUSE = "pause:/";

    private final Images images;

    ImageChoice(Images images) {
        this.images = images;
    }

    /**
     * {@return the image, unpacked}
     *
     * @param request names it and says when to fetch it
     * @param io is told how fetching goes
     * @throws UserException if there is no such image, or it may not be fetched
     */
    PreparedImage prepare(RunRequest request, RunIo io) {
        String name = request.image();
        if (name.startsWith(DIRECTORY)) {
            return directory(name.substring(DIRECTORY.length()));
        }
        if (name.startsWith(PAUSE)) {
            return directory(name.substring(PAUSE.length() - 1));
        }
        Progress progress = request.quiet() ? Progress.NONE : io.progress();
        return prepared(images.prepare(find(request, name, progress, io), progress));
    }

    /**
     * {@return the very image that a container was made from}
     *
     * @param record the container
     * @throws UserException if it is gone
     */
    PreparedImage again(ContainerRecord record) {
        if (record.image().startsWith(PAUSE)) {
            return directory(record.image().substring(PAUSE.length() - 1));
        }
        if (record.imageId().isEmpty()) {
            return directory(record.image()
                    .substring(Math.min(DIRECTORY.length(), record.image().length())));
        }
        Optional<StoredImage> image = images.resolve(record.imageId());
        if (image.isEmpty()) {
            throw new UserException("the image " + record.image() + " of the container " + record.name()
                    + " is gone; pull it again, or remove the container");
        }
        return prepared(images.prepare(image.get(), Progress.NONE));
    }

    private static PreparedImage prepared(StoredImage image) {
        ImageConfig config = image.config();
        ImageDefaults defaults = new ImageDefaults(
                config.entrypoint(),
                config.cmd(),
                config.env(),
                config.user(),
                config.workingDir(),
                config.volumes(),
                config.stopSignal(),
                config.exposedPorts());
        return new PreparedImage(
                image.id().toString(), defaults, image.layerDirectories(), HealthCheck.ofImage(config.json()), false);
    }

    /** A directory is the root itself and is changed in place, as with Podman's {@code --rootfs}. */
    private static PreparedImage directory(String text) {
        Path path = Path.of(text).toAbsolutePath().normalize();
        if (text.isEmpty() || !SmallFile.exists(path + "/.")) {
            throw new UserException(
                    "the root file system directory '" + text + "' does not exist; give dir: the path of one");
        }
        return new PreparedImage("", ImageDefaults.NONE, List.of(path.toString()), HealthRequest.DEFAULT, true);
    }

    private StoredImage find(RunRequest request, String name, Progress progress, RunIo io) {
        Optional<StoredImage> here = images.resolve(name);
        boolean fits = here.isPresent() && fits(here.get(), request);
        switch (request.pull()) {
            case NEVER -> {
                if (!fits) {
                    throw new UserException(
                            "the image " + name + " is not in the store; pull it, or run without --pull=never");
                }
                return here.get();
            }
            case MISSING -> {
                return fits ? here.get() : pull(request, name, progress, io);
            }
            case ALWAYS -> {
                return pull(request, name, progress, io);
            }
            case NEWER -> {
                try {
                    return pull(request, name, progress, io);
                } catch (HostException unreachable) {
                    if (!fits) {
                        throw unreachable;
                    }
                    io.observer().notice(unreachable.getMessage() + "; the stored image is used");
                    return here.get();
                }
            }
        }
        throw new IllegalStateException();
    }

    private static boolean fits(StoredImage image, RunRequest request) {
        if (request.platform().isEmpty()) {
            return true;
        }
        Platform wanted = Platform.parse(request.platform());
        Platform has = image.config().platform();
        return wanted.os().equals(has.os()) && wanted.architecture().equals(has.architecture());
    }

    private StoredImage pull(RunRequest request, String name, Progress progress, RunIo io) {
        io.observer().fetching();
        Platform platform = request.platform().isEmpty() ? Platform.HOST : Platform.parse(request.platform());
        return images.pull(name, platform, request.registry().orElseGet(RegistryOptions::defaults), progress);
    }
}
