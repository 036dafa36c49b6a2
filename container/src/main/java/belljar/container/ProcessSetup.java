package belljar.container;

import belljar.failure.GuestException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Batch;
import belljar.linux.CapabilityData;
import belljar.linux.CapabilitySet;
import belljar.linux.Errno;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.SeccompCompiler;
import belljar.linux.Stub;
import belljar.sandbox.ProcessSpec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns the stub into the container's program: session, limits, identity, privileges, system call filter, execution, in
 * the order that the kernel's rules force.
 */
final class ProcessSetup {
    /** The most supplementary groups that the kernel takes (linux/limits.h). */
    private static final int NGROUPS_MAX = 65536;

    private static final int PR_SET_DUMPABLE = 4;
    private static final int PR_SET_KEEPCAPS = 8;
    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int PR_CAP_AMBIENT = 47;
    private static final int PR_CAP_AMBIENT_RAISE = 2;
    private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;
    private static final int KEYCTL_JOIN_SESSION_KEYRING = 1;
    private static final int TIOCSCTTY = 0x540E;
    private static final int TIOCSPGRP = 0x5410;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int CLOSE_RANGE_CLOEXEC = 4;
    private static final int SIG_SETMASK = 2;
    private static final int LAST_SIGNAL = 64;

    /** As the kernel's MAX_ARG_STRLEN: the most bytes of one argument or variable, with its NUL. */
    private static final int MAX_TEXT = 128 * 1024;

    /** The most that the kernel ever lets all of them have: three quarters of the default stack's 8 MiB. */
    private static final int MAX_TEXTS = 6 << 20;

    /** Elements of PATH that are looked into. */
    private static final int MAX_CANDIDATES = 512;

    private final Stub stub;
    private final ProcessSpec process;
    private final Identity identity;
    private final SeccompFilters.Filter filter;
    private final int directory;

    /**
     * @param stub the container's first process, inside its root
     * @param process what it shall become
     * @param identity its capabilities, checked
     * @param filter its system call filter
     * @param directory the stub's descriptor of the working directory, resolved inside the container
     */
    ProcessSetup(Stub stub, ProcessSpec process, Identity identity, SeccompFilters.Filter filter, int directory) {
        this.stub = stub;
        this.process = process;
        this.identity = identity;
        this.filter = filter;
        this.directory = directory;
    }

    /**
     * Executes the program.
     *
     * @throws GuestException if the image lacks it or it cannot be executed
     */
    void execute() {
        try (Launch launch = prepare()) {
            launch.run();
        }
    }

    /** {@return what makes the stub the program, laid out in its memory and not begun} */
    Launch prepare() {
        checkSize();
        // Without a program the stub becomes an init without a child, which needs nothing in the container.
        List<String> candidates = process.args().isEmpty() ? List.of() : candidates();
        Batch batch = stub.largeBatch();
        boolean ready = false;
        try {
            protect(batch);
            session(batch);
            limits(batch);
            identity(batch);
            Batch.Step[] tries = program(batch, candidates);
            ready = true;
            return new Launch(batch, candidates, tries);
        } finally {
            if (!ready) {
                batch.close();
            }
        }
    }

    private Batch.Step[] program(Batch batch, List<String> candidates) {
        if (process.args().isEmpty()) {
            batch.pause();
            return new Batch.Step[0];
        }
        batch.step("close inherited files", Nr.CLOSE_RANGE, 3, -1, CLOSE_RANGE_CLOEXEC);
        long child = process.init() ? forkFromInit(batch) : 0;
        Batch.Step[] tries = tries(batch, candidates);
        if (process.init()) {
            batch.endOfChild(child);
        }
        return tries;
    }

    /** The last batch of the stub. */
    final class Launch implements AutoCloseable {
        private final Batch batch;
        private final List<String> candidates;
        private final Batch.Step[] tries;

        private Launch(Batch batch, List<String> candidates, Batch.Step[] tries) {
            this.batch = batch;
            this.candidates = candidates;
            this.tries = tries;
        }

        /** {@return the batch, for whoever has the stub begin with it} */
        Batch batch() {
            return batch;
        }

        /** Begins and finishes. */
        void run() {
            end(true);
        }

        /**
         * Waits until the stub is the program, once somebody has had it begin.
         *
         * @throws GuestException if the image lacks it or it cannot be executed
         */
        void finish() {
            end(false);
        }

        private void end(boolean begin) {
            try {
                if (begin ? batch.runToExec() : batch.finishToExec()) {
                    return;
                }
            } catch (HostException e) {
                throw explained(e);
            }
            if (process.args().isEmpty()) {
                throw new HostException("the process that holds the namespaces did not start", "read", 0);
            }
            throw notFound(candidates, tries);
        }

        @Override
        public void close() {
            batch.close();
        }
    }

