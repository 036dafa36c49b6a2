package belljar.engine;

import belljar.container.ContainerProcess;
import belljar.failure.UserException;
import belljar.image.ImageConfig;
import belljar.image.Images;
import belljar.json.JsonObject;
import belljar.linux.Cgroups;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import belljar.network.Networks;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Phases;
import belljar.sandbox.Resources;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

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
    private final HostTools tools;
    private final Events events;
    private final Lifecycle life;
    private final Afterwards afterwards;
    private final ContainerNetworks networks;
    private final HelperStart helper;
    private final Starting starting;
    private final Health health;
    private final Attaching attaching;
    private final Pods pods;

    private Engine(Path root, Path state, Supplier<List<String>> program) {
        this.root = root;
        HostKernel.INSTANCE.call(Nr.GETPID);
        Phases.mark("link to the kernel");
        this.cgroups = Cgroups.detect();
        this.events = Events.of(state);
        this.afterwards = new Afterwards(root, state, program);
        this.helper = new HelperStart(root, state, afterwards);
        this.networks = new ContainerNetworks(root, state, helper);
        this.book = new Book(root, state, new HostLeftovers(cgroups, networks, events));
        this.tools = new HostTools(root, cgroups);
        this.life = new Lifecycle(book, events);
        this.health = new Health(book, events, new HealthActions(this, helper, afterwards));
        KeptRun kept = new KeptRun(book, events, afterwards, networks, health);
        book.adopter(kept);
        this.pods = new Pods(this, book, root, life, events);
        this.starting = new Starting(book, root, life, kept, events, tools, networks, health, pods);
        this.attaching = new Attaching(book, life, starting);
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
        return open(root, state, List::of);
    }

    /**
     * Opens the engine for a program that can be started again, so that what is to be done when a container ends while
     * no command is there (to start it again, to remove it) is done by another run of it; otherwise the next command
     * does it. A keeper that is replaced at once, since it died, is told so too.
     *
     * @param root as for {@link #open(Path, Path)}
     * @param state as for {@link #open(Path, Path)}
     * @param program gives the program by its absolute path, and the arguments before a command's own; asked when
     *     needed
     * @return the engine
     * @throws belljar.failure.HostException if the directories cannot be made or read
     */
    public static Engine open(Path root, Path state, Supplier<List<String>> program) {
        Engine engine = new Engine(root.toAbsolutePath(), state.toAbsolutePath(), program);
        engine.book.repair();
        engine.networks.networks().finishRemovals();
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
        return starting.runForeground(request, io);
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

    /** {@return what from now on is ready for containers to come, to be closed} */
    public Readiness stayReady() {
        return tools.stayReady();
    }

    /** {@return the networks that containers can be connected to} */
    public Networks networks() {
        return networks.networks();
    }

    /** {@return what changes which networks a container is in} */
    public Membership membership() {
        return new Membership(book, life, networks);
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

    /** {@return the volumes beside these containers} */
    public Volumes volumes() {
        return new Volumes(root, life, events);
    }

    /** {@return the journal of what happens to the things of this engine} */
    public Events events() {
        return events;
    }

    /**
     * Makes a container that does not run yet.
     *
     * @param request what is asked
     * @param io is told how the fetching of the image goes; its descriptors are not used
     * @return the container
     * @throws UserException if the request is wrong
     * @throws belljar.failure.HostException if the host fails
     */
    public ContainerRecord create(RunRequest request, RunIo io) {
        return starting.create(request, io);
    }

    /**
     * Makes and starts a container that lives on without this process. When that fails, nothing is left of it.
     *
     * @param request what is asked
     * @param io is told how the fetching of the image goes; its descriptors are not used
     * @return the container
     * @throws UserException if the request is wrong
     * @throws belljar.failure.GuestException if the image's program cannot be run
     * @throws belljar.failure.HostException if the host fails
     */
    public ContainerRecord runDetached(RunRequest request, RunIo io) {
        return starting.runDetached(request, io);
    }

    /**
     * Starts a container that does not run; does nothing to one that does.
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @throws UserException if there is no such container, or another command is at work on it
     * @throws belljar.failure.GuestException if its program cannot be run
     * @throws belljar.failure.HostException if the host fails
     */
    public void start(String nameOrId) {
        starting.start(nameOrId, 0, RunIo.Observer.NONE);
    }

    /**
     * Starts a container, unless it runs, with the caller attached to it.
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @param io the caller's descriptors
     * @param options how the caller is attached
     * @return the exit code; empty when the caller left
     */
    public OptionalInt startAttached(String nameOrId, RunIo io, AttachOptions options) {
        return attaching.start(book.find(nameOrId), io, options);
    }

    /**
     * Makes and starts a container with the caller attached to it, who can leave it by keys.
     *
     * @param request what is asked
     * @param io how the caller is connected
     * @param options how the caller is attached
     * @return the exit code; empty when the caller left
     */
    public OptionalInt runAttached(RunRequest request, RunIo io, AttachOptions options) {
        return attaching.run(create(request, io), io, options);
    }

    /**
     * Attaches the caller to a running container that was started detached.
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @param io the caller's descriptors
     * @param options how the caller is attached
     * @return the exit code; empty when the caller left
     * @throws UserException if there is no such container, or it does not run
     */
    public OptionalInt attach(String nameOrId, RunIo io, AttachOptions options) {
        return attaching.attach(book.find(nameOrId), io, options);
    }

    /**
     * {@return the file that a container's output is written to}
     *
     * @param nameOrId its name, id, or the beginning of its id
     */
    public Path logFile(String nameOrId) {
        return KeptRun.logFile(book, book.find(nameOrId).id());
    }

    /**
     * Stops a container, if it runs, and starts it.
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @param timeout how long to wait before killing it; empty for what the container was made with, or 10 seconds
     */
    public void restart(String nameOrId, Optional<Duration> timeout) {
        starting.restart(nameOrId, Lifecycle.seconds(timeout), RunIo.Observer.NONE);
    }

    /**
     * Does what is to be done now that a container has ended: removes it, starts it again after a while, or neither.
     *
     * @param id its whole id; nothing is done when there is no such container
     */
    public void cleanUp(String id) {
        starting.cleanUp(id);
    }

    /**
     * Stops a container: asks its first process to end, and kills it when it does not. Does nothing to one that does
     * not run, but for keeping its restart policy from starting it again.
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @param timeout how long to wait between the two, whole seconds; empty for what the container was made with, or 10
     * @return whether it ran
     * @throws UserException if there is no such container, or another command is at work on it
     * @throws belljar.failure.HostException if it does not die
     */
    public boolean stop(String nameOrId, Optional<Duration> timeout) {
        return life.stop(nameOrId, Lifecycle.seconds(timeout));
    }

    /**
     * Sends a signal to a container's first process. After SIGKILL it waits for its end.
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @param signal the signal's number, 1 to 64
     * @throws UserException if there is no such container, or it does not run
     */
    public void kill(String nameOrId, int signal) {
        life.kill(nameOrId, signal);
    }

    /**
     * Gives a container another name.
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @param name the new name
     * @throws UserException if there is no such container, or the name is taken or not valid
     */
    public void rename(String nameOrId, String name) {
        life.rename(nameOrId, name);
    }

    /**
     * Waits until a container is in one of several conditions.
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @param conditions the conditions, at least one
     * @param interval how often to look where the kernel does not tell
     * @return the container's exit code; {@link ContainerRecord#UNKNOWN} when it has none or nobody knows it
     * @throws UserException if there is no such container
     * @throws belljar.failure.HostException if the thread is interrupted
     */
    public int waitFor(String nameOrId, List<WaitCondition> conditions, Duration interval) {
        return life.waitFor(nameOrId, conditions, Math.max(1, interval.toMillis()));
    }

    /**
     * Removes a container.
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @param options how
     * @throws UserException if there is none, or it runs and {@code options} do not say to stop it
     */
    public void remove(String nameOrId, RemoveOptions options) {
        pods.checkRemovable(book.find(nameOrId));
        life.remove(nameOrId, options);
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
        return control().exec(tools.isolation(record.isolation()), record, request, io);
    }

    /**
     * Starts a further program in a running container and lets go of it, without streams: nobody learns of its end.
     *
     * @param nameOrId the container's name, id, or the beginning of its id
     * @param request what to run; without a terminal
     * @return an id that is this start's alone and that nothing is known by
     * @throws UserException as above
     * @throws belljar.failure.GuestException if the program cannot be run
     */
    public String execDetached(String nameOrId, ExecRequest request) {
        ContainerRecord record = book.find(nameOrId);
        return control().execDetached(tools.isolation(record.isolation()), record, request);
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

    private Control control() {
        return new Control(book, root, cgroups, events);
    }

    /** {@return whether a container still needs the image of an id, which therefore cannot be removed} */
    public boolean usesImage(String imageId) {
        return book.usesImage(imageId);
    }

    /**
     * Makes a health check now. Blocks in the kernel, so better not called from a virtual thread.
     *
     * @param nameOrId the container's name, id, or the beginning of its id
     * @return whether it succeeded
     * @throws UserException if there is no such container, it does not run, is paused or has no check
     */
    public boolean checkHealth(String nameOrId) {
        return health.checkNow(book.find(nameOrId));
    }

    /** {@return what the checks of a container found, see {@link Health#describeWithCheck}} */
    JsonObject health(String nameOrId) {
        return health.describeWithCheck(book.find(nameOrId).id());
    }

    /**
     * Sees to it that what no command can wait for, such as checks by the clock, goes on where the {@linkplain Helper
     * process} that did it was killed.
     */
    public void resume() {
        helper.revive();
        health.resume();
    }

    /** {@return what a helper process of this engine has to do, see {@link Helper#serve}} */
    public List<Helper.Duty> duties() {
        return List.of(new NamesDuty(networks.networks()), new HealthDuty(health), new Deadlines(book));
    }

    /** {@return what the image of a container says; empty when it is a directory, or gone} */
    Optional<ImageConfig> image(ContainerRecord record) {
        return tools.image(record);
    }

    /** {@return the pods of this engine} */
    public Pods pods() {
        return pods;
    }

    /** {@return what can be done with the files of containers} */
    public ContainerFiles files() {
        return new ContainerFiles(book, images(root));
    }

    /** {@return the streams of containers and of programs in them, for callers that wait in ways of their own} */
    public ContainerStreams streams() {
        return new ContainerStreams(book, life, control(), tools);
    }
}
