package belljar.engine;

import belljar.engine.ContainerRecord.Status;
import belljar.failure.BelljarException;
import belljar.failure.UserException;
import belljar.image.Progress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Pods: containers that share namespaces, which an infra container holds. Safe for use by several threads and
 * processes.
 */
public final class Pods {
    private static final int SHORT_ID = 12;
    private static final RunIo QUIET = new RunIo(-1, -1, -1, Progress.NONE, RunIo.Observer.NONE);

    private final Engine engine;
    private final Book book;
    private final Lifecycle life;
    private final Events events;
    private final PodFiles files;

    Pods(Engine engine, Book book, Path root, Lifecycle life, Events events) {
        this.engine = engine;
        this.book = book;
        this.life = life;
        this.events = events;
        this.files = new PodFiles(book, root);
    }

    /** Does something to one container. */
    private interface Action {
        void on(ContainerRecord record);
    }

    /**
     * Makes a pod, with its infra container where it has one. Nothing runs yet.
     *
     * @param request what is asked
     * @return the pod
     * @throws UserException if the request is wrong or the name is taken
     */
    public PodRecord create(PodRequest request) {
        String id = Names.newId();
        String name = request.name().isEmpty() ? Names.newName() : request.name();
        Names.check(name);
        if (!request.infra() && !request.network().ports().isEmpty()) {
            throw new UserException("a pod without an infra container cannot publish ports; leave --infra=false out");
        }
        String hostname = request.network().hostname().isEmpty()
                ? name
                : request.network().hostname();
        PodRecord pod = new PodRecord(
                id,
                name,
                System.currentTimeMillis(),
                request.labels(),
                request.infra() ? request.shares() : List.of(),
                request.infra(),
                request.stopWithLast(),
                hostname);
        SmallFile.makeDirectories(files.directory(id).resolveSibling("root"));
        try (ContainerLock _ = ContainerLock.take(files.place(), "of all pods")) {
            for (PodRecord other : files.all()) {
                if (other.name().equals(name)) {
                    throw new UserException("the pod name '" + name + "' is in use by " + shortId(other.id())
                            + "; remove that pod or choose another name");
                }
            }
            files.save(pod);
        }
        boolean done = false;
        try {
            if (request.infra()) {
                engine.create(infra(pod, request.network()), QUIET);
            }
            done = true;
        } finally {
            if (!done) {
                forget(pod);
            }
        }
        event("create", pod);
        return pod;
    }

    private RunRequest infra(PodRecord pod, NetworkRequest network) {
        // A name longer than the kernel takes stays out: the infra container's id will do.
        NetworkRequest named = new NetworkRequest(
                        network.mode(),
                        pod.shares().contains("uts") && pod.hostname().length() <= 64 ? pod.hostname() : "",
                        network.addHosts(),
                        network.noHosts(),
                        network.dns(),
                        network.dnsSearch(),
                        network.dnsOptions())
                .with(
                        answering(network.networks(), pod.name()),
                        network.ports(),
                        network.publishAll(),
                        network.exposed());
        return RunRequest.of(files.pauseImage())
                .withName(shortId(pod.id()) + "-infra")
                .withNetwork(named)
                .withLife(LifeRequest.DEFAULT.withPod(pod.id()));
    }

    /** The pod is what others know, not what holds its namespaces. */
    private static List<NetworkAttachment> answering(List<NetworkAttachment> networks, String name) {
        List<NetworkAttachment> named = new ArrayList<>();
        for (NetworkAttachment network : networks) {
            named.add(network.withAlias(name));
        }
        return named;
    }

    private static String shortId(String id) {
        return id.substring(0, SHORT_ID);
    }

    private void event(String action, PodRecord pod) {
        events.append("pod", action, pod.id(), pod.name(), "", Map.copyOf(pod.labels()));
    }

    /** {@return all pods, the newest first} */
    public List<PodRecord> list() {
        List<PodRecord> all = files.all();
        all.sort((a, b) -> Long.compare(b.created(), a.created()));
        return all;
    }

    /**
     * {@return a pod}
     *
     * @param nameOrId its name, id, or the beginning of its id
     * @throws UserException if there is none, or more than one
     */
    public PodRecord find(String nameOrId) {
        Optional<PodRecord> found = Optional.empty();
        for (PodRecord pod : files.all()) {
            if (pod.name().equals(nameOrId)) {
                return pod;
            }
            if (!nameOrId.isEmpty() && pod.id().startsWith(nameOrId)) {
                if (found.isPresent()) {
                    throw new UserException("more than one pod's id begins with '" + nameOrId + "'; write more of it");
                }
                found = Optional.of(pod);
            }
        }
        return found.orElseThrow(
                () -> new UserException("there is no pod '" + nameOrId + "'; 'belljar pod ps' lists them"));
    }

