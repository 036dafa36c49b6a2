package belljar.engine;

import belljar.engine.ContainerRecord.Status;
import belljar.failure.BelljarException;
import belljar.failure.UserException;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Isolation;
import belljar.sandbox.Phases;
import java.nio.file.Path;
import java.util.OptionalInt;

/** Starts containers that are in the book, for the first time, again, and as their restart policies have it. */
final class Starting {
    private final Book book;
    private final Path root;
    private final Lifecycle life;
    private final KeptRun kept;
    private final Events events;
    private final HostTools tools;
    private final ContainerNetworks networks;
    private final Health health;
    private final Pods pods;

    Starting(
            Book book,
            Path root,
            Lifecycle life,
            KeptRun kept,
            Events events,
            HostTools tools,
            ContainerNetworks networks,
            Health health,
            Pods pods) {
        this.book = book;
        this.root = root;
        this.life = life;
        this.kept = kept;
        this.events = events;
        this.tools = tools;
        this.networks = networks;
        this.health = health;
        this.pods = pods;
    }

    /** Runs a container until it ends, as this process's child. */
    int runForeground(RunRequest asked, RunIo io) {
        Isolation isolation = tools.isolation(asked.isolation());
        RunRequest admitted = admit(asked);
        pods.prepare(admitted.life().pod());
        try (AutoIds ids = AutoIds.choose(book, root, admitted)) {
            RunRequest request = ids.request();
            IdMaps maps = UserIds.of(request.namespaces(), IdMapping.rootless());
            PreparedImage image = tools.images(maps).prepare(request, io);
            Phases.mark("find the image");
            SiteMaker sites = new SiteMaker(book, root, maps);
            return new ForegroundRun(book, isolation, request, io, image, sites, events, networks, health).run(ids);
        }
    }

    private RunRequest admit(RunRequest request) {
        if (!request.name().isEmpty()) {
            Names.check(request.name());
        }
        return pods.admit(request);
    }

    /** Makes a container that does not run. */
    ContainerRecord create(RunRequest asked, RunIo io) {
        Isolation isolation = tools.isolation(asked.isolation());
        try (AutoIds ids = AutoIds.choose(book, root, admit(asked))) {
            RunRequest request = ids.request();
            IdMaps maps = UserIds.of(request.namespaces(), IdMapping.rootless());
            PreparedImage image = tools.images(maps).prepare(request, io);
            return new Creation(book, new SiteMaker(book, root, maps), events)
                    .create(request, isolation.kind(), image, io);
        }
    }

    /** Makes and starts a container; when that fails, nothing is left of it. */
    ContainerRecord runDetached(RunRequest asked, RunIo io) {
        RunRequest admitted = admit(asked);
        pods.prepare(admitted.life().pod());
        try (AutoIds ids = AutoIds.choose(book, root, admitted)) {
            return runDetached(ids, io);
        }
    }

    private ContainerRecord runDetached(AutoIds ids, RunIo io) {
        RunRequest request = ids.request();
        Isolation isolation = tools.isolation(request.isolation());
        IdMaps maps = UserIds.of(request.namespaces(), IdMapping.rootless());
        PreparedImage image = tools.images(maps).prepare(request, io);
        Book.Added added = book.add(Creation.record(request, isolation.kind(), image), request);
        ContainerRecord record = added.record();
        Claim claim = added.claim();
        ids.close();
        boolean started = false;
        boolean wroteCidFile = false;
        try {
            wroteCidFile = Creation.writeCidFile(request, record.id());
            events.container("create", record);
            kept.start(record, request, image, new SiteMaker(book, root, maps), isolation, claim, 0, io.observer());
            started = true;
            return record;
        } finally {
            if (started) {
                claim.abandon();
            } else {
                if (wroteCidFile) {
                    SmallFile.remove(request.cidFile());
                }
                book.remove(record, claim, true);
            }
        }
    }

    /**
     * Starts a container that does not run.
     *
     * @param terminal the size that its terminal begins with, as {@link Terminal#size}; 0 to leave it
     * @return whether it did not run before
     */
    boolean start(String nameOrId, int terminal, RunIo.Observer observer) {
        ContainerRecord record = book.find(nameOrId);
        try (ContainerLock _ = life.lock(record)) {
            return startLocked(record.id(), 0, terminal, observer);
        }
    }

    /** Stops a container, if it runs, and starts it. */
    void restart(String nameOrId, OptionalInt timeoutSeconds, RunIo.Observer observer) {
        ContainerRecord record = book.find(nameOrId);
        try (ContainerLock _ = life.lock(record)) {
            if (record.remove() && record.lives()) {
                throw new UserException("the container '" + nameOrId
                        + "' is removed when it ends (--rm), so it cannot be restarted; run it anew");
            }
            life.stopLocked(book.find(record.id()), timeoutSeconds);
            startLocked(record.id(), 0, 0, observer);
            events.container("restart", record);
        }
    }

    private boolean startLocked(String id, int restarts, int terminal, RunIo.Observer observer) {
        life.settle(book.find(id));
        if (book.pid(id) != 0) {
            if (book.find(id).status() == Status.PAUSED) {
                throw new UserException("the container is paused; 'belljar unpause' lets it go on");
            }
            return false;
        }
        ContainerRecord record = book.stored(id);
        RunRequest request = RequestFile.load(book.directory(id));
        if (!PodFiles.isInfra(record)) {
            pods.prepare(record.pod());
        }
        IdMaps maps = UserIds.of(request.namespaces(), IdMapping.rootless());
        PreparedImage image = tools.images(maps).again(record);
        if (record.restartCount() != restarts) {
            record = record.with(record.state().withRestartCount(restarts));
            book.write(record);
        }
        Claim claim = book.claim(id);
        boolean started = false;
        try {
            kept.start(
                    record,
                    request,
                    image,
                    new SiteMaker(book, root, maps),
                    tools.isolation(record.isolation()),
                    claim,
                    terminal,
                    observer);
            started = true;
            return true;
        } catch (BelljarException e) {
            book.write(record.with(record.state().withError(e.getMessage())));
            throw e;
        } finally {
            if (started) {
                claim.abandon();
            } else {
                book.release(claim);
            }
        }
    }

    /**
     * Does what is to be done when a kept container has ended: removes it, or starts it again after a while, or
     * neither.
     *
     * @param id its id
     */
    void cleanUp(String id) {
        cleanUpAlone(id);
        pods.leave();
    }

    private void cleanUpAlone(String id) {
        if (!book.exists(id)) {
            return;
        }
        ContainerRecord record = book.stored(id);
        life.settle(record);
        if (!isDue(id)) {
            return;
        }
        record = book.stored(id);
        Pause.millis(RestartPolicy.delayMillis(record));
        if (!book.exists(id)) {
            return;
        }
        try (ContainerLock _ = life.lock(record)) {
            if (isDue(id)) {
                startLocked(id, book.stored(id).restartCount() + 1, 0, RunIo.Observer.NONE);
            }
        }
    }

    /** Not when a user has stopped, started or removed it meanwhile. */
    private boolean isDue(String id) {
        if (!book.exists(id) || book.isClaimed(id)) {
            return false;
        }
        ContainerRecord record = book.stored(id);
        return record.status() == Status.EXITED && record.restart().restarts(record);
    }
}
