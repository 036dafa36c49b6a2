package belljar.engine;

import belljar.engine.IdChoice.Auto;
import belljar.failure.BelljarException;
import belljar.failure.UserException;
import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.Fs;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import belljar.linux.OpenFlags;
import belljar.sandbox.IdMaps;
import belljar.sandbox.IdMaps.Range;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives a container ids that no other container under the same root has, as podman-run(1) says of {@code --userns
 * auto}. What others have is read from what was asked for them; so one command at a time chooses, until its container
 * is in the book. Nothing has to be given back: ids are free when the container is removed.
 */
final class AutoIds implements AutoCloseable {
    /** As many as a container without ids of its own in mind uses; Podman's least number too. */
    private static final int FEW = 1024;

    /** All that a program can count on having. */
    private static final int ALL = 65_536;

    private static final int LOCK_EX = 2;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final RunRequest request;
    private @Nullable Fd lock;

    private AutoIds(RunRequest request, @Nullable Fd lock) {
        this.request = request;
        this.lock = lock;
    }

    /**
     * Chooses ids, if that is asked.
     *
     * @param book the containers
     * @param root where they are kept
     * @param asked what is asked
     * @return to be closed when the container is in the book
     * @throws UserException if there are not enough ids left
     */
    static AutoIds choose(Book book, Path root, RunRequest asked) {
        if (!(asked.namespaces().ids() instanceof Auto auto)) {
            return new AutoIds(asked, null);
        }
        Fd lock = lock(root.resolve("userns.lock"));
        try {
            boolean rootless = IdMapping.rootless();
            IdMaps used = used(book, rootless);
            int size = auto.size() > 0 ? auto.size() : rootless ? FEW : ALL;
            List<Range> uids = choose(size, auto.extra().uids(), available("/etc/subuid", rootless), used.uids());
            List<Range> gids = choose(size, auto.extra().gids(), available("/etc/subgid", rootless), used.gids());
            NamespaceRequest chosen = asked.namespaces().withIds(new IdChoice.Given(new IdMaps(uids, gids)));
            return new AutoIds(asked.withNamespaces(chosen), lock);
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static Fd lock(Path file) {
        Fd fd = new Fd(Fs.HOST.open(-100, file.toString(), OpenFlags.RDWR | OpenFlags.CREAT | OpenFlags.CLOEXEC, 0600));
        long result;
        do {
            result = KERNEL.call(Nr.FLOCK, fd.number(), LOCK_EX);
        } while (result == -Errno.EINTR);
        if (result < 0) {
            fd.close();
            Errno.check("flock", "lock " + file, result);
        }
        return fd;
    }

    /** {@return what can be given: on the host's side as root, and among the caller's own ids otherwise} */
    private static List<Range> available(String file, boolean rootless) {
        if (rootless) {
            IdMaps own = IdMapping.own();
            int count = UserIds.count(file.endsWith("uid") ? own.uids() : own.gids());
            return count < 2 ? List.of() : List.of(new Range(0, 1, count - 1));
        }
        List<Range> granted = IdMapping.ranges(file, "containers", "");
        return granted.isEmpty() ? List.of(IdMapping.ALL_CONTAINERS) : granted;
    }

    /** Whoever has no ids of their own, or all of an ordinary user's, leaves none to choose from and is passed over. */
    private static IdMaps used(Book book, boolean rootless) {
        List<Range> uids = new ArrayList<>();
        List<Range> gids = new ArrayList<>();
        for (ContainerRecord record : book.list()) {
            NamespaceRequest asked;
            IdMaps maps = IdMaps.NONE;
            try {
                asked = RequestFile.load(book.directory(record.id())).namespaces();
                if (asked.ids() instanceof IdChoice.Given given) {
                    maps = given.maps();
                } else if (!rootless && asked.user() instanceof NamespaceMode.Private) {
                    maps = UserIds.of(asked, false);
                    maps = maps.uids().isEmpty() ? IdMapping.ofContainer(record.id()) : maps;
                }
            } catch (BelljarException beingRemoved) {
                continue;
            }
            uids.addAll(maps.uids());
            gids.addAll(maps.gids());
        }
        return new IdMaps(uids, gids);
    }

    /**
     * {@return a mapping of the ids from 0 on}
     *
     * @param size how many ids there are inside
     * @param extra what is mapped as the caller says
     * @param available what may be used outside
     * @param used what others use outside
     * @throws UserException if too little is left
     */
    static List<Range> choose(int size, List<Range> extra, List<Range> available, List<Range> used) {
        List<Range> taken = new ArrayList<>(used);
        taken.addAll(extra);
        List<Range> gaps = gaps(size, extra);
        int needed = UserIds.count(gaps);
        List<Range> chosen = new ArrayList<>(extra);
        int outside = needed == 0 ? 0 : free(needed, available, taken);
        for (Range gap : gaps) {
            chosen.add(new Range(gap.inside(), outside, gap.size()));
            outside += gap.size();
        }
        return chosen;
    }

    private static List<Range> gaps(int size, List<Range> extra) {
        List<Range> gaps = new ArrayList<>();
        int at = 0;
        while (at < size) {
            int end = size;
            Range here = null;
            for (Range range : extra) {
                if (range.inside() <= at && at < range.inside() + range.size()) {
                    here = range;
                } else if (range.inside() > at) {
                    end = Math.min(end, range.inside());
                }
            }
            if (here == null) {
                gaps.add(new Range(at, 0, end - at));
                at = end;
            } else {
                at = here.inside() + here.size();
            }
        }
        return gaps;
    }

    private static int free(int needed, List<Range> available, List<Range> taken) {
        for (Range range : available) {
            long end = (long) range.outside() + range.size();
            long at = range.outside();
            while (at + needed <= end) {
                long next = at;
                for (Range other : taken) {
                    long otherEnd = (long) other.outside() + other.size();
                    if (other.outside() < at + needed && at < otherEnd) {
                        next = Math.max(next, otherEnd);
                    }
                }
                if (next == at) {
                    return (int) at;
                }
                at = next;
            }
        }
        throw new UserException("--userns auto needs " + needed + " ids in one piece that no container has, and there"
                + " are none; remove containers, ask for a smaller size, or grant more in /etc/subuid and /etc/subgid");
    }

    /** {@return what is asked, with the ids chosen} */
    RunRequest request() {
        return request;
    }

    /** Lets others choose. */
    @Override
    public void close() {
        Fd held = lock;
        lock = null;
        if (held != null) {
            held.close();
        }
    }
}
