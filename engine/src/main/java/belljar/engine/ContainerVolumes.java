package belljar.engine;

import belljar.failure.HostException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import belljar.volume.VolumeStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The volumes that one container uses, written down in its directory before the first of them is made: so what is in
 * use is known from the files alone, and what a process that died has left is found.
 */
final class ContainerVolumes {
    private static final String NAME = "volumes.json";

    private final Path file;
    private final List<Use> uses;

    /**
     * One volume in one container.
     *
     * @param name the volume's name
     * @param destination where it is mounted
     * @param anonymous whether nobody chose the name
     */
    record Use(String name, String destination, boolean anonymous) {}

    private ContainerVolumes(Path file, List<Use> uses) {
        this.file = file;
        this.uses = uses;
    }

    /**
     * {@return the volumes of a container; none when it has no such file}
     *
     * @param directory the container's directory
     */
    static ContainerVolumes of(Path directory) {
        Path file = directory.resolve(NAME);
        String text = SmallFile.exists(file.toString()) ? SmallFile.readWhole(file.toString()) : "";
        List<Use> uses = new ArrayList<>();
        if (!text.isEmpty()) {
            try {
                for (Json each : Json.parse(text).asObject().list("volumes")) {
                    JsonObject use = each.asObject();
                    uses.add(new Use(use.text("name"), use.text("destination"), use.bool("anonymous", false)));
                }
            } catch (JsonException e) {
                throw new HostException("the file " + file + " is damaged (" + e.getMessage() + "); remove it", e);
            }
        }
        return new ContainerVolumes(file, uses);
    }

    List<Use> uses() {
        return uses;
    }

    /**
     * {@return the name of the volume at a destination, which is written down from now on}
     *
     * @param name the name that was chosen; empty for an anonymous volume, which stays the same for all of the
     *     container's life
     * @param destination where it is mounted
     */
    String use(String name, String destination) {
        for (Use use : uses) {
            boolean same = use.destination().equals(destination);
            if (same && (name.isEmpty() ? use.anonymous() : use.name().equals(name))) {
                return use.name();
            }
        }
        Use use = new Use(name.isEmpty() ? Names.newId() : name, destination, name.isEmpty());
        uses.add(use);
        write();
        return use.name();
    }

    private void write() {
        List<Json> list = new ArrayList<>();
        for (Use use : uses) {
            list.add(JsonObject.builder()
                    .put("name", use.name())
                    .put("destination", use.destination())
                    .put("anonymous", use.anonymous())
                    .build());
        }
        String text =
                JsonObject.builder().put("volumes", new Json.Arr(list)).build().toString();
        SmallFile.write(file, text, false);
    }

    /** {@return the name of the volume that was used last at a destination; empty when there is none} */
    String at(String destination) {
        for (int i = uses.size() - 1; i >= 0; i--) {
            if (uses.get(i).destination().equals(destination)) {
                return uses.get(i).name();
            }
        }
        return "";
    }

    /**
     * Removes the anonymous volumes of a container that is about to be removed, except for those that other containers
     * use. Where this process dies in between, the container is still there to be removed again.
     *
     * @param directory the container's directory, below {@code ROOT/containers}
     * @return the names of the volumes that went
     */
    static List<String> discard(Path directory) {
        Path containers = directory.getParent();
        List<String> gone = new ArrayList<>();
        if (containers == null || !SmallFile.exists(directory.resolve(NAME).toString())) {
            return gone;
        }
        VolumeStore store = Volumes.store(Volumes.beside(directory));
        for (Use use : of(directory).uses()) {
            // Asked under the volume's lock, for which whoever would use it from now on waits.
            if (use.anonymous()
                    && store.removeIf(
                            use.name(),
                            () -> users(containers, use.name(), directory).isEmpty())) {
                gone.add(use.name());
            }
        }
        return gone;
    }

    /**
     * {@return the ids of the containers that use a volume}
     *
     * @param containers the directory of all containers
     * @param name the volume's name
     * @param except a container's directory that does not count; {@code containers} for none
     */
    static List<String> users(Path containers, String name, Path except) {
        List<String> users = new ArrayList<>();
        for (String id : SmallFile.list(containers)) {
            Path directory = containers.resolve(id);
            if (!Names.isId(id) || directory.equals(except)) {
                continue;
            }
            for (Use use : of(directory).uses()) {
                if (use.name().equals(name) && !users.contains(id)) {
                    users.add(id);
                }
            }
        }
        return users;
    }
}