    /** {@return whether there is a pod of that name, id, or beginning of an id} */
    public boolean exists(String nameOrId) {
        for (PodRecord pod : files.all()) {
            if (pod.name().equals(nameOrId) || !nameOrId.isEmpty() && pod.id().startsWith(nameOrId)) {
                return true;
            }
        }
        return false;
    }

    /** {@return a pod's containers as they are now, the infra container first} */
    public List<ContainerRecord> containers(PodRecord pod) {
        return files.containers(pod.id());
    }

    /** {@return whether a container is there to hold a pod's namespaces} */
    public boolean isInfra(ContainerRecord record) {
        return PodFiles.isInfra(record);
    }

    /** {@return a pod's state in Podman's words, by those of its containers} */
    public static String state(List<ContainerRecord> containers) {
        int running = 0;
        int paused = 0;
        int ended = 0;
        for (ContainerRecord record : containers) {
            running += record.status() == Status.RUNNING || record.status() == Status.STOPPING ? 1 : 0;
            paused += record.status() == Status.PAUSED ? 1 : 0;
            ended += record.status() == Status.EXITED ? 1 : 0;
        }
        int all = containers.size();
        if (all == 0) {
            return "Created";
        }
        if (running > 0) {
            return running == all ? "Running" : "Degraded";
        }
        if (paused == all) {
            return "Paused";
        }
        return ended == all ? "Exited" : ended > 0 ? "Stopped" : "Created";
    }

    /**
     * Starts all containers of a pod that do not run. One that fails does not keep the others from it.
     *
     * @throws BelljarException of the first that failed
     */
    public void start(PodRecord pod) {
        try (ContainerLock _ = lock(pod)) {
            startLocked(pod);
        }
    }

    private void startLocked(PodRecord pod) {
        each(containers(pod), record -> {
            if (!record.lives()) {
                engine.start(record.id());
            }
        });
        event("start", pod);
    }

    /**
     * Stops all containers of a pod: the infra container last, as the end of its first process ends all that are in a
     * process namespace with it.
     *
     * @param timeoutSeconds how long to wait before killing; empty for what the containers were made with
     */
    public void stop(PodRecord pod, OptionalInt timeoutSeconds) {
        try (ContainerLock _ = lock(pod)) {
            stopLocked(pod, timeoutSeconds);
        }
    }

    private void stopLocked(PodRecord pod, OptionalInt timeoutSeconds) {
        List<ContainerRecord> infra = new ArrayList<>();
        List<ContainerRecord> others = new ArrayList<>();
        for (ContainerRecord record : containers(pod)) {
            (PodFiles.isInfra(record) ? infra : others).add(record);
        }
        together(others, record -> life.stop(record.id(), timeoutSeconds));
        each(infra, record -> life.stop(record.id(), timeoutSeconds));
        event("stop", pod);
    }

    /** Stops all containers of a pod and starts them. */
    public void restart(PodRecord pod) {
        try (ContainerLock _ = lock(pod)) {
            stopLocked(pod, OptionalInt.empty());
            startLocked(pod);
        }
    }

    /** Sends a signal to the first process of each running container of a pod, the infra container's last. */
    public void kill(PodRecord pod, int signal) {
        each(containers(pod).reversed(), record -> {
            if (record.lives()) {
                life.kill(record.id(), signal);
            }
        });
        event("kill", pod);
    }

    /** Stops all processes of a pod until {@link #unpause}. */
    public void pause(PodRecord pod) {
        each(containers(pod), record -> {
            if (record.status() == Status.RUNNING) {
                engine.pause(record.id());
            }
        });
        event("pause", pod);
    }

    /** Lets the processes of a paused pod go on. */
    public void unpause(PodRecord pod) {
        each(containers(pod), record -> {
            if (record.status() == Status.PAUSED) {
                engine.unpause(record.id());
            }
        });
        event("unpause", pod);
    }

