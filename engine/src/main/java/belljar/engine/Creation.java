package belljar.engine;

import belljar.failure.UserException;

/** Enters new containers into the book. */
final class Creation {
    private final Book book;
    private final SiteMaker sites;
    private final Events events;

    Creation(Book book, SiteMaker sites, Events events) {
        this.book = book;
        this.sites = sites;
        this.events = events;
    }

    /** {@return the record of a new container, which is not in the book yet} */
    static ContainerRecord record(RunRequest request, String isolation, PreparedImage image) {
        String name = request.name().isEmpty() ? Names.newName() : request.name();
        return ContainerRecord.of(Names.newId(), name, isolation, request, image, System.currentTimeMillis());
    }

    /**
     * Makes a container that does not run.
     *
     * @throws UserException if the request is wrong, as far as that is known before a start
     */
    ContainerRecord create(RunRequest request, String isolation, PreparedImage image, RunIo io) {
        Book.Added added = book.add(record(request, isolation, image), request);
        ContainerRecord record = added.record();
        Claim claim = added.claim();
        boolean made = false;
        try {
            RunSite site = sites.make(record.id(), request, image, io.observer());
            if (!joins(request)) {
                // Decided once already, so that what is wrong is said now and not at the first start.
                SpecBuilder.build(request.withName(record.name()), image.defaults(), site);
            }
            writeCidFile(request, record.id());
            made = true;
            events.container("create", record);
            return record;
        } finally {
            if (made) {
                claim.close();
            } else {
                book.remove(record, claim, true);
            }
        }
    }

    /** {@return whether another container must run before this one can} */
    private static boolean joins(RunRequest request) {
        NamespaceRequest asked = request.namespaces();
        return !request.life().pod().isEmpty()
                || request.network().mode() instanceof NamespaceMode.Of
                || asked.pid() instanceof NamespaceMode.Of
                || asked.ipc() instanceof NamespaceMode.Of
                || asked.uts() instanceof NamespaceMode.Of
                || asked.cgroup() instanceof NamespaceMode.Of
                || asked.user() instanceof NamespaceMode.Of;
    }

    /**
     * Writes a new container's id into the file that was asked for.
     *
     * @return whether one was
     * @throws UserException if the file exists
     */
    static boolean writeCidFile(RunRequest request, String id) {
        if (request.cidFile().isEmpty()) {
            return false;
        }
        if (!SmallFile.writeNew(request.cidFile(), id)) {
            throw new UserException(
                    "the cidfile " + request.cidFile() + " exists already; remove it or choose another");
        }
        return true;
    }
}
