package belljar.engine;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.At;
import belljar.linux.Errno;
import belljar.linux.Fs;
import belljar.linux.HostKernel;
import belljar.linux.OpenFlags;
import belljar.linux.Stub;
import belljar.sandbox.IdMaps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Makes the directory of a volume. A new one gets the owner and mode of the directory it covers, so that the image's
 * user can write to it. Where owners have subordinate ids, all is done in a user namespace that has them: outside of it
 * such a directory could neither be given away nor be looked into later.
 */
final class VolumeDirectory {
    private final Fs fs;
    private final RunSite site;

    private VolumeDirectory(Fs fs, RunSite site) {
        this.fs = fs;
        this.site = site;
    }

    /**
     * Makes a volume's directory unless it is there.
     *
     * @param site what is prepared for the container
     * @param image the image as this process sees it
     * @param directory the volume's directory on the host
     * @param destination where it goes in the container
     * @param copy whether a new volume is to have what the image has there
     */
    static void prepare(RunSite site, RootView image, Path directory, String destination, boolean copy) {
        IdMaps own = site.idMaps().within().orElse(site.idMaps());
        if (!site.rootless() || IdMapping.single(own)) {
            new VolumeDirectory(Fs.HOST, site).prepare(image, directory, destination, copy);
            return;
        }
        try (Stub stub = NamespaceOwner.start(own);
                RootView view = new RootView(stub, site.layers(), true)) {
            new VolumeDirectory(new Fs(stub), site).prepare(view, directory, destination, copy);
        }
    }

    private void prepare(RootView image, Path directory, String destination, boolean copy) {
        int fd = open(directory);
        try {
            if (fd >= 0 && !fs.list(fd).isEmpty()) {
                return;
            }
            Optional<RootView.Directory> covered = image.directory(destination);
            if (copy && covered.isPresent() && !covered.get().empty()) {
                throw new UserException("the image has files at " + destination
                        + " and copying them into a volume is not built yet; add the option nocopy to hide them");
            }
            if (fd < 0) {
                fd = make(directory);
            }
            if (covered.isPresent()) {
                adopt(fd, covered.get());
            } else if (site.idMaps().within().isPresent() && !(fs.caller() instanceof HostKernel)) {
                fs.chown(
                        fd,
                        IdMaps.outside(site.idMaps().uids(), 0),
                        IdMaps.outside(site.idMaps().gids(), 0));
            }
        } finally {
            fs.close(fd);
        }
    }

    private int open(Path directory) {
        int fd = fs.tryOpen(At.FDCWD, directory.toString(), OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW, 0);
        if (fd != -Errno.ENOENT) {
            Errno.check("openat", "open the volume's directory " + directory, fd);
        }
        return fd;
    }

    private int make(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new HostException("the volume's directory " + directory + " cannot be made: " + e.getMessage(), e);
        }
        return (int) Errno.check("openat", "open the volume's directory " + directory, open(directory));
    }

    private void adopt(int fd, RootView.Directory covered) {
        if (!(fs.caller() instanceof HostKernel)) {
            fs.chown(fd, covered.uid(), covered.gid());
        } else if (!site.rootless()) { // with a single id there is nobody else to give it to
            fs.chown(
                    fd,
                    IdMaps.outside(site.idMaps().uids(), covered.uid()),
                    IdMaps.outside(site.idMaps().gids(), covered.gid()));
        }
        fs.chmod(fd, covered.mode());
    }
}
