package belljar.engine;

import belljar.container.ContainerProcess;
import belljar.container.HostIsolation;
import belljar.failure.UserException;
import belljar.image.Images;
import belljar.linux.Cgroups;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Isolation;
import belljar.sandbox.Phases;
import belljar.sandbox.Resources;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Runs containers and keeps the book of them. It needs no daemon: every process opens an engine on the same two
 * directories, and what one that died has left is cleaned up by the next.
 *
 * <p>Safe for use by several threads.
 */
public final class Engine {
    private final Path root;
    private final Cgroups cgroups;
    private final Book book;
    private final Isolation container;

    private Engine(Path root, Path state) {
        this.root = root;
        HostKernel.INSTANCE.call(Nr.GETPID);
        Phases.mark("link to the kernel");
        this.cgroups = Cgroups.detect();
        this.book = new Book(root, state, new HostLeftovers(cgroups), (id, pid, claim) -> false);
        this.container = new HostIsolation(cgroups);
    }

    /**
     * Opens the engine and cleans up after processes that died.
     *
     * @param root where images and containers are kept, such as {@code /var/lib/belljar}
     * @param state where is kept what does not outlive a boot, such as {@code /run/belljar}
     * @return the engine
     * @throws belljar.failure.HostException if the directories cannot be made or read
     */
    public static Engine open(Path root, Path state) {
        Engine engine = new Engine(root.toAbsolutePath(), state.toAbsolutePath());
        engine.book.repair();
        return engine;
    }

    /**
     * Runs a container in the foreground until its program ends.
     *
     * @param request what to run
     * @param io how it is connected to the caller
     * @return the program's exit code: its own, or 128 + the signal that ended it
     * @throws UserException if the request is wrong
     * @throws belljar.failure.GuestException if the image's program cannot be run
     * @throws belljar.failure.HostException if the host fails
     */
    public int run(RunRequest request, RunIo io) {
        if (!request.name().isEmpty()) {
            Names.check(request.name());
        }
        Isolation isolation = isolation(request.isolation());
        IdMaps maps = UserIds.of(request.namespaces(), IdMapping.rootless());
        Images images = maps.within().isPresent() ? Images.open(root, new NamespaceOwner(maps)) : images(root);
        PreparedImage image = new ImageChoice(images).prepare(request, io);
        Phases.mark("find the image");
        return new ForegroundRun(book, isolation, request, io, image, root, maps).run();
    }

    /**
     * {@return the images under a directory, whose layers have the ids that this user's containers have} Root's have
     * the host's; an ordinary user's have those that /etc/subuid and /etc/subgid grant, or their own alone.
     *
     * @param root where images are kept, such as {@code /var/lib/belljar}
     */
    public static Images images(Path root) {
        Path store = root.toAbsolutePath();
        return IdMapping.rootless() ? Images.open(store, new NamespaceOwner(IdMaps.NONE)) : Images.open(store);
    }

    private Isolation isolation(String kind) {
        return switch (kind) {
            case "container" -> container;
            case "sentry", "vm", "unikernel" ->
                throw new UserException("the isolation '" + kind
                        + "' is not built yet; 'container' is what this version of Belljar has");
            default -> throw new UserException("unknown isolation '" + kind + "'; there are container, sentry and vm");
        };
    }

    /** {@return all containers, the newest first} */
    public List<ContainerRecord> containers() {
        return book.list();
    }

    /**
     * {@return a container as it is now}
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @throws UserException if there is none
     */
    public ContainerRecord container(String nameOrId) {
        return book.find(nameOrId);
    }

    /**
     * {@return what was asked of a container}
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @throws UserException if there is none, or its request was not kept
     */
    public RunRequest request(String nameOrId) {
        return RequestFile.load(book.directory(book.find(nameOrId).id()));
    }

    /**
     * {@return the first process of a running container, as the host sees it}
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @throws UserException if there is none, or it does not run
     */
    public long pid(String nameOrId) {
        long pid = book.pid(book.find(nameOrId).id());
        if (pid == 0) {
            throw new UserException(
                    "the container '" + nameOrId + "' does not run; 'belljar start " + nameOrId + "' starts it");
        }
        return pid;
    }