    /**
     * Lets go of all that the set-up opened, while the stub may still do anything, and keeps other containers that
     * share the PID namespace from tracing it once its privileges are no more than theirs.
     */
    private void protect(Batch batch) {
        batch.step("close the set-up's files", Nr.CLOSE_RANGE, Stub.FIRST_FREE, directory - 1, 0)
                .tolerating(Errno.EINVAL);
        batch.step("close the set-up's files", Nr.CLOSE_RANGE, directory + 1, -1, 0);
        batch.step("forbid tracing", Nr.PRCTL, PR_SET_DUMPABLE, 0, 0, 0, 0);
    }

    private void session(Batch batch) {
        batch.step("start a session", Nr.SETSID).ignoringErrors();
        if (process.terminal()) {
            batch.step("take the controlling terminal", Nr.IOCTL, 0, TIOCSCTTY, 0);
        }
        // Without an own keyring the container would share the keys of whoever started it.
        batch.step("join a new keyring", Nr.KEYCTL, KEYCTL_JOIN_SESSION_KEYRING, 0, 0)
                .tolerating(Errno.ENOSYS, Errno.EPERM, Errno.EDQUOT, Errno.EACCES);
        Memory memory = batch.memory();
        long action = memory.allocate(32);
        // The kernel resets handlers at the clone, but what the JVM or its parent ignores stays ignored.
        for (int signal = 1; signal <= LAST_SIGNAL; signal++) {
            if (signal != 9 && signal != 19) {
                batch.step("reset signal " + signal, Nr.RT_SIGACTION, signal, action, 0, 8);
            }
        }
        batch.step("unblock signals", Nr.RT_SIGPROCMASK, SIG_SETMASK, memory.allocate(8), 0, 8);
        batch.step("set the umask", Nr.UMASK, process.umask().orElse(022));
    }

    private void limits(Batch batch) {
        for (Identity.Limit limit : identity.limits()) {
            long value = batch.memory().allocate(16);
            batch.memory().putLong(value, limit.soft());
            batch.memory().putLong(value + 8, limit.hard());
            batch.step("set " + limit.name(), Nr.PRLIMIT64, 0, limit.number(), value, 0);
        }
    }