    /**
     * Removes a pod with its containers.
     *
     * @param force whether those that run are stopped first
     * @param timeoutSeconds how long that waits before it kills
     * @throws UserException if one runs and {@code force} does not say that this is no hindrance
     */
    public void remove(PodRecord pod, boolean force, OptionalInt timeoutSeconds) {
        try (ContainerLock _ = lock(pod)) {
            List<ContainerRecord> all = containers(pod);
            for (ContainerRecord record : all) {
                if (record.lives() && !force) {
                    throw new UserException("the pod " + pod.name() + " has running containers, such as "
                            + record.name() + "; stop it first, or remove it with --force");
                }
            }
            if (force) {
                stopLocked(pod, timeoutSeconds);
            }
            for (ContainerRecord record : all.reversed()) {
                if (book.exists(record.id())) {
                    life.remove(record.id(), new RemoveOptions(force, true, timeoutSeconds));
                }
            }
            forget(pod);
        }
        event("remove", pod);
    }

    private void forget(PodRecord pod) {
        book.removeDirectory(files.shared(pod.id()));
        book.removeDirectory(files.directory(pod.id()));
    }

    private ContainerLock lock(PodRecord pod) {
        return ContainerLock.take(files.directory(pod.id()), "of the pod " + pod.name());
    }

    /** {@return what is asked of a new container with its pod found, or made where it asks for a new one} */
    RunRequest admit(RunRequest request) {
        String asked = request.life().pod();
        if (asked.isEmpty() || request.image().startsWith(ImageChoice.PAUSE)) {
            return request;
        }
        NetworkRequest network = request.network();
        if (asked.startsWith("new:")) {
            PodRecord made = create(
                    new PodRequest(asked.substring(4), Map.of(), PodRequest.DEFAULT_SHARES, true, false, network));
            return request.withNetwork(NetworkRequest.DEFAULT)
                    .withLife(request.life().withPod(made.id()));
        }
        PodRecord pod = find(asked);
        if (pod.infra() && pod.shares().contains("net")) {
            boolean other = !network.networks().isEmpty()
                    || !network.ports().isEmpty()
                    || network.publishAll()
                    || !(network.mode() instanceof NamespaceMode.Default);
            if (other) {
                throw new UserException("the network and the published ports of a container in the pod " + pod.name()
                        + " are the pod's; give --network and --publish to 'belljar pod create'");
            }
        }
        return request.withLife(request.life().withPod(pod.id()));
    }

    /** Sees to it that the namespaces are there which a container is to join. */
    void prepare(String pod) {
        if (pod.isEmpty()) {
            return;
        }
        for (ContainerRecord record : files.containers(pod)) {
            if (PodFiles.isInfra(record) && book.pid(record.id()) == 0) {
                engine.start(record.id());
            }
        }
    }

    /** Stops what only holds namespaces that nobody is in any more, where that was asked for. */
    void leave() {
        for (PodRecord pod : files.all()) {
            if (pod.stopWithLast()) {
                try (ContainerLock _ = lock(pod)) {
                    List<ContainerRecord> all = containers(pod);
                    boolean last = all.size() > 0
                            && PodFiles.isInfra(all.get(0))
                            && all.get(0).lives();
                    for (ContainerRecord record : all.subList(Math.min(1, all.size()), all.size())) {
                        last &= !record.lives();
                    }
                    if (last) {
                        life.stop(all.get(0).id(), OptionalInt.empty());
                    }
                }
            }
        }
    }

    /** Keeps what holds a pod's namespaces from being removed while there is the pod. */
    void checkRemovable(ContainerRecord record) {
        if (PodFiles.isInfra(record)
                && SmallFile.exists(files.directory(record.pod()).toString())) {
            throw new UserException("the container " + record.name() + " holds the namespaces of the pod "
                    + files.of(record.pod()).name() + "; remove the pod with 'belljar pod rm'");
        }
    }

    /** Does something to each, and tells of the first failure when all are done. */
    private static void each(List<ContainerRecord> records, Action action) {
        List<BelljarException> failures = new ArrayList<>();
        for (ContainerRecord record : records) {
            act(record, action, failures);
        }
        tell(failures);
    }

    /** The same to all at once, since each may wait for long. */
    private static void together(List<ContainerRecord> records, Action action) {
        List<BelljarException> failures = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (ContainerRecord record : records) {
            threads.add(Thread.ofPlatform().daemon().start(() -> act(record, action, failures)));
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        tell(failures);
    }

    private static void act(ContainerRecord record, Action action, List<BelljarException> failures) {
        try {
            action.on(record);
        } catch (BelljarException e) {
            failures.add(e);
        }
    }

    private static void tell(List<BelljarException> failures) {
        if (!failures.isEmpty()) {
            BelljarException first = failures.get(0);
            for (BelljarException other : failures.subList(1, failures.size())) {
                first.addSuppressed(other);
            }
            throw first;
        }
    }
}
