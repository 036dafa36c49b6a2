package belljar.api;

import belljar.engine.ContainerRecord;
import belljar.engine.Readiness;
import belljar.engine.RemoveOptions;
import belljar.engine.RunIo;
import belljar.engine.RunRequest;
import belljar.failure.UserException;
import belljar.image.Images;
import belljar.image.Platform;
import belljar.image.Progress;
import belljar.image.RegistryOptions;
import belljar.image.StoredImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Containers and images of one pair of directories, shared with the command line and with every other process that has
 * opened them. There is no daemon to talk to: this process does the work itself.
 *
 * <p>Safe for use by several threads.
 */
public final class Engine implements AutoCloseable {
    private static final RunIo QUIET = new RunIo(-1, -1, -1, Progress.NONE, RunIo.Observer.NONE);

    private final belljar.engine.Engine engine;
    private final Readiness ready;
    private final Path root;
    private final Set<Container> bound = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;
    private @Nullable Thread hook;

    private Engine(belljar.engine.Engine engine, Path root) {
        this.engine = engine;
        this.ready = engine.stayReady();
        this.root = root;
    }

    /**
     * Opens the engine where the command line has it: {@code /var/lib/belljar} and {@code /run/belljar} for root, the
     * directories of the XDG Base Directory Specification for others; {@code BELLJAR_ROOT} and {@code BELLJAR_STATE} in
     * the environment override them.
     *
     * @return the engine, to be closed
     * @throws belljar.failure.HostException if the directories cannot be made or read
     */
    public static Engine open() {
        return open(Locations.root(), Locations.state());
    }

    /**
     * Opens the engine on two directories, and cleans up after processes that died: bound containers of a JVM that was
     * killed are removed.
     *
     * @param root where images and containers are kept; made when it is missing
     * @param state where is kept what does not outlive a boot, on a file system that does not either; made likewise
     * @return the engine, to be closed
     * @throws belljar.failure.HostException if the directories cannot be made or read
     */
    public static Engine open(Path root, Path state) {
        Path absolute = root.toAbsolutePath();
        return Work.finish(() -> {
            belljar.engine.Engine engine = belljar.engine.Engine.open(absolute, state.toAbsolutePath());
            for (ContainerRecord record : engine.containers()) {
                if (Owner.isGone(record.annotations())) {
                    remove(engine, record.id());
                }
            }
            return new Engine(engine, absolute);
        });
    }

    /** Two processes may find the same one at the same time. */
    private static void remove(belljar.engine.Engine engine, String id) {
        try {
            engine.remove(id, RemoveOptions.FORCE);
        } catch (UserException another) {
            // Somebody else is removing it, or has done so.
        }
    }

    /**
     * Makes and starts a container that is bound to this JVM: it is killed and removed when its handle or this engine
     * is closed, and when the JVM ends. Should the JVM be killed itself, the next {@link #open} on the same directories
     * does it.
     *
     * <p>An image that is not in the store is fetched first, which may take long. When this fails, nothing is left.
     *
     * @param plan what to run
     * @return the container, which runs
     * @throws InterruptedException if the thread is interrupted; a container that was started meanwhile is removed
     * @throws UserException if the plan is wrong
     * @throws belljar.failure.GuestException if the image's program cannot be run
     * @throws belljar.failure.HostException if the host fails
     */
    public Container start(ContainerPlan plan) throws InterruptedException {
        hook();
        Map<String, String> annotations = new HashMap<>(plan.request().annotations());
        annotations.putAll(Owner.ANNOTATIONS);
        RunRequest request = annotated(plan.request(), annotations);
        Container container = Work.call(
                () -> {
                    Container made = launch(request, Optional.of(this));
                    bound.add(made);
                    return made;
                },
                this::abandon,
                false);
        if (closed) {
            container.close();
            throw new UserException("the engine is closed; open another one");
        }
        return container;
    }

    private Container launch(RunRequest request, Optional<Engine> owner) {
        ContainerRecord record = engine.runDetached(request, QUIET);
        boolean made = false;
        try {
            Container container = new Container(engine, record, owner);
            made = true;
            return container;
        } finally {
            if (!made) {
                remove(engine, record.id());
            }
        }
    }

    private void abandon(Container container) {
        bound.remove(container);
        container.removeNow();
    }

