package belljar.engine;

import java.util.OptionalInt;

/** Connects callers with kept containers: those that run, and those that are started for the purpose. */
final class Attaching {
    private final Book book;
    private final Lifecycle life;
    private final Starting starting;

    Attaching(Book book, Lifecycle life, Starting starting) {
        this.book = book;
        this.life = life;
        this.starting = starting;
    }

    /** Starts a container, unless it runs, with the caller attached. */
    OptionalInt start(ContainerRecord record, RunIo io, AttachOptions options) {
        return attached(record, io, options);
    }

    /** Starts a container that was made for this; when that fails, nothing is left of it. */
    OptionalInt run(ContainerRecord record, RunIo io, AttachOptions options) {
        boolean started = false;
        try {
            OptionalInt code = attached(record, io, options);
            started = true;
            return code;
        } finally {
            if (!started
                    && book.exists(record.id())
                    && book.stored(record.id()).started() == 0
                    && !book.isLive(record.id())) {
                life.remove(record.id(), RemoveOptions.DEFAULT);
            }
        }
    }

    /** Attaches the caller to a container that runs. */
    OptionalInt attach(ContainerRecord record, RunIo io, AttachOptions options) {
        RunRequest request = RequestFile.load(book.directory(record.id()));
        try (Attachment target = Attachment.to(book, record, request);
                AttachClient client = client(record, request, io, options)) {
            return client.run(target, io.observer(), options.passSignals());
        }
    }

    private OptionalInt attached(ContainerRecord record, RunIo io, AttachOptions options) {
        RunRequest request = RequestFile.load(book.directory(record.id()));
        try (AttachClient client = client(record, request, io, options)) {
            starting.start(record.id(), Terminal.size(io.out()), io.observer());
            try (Attachment target = Attachment.toStarted(book, record, request)) {
                OptionalInt code = client.run(target, io.observer(), options.passSignals());
                if (code.isPresent()) {
                    life.awaitSettled(record);
                }
                return code;
            }
        }
    }

    private AttachClient client(ContainerRecord record, RunRequest request, RunIo io, AttachOptions options) {
        return AttachClient.open(
                KeptRun.logFile(book, record.id(), request.life().log()),
                options.input() && request.process().interactive() ? io.in() : -1,
                io.out(),
                io.err(),
                DetachKeys.parse(options.detachKeys()));
    }
}
