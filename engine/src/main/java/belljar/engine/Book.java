package belljar.engine;

import belljar.failure.UserException;
import belljar.linux.DirectoryEntry;
import belljar.linux.Errno;
import belljar.linux.Fs;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.OpenFlags;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The host's one book of what exists, as files:
 *
 * <pre>
 * ROOT/containers/ID/container.json   the record; upper/, work/ and files/ beside it
 * ROOT/names/NAME                     a link whose text is the id
 * STATE/live/ID                       a {@link Claim}: who answers for a container that is being made, runs or goes
 * </pre>
 *
 * <p>Any process may die at any instruction. The claim is made first and removed last, so whatever a dead process left
 * is found through it by the next one. STATE does not survive a reboot; its absence makes the next process look through
 * all containers once.
 */
final class Book {
    private static final HostKernel KERNEL = HostKernel.INSTANCE;
    private static final int AT_FDCWD = -100;

    private final Path containers;
    private final Path names;
    private final Path live;
    private final Leftovers leftovers;

    Book(Path root, Path state, Leftovers leftovers) {
        this.containers = root.resolve("containers");
        this.names = root.resolve("names");
        this.live = state.resolve("live");
        this.leftovers = leftovers;
    }

    /** Takes down what a container that nobody answers for has left outside of this book. */
    interface Leftovers {
        /**
         * Kills the container's processes and removes its cgroups.
         *
         * @param pid its first process if that still exists, otherwise 0
         * @param places where its cgroups may be
         */
        void kill(long pid, List<String> places);

        /** {@return where the cgroups of a new container may be made} */
        List<String> places(String id);

        /** {@return whether one of these cgroups still exists} */
        boolean exists(List<String> places);

        /** Removes a directory with all that is in it, whoever owns it. */
        void remove(Path directory);
    }

    /** Cleans up after processes that died. Costs one directory listing when nothing is to be done. */
    void repair() {
        boolean fresh = !exists(live);
        // Either of the two places may have been removed without the other.
        SmallFile.makeDirectories(live);
        SmallFile.makeDirectories(containers);
        SmallFile.makeDirectories(names);
        if (fresh) {
            for (String id : list(containers)) {
                if (Names.isId(id)) {
                    settle(id, null);
                }
            }
        }
        SmallFile.checkOwn(live);
        SmallFile.checkOwn(containers);
        for (String entry : list(live)) {
            String id = entry.startsWith(".") ? entry.substring(1) : entry;
            Claim claim = Names.isId(id) ? Claim.takeOver(live.resolve(entry)) : null;
            if (claim != null) {
                leftovers.kill(claim.livingPid(), claim.places());
                settle(id, claim);
            }
        }
    }

    /** Brings the files of a container that does not run, and whose owner is gone, in order. */
    private void settle(String id, @Nullable Claim claim) {
        Path directory = containers.resolve(id);
        ContainerRecord record = readForRepair(id);
        if (record == null || record.remove()) {
            if (record != null) {
                forgetName(record);
            }
            leftovers.remove(directory);
        } else if (record.status() != ContainerRecord.Status.EXITED) {
            write(record.with(ContainerRecord.Status.EXITED, ContainerRecord.UNKNOWN));
        }
        if (claim != null) {
            claim.close();
        }
    }

    /** A record that a power failure cut short is no record. */
    private @Nullable ContainerRecord readForRepair(String id) {
        try {
            return read(id);
        } catch (belljar.failure.HostException damaged) {
            return null;
        }
    }

    /**
     * Enters a new container. The claim is this process's from now on.
     *
     * @param record the container
     * @return its claim
     * @throws UserException if the name is taken
     */
    Claim add(ContainerRecord record) {
        Claim claim = Claim.make(live, record.id(), leftovers.places(record.id()));
        Path directory = containers.resolve(record.id());
        try {
            // The record first: it is what tells whoever cleans up which name to free.
            SmallFile.makeDirectories(directory);
            write(record);
            takeName(record);
            return claim;
        } catch (RuntimeException e) {
            forgetName(record);
            leftovers.remove(directory);
            claim.close();
            throw e;
        }
    }

    private void takeName(ContainerRecord record) {
        try (Memory memory = KERNEL.lend()) {
            long target = memory.string(record.id());
            long path = memory.string(names.resolve(record.name()).toString());
            long made = KERNEL.call(Nr.SYMLINKAT, target, AT_FDCWD, path);
            if (made == -Errno.EEXIST && ownerOfName(record.name()).isEmpty()) {
                KERNEL.call(Nr.UNLINKAT, AT_FDCWD, path, 0);
                made = KERNEL.call(Nr.SYMLINKAT, target, AT_FDCWD, path);
            }
            if (made == -Errno.EEXIST) {
                throw new UserException("the container name '" + record.name() + "' is in use by "
                        + shortId(ownerOfName(record.name())) + "; remove that container or choose another name");
            }
            Errno.check("symlinkat", "make the name " + record.name(), made);
        }
    }

