package belljar.linux;

import belljar.failure.BugException;
import belljar.failure.HostException;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * System calls that a {@link Stub} makes one after the other, without coming back to Java in between. The first that
 * fails ends the batch, and its name becomes the failure's message. For one thread; of the batches of one stub only one
 * may be open at a time.
 */
public final class Batch implements AutoCloseable {
    /** No call has failed. */
    public static final int NONE = -1;

    private static final int SIG_SETMASK = 2;
    private static final int SIGCHLD = 17;

    private final Stub stub;
    private final Memory memory;
    private final ArrayList<String> names = new ArrayList<>();
    private @Nullable Step forked;
    private int failed = NONE;

    Batch(Stub stub, Memory memory) {
        this.stub = stub;
        this.memory = memory;
    }

    /** {@return memory for the arguments of this batch, valid until it is closed} */
    public Memory memory() {
        return memory;
    }

    /**
     * Allocates a string among the arguments.
     *
     * @param text the characters, without NUL
     * @return its address
     */
    public long string(String text) {
        return memory.string(text);
    }

    /**
     * Appends a call.
     *
     * @param what what is done and to what, for the failure's message, such as {@code mount proc at /proc}
     * @param nr the call's number, one of {@link Nr}
     * @param args up to six arguments
     * @return the step, for options and for use of its result
     * @throws BugException if the batch is full
     */
    public Step step(String what, int nr, long... args) {
        int index = names.size();
        names.add(what);
        Step step = new Step(stub.entryOffset(index));
        stub.clearEntry(step.offset);
        stub.putInt(step.offset, nr);
        for (int i = 0; i < args.length; i++) {
            stub.putLong(step.offset + StubCode.ENTRY_ARGS + 8 * i, args[i]);
        }
        return step;
    }

    /**
     * Makes the calls.
     *
     * @throws HostException if one failed, with its name, call and errno
     */
    public void run() {
        begin();
        finish();
    }

    /** Has the stub begin with the calls; {@link #finish} must follow before anything else is asked of the stub. */
    void begin() {
        stub.begin(names.size());
    }

    /** Lays the calls down for a keeper that has the stub begin with them. */
    void arm() {
        stub.arm(names.size());
    }

    /** Waits until the calls are made, and throws as {@link #run} does. */
    void finish() {
        int failed = stub.finish(false);
        if (failed >= 0) {
            throw failure(failed);
        }
    }

    /**
     * Makes the calls, one of which replaces the stub with a program.
     *
     * @return true when that has happened (or the stub was killed, which its exit status will tell); false when all
     *     calls were made and the stub is still there
     * @throws HostException if a call failed, with its name, call and errno
     */
    public boolean runToExec() {
        begin();
        return finishToExec();
    }

    /**
     * Waits for calls that somebody else had the stub begin with; see {@link Keeper#free}.
     *
     * @return as {@link #runToExec}
     * @throws HostException as {@link #runToExec}
     */
    public boolean finishToExec() {
        int failed = stub.finish(true);
        if (failed >= 0) {
            throw failure(failed);
        }
        return failed == Stub.REPLACED;
    }

    /**
     * Makes the calls without anybody waiting: even when this process ends, the stub makes all of them. The last must
     * end it. It is of no further use to the caller, and reaped by a thread of its own.
     */
    public void leave() {
        stub.leave(names.size());
    }

    /**
     * Appends a fork: the stub stays behind as the init of a child, which goes on with the steps that follow, up to
     * those of {@link #endOfChild}. Comes after everything that shall hold for both. All signals are blocked in both.
     *
     * @return the address of the child's process id, for {@link #endOfChild}
     */
    public long forkFromInit() {
        long everything = memory.allocate(8);
        memory.putLong(everything, -1);
        step("block signals", Nr.RT_SIGPROCMASK, SIG_SETMASK, everything, 0, 8);
        long pid = memory.allocate(8);
        forked = step("start the program below an init", Nr.CLONE, Clone.PARENT_SETTID | SIGCHLD, 0, pid, 0, 0);
        return pid;
    }

