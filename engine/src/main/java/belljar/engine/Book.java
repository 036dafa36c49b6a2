package belljar.engine;

import belljar.engine.ContainerRecord.Status;
import belljar.failure.UserException;
import belljar.sandbox.ExitStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The host's one book of what exists, as files:
 *
 * <pre>
 * ROOT/containers/ID/container.json   the record; request.json, ctr.log, upper/, work/ and files/ beside it
 * ROOT/containers/ID/ran              there while it runs, so that a reboot is noticed
 * ROOT/names/NAME                     a link whose text is the id
 * STATE/live/ID                       a {@link Claim}: who answers for a container that is being made, runs or goes
 * STATE/live/ID.exit                  how it ended, by its keeper
 * STATE/live/ID.stop                  there when it is being stopped on purpose
 * STATE/live/ID.paused, .health, .net what is true as long as it runs
 * STATE/live/ID.check, .checks        how it is checked, and what that found, see {@link Health}
 * </pre>
 *
 * <p>The record is not written when a container starts: that it runs, and since when, is in its claim. So no death
 * during its life can cost the record.
 *
 * <p>Any process may die at any instruction. The claim is made first and removed last, so whatever a dead process left
 * is found through it by the next one. STATE does not survive a reboot; its absence makes the next process look through
 * all containers once.
 */
final class Book {
    /** The file of a container that runs, or ran when the power went. */
    static final String RAN = "ran";

    /** The note that a container's end was asked for. */
    static final String STOP = "stop";

    /** The note that a container gets no time of a processor. */
    static final String PAUSED = "paused";

    /** The note of what its health check last said. */
    static final String HEALTH = "health";

    /** The note of how it is checked. */
    static final String CHECK = "check";

    /** The note of what its checks found. */
    static final String CHECKS = "checks";

    /** The note of where it is found in its networks. */
    static final String NETWORK = "net";

    /** The note of how it ended. */
    static final String EXIT = "exit";

    /** The note that is no note but the output of a container without a log, kept for whoever is attached. */
    static final String OUTPUT = "out";

    /** The note of the process that hands on the packets of an ordinary user's container. */
    static final String PASTA = "pasta";

    /** Note: when the container has to end, milliseconds since the epoch. */
    static final String UNTIL = "until";

    private static final String[] NOTES = {CHECK, EXIT, STOP, PAUSED, HEALTH, CHECKS, NETWORK, OUTPUT, PASTA, UNTIL};

    private final Path containers;
    private final NameTable nameTable;
    private final Settling settling;
    private final Path live;
    private final Leftovers leftovers;

    Book(Path root, Path state, Leftovers leftovers) {
        this.containers = root.resolve("containers");
        this.live = state.resolve("live");
        this.leftovers = leftovers;
        Path names = root.resolve("names");
        this.nameTable = new NameTable(names, containers, live);
        this.settling = new Settling(this, containers, names, live, nameTable, leftovers);
    }

    /** Says who takes care of living containers whose keeper died; before, they are killed. */
    void adopter(Adopter newAdopter) {
        settling.adopter(newAdopter);
    }

    /** Takes care of a living container whose keeper died. */
    interface Adopter {
        /**
         * Gives the container a new keeper.
         *
         * @param id the container's id
         * @param pid its first process
         * @param claim its claim, of which the new keeper gets a copy and this process lets go
         * @return whether it has one now; otherwise nothing has been done
         */
        boolean adopt(String id, long pid, Claim claim);
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

        /** {@return whether the kernel has killed a process in one of these cgroups for want of memory} */
        boolean outOfMemory(List<String> places);

        /** {@return where the cgroups of a new container may be made} */
        List<String> places(String id);

        /** {@return whether one of these cgroups still exists} */
        boolean exists(List<String> places);

        /** Removes a directory with all that is in it, whoever owns it. */
        void remove(Path directory);

        /** Removes the volumes without a name of the container in a directory that is about to go. */
        void discardVolumes(Path directory);

        /**
         * Takes a container that has ended off its networks.
         *
         * @param id its id
         * @param forever whether its addresses are free for others, since it is removed
         */
        void disconnect(String id, boolean forever);
    }

    /** Cleans up after processes that died. Costs one directory listing when nothing is to be done. */
    void repair() {
        settling.repair();
    }

    /**
     * Brings a container in order whose owner is gone; does nothing when its owner lives.
     *
     * @param id the container's id
     */
    void settle(String id) {
        settling.settle(id);
    }

    /** Notes that a container is about to run, so that a reboot does not make it look as if it never had. */
    void aboutToRun(String id) {
        SmallFile.writeNew(directory(id).resolve(RAN).toString(), "");
    }