    private static RunRequest annotated(RunRequest asked, Map<String, String> annotations) {
        return new RunRequest(
                asked.image(),
                asked.pull(),
                asked.platform(),
                asked.name(),
                asked.isolation(),
                asked.remove(),
                asked.cidFile(),
                asked.quiet(),
                asked.registry(),
                asked.process(),
                asked.storage(),
                asked.security(),
                asked.namespaces(),
                asked.network(),
                asked.resources(),
                asked.labels(),
                annotations,
                asked.life());
    }

    /**
     * Makes and starts a container that lives on without this JVM, like one of {@code belljar run -d}.
     *
     * @param plan what to run
     * @return the container, which runs; closing the handle does nothing to it
     * @throws InterruptedException if the thread is interrupted; a container that was started meanwhile is removed
     * @throws UserException if the plan is wrong
     * @throws belljar.failure.GuestException if the image's program cannot be run
     * @throws belljar.failure.HostException if the host fails
     */
    public Container startDetached(ContainerPlan plan) throws InterruptedException {
        checkOpen();
        return Work.call(() -> launch(plan.request(), Optional.empty()), Container::removeNow, false);
    }

    /**
     * Runs a container to its end, captures what it writes, and removes it.
     *
     * @param plan what to run; without an end it would never return
     * @return what it said and how it ended
     * @throws InterruptedException if the thread is interrupted; the container is killed and removed then
     * @throws UserException if the plan is wrong
     * @throws belljar.failure.GuestException if the image's program cannot be run
     * @throws belljar.failure.HostException if the host fails
     */
    public Captured run(ContainerPlan plan) throws InterruptedException {
        try (Container container = start(plan)) {
            Exit exit = container.waitFor();
            try (InputStream out = container.stdout();
                    InputStream err = container.stderr()) {
                return new Captured(exit, out.readAllBytes(), err.readAllBytes());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * {@return a handle on an existing container, which is not bound; empty when there is none}
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @throws UserException if more than one id begins so
     */
    public Optional<Container> find(String nameOrId) {
        checkOpen();
        return Work.finish(() -> {
            for (ContainerRecord record : engine.containers()) {
                if (record.name().equals(nameOrId) || record.id().startsWith(nameOrId)) {
                    return Optional.of(new Container(engine, engine.container(nameOrId), Optional.empty()));
                }
            }
            return Optional.empty();
        });
    }

    /** {@return handles on all containers, running or not, the newest first; none is bound} */
    public List<Container> containers() {
        checkOpen();
        return Work.finish(() -> {
            List<Container> all = new ArrayList<>();
            for (ContainerRecord record : engine.containers()) {
                all.add(new Container(engine, record, Optional.empty()));
            }
            return all;
        });
    }

    /**
     * Fetches an image into the store, or does nothing but look when it is there and up to date.
     *
     * @param name the image, as {@code belljar pull} names it
     * @return the image
     * @throws InterruptedException if the thread is interrupted; the fetching is broken off as soon as it can be, and
     *     what was fetched is found again by the next
     * @throws UserException if there is no such image
     * @throws belljar.failure.HostException if it cannot be fetched
     */
    public StoredImage pull(String name) throws InterruptedException {
        checkOpen();
        return Work.call(
                () -> images().pull(name, Platform.HOST, RegistryOptions.defaults(), Progress.NONE),
                pulled -> {},
                true);
    }

    /** {@return the images of this engine; what they do may block the calling thread, virtual or not} */
    public Images images() {
        return belljar.engine.Engine.images(root);
    }

    private void checkOpen() {
        if (closed) {
            throw new UserException("the engine is closed; open another one");
        }
    }

    private synchronized void hook() {
        checkOpen();
        if (hook == null) {
            Thread thread = new Thread(this::removeBound, "belljar-shutdown");
            Runtime.getRuntime().addShutdownHook(thread);
            hook = thread;
        }
    }

    void forget(Container container) {
        bound.remove(container);
    }

    private void removeBound() {
        closed = true;
        for (Container container : List.copyOf(bound)) {
            try {
                container.removeNow();
            } catch (RuntimeException another) {
                // The others must go all the same; this one is removed by whoever opens the engine next.
                continue;
            }
            bound.remove(container);
        }
    }

    /** Kills and removes all containers that are bound to this engine. Not interruptible, and never fails. */
    @Override
    public void close() {
        boolean _ = Work.finish(() -> {
            removeBound();
            ready.close();
            return true;
        });
        synchronized (this) {
            if (hook != null) {
                try {
                    Runtime.getRuntime().removeShutdownHook(hook);
                } catch (IllegalStateException ending) {
                    // The JVM is ending and the hook has begun.
                }
                hook = null;
            }
        }
    }
}
