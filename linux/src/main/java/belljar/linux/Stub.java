package belljar.linux;

import belljar.failure.BugException;
import belljar.failure.HostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process of a few kB that makes system calls for Java where the JVM itself must not go: it becomes the first process
 * of a sandbox, sets it up call by call, and is then replaced by the sandbox's program. It has one thread, so every
 * per-process call is right; it shares no memory with the JVM but the batch area; and it ends by itself when the JVM
 * dies.
 *
 * <p>For one thread at a time. A stub of one thread may be closed by another only when the first is done with it.
 */
public final class Stub implements Caller, AutoCloseable {
    private static final int ENTRIES_AT = 80;
    private static final int LENT_AT = 512 * 1024;
    private static final int LENT_SIZE = 256 * 1024;
    private static final int LARGE_AT = 2 << 20;
    private static final int LENT_COUNT = (LARGE_AT - LENT_AT) / LENT_SIZE;
    private static final int MAX_ENTRIES = (LENT_AT - ENTRIES_AT) / StubCode.ENTRY;

    /** The first descriptor number that a stub does not use itself. */
    public static final int FIRST_FREE = StubCode.SOCKET_FD + 1;

    /** All entries of a batch succeeded. */
    static final int DONE = -1;

    /** The stub has become a program. */
    static final int REPLACED = -2;

    private static final int SIGCHLD = 17;
    private static final int SIGKILL = 9;
    private static final int P_PID = 1;
    private static final int P_PIDFD = 3;
    private static final int WEXITED = 4;

    private static final HostKernel HOST = HostKernel.INSTANCE;

    private static @Nullable Fd program;

    private final HostKernel.Mapping shared;
    private final ByteBuffer bytes;
    private final Fd socket;
    private Fd pidfd;
    private long pid;
    private int lentSlots;
    private boolean largeLent;
    private boolean gone;
    private @Nullable Stub parent;
    private boolean orphan;

    private Stub(StubChannel channel, Fd pidfd, long pid) {
        this.shared = channel.shared;
        this.bytes = shared.bytes().order(ByteOrder.LITTLE_ENDIAN);
        this.socket = channel.socket;
        this.pidfd = pidfd;
        this.pid = pid;
    }

    /**
     * Starts a stub.
     *
     * @param cloneFlags namespaces to make for it, of {@link Clone}'s; with a user namespace the stub has no
     *     capabilities there (use unshare in the stub instead)
     * @param stdin descriptor of this process that becomes its descriptor 0; -1 for /dev/null
     * @param stdout descriptor that becomes 1; -1 for /dev/null
     * @param stderr descriptor that becomes 2; -1 for /dev/null
     * @return the running stub
     * @throws HostException if the kernel refuses
     */
    public static Stub start(long cloneFlags, int stdin, int stdout, int stderr) {
        return start(cloneFlags, stdin, stdout, stderr, -1);
    }

    /**
     * Starts a stub in a cgroup of version 2. It is there from its first moment, and nothing is migrated: moving a
     * process makes the kernel wait for a grace period of RCU, which is most of the time that a container's start would
     * take.
     *
     * @param cloneFlags as above
     * @param stdin as above
     * @param stdout as above
     * @param stderr as above
     * @param cgroup descriptor of the cgroup's directory; -1 for this process's own
     * @return the running stub
     * @throws HostException if the kernel refuses
     */
    public static Stub start(long cloneFlags, int stdin, int stdout, int stderr, int cgroup) {
        return start(cloneFlags, cgroup, new int[] {stdin, stdout, stderr});
    }

    /**
     * Starts a stub with more descriptors.
     *
     * @param streams descriptors of this process: the standard streams, then those that it gets from
     *     {@link #FIRST_FREE} on; -1 for /dev/null
     */
    static Stub start(long cloneFlags, int cgroup, int[] streams) {
        StubParking parking = new StubParking();
        StubChannel channel = StubChannel.open();
        try (Memory memory = HOST.lend();
                Fd none = nothing(memory)) {
            parking.add(channel.memory.number(), StubCode.MEMORY_FD);
            parking.add(channel.theirs.number(), StubCode.SOCKET_FD);
            for (int i = 0; i < streams.length; i++) {
                // A closed descriptor 0, 1 or 2 would be taken by the first file a program opens.
                parking.add(streams[i] >= 0 ? streams[i] : none.number(), i < 3 ? i : FIRST_FREE + i - 3);
            }
            Stub stub = spawn(memory, cloneFlags, cgroup, parking, channel);
            channel.closeTheirs();
            return stub;
        } catch (RuntimeException e) {
            channel.close();
            throw e;
        } finally {
            parking.close();
        }
    }