    /** Notes something that is true of a container until it ends. */
    void note(String id, String kind, String text) {
        SmallFile.write(live.resolve(id + "." + kind), text, false);
    }

    /** Takes back that a container was about to run. */
    void didNotRun(String id) {
        SmallFile.remove(directory(id).resolve(RAN).toString());
    }

    /**
     * {@return the keeper of a running container, as the host sees it; 0 when it has none}
     *
     * @param id the container's id
     */
    long keeper(String id) {
        return Claim.livingKeeper(SmallFile.read(live.resolve(id).toString()));
    }

    /** {@return whether something was noted} */
    boolean isNoted(String id, String kind) {
        return SmallFile.exists(noteFile(id, kind).toString());
    }

    /** {@return the directory of claims and notes} */
    Path live() {
        return live;
    }

    /** {@return the containers with a note of a kind} */
    List<String> noted(String kind) {
        List<String> ids = new ArrayList<>();
        String end = "." + kind;
        for (String entry : SmallFile.list(live)) {
            if (entry.endsWith(end)) {
                ids.add(entry.substring(0, entry.length() - end.length()));
            }
        }
        return ids;
    }

    /** Takes a note back. */
    void unnote(String id, String kind) {
        SmallFile.remove(live.resolve(id + "." + kind).toString());
    }

    /** {@return where a note of a container is kept} */
    Path noteFile(String id, String kind) {
        return live.resolve(id + "." + kind);
    }

    /** Removes all notes of a container that has ended. */
    void forget(String id) {
        for (String kind : NOTES) {
            unnote(id, kind);
        }
    }

    private static final int FEW_NAMES = 10;
    private static final int MOST_NAMES = 20;
    private static final int SUFFIX = 6;

    /**
     * A container that was entered.
     *
     * @param record the container
     * @param claim this process's claim on it
     */
    record Added(ContainerRecord record, Claim claim) {}

    /**
     * Enters a new container. The claim is this process's from now on.
     *
     * @param asked the container
     * @param request what was asked for
     * @return the container, with another name where one was made up that is taken, and its claim
     * @throws UserException if the name that was asked for is taken
     */
    Added add(ContainerRecord asked, RunRequest request) {
        ContainerRecord record = asked;
        Claim claim = Claim.make(live, record.id(), leftovers.places(record.id()), true);
        Path directory = containers.resolve(record.id());
        try {
            // The record first: it is what tells whoever cleans up which name to free.
            SmallFile.makeDirectories(directory);
            write(record);
            for (int tries = 1; !nameTable.tryTake(record); tries++) {
                if (!request.name().isEmpty() || tries == MOST_NAMES) {
                    nameTable.take(record);
                    break;
                }
                // With many containers, words run short.
                String more = tries < FEW_NAMES ? "" : "_" + record.id().substring(0, SUFFIX);
                record = record.withName(Names.newName() + more);
                write(record);
            }
            RequestFile.save(directory, request);
            return new Added(record, claim);
        } catch (RuntimeException e) {
            nameTable.forget(record);
            leftovers.remove(directory);
            claim.close();
            throw e;
        }
    }

    /**
     * Writes a container's record. Only that of an ended container must survive a power failure: one that still ran is
     * gone with the power, and what is left of it without a record is cleaned up.
     */
    void write(ContainerRecord record) {
        boolean durable = record.status() == ContainerRecord.Status.EXITED;
        SmallFile.write(directory(record.id()).resolve("container.json"), RecordJson.write(record), durable);
    }

    /** {@return where a container's files are} */
    Path directory(String id) {
        return containers.resolve(id);
    }

    /** {@return all containers as they are now, the newest first} */
    List<ContainerRecord> list() {
        List<String> notes = SmallFile.list(live);
        Set<String> known = new HashSet<>(notes);
        List<ContainerRecord> records = new ArrayList<>();
        for (String id : SmallFile.list(containers)) {
            ContainerRecord record = read(id);
            ContainerRecord now = record != null && known.contains(id) ? now(record) : record;
            if (now != null) {
                records.add(now);
            }
        }
        records.sort((a, b) -> Long.compare(b.created(), a.created()));
        return records;
    }

    /** {@return a container with a claim as it is now; null when it goes with its end, and has ended} */
    private @Nullable ContainerRecord now(ContainerRecord record) {
        String id = record.id();
        String text = SmallFile.read(live.resolve(id).toString());
        if (Claim.livingPid(text) == 0) {
            // In a process that lives long it may have ended since the last repair.
            settle(id);
            if (!isClaimed(id) || !Claim.hasRun(text)) {
                return read(id);
            }
            // Its keeper is about to say how it ended; until then nobody has seen the end.
        }
        Status status = isNoted(id, STOP) ? Status.STOPPING : isNoted(id, PAUSED) ? Status.PAUSED : Status.RUNNING;
        String health = SmallFile.read(live.resolve(id + "." + HEALTH).toString());
        String network = SmallFile.readWhole(live.resolve(id + "." + NETWORK).toString());
        ContainerRecord living = record.with(record.state().living(status, Claim.started(text), health.strip()));
        return network.isEmpty() ? living : RecordJson.withNetwork(living, network);
    }

