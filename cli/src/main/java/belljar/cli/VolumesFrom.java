package belljar.cli;

import belljar.engine.Engine;
import belljar.engine.MountRequest;
import belljar.engine.RunRequest;
import belljar.engine.StorageRequest;
import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.List;

/** Reads {@code --volumes-from CONTAINER[:OPTIONS]}. */
final class VolumesFrom {
    private VolumesFrom() {}

    /** {@return what is asked with the mounts of other containers, where nothing else was asked for at their places} */
    static RunRequest added(Arguments arguments, Engine engine, RunRequest request) {
        if (!arguments.has("volumes-from")) {
            return request;
        }
        StorageRequest storage = request.storage();
        List<MountRequest> mounts = new ArrayList<>(storage.mounts());
        for (String text : arguments.values("volumes-from")) {
            int colon = text.indexOf(':');
            String name = colon < 0 ? text : text.substring(0, colon);
            boolean readonly = isReadonly(text, colon < 0 ? "" : text.substring(colon + 1));
            String id = engine.container(name).id();
            for (MountRequest mount : engine.volumes().of(id)) {
                if (!taken(mounts, mount.destination())) {
                    mounts.add(readonly ? readonly(mount) : mount);
                }
            }
        }
        return request.withStorage(storage.withMounts(mounts));
    }

    private static boolean isReadonly(String text, String options) {
        boolean readonly = false;
        for (String option : Text.split(options, ',')) {
            switch (option) {
                case "", "rw" -> readonly = false;
                case "ro" -> readonly = true;
                case "z" -> MountWords.checkRelabel("volumes-from", text);
                default ->
                    throw new UserException("--volumes-from '" + text + "': '" + option + "' is none of ro, rw and z");
            }
        }
        return readonly;
    }

    private static MountRequest readonly(MountRequest mount) {
        List<String> options = new ArrayList<>(mount.options());
        options.remove("rw");
        if (!options.contains("ro")) {
            options.add("ro");
        }
        return switch (mount) {
            case MountRequest.Bind bind -> new MountRequest.Bind(bind.source(), bind.destination(), options);
            case MountRequest.Volume volume -> new MountRequest.Volume(volume.name(), volume.destination(), options);
            case MountRequest.Tmpfs tmpfs -> new MountRequest.Tmpfs(tmpfs.destination(), options);
        };
    }

    private static boolean taken(List<MountRequest> mounts, String destination) {
        for (MountRequest mount : mounts) {
            String other = mount.destination();
            if (other.equals(destination) || other.equals(destination + "/")) {
                return true;
            }
        }
        return false;
    }
}
