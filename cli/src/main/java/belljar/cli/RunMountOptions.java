package belljar.cli;

import belljar.engine.DeviceRequest;
import belljar.engine.MountRequest;
import belljar.engine.StorageRequest;
import belljar.engine.StorageRequest.ImageVolumes;
import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** The options of {@code run} about files and devices. */
final class RunMountOptions {
    private RunMountOptions() {}

    static void declare(OptionTable table) {
        table.list("volume", 'v', "SOURCE:DEST[:OPTIONS]", "mount a path of the host or a named volume")
                .list("mount", "KEY=VALUE,...", "mount with type=bind, volume or tmpfs, src=, dst= and options")
                .list("volumes-from", "CONTAINER[:ro]", "mount what another container has mounted")
                .list("tmpfs", "DEST[:OPTIONS]", "mount a file system in memory")
                .flag("read-only", "make the root file system read-only")
                .flag("read-only-tmpfs", "with --read-only, keep /run, /tmp and /var/tmp writable (true)")
                .value("shm-size", "SIZE", "the size of /dev/shm (64m)")
                .value("image-volume", "bind|tmpfs|ignore", "what becomes of the image's volumes (bind)")
                .value("tz", "ZONE", "the time zone, such as Europe/Vienna, or local for the host's")
                .list("device", "HOST[:CONTAINER][:rwm]", "pass a device on");
    }

    static StorageRequest parse(Arguments arguments) {
        List<MountRequest> mounts = new ArrayList<>();
        for (String text : arguments.values("volume")) {
            mounts.add(VolumeSyntax.parse(text));
        }
        for (String text : arguments.values("mount")) {
            mounts.add(MountSyntax.parse(text));
        }
        for (String text : arguments.values("tmpfs")) {
            mounts.add(tmpfs(text));
        }
        if (arguments.has("tz")) {
            mounts.add(TimeZones.mount(arguments.value("tz")));
        }
        List<DeviceRequest> devices = new ArrayList<>();
        for (String text : arguments.values("device")) {
            devices.add(DeviceSyntax.parse(text));
        }
        return new StorageRequest(
                mounts,
                devices,
                arguments.flag("read-only"),
                arguments.flag("read-only-tmpfs", true),
                shmSize(arguments),
                imageVolumes(arguments.value("image-volume")));
    }

    private static MountRequest tmpfs(String text) {
        int colon = text.indexOf(':');
        String destination = MountWords.destination("tmpfs", text, colon < 0 ? text : text.substring(0, colon));
        List<String> options = new ArrayList<>();
        if (colon >= 0) {
            for (String option : Text.split(text.substring(colon + 1), ',')) {
                if (!MountWords.isAttribute(option) && !MountWords.isTmpfs(option)) {
                    throw new UserException("--tmpfs '" + text + "': '" + option
                            + "' is not an option of a tmpfs; they are " + MountWords.TMPFS_HELP);
                }
                options.add(option);
            }
        }
        return new MountRequest.Tmpfs(destination, options);
    }

    private static OptionalLong shmSize(Arguments arguments) {
        if (!arguments.has("shm-size")) {
            return OptionalLong.empty();
        }
        long size = Values.bytes("shm-size", arguments.value("shm-size"));
        if (size == 0) {
            throw new UserException("--shm-size 0 would be no limit at all; give a size such as 64m");
        }
        return OptionalLong.of(size);
    }

    private static ImageVolumes imageVolumes(String text) {
        return switch (text) {
            case "", "bind", "anonymous" -> ImageVolumes.ANONYMOUS;
            case "tmpfs" -> ImageVolumes.TMPFS;
            case "ignore" -> ImageVolumes.IGNORE;
            default -> throw new UserException("--image-volume '" + text + "' is none of bind, tmpfs and ignore");
        };
    }
}
