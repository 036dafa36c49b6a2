package belljar.engine;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.image.LayerPacker;
import belljar.image.PackOptions;
import belljar.image.TarEntry;
import belljar.image.TarReader;
import belljar.linux.At;
import belljar.linux.Fs;
import belljar.linux.OpenFlags;
import belljar.linux.Stub;
import belljar.volume.Volume;
import belljar.volume.VolumeStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.ObjIntConsumer;

/**
 * Directories that containers share and that outlive them. A container uses the volumes that it names, whether it runs
 * or not, and one that is used is not removed.
 *
 * <p>Safe for use by several threads and processes.
 */
public final class Volumes {
    private static final int GENERATED_NAME_LENGTH = 64;

    private final Path containers;
    private final VolumeStore store;
    private final Lifecycle life;
    private final Events events;

    Volumes(Path root, Lifecycle life, Events events) {
        this.containers = root.resolve("containers");
        this.store = store(root.resolve("volumes"));
        this.life = life;
        this.events = events;
    }

    /**
     * {@return the volumes under a directory, whichever of this user's ids owns what is in them}
     *
     * @param directory such as {@code ROOT/volumes}
     */
    static VolumeStore store(Path directory) {
        return new VolumeStore(directory, HostLeftovers::removeTree);
    }

    /** {@return the directory of the volumes that a container can use} */
    static Path beside(Path container) {
        return container.resolveSibling("../volumes").normalize();
    }

    /** {@return the directory of the container that something is prepared for} */
    static Path containerOf(RunSite site) {
        Path directory = site.files().getParent();
        if (directory == null) {
            throw new IllegalArgumentException("a container's files are not in a directory: " + site.files());
        }
        return directory;
    }

    /**
     * Makes a volume.
     *
     * @param name its name; empty for one of 64 random hexadecimal digits, which makes it anonymous
     * @param labels free text by name
     * @param options {@code type}, {@code device} and {@code o}, as mount(8) takes them: a directory of the host
     *     ({@code o=bind}) or a file system in memory ({@code type=tmpfs}); none for a directory of its own
     * @return the volume
     * @throws UserException if the name or an option is malformed, or the volume exists
     */
    public Volume create(String name, Map<String, String> labels, Map<String, String> options) {
        String chosen = name.isEmpty() ? newName() : name;
        Volume volume = store.create(chosen, name.isEmpty(), labels, options);
        event("create", chosen);
        return volume;
    }

    private static String newName() {
        StringBuilder name = new StringBuilder();
        while (name.length() < GENERATED_NAME_LENGTH) {
            name.append(Names.newId());
        }
        return name.substring(0, GENERATED_NAME_LENGTH);
    }

    private void event(String action, String name) {
        events.append("volume", action, "", name, "", Map.of());
    }

    /** {@return all volumes, sorted by name} */
    public List<Volume> list() {
        return store.list();
    }

    /**
     * {@return whether there is a volume of a name}
     *
     * @param name its whole name
     */
    public boolean exists(String name) {
        return store.find(name).isPresent();
    }

    /**
     * {@return the volume of a name, or of the beginning of one}
     *
     * @param nameOrPart the name, or the beginning of exactly one
     * @throws UserException if there is none, or more than one
     */
    public Volume volume(String nameOrPart) {
        return store.require(nameOrPart);
    }

    /**
     * {@return the directory of a volume's content; empty and unused where the volume lies elsewhere}
     *
     * @param name the volume's whole name
     */
    public Path directory(String name) {
        return store.data(name);
    }

    /**
     * {@return the ids of the containers that use a volume, running or not}
     *
     * @param name the volume's whole name
     */
    public List<String> users(String name) {
        return ContainerVolumes.users(containers, name, containers);
    }

    /**
     * Removes a volume and its content. What lies elsewhere, by its options, stays.
     *
     * @param nameOrPart the name, or the beginning of exactly one
     * @param force whether containers that use it are stopped and removed first
     * @param timeoutSeconds how long to wait for them before killing them; empty for what they were made with
     * @throws UserException if there is none, or it is used
     */
    public void remove(String nameOrPart, boolean force, OptionalInt timeoutSeconds) {
        String name = store.require(nameOrPart).name();
        if (force) {
            for (String id : users(name)) {
                life.remove(id, new RemoveOptions(true, false, timeoutSeconds));
            }
        }
        boolean gone = store.remove(name, () -> {
            List<String> users = users(name);
            if (!users.isEmpty()) {
                throw new UserException("the volume '" + name + "' is used by the container"
                        + (users.size() == 1 ? " " : "s ") + shown(users)
                        + "; remove what uses it first, or add --force to remove both");
            }
        });
        if (gone) {
            event("remove", name);
        }
    }