    private static Fd nothing(Memory memory) {
        // O_RDWR | O_CLOEXEC
        long fd = HOST.call(Nr.OPENAT, -100, memory.string("/dev/null"), 0x80002);
        return new Fd((int) Errno.check("openat", "open /dev/null", fd));
    }

    /**
     * Takes over a stub that another started.
     *
     * @param channel what it shares with Java
     * @param pid its process id
     * @param parent the stub whose child it is
     */
    static Stub adopt(StubChannel channel, long pid, Stub parent) {
        Stub stub = new Stub(channel, watch(pid), pid);
        stub.parent = parent;
        return stub;
    }

    private static Fd watch(long pid) {
        return new Fd((int) Errno.check("pidfd_open", "watch the stub", HOST.call(Nr.PIDFD_OPEN, pid, 0)));
    }

    private static Stub spawn(Memory memory, long cloneFlags, int cgroup, StubParking parking, StubChannel channel) {
        long flags = Clone.VM | Clone.VFORK | Clone.PIDFD | Clone.CLEAR_SIGHAND | cloneFlags;
        flags |= cgroup < 0 ? 0 : Clone.INTO_CGROUP;
        long args = memory.allocate(Clone.ARGS_SIZE);
        long pidfdAt = memory.allocate(8);
        memory.putLong(args + Clone.ARGS_FLAGS, flags);
        memory.putLong(args + Clone.ARGS_PIDFD, pidfdAt);
        memory.putLong(args + Clone.ARGS_EXIT_SIGNAL, SIGCHLD);
        memory.putLong(args + Clone.ARGS_CGROUP, Math.max(cgroup, 0));
        long parameters = memory.allocate(HostCode.PARAM_FIRST_PAIR + 16 * StubParking.CAPACITY);
        memory.putLong(parameters + HostCode.PARAM_PROGRAM, program());
        memory.putLong(parameters + HostCode.PARAM_EMPTY, memory.string(""));
        memory.putLong(parameters + HostCode.PARAM_ARGV, memory.strings(List.of("belljar-stub")));
        memory.putLong(parameters + HostCode.PARAM_ENVP, memory.strings(List.of()));
        memory.putLong(parameters + HostCode.PARAM_PAIRS, parking.count);
        memory.putLong(parameters + HostCode.PARAM_FIRST_CLOSED, parking.count);
        for (int i = 0; i < parking.count; i++) {
            memory.putLong(parameters + HostCode.PARAM_FIRST_PAIR + 16L * i, parking.from[i]);
            memory.putLong(parameters + HostCode.PARAM_FIRST_PAIR + 16L * i + 8, parking.to[i]);
        }
        long pid = Errno.check(
                "clone3", "start the sandbox's first process", HOST.spawn(args, Clone.ARGS_SIZE, parameters));
        Stub stub = new Stub(channel, new Fd(memory.getInt(pidfdAt)), pid);
        long error = memory.getLong(parameters + HostCode.PARAM_ERROR);
        if (error != 0) {
            stub.waitFor();
            stub.pidfd.close();
            throw Errno.failure("execveat", "run the entry stub", error);
        }
        return stub;
    }

    /** The stub's executable, made once per process and sealed: what runs as root can never be written to. */
    static synchronized int program() {
        Fd made = program;
        if (made == null) {
            byte[] elf = StubCode.elf();
            try (Memory memory = HOST.lend()) {
                long name = memory.string("belljar-stub");
                // MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC; kernels before 6.3 do not know the last.
                long fd = HOST.call(Nr.MEMFD_CREATE, name, 0x13);
                if (fd == -Errno.EINVAL) {
                    fd = HOST.call(Nr.MEMFD_CREATE, name, 3);
                }
                try (Fd low = new Fd((int) Errno.check("memfd_create", "make the entry stub", fd))) {
                    // Out of the way of the numbers that are laid out in the child before it is executed.
                    fd = HOST.call(Nr.FCNTL, low.number(), StubParking.F_DUPFD_CLOEXEC, StubParking.LOWEST);
                    made = new Fd((int) Errno.check("fcntl", "make the entry stub", fd));
                }
                Errno.check("write", "write the entry stub", HOST.call(Nr.WRITE, fd, memory.copy(elf), elf.length));
                // F_ADD_SEALS: SEAL, SHRINK, GROW, WRITE
                Errno.check("fcntl", "seal the entry stub", HOST.call(Nr.FCNTL, fd, 1033, 0xF));
            }
            program = made;
        }
        return made.number();
    }

