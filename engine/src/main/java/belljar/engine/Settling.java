package belljar.engine;

import belljar.failure.HostException;
import belljar.sandbox.ExitStatus;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Brings the book in order where a process died: whoever finds a claim whose lock is free enters what became of the
 * container, and removes what is left of it outside of the book.
 */
final class Settling {
    private final Book book;
    private final Path containers;
    private final Path namesDirectory;
    private final Path live;
    private final NameTable names;
    private final Book.Leftovers leftovers;
    private Book.Adopter adopter = (id, pid, claim) -> false;

    /**
     * @param book the book
     * @param containers where its containers are
     * @param namesDirectory where their names are
     * @param live where their claims are
     * @param names the names
     * @param leftovers removes what is outside of the book
     */
    Settling(Book book, Path containers, Path namesDirectory, Path live, NameTable names, Book.Leftovers leftovers) {
        this.book = book;
        this.containers = containers;
        this.namesDirectory = namesDirectory;
        this.live = live;
        this.names = names;
        this.leftovers = leftovers;
    }

    /** Says who takes care of living containers whose keeper died; before, they are killed. */
    void adopter(Book.Adopter newAdopter) {
        adopter = newAdopter;
    }

    /** Cleans up after processes that died. Costs one directory listing when nothing is to be done. */
    void repair() {
        boolean fresh = !SmallFile.exists(live.toString());
        // Either of the two places may have been removed without the other.
        SmallFile.makeDirectories(live);
        SmallFile.makeDirectories(containers);
        SmallFile.makeDirectories(namesDirectory);
        if (fresh) {
            for (String id : SmallFile.list(containers)) {
                if (Names.isId(id)) {
                    settleAfterReboot(id);
                }
            }
        }
        SmallFile.checkOwn(live);
        SmallFile.checkOwn(containers);
        for (String entry : SmallFile.list(live)) {
            if (Names.isId(entry)) {
                settle(entry);
            } else if (entry.startsWith(".") && Names.isId(entry.substring(1))) {
                Claim.dropHidden(live.resolve(entry));
            }
        }
    }

    /**
     * Brings a container in order whose owner is gone; does nothing when its owner lives.
     *
     * @param id the container's id
     */
    void settle(String id) {
        Claim claim = Claim.takeOver(live.resolve(id));
        if (claim == null) {
            return;
        }
        long pid = claim.livingPid();
        if (pid != 0 && claim.isKept() && adopter.adopt(id, pid, claim)) {
            return;
        }
        ContainerRecord record = readForRepair(id);
        ContainerRecord ended = record == null ? null : record.with(end(record, claim));
        leftovers.kill(pid, claim.places());
        boolean gone = record == null || claim.isFresh() || claim.hasRun() && record.remove();
        leftovers.disconnect(id, gone);
        if (record == null || ended == null || gone) {
            if (record != null) {
                names.forget(record);
                if (!claim.keepsVolumes()) {
                    leftovers.discardVolumes(book.directory(id));
                }
            }
            leftovers.remove(book.directory(id));
        } else if (claim.hasRun()) {
            book.write(ended);
            SmallFile.remove(book.directory(id).resolve(Book.RAN).toString());
        }
        book.forget(id);
        claim.close();
    }

    /** {@return what became of a container, by its exit file; without one nobody knows} */
    private ContainerState end(ContainerRecord record, Claim claim) {
        Optional<ExitStatus> exit = ExitStatus.read(live.resolve(record.id() + "." + Book.EXIT));
        int code = exit.isPresent() ? exit.get().code() : ContainerRecord.UNKNOWN;
        long when = exit.isPresent() ? exit.get().endedAtMillis() : 0;
        boolean outOfMemory = (code == ContainerRecord.UNKNOWN || code == 137) && leftovers.outOfMemory(claim.places());
        return record.state().ended(code, claim.started(), when, outOfMemory, book.isNoted(record.id(), Book.STOP));
    }

    /** A container that ran when the power went, or when somebody removed STATE, ended without a witness. */
    private void settleAfterReboot(String id) {
        Path directory = book.directory(id);
        ContainerRecord record = readForRepair(id);
        boolean ran = SmallFile.exists(directory.resolve(Book.RAN).toString());
        if (record == null || record.remove() && ran) {
            if (record != null) {
                names.forget(record);
                leftovers.discardVolumes(directory);
            }
            leftovers.disconnect(id, true);
            leftovers.remove(directory);
        } else if (ran) {
            leftovers.disconnect(id, false);
            book.write(record.with(record.state().ended(ContainerRecord.UNKNOWN, 0, 0, false, false)));
            SmallFile.remove(directory.resolve(Book.RAN).toString());
        }
    }

    /** A record that a power failure cut short is no record. */
    private @Nullable ContainerRecord readForRepair(String id) {
        try {
            return book.read(id);
        } catch (HostException damaged) {
            return null;
        }
    }
}