    private static String shown(List<String> ids) {
        List<String> parts = new ArrayList<>();
        for (String id : ids) {
            parts.add(id.substring(0, Math.min(12, id.length())));
        }
        return String.join(", ", parts);
    }

    /** Says which of the unused volumes go. */
    public interface Choice {
        /** {@return whether a volume goes} */
        boolean takes(Volume volume);
    }

    /**
     * Removes volumes that no container uses.
     *
     * @param choice says which of them
     * @return the names of those that went
     */
    public List<String> prune(Choice choice) {
        List<String> gone = new ArrayList<>();
        for (Volume volume : store.list()) {
            if (users(volume.name()).isEmpty()
                    && choice.takes(volume)
                    && store.removeIf(volume.name(), () -> users(volume.name()).isEmpty())) {
                gone.add(volume.name());
                event("remove", volume.name());
            }
        }
        event("prune", "");
        return gone;
    }

    /**
     * {@return what a container has mounted of the host's directories and of volumes, for another one to mount the
     * same}
     *
     * @param id the container's whole id
     */
    public List<MountRequest> of(String id) {
        return mounts(containers.resolve(id));
    }

    /** {@return as above, of the container in a directory} */
    static List<MountRequest> mounts(Path directory) {
        List<MountRequest> mounts = new ArrayList<>();
        ContainerVolumes used = ContainerVolumes.of(directory);
        List<String> covered = new ArrayList<>();
        for (MountRequest mount : RequestFile.load(directory).storage().mounts()) {
            String destination = MountPaths.clean(mount.destination());
            covered.add(destination);
            List<String> options = new ArrayList<>(mount.options());
            options.remove("U");
            if (mount instanceof MountRequest.Bind bind) {
                mounts.add(new MountRequest.Bind(bind.source(), destination, options));
            } else if (mount instanceof MountRequest.Volume volume) {
                String name = volume.name().isEmpty() ? used.at(destination) : volume.name();
                mounts.add(new MountRequest.Volume(name, destination, options));
            }
        }
        for (ContainerVolumes.Use use : used.uses()) {
            if (!covered.contains(use.destination())) {
                covered.add(use.destination());
                mounts.add(new MountRequest.Volume(use.name(), use.destination(), List.of()));
            }
        }
        return mounts;
    }

    /**
     * Writes a volume's content as a tar archive, with the owners that its files have in a container of this user's.
     *
     * @param nameOrPart the volume
     * @param out receives the archive; neither flushed nor closed
     * @throws UserException if there is none, or it is a file system in memory
     */
    public void export(String nameOrPart, OutputStream out) {
        within(store.require(nameOrPart), (fs, fd) -> LayerPacker.pack(fs, fd, out, PackOptions.TREE));
    }

    /**
     * Adds the files of a tar archive to a volume; those of the same names give way.
     *
     * @param nameOrPart the volume
     * @param in the archive, not compressed
     * @throws UserException if there is none, or it is a file system in memory
     */
    public void importFrom(String nameOrPart, InputStream in) {
        Volume volume = store.require(nameOrPart);
        if (!volume.filled()) {
            // Whoever brings content does not want the image's.
            store.fill(volume.name(), data -> {});
        }
        within(volume, (fs, fd) -> {
            TarReader reader = TarReader.of(in);
            TreeMaker.Looks same = new TreeMaker.Looks(TreeOwners.SAME, -1, -1, false);
            TreeMaker maker = new TreeMaker(fs, fd, same, true);
            for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
                InputStream content = reader.content();
                maker.put(entry.get(), (into, start, length) -> read(content, into, start, length));
            }
            maker.finish();
        });
    }

    private static int read(InputStream content, byte[] into, int start, int length) {
        try {
            return Math.max(0, content.read(into, start, length));
        } catch (IOException e) {
            throw new HostException("cannot read the archive: " + e.getMessage(), e);
        }
    }

    private void within(Volume volume, ObjIntConsumer<Fs> work) {
        if (volume.type().equals("tmpfs")) {
            throw new UserException("the volume '" + volume.name()
                    + "' is a file system in memory, which only its containers see; use 'belljar cp'");
        }
        String path =
                volume.mounted() ? volume.device() : directory(volume.name()).toString();
        if (!IdMapping.rootless()) {
            within(Fs.HOST, path, work);
            return;
        }
        try (Stub stub = NamespaceOwner.start(IdMapping.own())) {
            within(new Fs(stub), path, work);
        }
    }

    private static void within(Fs fs, String path, ObjIntConsumer<Fs> work) {
        int fd = fs.open(At.FDCWD, path, OpenFlags.DIRECTORY, 0);
        try {
            work.accept(fs, fd);
        } finally {
            fs.close(fd);
        }
    }
}