    /** {@return the stub's process id as this process sees it} */
    public long pid() {
        return pid;
    }

    /** {@return a pidfd of the stub, and of the program that replaces it; owned by the stub} */
    public int pidfd() {
        return pidfd.number();
    }

    /** {@return a new batch; only one may be open at a time} */
    public Batch batch() {
        return new Batch(this, lend());
    }

    /** {@return a new batch with 8 MiB for arguments: more than the kernel lets a program have} */
    public Batch largeBatch() {
        if (largeLent) {
            throw new BugException("a stub lent its large memory twice", null);
        }
        largeLent = true;
        int size = StubCode.SIZE - LARGE_AT;
        return new Batch(
                this, new Memory(bytes.slice(LARGE_AT, size), StubCode.BASE + LARGE_AT, () -> largeLent = false));
    }

    @Override
    public long call(int nr, long a, long b, long c, long d, long e, long f) {
        int offset = entryOffset(0);
        clearEntry(offset);
        putInt(offset, nr);
        putInt(offset + StubCode.ENTRY_FLAGS, StubCode.IGNORE);
        putLong(offset + StubCode.ENTRY_ARGS, a);
        putLong(offset + StubCode.ENTRY_ARGS + 8, b);
        putLong(offset + StubCode.ENTRY_ARGS + 16, c);
        putLong(offset + StubCode.ENTRY_ARGS + 24, d);
        putLong(offset + StubCode.ENTRY_ARGS + 32, e);
        putLong(offset + StubCode.ENTRY_ARGS + 40, f);
        begin(1);
        finish(false);
        return getLong(offset + StubCode.ENTRY_RESULT);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Six pieces of 256 KiB can be lent at a time.
     */
    @Override
    public Memory lend() {
        for (int slot = 0; slot < LENT_COUNT; slot++) {
            int bit = 1 << slot;
            if ((lentSlots & bit) == 0) {
                lentSlots |= bit;
                int at = LENT_AT + slot * LENT_SIZE;
                return new Memory(bytes.slice(at, LENT_SIZE), StubCode.BASE + at, () -> lentSlots &= ~bit);
            }
        }
        throw new BugException("a stub lent all its memory; a caller does not give it back", null);
    }

    /** Has the stub begin with the first entries; {@link #finish} must follow. */
    void begin(int entries) {
        arm(entries);
        // That the stub is gone shows when its answer is awaited.
        HOST.ring(shared.address(), socket.number());
    }

    /** Lays down the first entries for whoever else asks the stub to begin. */
    void arm(int entries) {
        putLong(StubCode.FIRST, StubCode.BASE + ENTRIES_AT);
        putLong(StubCode.END, StubCode.BASE + entryOffset(entries));
        putLong(StubCode.FAILED, 0);
    }

    /**
     * Waits for the stub to be done.
     *
     * @return the index of the entry that failed, {@link #DONE}, or with {@code toExec} {@link #REPLACED}
     */
    int finish(boolean toExec) {
        if (HOST.await(shared.address(), socket.number()) != 1) {
            gone = true;
            if (toExec && getLong(StubCode.FAILED) == 0) {
                return REPLACED;
            }
            throw new HostException(
                    "the sandbox's entry process ended unexpectedly; it may have been killed", "read", 0);
        }
        long failed = getLong(StubCode.FAILED);
        return failed == 0 ? DONE : (int) (failed - StubCode.BASE - ENTRIES_AT) / StubCode.ENTRY;
    }

    /** Has the first entries run, the last of which ends the stub, and sees to it that it is reaped. */
    void leave(int entries) {
        begin(entries);
        Thread.ofPlatform().daemon().name("reap a stub").start(() -> {
            waitFor();
            release();
        });
    }

    /**
     * Waits until the stub, or the program that replaced it, has ended, and reaps it.
     *
     * @return its exit code, or 128 + the signal that ended it; -1 when it is not a child of this process any more, and
     *     so not to be known
     */
    public int waitFor() {
        Stub reaper = parent;
        if (reaper != null && !reaper.gone) {
            try {
                return waitFor(reaper, P_PID, pid);
            } catch (HostException e) {
                if (!reaper.gone) {
                    throw e;
                }
            }
        }
        if (reaper == null && !orphan) {
            return waitFor(HOST, P_PIDFD, pidfd.number());
        }
        Pidfd.awaitEnd(pidfd.number(), -1);
        return -1;
    }

    private static int waitFor(Caller reaper, int kind, long id) {
        try (Memory memory = reaper.lend()) {
            long info = memory.allocate(128);
            while (true) {
                long result = reaper.call(Nr.WAITID, kind, id, info, WEXITED, 0);
                if (result == 0) {
                    // siginfo_t: si_code at 8, si_status at 24; CLD_EXITED is 1
                    int status = memory.getInt(info + 24);
                    return memory.getInt(info + 8) == 1 ? status : 128 + status;
                }
                if (result != -Errno.EINTR) {
                    throw Errno.failure("waitid", "wait for the sandbox's first process", result);
                }
            }
        }
    }

    /**
     * Sends a signal; does nothing when the process has ended.
     *
     * @param signal the signal's number
     */
    public void signal(int signal) {
        HOST.call(Nr.PIDFD_SEND_SIGNAL, pidfd.number(), signal, 0, 0);
    }

    /**
     * Takes a copy of a descriptor that the stub has open (pidfd_getfd(2)).
     *
     * @param number its number in the stub
     * @return the copy
     * @throws HostException if the kernel refuses
     */
    public Fd take(int number) {
        return new Fd((int) Errno.check(
                "pidfd_getfd",
                "take a descriptor from the sandbox",
                HOST.call(Nr.PIDFD_GETFD, pidfd.number(), number, 0)));
    }

    /**
     * Replaces the stub by a child of its own in new namespaces; the child's parent is this process. Needed where a
     * namespace applies to children only (pid_namespaces(7)), or where the stub must first gain the right to make it.
     *
     * @param cloneFlags namespaces to make for the child, of {@link Clone}'s
     * @throws HostException if the kernel refuses
     */
    public void fork(long cloneFlags) {
        replace(Clone.PARENT | cloneFlags);
    }

    /** Replaces the stub by a child that init, or the next subreaper, will reap: nobody here has to. */
    void orphan() {
        replace(SIGCHLD);
        orphan = true;
    }

    private void replace(long flags) {
        long child;
        try (Batch batch = batch()) {
            long childPid = batch.memory().allocate(8);
            Batch.Step clone = batch.step(
                    "start the process inside the namespaces",
                    Nr.CLONE,
                    Clone.PARENT_SETTID | flags,
                    0,
                    childPid,
                    0,
                    0);
            // Parent and child go on from here in the same memory. The child, which has a positive id, skips the end.
            Batch.Step inChild = batch.step("go on in the child", Nr.GETTID);
            Batch.Step inParent = batch.step("end the parent", Nr.EXIT_GROUP, 0);
            Batch.Step end = batch.step("go on in the child", Nr.GETTID);
            clone.branchingTo(inParent);
            inChild.branchingTo(end);
            batch.run();
            child = batch.memory().getInt(childPid);
        }
        waitFor();
        pidfd.close();
        // It answered, and whoever is to wait for it has not, so the number cannot have passed to another.
        pidfd = watch(child);
        pid = child;
    }

    /** Frees everything of a stub, or of the program that replaced it, that {@link #waitFor()} has reaped. */
    public void release() {
        detach();
        pidfd.close();
    }

    /** Ends the conversation with a stub that has become the program: its memory and socket are freed. */
    void detach() {
        socket.close();
        HOST.unmap(shared);
    }

    /**
     * Kills the stub, reaps it and frees what it had. Not for a stub that was reaped already; see {@link #release()}.
     */
    @Override
    public void close() {
        signal(SIGKILL);
        waitFor();
        release();
    }

    int entryOffset(int index) {
        if (index > MAX_ENTRIES) {
            throw new BugException("a batch of more than " + MAX_ENTRIES + " system calls", null);
        }
        return ENTRIES_AT + index * StubCode.ENTRY;
    }

    void clearEntry(int offset) {
        for (int i = 0; i < StubCode.ENTRY; i += 8) {
            bytes.putLong(offset + i, 0);
        }
    }

    void putLong(int offset, long value) {
        bytes.putLong(offset, value);
    }

    void putInt(int offset, int value) {
        bytes.putInt(offset, value);
    }

    void putShort(int offset, short value) {
        bytes.putShort(offset, value);
    }

    long getLong(int offset) {
        return bytes.getLong(offset);
    }

    int getInt(int offset) {
        return bytes.getInt(offset);
    }
}