    private static String shortId(String id) {
        return id.length() > 12 ? id.substring(0, 12) : id;
    }

    /** {@return the id behind a name; empty when there is none or its container is gone} */
    private String ownerOfName(String name) {
        try (Memory memory = KERNEL.lend()) {
            long buffer = memory.allocate(256);
            long path = memory.string(names.resolve(name).toString());
            long n = KERNEL.call(Nr.READLINKAT, AT_FDCWD, path, buffer, 256);
            String id = n > 0 ? memory.text(buffer, (int) n) : "";
            // A container in the making has a claim before it has a directory.
            return !id.isEmpty() && (exists(containers.resolve(id)) || exists(live.resolve(id))) ? id : "";
        }
    }

    private void forgetName(ContainerRecord record) {
        if (ownerOfName(record.name()).equals(record.id())) {
            try (Memory memory = KERNEL.lend()) {
                KERNEL.call(
                        Nr.UNLINKAT,
                        AT_FDCWD,
                        memory.string(names.resolve(record.name()).toString()),
                        0);
            }
        }
    }

    /**
     * Writes a container's record. Only that of an ended container must survive a power failure: one that still ran is
     * gone with the power, and what is left of it without a record is cleaned up.
     */
    void write(ContainerRecord record) {
        boolean durable = record.status() == ContainerRecord.Status.EXITED;
        SmallFile.write(directory(record.id()).resolve("container.json"), record.toJson(), durable);
    }

    /** {@return where a container's files are} */
    Path directory(String id) {
        return containers.resolve(id);
    }

    /** {@return all containers, the newest first} */
    List<ContainerRecord> list() {
        List<ContainerRecord> records = new ArrayList<>();
        for (String id : list(containers)) {
            ContainerRecord record = read(id);
            if (record != null) {
                records.add(record);
            }
        }
        records.sort((a, b) -> Long.compare(b.created(), a.created()));
        return records;
    }

    private @Nullable ContainerRecord read(String id) {
        Path file = containers.resolve(id).resolve("container.json");
        String text = SmallFile.read(file.toString());
        return text.isEmpty() ? null : ContainerRecord.parse(file.toString(), text);
    }

    /**
     * {@return the container of that name, id, or beginning of an id}
     *
     * @throws UserException if there is none, or more than one
     */
    ContainerRecord find(String nameOrId) {
        String id = nameOrId.indexOf('/') < 0 && !nameOrId.isEmpty() ? ownerOfName(nameOrId) : "";
        if (id.isEmpty()) {
            for (String candidate : list(containers)) {
                if (!nameOrId.isEmpty() && candidate.startsWith(nameOrId)) {
                    if (!id.isEmpty()) {
                        throw new UserException(
                                "more than one container's id begins with '" + nameOrId + "'; write more of it");
                    }
                    id = candidate;
                }
            }
        }
        ContainerRecord record = id.isEmpty() ? null : read(id);
        if (record == null) {
            throw new UserException("there is no container '" + nameOrId + "'; 'belljar ps -a' lists them");
        }
        return record;
    }

    /**
     * {@return the first process of a running container, as the host sees it; 0 when it does not run}
     *
     * @param id the container's id
     */
    long pid(String id) {
        return Claim.livingPid(SmallFile.read(live.resolve(id).toString()));
    }

    /** {@return whether a live process answers for a container} */
    boolean isLive(String id) {
        return Claim.isHeld(live.resolve(id));
    }

    /**
     * Removes a container and its claim.
     *
     * @param record the container, which does not run
     * @param claim this process's claim on it
     */
    void remove(ContainerRecord record, Claim claim) {
        forgetName(record);
        leftovers.remove(containers.resolve(record.id()));
        release(claim);
    }

    /**
     * Gives up the claim on a container that has ended.
     *
     * @param claim this process's claim
     */
    void release(Claim claim) {
        if (leftovers.exists(claim.places())) {
            // A process that is slow to die still holds a cgroup; the next command removes it.
            claim.abandon();
        } else {
            claim.close();
        }
    }

    /** {@return a claim on a container that has ended} */
    Claim claim(String id) {
        return Claim.make(live, id, List.of());
    }

    private static boolean exists(Path path) {
        try (Memory memory = KERNEL.lend()) {
            long stat = memory.allocate(144);
            return KERNEL.call(Nr.NEWFSTATAT, AT_FDCWD, memory.string(path.toString()), stat, 0x100) == 0;
        }
    }

    /**
     * {@return the names in a directory; none when it is not there} By system calls, as {@link SmallFile} and for its
     * reason.
     */
    private static List<String> list(Path directory) {
        int flags = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.CLOEXEC;
        int fd = Fs.HOST.tryOpen(AT_FDCWD, directory.toString(), flags, 0);
        if (fd < 0) {
            return List.of();
        }
        try {
            List<String> entries = new ArrayList<>();
            for (DirectoryEntry entry : Fs.HOST.list(fd)) {
                entries.add(entry.name());
            }
            return entries;
        } finally {
            Fs.HOST.close(fd);
        }
    }
}
