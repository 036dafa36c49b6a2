package belljar.linux;

import belljar.failure.HostException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Keepers and loggers from outside, by what /proc says of them (proc(5)) and the descriptors that they hold
 * (pidfd_getfd(2)). A logger is found by its session: its keeper is, or was, the leader, and no process can enter the
 * session of another.
 */
public final class KeeperSearch {
    private static final HostKernel HOST = HostKernel.INSTANCE;
    private static final int SIGTERM = 15;
    private static final int SIGKILL = 9;
    private static final int END_MILLIS = 2000;
    private static final long TIOCGPTN = 0x80045430L;
    private static final int O_ACCMODE = 3;
    private static final int O_RDWR = 2;
    private static final int F_GETFL = 3;
    private static final int SESSION_FIELD = 6;

    private KeeperSearch() {}

    /**
     * {@return the logger that a keeper started last; empty when it has none}
     *
     * @param keeperPid the keeper, which may be dead
     */
    public static OptionalLong logger(long keeperPid) {
        Path proc = Path.of("/proc");
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(proc, "[1-9]*")) {
            for (Path entry : entries) {
                if (isLogger(entry, keeperPid)) {
                    return OptionalLong.of(Long.parseLong(entry.getFileName().toString()));
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new HostException("cannot look through the processes of this host in /proc", e);
        }
        return OptionalLong.empty();
    }

    private static boolean isLogger(Path process, long session) {
        String stat;
        try {
            stat = new String(Files.readAllBytes(process.resolve("stat")), StandardCharsets.ISO_8859_1);
        } catch (IOException ended) {
            return false;
        }
        // The name, in parentheses, may have any character.
        int open = stat.indexOf('(');
        int close = stat.lastIndexOf(')');
        if (open < 0 || close < 0 || !stat.substring(open + 1, close).equals(Keeper.LOGGER_NAME)) {
            return false;
        }
        // The state is field 3, the session field 6; a zombie has no descriptors.
        String[] fields = stat.substring(close + 2).split(" ", SESSION_FIELD);
        return !fields[0].equals("Z") && fields[SESSION_FIELD - 3].equals(Long.toString(session));
    }

    /**
     * {@return a copy of what a container's input is written to; empty when it is not held, or the keeper is dead}
     *
     * @param pid the keeper or its logger
     * @throws HostException if the kernel refuses
     */
    public static Optional<Fd> input(long pid) {
        long pidfd = HOST.call(Nr.PIDFD_OPEN, pid, 0);
        if (pidfd == -Errno.ESRCH) {
            return Optional.empty();
        }
        try (Fd process = new Fd((int) Errno.check("pidfd_open", "watch the container's keeper", pidfd))) {
            long fd = HOST.call(Nr.PIDFD_GETFD, process.number(), Keeper.INPUT, 0);
            if (fd == -Errno.ESRCH || fd == -Errno.EBADF) {
                return Optional.empty();
            }
            Fd input = new Fd((int) Errno.check("pidfd_getfd", "take the input from the container's keeper", fd));
            if (isTerminal(input) || isPipe(input)) {
                return Optional.of(input);
            }
            input.close();
            return Optional.empty();
        }
    }

    /**
     * Lets a keeper and its logger close what the container's input is written to, so that the program reads the end
     * once no other process holds a copy. Not for terminals, where the user types the end.
     *
     * @param keeperPid the keeper, alive
     */
    public static void closeInput(long keeperPid) {
        // The keeper tells its logger: a search might miss one that is just being started.
        HOST.call(Nr.KILL, keeperPid, Keeper.CLOSE_INPUT);
    }

    /** Whether it is the write end of a pipe; without standard input a keeper has /dev/null there. */
    private static boolean isPipe(Fd fd) {
        return Fs.HOST.stat(fd.number()).type() == Stat.FIFO
                && (HOST.call(Nr.FCNTL, fd.number(), F_GETFL) & O_ACCMODE) != 0;
    }

    private static boolean isTerminal(Fd fd) {
        try (Memory memory = HOST.lend()) {
            return HOST.call(Nr.IOCTL, fd.number(), TIOCGPTN, memory.allocate(4)) == 0;
        }
    }

    /**
     * Starts a keeper in place of a dead one, with what the dead one's logger holds, and ends that logger.
     *
     * @param keeperPid the process id that the dead keeper had
     * @param mainPid the container's first process, alive
     * @param claim descriptor of the claim; -1 for none
     * @param plan what the new keeper does
     * @return the new keeper, free; empty when the logger is dead too
     * @throws HostException if the kernel refuses
     */
    public static Optional<Keeper> adopt(long keeperPid, long mainPid, int claim, Keeper.Plan plan) {
        OptionalLong found = logger(keeperPid);
        long pidfd = found.isEmpty() ? -Errno.ESRCH : HOST.call(Nr.PIDFD_OPEN, found.getAsLong(), 0);
        if (pidfd == -Errno.ESRCH) {
            return Optional.empty();
        }
        try (Fd logger = new Fd((int) Errno.check("pidfd_open", "watch the container's logger", pidfd));
                Fd main = new Fd((int) Errno.check(
                        "pidfd_open", "watch the container's first process", HOST.call(Nr.PIDFD_OPEN, mainPid, 0)));
                Fd input = take(logger, Keeper.INPUT);
                Fd output = take(logger, Keeper.OUTPUT);
                Fd error = take(logger, Keeper.ERROR)) {
            Keeper.Ends ends = new Keeper.Ends(input.number(), output.number(), error.number(), claim);
            Keeper keeper = Keeper.start(ends, isTerminal(output), main.number());
            try {
                end(logger);
                keeper.free(plan);
                return Optional.of(keeper);
            } catch (RuntimeException e) {
                keeper.close();
                throw e;
            }
        }
    }

    private static Fd take(Fd process, int number) {
        long fd = HOST.call(Nr.PIDFD_GETFD, process.number(), number, 0);
        if (fd == -Errno.EBADF) {
            // An input that was closed; the new keeper gets /dev/null in its place.
            return new Fd(Fs.HOST.open(-100, "/dev/null", O_RDWR, 0));
        }
        return new Fd((int) Errno.check("pidfd_getfd", "take the streams from the container's logger", fd));
    }

    /** Ends a logger, between a line and the next when it can still be asked. */
    private static void end(Fd logger) {
        HOST.call(Nr.PIDFD_SEND_SIGNAL, logger.number(), SIGTERM, 0, 0);
        if (!Pidfd.awaitEnd(logger.number(), END_MILLIS)) {
            HOST.call(Nr.PIDFD_SEND_SIGNAL, logger.number(), SIGKILL, 0, 0);
            Pidfd.awaitEnd(logger.number(), -1);
        }
    }
}
