package belljar.engine;

import belljar.failure.UserException;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.network.Networks;
import belljar.sandbox.IdMaps;
import java.nio.file.Path;

/** Prepares the directories of a container on the host, the first time and for each further start. */
final class SiteMaker {
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final Book book;
    private final Path root;
    private final IdMaps idMaps;

    /** @param idMaps the mapping that is asked for; empty to have one chosen */
    SiteMaker(Book book, Path root, IdMaps idMaps) {
        this.book = book;
        this.root = root;
        this.idMaps = idMaps;
    }

    /** {@return what is asked of a container with what its pod means for it} */
    RunRequest joined(RunRequest request) {
        return request.life().pod().isEmpty() ? request : new PodFiles(book, root).joined(request);
    }

    /**
     * {@return what is prepared for a container, whose directories are made where they are not there yet}
     *
     * @param id the container's id
     * @param request what is asked
     * @param image the image
     * @param observer told what the user should know
     */
    RunSite make(String id, RunRequest request, PreparedImage image, RunIo.Observer observer) {
        Path directory = book.directory(id);
        Path upper = directory.resolve("upper");
        Path work = directory.resolve("work");
        Path files = directory.resolve("files");
        SmallFile.makeDirectories(files);
        // Not again at a further start: the container may have changed the mode of its root by then.
        if (!image.inPlace() && !SmallFile.exists(upper.toString())) {
            SmallFile.makeDirectories(work);
            SmallFile.makeDirectories(upper);
            // The upper directory becomes the container's root directory, which every user in it must be able to enter.
            try (Memory memory = KERNEL.lend()) {
                KERNEL.call(Nr.FCHMODAT, -100, memory.string(upper.toString()), 0755);
            }
        }
        boolean rootless = IdMapping.rootless();
        ContainerNetworks.check(Networks.open(root), request.network(), observer);
        boolean mapped = request.namespaces().user() instanceof NamespaceMode.Private;
        IdMaps maps = idMaps.uids().isEmpty() && mapped ? IdMapping.ofContainer(id) : idMaps;
        if (rootless && IdMapping.single(maps)) {
            observer.notice("no subordinate ids are configured for this user, so the container has a single user id, 0;"
                    + " see subuid(5) and install uidmap for more");
        }
        return new RunSite(
                id,
                image.layers(),
                image.inPlace() ? "" : upper.toString(),
                image.inPlace() ? "" : work.toString(),
                files,
                root.resolve("volumes"),
                maps,
                rootless,
                name -> runningPid(name));
    }

    private long runningPid(String name) {
        long pid = book.pid(book.find(name).id());
        if (pid == 0) {
            throw new UserException("the container '" + name + "' does not run, so its namespaces cannot be joined");
        }
        return pid;
    }
}