    /** {@return a record as it is written; null when there is none} */
    @Nullable ContainerRecord read(String id) {
        Path file = containers.resolve(id).resolve("container.json");
        String text = SmallFile.readWhole(file.toString());
        return text.isEmpty() ? null : RecordJson.parse(file.toString(), text);
    }

    /**
     * {@return the container of that name, id, or beginning of an id}
     *
     * @throws UserException if there is none, or more than one
     */
    ContainerRecord find(String nameOrId) {
        String id = nameOrId.indexOf('/') < 0 && !nameOrId.isEmpty() ? nameTable.owner(nameOrId) : "";
        if (id.isEmpty()) {
            for (String candidate : SmallFile.list(containers)) {
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
        if (record != null && SmallFile.exists(live.resolve(id).toString())) {
            record = now(record);
        }
        if (record != null) {
            return record;
        }
        throw new UserException("there is no container '" + nameOrId + "'; 'belljar ps -a' lists them");
    }

    /**
     * {@return the first process of a running container, as the host sees it; 0 when it does not run}
     *
     * @param id the container's id
     */
    long pid(String id) {
        return Claim.livingPid(SmallFile.read(live.resolve(id).toString()));
    }

    /** Removes a directory with all that is in it, whoever owns it. */
    void removeDirectory(Path directory) {
        leftovers.remove(directory);
    }

    /** {@return whether a container is there} */
    boolean exists(String id) {
        return SmallFile.exists(directory(id).resolve("container.json").toString());
    }

    /** {@return whether a container has a claim, be it a living process's or not} */
    boolean isClaimed(String id) {
        return SmallFile.exists(live.resolve(id).toString());
    }

    /** {@return where the cgroups of a container may be} */
    List<String> places(String id) {
        return leftovers.places(id);
    }

    /** {@return the exit code that a container's keeper has written down; otherwise another one} */
    int exitCode(String id, int otherwise) {
        Optional<ExitStatus> exit = ExitStatus.read(live.resolve(id + "." + EXIT));
        return exit.isPresent() ? exit.get().code() : otherwise;
    }

    /**
     * {@return a container's record as it is written, without what is true only while it lives}
     *
     * @throws UserException if it is gone
     */
    ContainerRecord stored(String id) {
        ContainerRecord record = read(id);
        if (record == null) {
            throw new UserException("the container " + Names.shortId(id) + " has just been removed");
        }
        return record;
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
     * @param volumes whether its volumes without a name go, too
     */
    void remove(ContainerRecord record, Claim claim, boolean volumes) {
        // Whoever finds the rest, should this process die now, removes that too.
        claim.giveUp(volumes);
        nameTable.forget(record);
        if (volumes) {
            leftovers.discardVolumes(containers.resolve(record.id()));
        }
        leftovers.disconnect(record.id(), true);
        leftovers.remove(containers.resolve(record.id()));
        forget(record.id());
        release(claim);
    }

    /**
     * Writes down how a container ended of which this process is the keeper.
     *
     * @param record the container
     * @param code its exit code
     * @param claim this process's claim
     */
    void ended(ContainerRecord record, int code, Claim claim) {
        boolean outOfMemory = code == 137 && leftovers.outOfMemory(claim.places());
        write(record.with(record.state()
                .ended(code, claim.started(), System.currentTimeMillis(), outOfMemory, isNoted(record.id(), STOP))));
        SmallFile.remove(directory(record.id()).resolve(RAN).toString());
        leftovers.disconnect(record.id(), false);
        forget(record.id());
    }

    /**
     * Gives a container another name.
     *
     * @param record the container
     * @param name the new name
     * @return the container with it
     * @throws UserException if the name is taken
     */
    ContainerRecord rename(ContainerRecord record, String name) {
        ContainerRecord renamed = record.withName(name);
        nameTable.take(renamed);
        write(renamed);
        nameTable.forget(record);
        return renamed;
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

    /**
     * {@return a claim on a container that does not run}
     *
     * @param id the container's id
     * @throws UserException if it does run, or another command is at work on it
     */
    Claim claim(String id) {
        return Claim.make(live, id, leftovers.places(id), false);
    }

    /** {@return whether a container still needs an image} */
    boolean usesImage(String imageId) {
        for (ContainerRecord record : list()) {
            if (record.imageId().equals(imageId)) {
                return true;
            }
        }
        return false;
    }
}
