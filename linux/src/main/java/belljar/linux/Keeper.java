package belljar.linux;

import belljar.failure.BugException;
import belljar.failure.HostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A process of some 20 kB that keeps a container when the JVM that made it is gone, as conmon(8) does for Podman. It is
 * the parent of the container's first process, holds the other ends of its streams and runs a logger, its child, which
 * writes what the container puts out to a file. Both are the stub's machine code, {@link KeeperCode} and
 * {@link LoggerCode}; neither is in the container's namespaces or cgroups.
 *
 * <p>Until {@link #free} it serves Java like any stub and ends with the JVM; from then on it needs nobody. When the
 * first process ends it writes the exit file: 128 bytes {@code siginfo_t}, 16 bytes {@code struct timespec}. A logger
 * that was killed is started again. After the end of both it drops its claim and becomes the program that cleans up.
 *
 * <p>For one thread at a time.
 */
public final class Keeper implements AutoCloseable {
    /** The keeper's and logger's descriptor of standard input's write end, or of the terminal's master. */
    public static final int INPUT = 5;

    /** Their descriptor of standard output's read end, or of the terminal's master. */
    public static final int OUTPUT = 6;

    /** Their descriptor of standard error's read end. */
    public static final int ERROR = 7;

    /** The keeper's descriptor of the claim; the logger has none. */
    public static final int CLAIM = 8;

    /** Their pidfd of the container's first process. */
    public static final int MAIN = 9;

    /** The name of a keeper as /proc/PID/comm has it. */
    public static final String KEEPER_NAME = "belljar-keeper";

    /** The name of a logger as /proc/PID/comm has it. */
    public static final String LOGGER_NAME = "belljar-logger";

    /** The signal, SIGUSR1, at which keeper and logger close {@link #INPUT}; they take no other but SIGKILL. */
    static final int CLOSE_INPUT = 10;

    /** The keeper's descriptors of what it passes on, from here on; none of them when it is free. */
    static final int FIRST_PASSED = 10;

    /** Its descriptor of the memory that the first process shares with Java. */
    static final int CHILD_MEMORY = 13;

    /** Its copy of Java's end of the first process's socket, so that this one ends after it and not before. */
    static final int CHILD_BELL = 15;

    /** A number above all that a keeper has open, for the cgroup that the first process starts in. */
    private static final int CGROUP = 32;

    private static final int CHILD_STREAMS = FIRST_PASSED;
    private static final int CHILD_SOCKET = 14;
    private static final int AT_FDCWD = -100;
    private static final int SIGCHLD = 17;
    private static final int SIGKILL = 9;

    /** PROT_READ and PROT_WRITE. */
    private static final int READ_WRITE = 3;

    /** MAP_SHARED and MAP_FIXED. */
    private static final int SHARED_THERE = 0x11;

    private static final HostKernel HOST = HostKernel.INSTANCE;

    private final Stub stub;
    /** What the first process will share with Java; none when there is no first process to start. */
    private @Nullable StubChannel child;

    private @Nullable SpareKeeper spare;
    private boolean terminal;
    private long loggerPid;

    private Keeper(Stub stub, @Nullable StubChannel child) {
        this.stub = stub;
        this.child = child;
    }

    /**
     * How a container's output is written.
     *
     * @param path absolute path of the log, which is appended to; empty to drop the output
     * @param json whether in Docker's format {@code json-file} rather than that of Kubernetes' CRI
     * @param maxSize bytes after which the file is renamed; 0 for no limit
     * @param maxFiles how many files there are at most, the current one included; 1 or more
     */
    public record Log(String path, boolean json, long maxSize, int maxFiles) {}

    /**
     * What a keeper does when it is free.
     *
     * @param log how output is written
     * @param exitFile absolute path of the exit file; empty for none
     * @param afterwards the program that the keeper becomes at the end, by absolute path, and its arguments; empty for
     *     none
     * @param announced absolute path of a file that, if it exists at the end, forbids that; empty for none
     */
    public record Plan(Log log, String exitFile, List<String> afterwards, String announced) {
        /** Copies the list. */
        public Plan {
            afterwards = List.copyOf(afterwards);
        }
    }

    /**
     * The descriptors of this process that a keeper gets copies of; -1 for none.
     *
     * @param input what standard input is written to, or a terminal's master
     * @param output what standard output is read from, or a terminal's master
     * @param error what standard error is read from
     * @param claim whose lock says that a keeper is there
     */
    public record Ends(int input, int output, int error, int claim) {}

    /**
     * Starts a keeper for a container that is to be made.
     *
     * @param ends what it holds
     * @param stdin descriptor of this process that becomes the container's standard input; -1 for /dev/null
     * @param stdout descriptor that becomes its standard output; -1 for /dev/null
     * @param stderr descriptor that becomes its standard error; -1 for /dev/null
     * @return the keeper, ready for {@link #spawn}
     * @throws HostException if the kernel refuses
     */
    public static Keeper start(Ends ends, int stdin, int stdout, int stderr) {
        StubChannel child = StubChannel.open();
        try {
            int[] files = {
                -1,
                -1,
                -1,
                ends.input,
                ends.output,
                ends.error,
                ends.claim,
                -1,
                stdin,
                stdout,
                stderr,
                child.memory.number(),
                child.theirs.number(),
                child.socket.number()
            };
            return new Keeper(start(files), child);
        } catch (RuntimeException e) {
            child.close();
            throw e;
        }
    }

    /**
     * Starts a keeper for a container that lives already, whose keeper died.
     *
     * @param ends what it holds
     * @param terminal whether input and output are a terminal's master
     * @param main a pidfd of the container's first process
     * @return the keeper, ready for {@link #free}
     * @throws HostException if the kernel refuses
     */
    static Keeper start(Ends ends, boolean terminal, int main) {
        int[] files = {-1, -1, -1, ends.input, ends.output, ends.error, ends.claim, main};
        Keeper keeper = new Keeper(start(files), null);
        keeper.terminal = terminal;
        return keeper;
    }

    private static Stub start(int[] files) {
        Stub stub = Stub.start(0, -1, files);
        try {
            stub.orphan();
            try (Batch batch = stub.batch()) {
                batch.step("start a session for the keeper", Nr.SETSID);
                batch.step("leave the working directory", Nr.CHDIR, batch.string("/"));
                batch.run();
            }
            return stub;
        } catch (RuntimeException e) {
            stub.close();
            throw e;
        }
    }

    /** {@return a batch of the keeper's} */
    Batch batch() {
        return stub.batch();
    }

    /** Lets {@link #spawn} do what was left open when it was made. */
    void wasSpare(SpareKeeper was) {
        spare = was;
    }

    /**
     * Starts the container's first process, a child of the keeper. Can be done once.
     *
     * @param cloneFlags namespaces to make for it, as for {@link Stub#start}
     * @param cgroup absolute path of the cgroup of version 2 that it starts in; empty for this process's own
     * @return the process; {@link Spawning#finish} must follow before anything else is asked of the keeper
     * @throws HostException if the kernel refuses
     */
    public Spawning spawn(long cloneFlags, String cgroup) {
        if (child == null) {
            throw new BugException("a keeper has one first process", null);
        }
        Batch batch = stub.batch();
        try {
            Memory memory = batch.memory();
            long args = memory.allocate(Clone.ARGS_SIZE);
            long flags = Clone.CLEAR_SIGHAND | Clone.PARENT_SETTID | cloneFlags;
            if (!cgroup.isEmpty()) {
                String what = "open the cgroup " + cgroup;
                long flag = OpenFlags.PATH | OpenFlags.DIRECTORY | OpenFlags.CLOEXEC;
                Batch.Step file = batch.step(what, Nr.OPENAT, AT_FDCWD, memory.string(cgroup), flag);
                batch.step(what, Nr.DUP3, 0, CGROUP, OpenFlags.CLOEXEC).uses(0, file);
                memory.putLong(args + Clone.ARGS_CGROUP, CGROUP);
                flags |= Clone.INTO_CGROUP;
            }
            SpareKeeper made = spare;
            if (made != null) {
                flags = made.before(batch, flags);
            }
            memory.putLong(args + Clone.ARGS_FLAGS, flags);
            memory.putLong(args + Clone.ARGS_EXIT_SIGNAL, SIGCHLD);
            // Not by the call's result, which parent and child both write into the same memory.
            long pid = memory.allocate(8);
            memory.putLong(args + Clone.ARGS_PARENT_TID, pid);
            Batch.Step clone = batch.step("start the sandbox's first process", Nr.CLONE3, args, Clone.ARGS_SIZE);
            Batch.Step become = becomeStub(batch);
            String what = "close the child's files";
            clone.branchingTo(batch.step(what, Nr.CLOSE_RANGE, MAIN, CHILD_MEMORY - 1, 0));
            batch.step(what, Nr.CLOSE, CHILD_SOCKET);
            if (made != null) {
                made.after(batch);
            }
            batch.step(what, Nr.CLOSE_RANGE, CHILD_BELL + 1, -1, 0);
            batch.begin();
            return new Spawning(batch, pid, become);
        } catch (RuntimeException e) {
            batch.close();
            throw e;
        }
    }

    /** A first process that is being started: the kernel takes most of a millisecond for its namespaces. */
    public final class Spawning {
        private final Batch batch;
        private final long pid;
        private final Batch.Step become;

        private Spawning(Batch batch, long pid, Batch.Step become) {
            this.batch = batch;
            this.pid = pid;
            this.become = become;
        }

        /**
         * Waits until the process is there.
         *
         * @return the stub; its {@link Stub#waitFor} gives no exit code once the keeper is free
         * @throws HostException if the kernel refuses
         */
        public Stub finish() {
            StubChannel channel = child;
            if (channel == null) {
                throw new BugException("a keeper has one first process", null);
            }
            try (batch) {
                batch.finish();
                // With this process's copy open, the end of the new one would not be seen.
                channel.closeTheirs();
                if (HOST.await(channel.shared.address(), channel.socket.number()) != 1) {
                    long error = become.result();
                    throw Errno.failure("mmap", "start the sandbox's first process", error < 0 ? error : 0);
                }
                child = null;
                return Stub.adopt(channel, batch.memory().getInt(pid), stub);
            }
        }
    }

    /**
     * What the new process does: it lays out its descriptors and takes the memory that it shares with Java in the place
     * of the keeper's. There it finds the batch at its end, and answers. It runs the stub's code already, and has of
     * the keeper's memory a copy that goes with the program's execution; so to execute the stub would only take time.
     *
     * @return the step whose result, if negative, is why it could not
     */
    private static Batch.Step becomeStub(Batch batch) {
        String what = "lay out the entry stub's files";
        for (int i = 0; i < 3; i++) {
            batch.step(what, Nr.DUP3, CHILD_STREAMS + i, i, 0).ignoringErrors();
        }
        batch.step(what, Nr.DUP3, CHILD_MEMORY, StubCode.MEMORY_FD, 0).ignoringErrors();
        batch.step(what, Nr.DUP3, CHILD_SOCKET, StubCode.SOCKET_FD, 0).ignoringErrors();
        batch.step(what, Nr.CLOSE_RANGE, Stub.FIRST_FREE, -1, 0).ignoringErrors();
        Batch.Step become = batch.step(
                        "take the entry stub's memory",
                        Nr.MMAP,
                        StubCode.BASE,
                        StubCode.SIZE,
                        READ_WRITE,
                        SHARED_THERE,
                        StubCode.MEMORY_FD,
                        0)
                .ignoringErrors();
        batch.step("end", Nr.EXIT_GROUP, 127);
        return become;
    }

    /**
     * Sets the keeper free, which then has the program start: were this process killed in between, neither would be
     * without the other. Keeper and logger do not end with this process from now on.
     *
     * @param main the first process, in the last of its lives before the program; the keeper is its parent
     * @param master the number in it of the master of its terminal, which the keeper takes; -1 without a terminal
     * @param program what makes the first process the program; {@link Batch#finishToExec} is to follow
     * @param plan what to do
     * @throws HostException if the log cannot be opened or the kernel refuses
     */
    public void free(Stub main, int master, Batch program, Plan plan) {
        program.arm();
        terminal = master >= 0;
        free(main.pid(), master, plan);
    }

    /** Sets a keeper free that is not the parent of the first process, and watches it by the pidfd it was given. */
    void free(Plan plan) {
        free(0, -1, plan);
    }

    private void free(long mainPid, int master, Plan plan) {
        List<String> environment = environment();
        KeeperImage image = new KeeperImage(KeeperImage.BASE, size(plan, environment));
        image.number(KeeperImage.MAIN_PID, mainPid);
        image.number(KeeperImage.START, mainPid != 0 ? 1 : 0);
        image.streams(OUTPUT, terminal ? -1 : ERROR, MAIN);
        image.log(plan.log);
        image.text(KeeperImage.EXIT_FILE, plan.exitFile);
        image.text(KeeperImage.EXIT_DRAFT, plan.exitFile.isEmpty() ? "" : plan.exitFile + ".new");
        image.text(KeeperImage.ANNOUNCED, plan.announced);
        if (!plan.afterwards.isEmpty()) {
            image.list(KeeperImage.ARGV, plan.afterwards);
            image.list(KeeperImage.ENVP, environment);
        }
        byte[] content = image.finish();
        stub.putLong(StubCode.LOGGER, 0);
        stub.putLong(StubCode.FREED, 0);
        long watched = MAIN;
        try (Batch batch = stub.largeBatch()) {
            Batch.Step main = mainPid == 0 ? null : watch(batch, mainPid, master);
            if (!plan.log.path().isEmpty()) {
                // The logger opens it for itself; this is to say what is wrong while somebody listens.
                String what = "open the log " + plan.log.path();
                Batch.Step file = batch.step(
                        what,
                        Nr.OPENAT,
                        AT_FDCWD,
                        batch.string(plan.log.path()),
                        LoggerCode.LOG_FLAGS,
                        LoggerCode.LOG_MODE);
                batch.step(what, Nr.CLOSE, 0).uses(0, file);
            }
            batch.step(
                    "become the keeper",
                    StubCode.BECOME_KEEPER,
                    batch.memory().copy(content),
                    content.length,
                    KeeperImage.mapped(content.length));
            batch.runToExec();
            watched = main == null ? MAIN : main.result();
        }
        loggerPid = stub.getLong(StubCode.LOGGER);
        if (loggerPid < 0) {
            throw new HostException("cannot start the logger of the container", "clone", (int) -loggerPid);
        }
        if (stub.getLong(StubCode.FREED) == 0) {
            throw new HostException("the container's keeper ended unexpectedly; it may have been killed", "read", 0);
        }
        if (watched != MAIN) {
            throw new BugException("the keeper has descriptor " + watched + " where it has none", null);
        }
    }

    /** Lets the keeper hold the first process by a descriptor, and the master of its terminal. */
    private static Batch.Step watch(Batch batch, long mainPid, int master) {
        Batch.Step pidfd = batch.step("watch the sandbox's first process", Nr.PIDFD_OPEN, mainPid, 0);
        if (master >= 0) {
            String what = "take the terminal from the sandbox";
            Batch.Step copy = batch.step(what, Nr.PIDFD_GETFD, 0, master, 0).uses(0, pidfd);
            batch.step(what, Nr.DUP3, 0, INPUT, 0).uses(0, copy);
            batch.step(what, Nr.DUP3, 0, OUTPUT, 0).uses(0, copy);
            batch.step(what, Nr.CLOSE, 0).uses(0, copy);
        }
        return pidfd;
    }

    /** {@return this process's environment, for programs that it starts} */
    static List<String> environment() {
        ArrayList<String> list = new ArrayList<>();
        for (Map.Entry<String, String> variable : System.getenv().entrySet()) {
            list.add(variable.getKey() + "=" + variable.getValue());
        }
        return list;
    }

    /** The most bytes that the texts of a plan and the pointers to them take. */
    private static int size(Plan plan, List<String> environment) {
        int paths = (plan.log.path().length() + 16) * (plan.log.maxFiles() + 1);
        paths += 2 * plan.exitFile.length() + plan.announced.length();
        int size = 3 * paths;
        for (String text : plan.afterwards) {
            size += 3 * text.length() + 24;
        }
        for (String text : environment) {
            size += 3 * text.length() + 24;
        }
        return size;
    }

    /** {@return the keeper's process id as this process sees it} */
    public long pid() {
        return stub.pid();
    }

    /** {@return the process id of the logger that was started first; 0 before {@link #free}} */
    public long loggerPid() {
        return loggerPid;
    }

    /** {@return a pidfd of the keeper; owned by it} */
    public int pidfd() {
        return stub.pidfd();
    }

    /** Frees what this process has of a keeper that lives on. */
    public void release() {
        stub.release();
        closeChannel();
    }

    private void closeChannel() {
        if (child != null) {
            child.close();
            child = null;
        }
    }

    /** Kills keeper and logger and frees everything; no exit file is written. The first process is left alone. */
    @Override
    public void close() {
        HostKernel kernel = HOST;
        // The keeper first, since it would start another logger.
        long logger = loggerPid > 0 ? kernel.call(Nr.PIDFD_OPEN, loggerPid, 0) : -1;
        stub.close();
        if (logger >= 0) {
            try (Fd pidfd = new Fd((int) logger)) {
                kernel.call(Nr.PIDFD_SEND_SIGNAL, pidfd.number(), SIGKILL, 0, 0);
                Pidfd.awaitEnd(pidfd.number(), -1);
            }
        }
        closeChannel();
    }
}