    /**
     * {@return the directory of a container's files: its record, log and changes}
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @throws UserException if there is none
     */
    public Path directory(String nameOrId) {
        return book.directory(book.find(nameOrId).id());
    }

    /**
     * Removes a container.
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @throws UserException if there is none, or it runs
     */
    public void remove(String nameOrId) {
        ContainerRecord record = book.find(nameOrId);
        if (book.isLive(record.id())) {
            throw new UserException("the container '" + nameOrId + "' is running; end it first");
        }
        book.remove(record, book.claim(record.id()));
    }

    /**
     * Runs a further program in a running container until it ends.
     *
     * @param nameOrId the container's name, id, or the beginning of its id
     * @param request what to run
     * @param io how it is connected to the caller
     * @return the program's exit code: its own, or 128 + the signal that ended it
     * @throws UserException if there is no such container, it does not run or is paused, or the request is wrong
     * @throws belljar.failure.GuestException if the program cannot be run
     */
    public int exec(String nameOrId, ExecRequest request, RunIo io) {
        ContainerRecord record = book.find(nameOrId);
        return control().exec(isolation(record.isolation()), record, request, io);
    }

    /**
     * Starts a further program in a running container and lets go of it: it has no streams, and nobody learns of its
     * end.
     *
     * @param nameOrId the container's name, id, or the beginning of its id
     * @param request what to run; without a terminal
     * @throws UserException as above
     * @throws belljar.failure.GuestException if the program cannot be run
     */
    public void execDetached(String nameOrId, ExecRequest request) {
        ContainerRecord record = book.find(nameOrId);
        control().execDetached(isolation(record.isolation()), record, request);
    }

    /**
     * Stops all processes of a container until {@link #unpause}.
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @throws UserException if there is no such container, it does not run, is paused already, or has no cgroup
     * @throws belljar.failure.HostException if this host has no freezer
     */
    public void pause(String nameOrId) {
        control().pause(book.find(nameOrId));
    }

    /**
     * Lets the processes of a paused container go on.
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @throws UserException if there is no such container, or it is not paused
     */
    public void unpause(String nameOrId) {
        control().unpause(book.find(nameOrId));
    }

    /**
     * Changes limits of a container: at once when it runs, and for each further start.
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @param changes the new limits; empty ones stay as they are, and device rules are not changed
     * @throws UserException if there is no such container, or this host cannot hold a limit; then none of those that
     *     follow it is changed, and nothing is kept for further starts
     */
    public void update(String nameOrId, Resources changes) {
        control().update(book.find(nameOrId), changes);
    }

    /**
     * {@return what a running container uses}
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @throws UserException if there is no such container, or it does not run
     */
    public Usage usage(String nameOrId) {
        return control().usage(book.find(nameOrId));
    }

    /**
     * {@return the processes of a running container, the lowest host number first}
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @throws UserException if there is no such container, or it does not run
     */
    public List<ContainerProcess> processes(String nameOrId) {
        return control().processes(book.find(nameOrId));
    }

    /**
     * {@return a small file of a running container as its programs see it; empty when there is no such regular file or
     * it is too long}
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @param path an absolute path in it
     * @param limit the most bytes
     * @throws UserException if there is no such container, or it does not run
     */
    public Optional<String> file(String nameOrId, String path, int limit) {
        return control().file(book.find(nameOrId), path, limit);
    }

    private Control control() {
        return new Control(book, root, cgroups);
    }

    /**
     * {@return whether a container still needs an image, which therefore cannot be removed}
     *
     * @param imageId the image's id
     */
    public boolean usesImage(String imageId) {
        for (ContainerRecord record : book.list()) {
            if (record.imageId().equals(imageId)) {
                return true;
            }
        }
        return false;
    }

    /** {@return what can be done with the files of containers} */
    public ContainerFiles files() {
        return new ContainerFiles(book, images(root));
    }
}