    /**
     * Appends the last step: the stub stays as an init without a child. It reaps what ends, and ends with the exit code
     * 0 on SIGTERM and SIGINT.
     */
    public void pause() {
        long everything = memory.allocate(8);
        memory.putLong(everything, -1);
        step("block signals", Nr.RT_SIGPROCMASK, SIG_SETMASK, everything, 0, 8);
        step("become init", StubCode.BECOME_INIT, memory.allocate(8));
    }

    /**
     * Appends the end of what the child of {@link #forkFromInit} does when no program has replaced it.
     *
     * @param pid what {@link #forkFromInit} returned
     */
    public void endOfChild(long pid) {
        Step fork = forked;
        if (fork == null) {
            throw new BugException("the end of a child that was never started", null);
        }
        Step skip = step("go on in the child", Nr.GETTID);
        Step init = step("become init", StubCode.BECOME_INIT, pid);
        Step end = step("go on in the child", Nr.GETTID);
        fork.branchingTo(init);
        skip.branchingTo(end);
    }

    /** {@return how many steps there are by now} */
    public int size() {
        return names.size();
    }

    /** {@return the index of the step that failed; {@link #NONE} when none has} */
    public int failed() {
        return failed;
    }

    private HostException failure(int index) {
        failed = index;
        int offset = stub.entryOffset(index);
        return Errno.failure(
                SyscallTable.of(SyscallAbi.X86_64).name(stub.getInt(offset)),
                names.get(index),
                stub.getLong(offset + StubCode.ENTRY_RESULT));
    }

    /** Gives the memory back. */
    @Override
    public void close() {
        memory.close();
    }

    /** One call of a batch. */
    public final class Step {
        private final int offset;

        private Step(int offset) {
            this.offset = offset;
        }

        private void flag(int bits) {
            int at = offset + StubCode.ENTRY_FLAGS;
            stub.putInt(at, stub.getInt(at) | bits);
        }

        /**
         * Uses the result of an earlier step, such as a descriptor, as an argument.
         *
         * @param argument which argument, 0 to 5
         * @param earlier the step
         * @return this step
         */
        public Step uses(int argument, Step earlier) {
            flag(1 << argument);
            stub.putLong(
                    offset + StubCode.ENTRY_ARGS + 8 * argument,
                    StubCode.BASE + earlier.offset + StubCode.ENTRY_RESULT);
            return this;
        }

        /**
         * Uses what stands in memory then, such as what an earlier step has the kernel write, as an argument.
         *
         * @param argument which argument, 0 to 5
         * @param address the address of 8 bytes in this batch's memory
         * @return this step
         */
        Step usesValueAt(int argument, long address) {
            flag(1 << argument);
            stub.putLong(offset + StubCode.ENTRY_ARGS + 8 * argument, address);
            return this;
        }

        /**
         * Lets errors of this step pass.
         *
         * @param errnos up to four errnos that are no failure here
         * @return this step
         */
        public Step tolerating(int... errnos) {
            for (int i = 0; i < errnos.length; i++) {
                stub.putShort(offset + StubCode.ENTRY_TOLERATED + 2 * i, (short) errnos[i]);
            }
            return this;
        }

        /** {@return this step, none of whose errors is a failure} */
        public Step ignoringErrors() {
            flag(StubCode.IGNORE);
            return this;
        }

        /**
         * Continues at another step when the result is positive, as in the parent of a fork.
         *
         * @param target a step of this batch
         * @return this step
         */
        public Step branchingTo(Step target) {
            flag(StubCode.BRANCH);
            stub.putLong(offset + StubCode.ENTRY_BRANCH, StubCode.BASE + target.offset);
            return this;
        }

        /** {@return the address of this step's result, for a call that reads it from memory} */
        public long resultAddress() {
            return StubCode.BASE + offset + StubCode.ENTRY_RESULT;
        }

        /** {@return the result after the batch ran: the kernel's, or a negated errno that was tolerated} */
        public long result() {
            return stub.getLong(offset + StubCode.ENTRY_RESULT);
        }
    }
}
