package belljar.engine;

import belljar.failure.GuestException;
import belljar.failure.UserException;
import belljar.sandbox.MountSpec;
import belljar.volume.Volume;
import belljar.volume.VolumeStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns mounts that were asked for, and the volumes that an image declares, into mount specifications; makes the
 * directories of volumes.
 */
final class UserMounts {
    private static final List<String> PROPAGATIONS =
            List.of("private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable");

    /** An image has no say in these: they are made by the kernel and by the isolation kind. */
    private static final List<String> SYSTEM = List.of("/proc", "/sys", "/dev");

    private final RunSite site;
    private final RootView image;
    private final Users.User user;
    private final List<MountSpec> mounts = new ArrayList<>();

    /**
     * @param site where volumes are
     * @param image what the image has at their destinations
     * @param user whom the container runs as
     */
    UserMounts(RunSite site, RootView image, Users.User user) {
        this.site = site;
        this.image = image;
        this.user = user;
    }

    /** {@return the mounts, with clean destinations, no two the same} */
    List<MountSpec> mounts() {
        return mounts;
    }

    /** Adds the mounts that were asked for. */
    void add(List<MountRequest> requests) {
        for (MountRequest request : requests) {
            String destination = MountPaths.clean(request.destination());
            if (isTaken(destination)) {
                throw new UserException("two mounts have the destination " + destination + "; give only one of them");
            }
            boolean hostsProc = request instanceof MountRequest.Bind proc
                    && proc.source().equals("/proc")
                    && destination.equals("/proc");
            if (MountPaths.forgesProc(destination) && !hostsProc) {
                throw new UserException("a mount at " + destination
                        + " would forge what the kernel says of processes; mount it outside /proc");
            }
            if (request instanceof MountRequest.Bind bind) {
                mounts.add(bind(bind, destination));
            } else if (request instanceof MountRequest.Tmpfs tmpfs) {
                mounts.add(new MountSpec(destination, "tmpfs", "tmpfs", tmpfsOptions(tmpfs.options(), destination)));
            } else if (request instanceof MountRequest.Volume volume) {
                mounts.add(volume(volume, destination));
            }
        }
    }

    /**
     * Adds the volumes that the image declares, where nothing else was asked for at their destination.
     *
     * @param destinations the volumes' paths
     * @param how what becomes of them
     */
    void addImageVolumes(List<String> destinations, StorageRequest.ImageVolumes how) {
        if (how == StorageRequest.ImageVolumes.IGNORE) {
            return;
        }
        for (String declared : destinations) {
            String destination = MountPaths.clean(declared);
            if (isTaken(destination)) {
                continue;
            }
            for (String system : SYSTEM) {
                if (MountPaths.covers(system, destination)) {
                    throw new GuestException(
                            "the image declares a volume at " + destination
                                    + ", which would hide the system's own; run it with --image-volume ignore",
                            126);
                }
            }
            if (how == StorageRequest.ImageVolumes.TMPFS) {
                mounts.add(new MountSpec(destination, "tmpfs", "tmpfs", tmpfsOptions(List.of(), destination)));
            } else {
                mounts.add(volume(new MountRequest.Volume("", destination, List.of()), destination));
            }
        }
    }

    private boolean isTaken(String destination) {
        for (MountSpec mount : mounts) {
            if (mount.destination().equals(destination)) {
                return true;
            }
        }
        return false;
    }

    private MountSpec bind(MountRequest.Bind bind, String destination) {
        if (!bind.source().startsWith("/")) {
            throw new UserException("the mount source '" + bind.source() + "' is not an absolute path of the host");
        }
        if (!Files.exists(Path.of(bind.source()))) {
            throw new UserException("the mount source " + bind.source()
                    + " does not exist on the host; create it first or correct the path");
        }
        List<String> options = new ArrayList<>(bind.options());
        if (options.remove("U")) {
            VolumeOwner.checkHost(bind.source());
            VolumeOwner.give(site, bind.source(), user);
        }
        return new MountSpec(destination, "bind", bind.source(), bindOptions(options));
    }

    private static List<String> bindOptions(List<String> asked) {
        List<String> options = new ArrayList<>(asked);
        if (!options.contains("bind") && !options.contains("rbind")) {
            options.add("rbind");
        }
        // Read-only means all of it, as in Docker since 25: what is mounted below the source, too.
        if (options.contains("ro") && options.contains("rbind")) {
            options.add("rro");
        }
        boolean propagation = false;
        for (String option : asked) {
            propagation |= PROPAGATIONS.contains(option);
        }
        if (!propagation) {
            options.add("rprivate");
        }
        return options;
    }

    private List<String> tmpfsOptions(List<String> asked, String destination) {
        List<String> options = new ArrayList<>(asked);
        if (!options.contains("suid") && !options.contains("nosuid")) {
            options.add("nosuid");
        }
        if (!options.contains("dev") && !options.contains("nodev")) {
            options.add("nodev");
        }
        // Where the image has nothing there is nothing to copy, and the mode is the kernel's 1777 as in Podman.
        boolean copy = !options.remove("notmpcopyup") && image.exists(destination);
        if (copy && !options.contains("tmpcopyup")) {
            options.add("tmpcopyup");
        }
        return options;
    }

    private MountSpec volume(MountRequest.Volume asked, String destination) {
        if (!asked.name().isEmpty()) {
            VolumeStore.check(asked.name());
        }
        List<String> options = new ArrayList<>(asked.options());
        boolean copy = !options.remove("nocopy");
        boolean give = options.remove("U");
        // First that it is used and then the volume, so that nobody takes it for one that nobody uses.
        String name = ContainerVolumes.of(Volumes.containerOf(site)).use(asked.name(), destination);
        VolumeStore store = Volumes.store(site.volumes());
        Volume volume = store.obtain(name, asked.name().isEmpty());
        if (volume.mounted()) {
            return elsewhere(volume, destination, options);
        }
        if (!volume.filled()) {
            store.fill(name, data -> new VolumeFill(site).fill(data, destination, copy));
        }
        if (give) {
            VolumeOwner.give(site, store.data(name).toString(), user);
        }
        return new MountSpec(destination, "bind", store.data(name).toString(), bindOptions(options));
    }

    /** A volume that is a directory of the host, or a file system in memory that each container has for itself. */
    private MountSpec elsewhere(Volume volume, String destination, List<String> asked) {
        List<String> options = new ArrayList<>(asked);
        for (String option : volume.mountOptions()) {
            if (!options.contains(option)) {
                options.add(option);
            }
        }
        if (volume.type().equals("tmpfs")) {
            options.remove("bind");
            options.remove("rbind");
            return new MountSpec(destination, "tmpfs", "tmpfs", tmpfsOptions(options, destination));
        }
        return bind(new MountRequest.Bind(volume.device(), destination, options), destination);
    }
}