    private void identity(Batch batch) {
        Memory memory = batch.memory();
        for (int cap = 0; cap <= CapabilitySet.lastOfKernel(); cap++) {
            if ((identity.bounding().bits() >>> cap & 1) == 0) {
                batch.step("drop capability " + cap, Nr.PRCTL, PR_CAPBSET_DROP, cap, 0, 0, 0)
                        .tolerating(Errno.EINVAL);
            }
        }
        if (!process.noNewPrivileges()) {
            // Without no_new_privs a filter needs CAP_SYS_ADMIN, which is about to go.
            filter(batch);
        }
        batch.step("keep capabilities", Nr.PRCTL, PR_SET_KEEPCAPS, 1, 0, 0, 0);
        groups(batch);
        batch.step("set the group " + process.gid(), Nr.SETRESGID, process.gid(), process.gid(), process.gid());
        batch.step("set the user " + process.uid(), Nr.SETRESUID, process.uid(), process.uid(), process.uid());
        // By descriptor: a name could lead elsewhere by now, even to the host through a link of procfs
        // (CVE-2024-21626).
        batch.step("change directory to " + process.cwd(), Nr.FCHDIR, directory);
        long sets = CapabilityData.sets(memory, identity.effective(), identity.permitted(), identity.inheritable());
        batch.step("set capabilities", Nr.CAPSET, CapabilityData.header(memory), sets);
        batch.step("clear ambient capabilities", Nr.PRCTL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        for (int cap = 0; cap <= CapabilitySet.lastOfKernel(); cap++) {
            if ((identity.ambient().bits() >>> cap & 1) != 0) {
                batch.step(
                        "raise ambient capability " + cap, Nr.PRCTL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
            }
        }
        if (process.noNewPrivileges()) {
            batch.step("forbid new privileges", Nr.PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            filter(batch);
        }
    }

    private void groups(Batch batch) {
        List<Integer> gids = new ArrayList<>(process.additionalGids());
        // A program that changes its group must not shed the one that files deny access to (CVE-2022-36109).
        if (identity.groupsAllowed() && gids.size() < NGROUPS_MAX && !gids.contains(process.gid())) {
            gids.add(0, process.gid());
        }
        long list = batch.memory().allocate(4 * gids.size() + 4);
        for (int i = 0; i < gids.size(); i++) {
            batch.memory().putInt(list + 4L * i, gids.get(i));
        }
        Batch.Step step = batch.step("set supplementary groups", Nr.SETGROUPS, gids.size(), list);
        if (!identity.groupsAllowed() && gids.isEmpty()) {
            // A user namespace with a single id may not change groups at all (user_namespaces(7)).
            step.tolerating(Errno.EPERM);
        }
    }

    private void filter(Batch batch) {
        if (filter.program().length > 0) {
            Memory memory = batch.memory();
            long code = memory.copy(filter.program());
            long program = memory.allocate(16);
            memory.putInt(program, filter.program().length / SeccompCompiler.INSTRUCTION_SIZE);
            memory.putLong(program + 8, code);
            batch.step("install the system call filter", Nr.SECCOMP, SECCOMP_SET_MODE_FILTER, filter.flags(), program);
        }
    }

    /** Leaves an init behind; the child gets a process group of its own, in the foreground of the terminal. */
    private long forkFromInit(Batch batch) {
        long child = batch.forkFromInit();
        batch.step("make a process group", Nr.SETPGID, 0, 0);
        if (process.terminal()) {
            Batch.Step self = batch.step("look up the process id", Nr.GETPID);
            batch.step("come to the terminal's foreground", Nr.IOCTL, 0, TIOCSPGRP, self.resultAddress());
        }
        batch.step(
                "unblock signals",
                Nr.RT_SIGPROCMASK,
                SIG_SETMASK,
                batch.memory().allocate(8),
                0,
                8);
        return child;
    }

    /**
     * Tries each candidate as execvp(3) does: the kernel, as the container's user, decides what can be run, so that
     * there is no gap between a check and its use.
     */
    private Batch.Step[] tries(Batch batch, List<String> candidates) {
        long argv = batch.memory().strings(process.args());
        long envp = batch.memory().strings(process.env());
        Batch.Step[] tries = new Batch.Step[candidates.size()];
        for (int i = 0; i < tries.length; i++) {
            tries[i] = batch.step("run " + candidates.get(i), Nr.EXECVE, batch.string(candidates.get(i)), argv, envp)
                    .tolerating(Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES);
        }
        return tries;
    }

    /** Said here, since a text too long would else be the kernel's E2BIG without a hint which one it is. */
    private void checkSize() {
        long total = size(process.args(), "an argument") + size(process.env(), "an environment variable");
        if (total > MAX_TEXTS) {
            throw new UserException("the program's arguments and environment have " + total
                    + " bytes, and the kernel takes at most " + MAX_TEXTS + "; pass less, or pass it in a file");
        }
    }

    private static long size(List<String> texts, String kind) {
        long total = 0;
        for (String text : texts) {
            int length = text.getBytes(StandardCharsets.UTF_8).length + 1;
            if (length > MAX_TEXT) {
                throw new UserException(kind + " of the program has " + (length - 1)
                        + " bytes, and the kernel takes at most " + (MAX_TEXT - 1) + "; pass it in a file");
            }
            total += length + 8;
        }
        return total;
    }

    private List<String> candidates() {
        String name = process.args().get(0);
        if (name.indexOf('/') >= 0) {
            return List.of(name);
        }
        ArrayList<String> candidates = new ArrayList<>();
        String path = path();
        int at = 0;
        while (at <= path.length()) {
            int colon = path.indexOf(':', at);
            int end = colon < 0 ? path.length() : colon;
            // An empty element would mean the working directory; a program is never taken from there by accident.
            if (end > at) {
                if (candidates.size() == MAX_CANDIDATES) {
                    throw new UserException("the container's PATH names more than " + MAX_CANDIDATES
                            + " directories; shorten it or write the program's whole path");
                }
                candidates.add(path.substring(at, end) + "/" + name);
            }
            at = end + 1;
        }
        return candidates;
    }

    private String path() {
        for (String variable : process.env()) {
            if (variable.startsWith("PATH=")) {
                return variable.substring(5);
            }
        }
        return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    }

    private GuestException notFound(List<String> candidates, Batch.Step[] tries) {
        String name = process.args().get(0);
        for (int i = 0; i < tries.length; i++) {
            if (tries[i].result() == -Errno.EACCES) {
                return new GuestException(
                        "cannot run '" + candidates.get(i)
                                + "' in the container: permission denied; is it an executable" + " file?",
                        126);
            }
        }
        if (name.indexOf('/') >= 0) {
            return new GuestException(
                    "cannot run '" + name + "' in the container: the file, or the interpreter it names, does not exist",
                    127);
        }
        return new GuestException(
                "cannot run '" + name + "' in the container: executable file not found in its PATH (" + path() + ")",
                127);
    }

    private RuntimeException explained(HostException e) {
        String message = e.getMessage();
        if (message.startsWith("run ")) {
            if (e.errno() == Errno.E2BIG) {
                return new UserException(
                        "the program's arguments and environment are longer than this host's stack limit allows;"
                                + " pass less, or pass it in a file",
                        e);
            }
            String why = e.errno() == Errno.ENOEXEC ? "it is not a program for this machine" : Errno.text(e.errno());
            return new GuestException("cannot run '" + process.args().get(0) + "' in the container: " + why, 126);
        }
        if (message.startsWith("change directory to ")) {
            return new GuestException(
                    "cannot enter the working directory '" + process.cwd() + "' in the container: "
                            + Errno.text(e.errno()),
                    126);
        }
        if (message.startsWith("set RLIMIT_") && e.errno() == Errno.EPERM) {
            return new UserException(
                    "cannot set " + message.substring(4, message.indexOf(':'))
                            + " above this host's hard limit without CAP_SYS_RESOURCE; ask for less",
                    e);
        }
        return e;
    }
}
