package belljar.engine;

import belljar.container.Keepers;
import belljar.sandbox.Container;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.Isolation;
import belljar.sandbox.Keeping;
import belljar.sandbox.LogTarget;
import belljar.sandbox.Stdio;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Starts containers that outlive this process, and takes care of those whose keeper died. */
final class KeptRun implements Book.Adopter {
    /** What is kept of the output of a container without a log, for those attached to it. */
    private static final long UNLOGGED_BYTES = 64 * 1024;

    private static final Stdio KEEPERS = new Stdio(-1, -1, -1);

    private final Book book;
    private final Events events;
    private final Afterwards afterwards;
    private final ContainerNetworks networks;
    private final Health health;

    KeptRun(Book book, Events events, Afterwards afterwards, ContainerNetworks networks, Health health) {
        this.networks = networks;
        this.book = book;
        this.events = events;
        this.afterwards = afterwards;
        this.health = health;
    }

    /**
     * Starts a container. On return its keeper answers for it, and the caller is to let go of the claim.
     *
     * @param record the container, whose claim this process has
     * @param request what was asked
     * @param image the image
     * @param sites prepares its directories
     * @param isolation makes it
     * @param claim the claim
     * @param terminal the size that its terminal begins with, as {@link Terminal#size}; 0 to leave it
     * @param observer told what the user should know
     */
    void start(
            ContainerRecord record,
            RunRequest request,
            PreparedImage image,
            SiteMaker sites,
            Isolation isolation,
            Claim claim,
            int terminal,
            RunIo.Observer observer) {
        RunRequest named = sites.joined(request.withName(record.name()));
        ContainerSpec spec =
                SpecBuilder.build(named, image.defaults(), sites.make(record.id(), named, image, observer));
        NamespaceOwner.give(spec);
        ContainerNetworks.Reserved reserved = networks.reserve(
                record,
                named.network(),
                image.defaults(),
                book.directory(record.id()).resolve("files"),
                spec.hostname());
        book.aboutToRun(record.id());
        boolean started = false;
        try (Container container = isolation.create(spec, KEEPERS, keeping(record, request, claim))) {
            claim.record(container.pid(), container.keeperPid());
            String note = networks.attach(record.id(), reserved, container.pid());
            if (!note.isEmpty()) {
                book.note(record.id(), Book.NETWORK, note);
            }
            writePid(request.life().pidFile(), container.pid());
            health.begin(record.id(), request, image);
            Deadlines.begin(book, record.id(), request);
            if (terminal != 0) {
                // Before the program asks for it, which may be the first thing that it does.
                container.resize(terminal >>> 16, terminal & 0xFFFF);
            }
            container.start();
            started = true;
        } finally {
            if (!started) {
                book.didNotRun(record.id());
                health.cancel(record.id());
                networks.disconnect(record.id(), false);
            }
        }
        events.container("start", record);
        health.started(record.id());
    }

    private static void writePid(String file, long pid) {
        if (!file.isEmpty()) {
            SmallFile.write(Path.of(file), pid + "\n", false);
        }
    }

    private Keeping keeping(ContainerRecord record, RunRequest request, Claim claim) {
        return new Keeping(
                claim.number(),
                book.noteFile(record.id(), Book.EXIT).toString(),
                log(record, request.life().log()),
                request.process().interactive(),
                afterwards.of(record, request.network()),
                book.noteFile(record.id(), Book.STOP).toString());
    }

    private LogTarget log(ContainerRecord record, LogRequest log) {
        if (log.driver() == LogRequest.Driver.NONE) {
            String path = book.noteFile(record.id(), Book.OUTPUT).toString();
            return new LogTarget(path, LogTarget.Format.CRI, UNLOGGED_BYTES, 1);
        }
        long size = log.maxSize().orElse(0);
        return new LogTarget(
                logFile(book, record.id(), log).toString(),
                log.driver() == LogRequest.Driver.JSON ? LogTarget.Format.JSON : LogTarget.Format.CRI,
                size,
                files(log));
    }

    /** {@return how many files a log may have} */
    static int files(LogRequest log) {
        return log.maxFiles().orElse(log.maxSize().orElse(0) > 0 ? 2 : 1);
    }

    /** {@return the file that the output of a container in the book is written to} */
    static Path logFile(Book book, String id) {
        return logFile(book, id, RequestFile.load(book.directory(id)).life().log());
    }

    /** {@return the file that a container's output is written to} */
    static Path logFile(Book book, String id, LogRequest log) {
        if (log.driver() == LogRequest.Driver.NONE) {
            return book.noteFile(id, Book.OUTPUT);
        }
        return log.path().isEmpty() ? book.directory(id).resolve("ctr.log") : Path.of(log.path());
    }

    /**
     * Without keeper and logger the streams are lost, but not the container: it is left as it is, and whichever command
     * comes after its end enters that nobody saw it.
     */
    @Override
    public boolean adopt(String id, long pid, Claim claim) {
        ContainerRecord record = book.stored(id);
        RunRequest request = RequestFile.load(book.directory(id));
        OptionalLong keeper = Keepers.adopt(claim.keeper(), pid, keeping(record, request, claim));
        if (keeper.isPresent()) {
            claim.record(pid, keeper.getAsLong());
        }
        claim.abandon();
        return true;
    }
}
