package belljar.linux;

import static belljar.linux.Assembler.Reg.R10;
import static belljar.linux.Assembler.Reg.R12;
import static belljar.linux.Assembler.Reg.R13;
import static belljar.linux.Assembler.Reg.R14;
import static belljar.linux.Assembler.Reg.R8;
import static belljar.linux.Assembler.Reg.R9;
import static belljar.linux.Assembler.Reg.RAX;
import static belljar.linux.Assembler.Reg.RBP;
import static belljar.linux.Assembler.Reg.RBX;
import static belljar.linux.Assembler.Reg.RCX;
import static belljar.linux.Assembler.Reg.RDI;
import static belljar.linux.Assembler.Reg.RDX;
import static belljar.linux.Assembler.Reg.RSI;

import belljar.linux.Assembler.Cond;
import belljar.linux.Assembler.Label;

/**
 * The third life of the stub: the keeper of a container, its first process's parent. It needs nobody: what it has to
 * know lies in its own memory, as {@link KeeperImage} describes, and the memory and socket that it shared with Java are
 * gone. It waits for its children, has a logger run, writes the exit file, and after the last child it ends or becomes
 * the program that cleans up.
 */
final class KeeperCode {
    private static final int PR_SET_NAME = 15;
    private static final int PR_SET_PTRACER = 0x59616D61;
    private static final int SIG_SETMASK = 2;
    private static final int SIGCHLD = 17;
    private static final int P_ALL = 0;
    private static final int P_PID = 1;
    private static final int WEXITED = 4;
    private static final int WNOWAIT = 0x1000000;
    private static final int SI_CODE = 8;
    private static final int SI_PID = 16;
    private static final int SI_STATUS = 24;
    private static final int CLD_EXITED = 1;
    private static final int CLOCK_REALTIME = 0;

    /** PROT_READ and PROT_WRITE. */
    private static final int READ_WRITE = 3;

    /** MAP_PRIVATE, MAP_ANONYMOUS and MAP_FIXED_NOREPLACE. */
    private static final int OWN_MEMORY = 0x100022;

    private static final int MAP_SHARED = 1;
    private static final int PAGE = 4096;

    /** O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW and O_CLOEXEC. */
    private static final int EXIT_FLAGS = 0x1 | 0x40 | 0x200 | 0x20000 | 0x80000;

    private static final int EXIT_MODE = 0600;
    private static final int AT_FDCWD = -100;

    private final Assembler a;
    private final Label logger = new Label();
    private final Label startLogger = new Label();
    private final Label closeInput = new Label();
    private final Label handled = new Label();
    private final Label letGo = new Label();
    private final Label writeExit = new Label();
    private final Label ring = new Label();

    KeeperCode(Assembler a) {
        this.a = a;
    }

    /** Appends the code. It expects the arguments of {@link StubCode#BECOME_KEEPER} in RDI, RSI and RDX. */
    void assemble(Label keeper) {
        a.bind(keeper);
        settle();
        loop();
        closeInput();
        startLogger();
        letGo();
        writeExit();
        a.bind(ring);
        HostCode.ring(a);
        new LoggerCode(a).assemble(logger);
    }

    /** Moves to memory of its own and lets go of Java. */
    private void settle() {
        Label failed = new Label();
        Label settled = new Label();
        a.mov(R12, RDI);
        a.mov(R13, RSI);
        a.mov(RDI, (int) KeeperImage.BASE);
        a.mov(RSI, RDX);
        a.mov(RDX, READ_WRITE);
        a.mov(R10, OWN_MEMORY);
        a.mov(R8, -1);
        a.mov(R9, 0);
        a.syscall(Nr.MMAP);
        a.test(RAX, RAX);
        a.jcc(Cond.NEGATIVE, failed);
        a.mov(RBP, RAX);
        a.mov(RDI, RAX);
        a.mov(RSI, R12);
        a.mov(RCX, R13);
        a.copyBytes();
        handleSignal();
        a.mov(RDI, PR_SET_NAME);
        a.address(RSI, RBP, KeeperImage.KEEPER_NAME);
        a.syscall(Nr.PRCTL);
        a.mov(RDI, PR_SET_PTRACER);
        a.mov(RSI, -1);
        a.syscall(Nr.PRCTL);
        a.call(startLogger);
        // R14 is the shared memory still.
        a.load(RAX, RBP, KeeperImage.LOGGER_PID);
        a.store(R14, StubCode.LOGGER, RAX);
        a.cmp(RAX, 0);
        a.jcc(Cond.LESS_OR_EQUAL, failed);
        startProgram(failed);
        a.mov(RAX, 1);
        a.store(R14, StubCode.FREED, RAX);
        a.call(letGo);
        a.jmp(settled);
        a.bind(failed);
        // Java sees that this was not all, and takes everything down.
        a.mov(RDI, 1);
        a.syscall(Nr.EXIT_GROUP);
        a.bind(settled);
    }

    /**
     * Has the first process begin with its last batch, if it waits for that. Sees a page of what it shares with Java.
     */
    private void startProgram(Label failed) {
        Label none = new Label();
        a.load(RAX, RBP, KeeperImage.START);
        a.test(RAX, RAX);
        a.jcc(Cond.EQUAL, none);
        a.mov(RDI, 0);
        a.mov(RSI, PAGE);
        a.mov(RDX, READ_WRITE);
        a.mov(R10, MAP_SHARED);
        a.mov(R8, Keeper.CHILD_MEMORY);
        a.mov(R9, 0);
        a.syscall(Nr.MMAP);
        a.test(RAX, RAX);
        a.jcc(Cond.NEGATIVE, failed);
        a.mov(RBX, RAX);
        a.mov(RDI, RAX);
        a.mov(RSI, Keeper.CHILD_BELL);
        a.call(ring);
        a.mov(RDI, RBX);
        a.mov(RSI, PAGE);
        a.syscall(Nr.MUNMAP);
        a.bind(none);
    }

    /**
     * Blocks all signals but one, which closes the input. The kernel asks for a handler and for code that returns from
     * it.
     */
    private void handleSignal() {
        a.address(RAX, closeInput);
        a.store(RBP, KeeperImage.ACTION, RAX);
        a.address(RAX, handled);
        a.store(RBP, KeeperImage.ACTION + KeeperImage.ACTION_RETURN, RAX);
        a.mov(RDI, Keeper.CLOSE_INPUT);
        a.address(RSI, RBP, KeeperImage.ACTION);
        a.mov(RDX, 0);
        a.mov(R10, 8);
        a.syscall(Nr.RT_SIGACTION);
        block(KeeperImage.BLOCKED_SIGNALS);
    }

    private void block(int mask) {
        a.mov(RDI, SIG_SETMASK);
        a.address(RSI, RBP, mask);
        a.mov(RDX, 0);
        a.mov(R10, 8);
        a.syscall(Nr.RT_SIGPROCMASK);
    }

    /** Closes the input here, and in a keeper has the logger do the same. */
    private void closeInput() {
        Label done = new Label();
        a.bind(closeInput);
        a.mov(RDI, Keeper.INPUT);
        a.syscall(Nr.CLOSE);
        a.mov(RDI, (int) KeeperImage.BASE);
        a.load(RDI, RDI, KeeperImage.LOGGER_PID);
        a.cmp(RDI, 0);
        a.jcc(Cond.LESS_OR_EQUAL, done);
        a.mov(RSI, Keeper.CLOSE_INPUT);
        a.syscall(Nr.KILL);
        a.bind(done);
        a.ret();
        a.bind(handled);
        a.syscall(Nr.RT_SIGRETURN);
    }

    /** Waits for children; goes on behind itself when there are none any more. */
    private void loop() {
        Label wait = new Label();
        Label finished = new Label();
        Label other = new Label();
        Label reap = new Label();
        Label restart = new Label();
        a.bind(wait);
        // The first process stays a zombie until the exit file is there: who sees it gone can rely on the file.
        waitid(P_ALL, WEXITED | WNOWAIT);
        a.cmp(RAX, -Errno.ECHILD);
        a.jcc(Cond.EQUAL, finished);
        a.test(RAX, RAX);
        a.jcc(Cond.NOT_EQUAL, wait);
        a.load32(R12, RBP, KeeperImage.EXIT + SI_PID);
        a.load(RAX, RBP, KeeperImage.MAIN_PID);
        a.cmp(RAX, R12);
        a.jcc(Cond.NOT_EQUAL, other);
        a.call(writeExit);
        a.bind(other);
        a.load(R13, RBP, KeeperImage.LOGGER_PID);
        a.cmp(R13, R12);
        a.jcc(Cond.NOT_EQUAL, reap);
        // Once it is reaped its process id may be another's, who must not get its signals.
        a.mov(RAX, 0);
        a.store(RBP, KeeperImage.LOGGER_PID, RAX);
        a.bind(reap);
        waitid(P_PID, WEXITED);
        a.cmp(R13, R12);
        a.jcc(Cond.NOT_EQUAL, wait);
        // A logger that ended by itself has seen the end; one that was killed is replaced.
        a.load32(RAX, RBP, KeeperImage.EXIT + SI_CODE);
        a.cmp(RAX, CLD_EXITED);
        a.jcc(Cond.NOT_EQUAL, restart);
        a.load32(RAX, RBP, KeeperImage.EXIT + SI_STATUS);
        a.test(RAX, RAX);
        a.jcc(Cond.NOT_EQUAL, restart);
        a.load(RAX, RBP, KeeperImage.MAIN_PID);
        a.test(RAX, RAX);
        a.jcc(Cond.NOT_EQUAL, wait);
        // Not the first process's parent: the logger's end is all that is known of its end.
        a.address(RDI, RBP, KeeperImage.EXIT);
        a.mov(RCX, KeeperImage.EXIT_TIME);
        a.mov(RAX, 0);
        a.fillBytes();
        a.call(writeExit);
        a.jmp(wait);
        a.bind(restart);
        a.load(RAX, RBP, KeeperImage.RESTARTS);
        a.test(RAX, RAX);
        a.jcc(Cond.EQUAL, wait);
        a.add(RAX, -1);
        a.store(RBP, KeeperImage.RESTARTS, RAX);
        a.call(startLogger);
        a.jmp(wait);
        a.bind(finished);
        afterwards();
    }

    /** Waits for any child, or for the one whose process id is in R12. */
    private void waitid(int kind, int options) {
        a.mov(RDI, kind);
        a.mov(RSI, R12);
        a.address(RDX, RBP, KeeperImage.EXIT);
        a.mov(R10, options);
        a.mov(R8, 0);
        a.syscall(Nr.WAITID);
    }

    /** Becomes the program that cleans up, or ends. */
    private void afterwards() {
        Label free = new Label();
        Label exit = new Label();
        a.load(RDI, RBP, KeeperImage.ARGV);
        a.test(RDI, RDI);
        a.jcc(Cond.EQUAL, exit);
        a.load(RDI, RBP, KeeperImage.ANNOUNCED);
        a.test(RDI, RDI);
        a.jcc(Cond.EQUAL, free);
        a.mov(RSI, 0);
        a.syscall(Nr.ACCESS);
        a.test(RAX, RAX);
        a.jcc(Cond.EQUAL, exit);
        a.bind(free);
        // With the rest goes the claim, which the program will want to take.
        a.mov(RDI, StubCode.MEMORY_FD);
        a.mov(RSI, -1);
        a.mov(RDX, 0);
        a.syscall(Nr.CLOSE_RANGE);
        block(KeeperImage.NO_SIGNALS);
        a.load(RSI, RBP, KeeperImage.ARGV);
        a.load(RDI, RSI, 0);
        a.load(RDX, RBP, KeeperImage.ENVP);
        a.syscall(Nr.EXECVE);
        a.bind(exit);
        a.mov(RDI, 0);
        a.syscall(Nr.EXIT_GROUP);
    }

    /**
     * A routine that starts the logger; a copy of this process becomes it. No signal comes in between: the logger
     * either lacks the input, since it was closed before, or can be told to close it.
     */
    private void startLogger() {
        Label parent = new Label();
        a.bind(startLogger);
        block(KeeperImage.ALL_SIGNALS);
        a.mov(RDI, SIGCHLD);
        a.mov(RSI, 0);
        a.mov(RDX, 0);
        a.mov(R10, 0);
        a.mov(R8, 0);
        a.syscall(Nr.CLONE);
        a.test(RAX, RAX);
        a.jcc(Cond.NOT_EQUAL, parent);
        a.store(RBP, KeeperImage.LOGGER_PID, RAX);
        block(KeeperImage.BLOCKED_SIGNALS);
        a.call(letGo);
        a.jmp(logger);
        a.bind(parent);
        a.store(RBP, KeeperImage.LOGGER_PID, RAX);
        block(KeeperImage.BLOCKED_SIGNALS);
        a.ret();
    }

    /** A routine that gives up what was shared with Java. */
    private void letGo() {
        a.bind(letGo);
        a.mov(RDI, (int) StubCode.BASE);
        a.mov(RSI, StubCode.SIZE);
        a.syscall(Nr.MUNMAP);
        a.mov(RDI, StubCode.MEMORY_FD);
        a.mov(RSI, StubCode.SOCKET_FD);
        a.mov(RDX, 0);
        a.syscall(Nr.CLOSE_RANGE);
        a.mov(RDI, Keeper.FIRST_PASSED);
        a.mov(RSI, -1);
        a.mov(RDX, 0);
        a.syscall(Nr.CLOSE_RANGE);
        a.ret();
    }

    /** A routine that writes the exit file: under another name first, so that nobody sees a part of it. */
    private void writeExit() {
        Label failed = new Label();
        a.bind(writeExit);
        a.mov(RDI, CLOCK_REALTIME);
        a.address(RSI, RBP, KeeperImage.EXIT_TIME);
        a.syscall(Nr.CLOCK_GETTIME);
        a.load(RSI, RBP, KeeperImage.EXIT_DRAFT);
        a.test(RSI, RSI);
        a.jcc(Cond.EQUAL, failed);
        a.mov(RDI, AT_FDCWD);
        a.mov(RDX, EXIT_FLAGS);
        a.mov(R10, EXIT_MODE);
        a.syscall(Nr.OPENAT);
        a.test(RAX, RAX);
        a.jcc(Cond.NEGATIVE, failed);
        a.mov(RBX, RAX);
        a.mov(RDI, RAX);
        a.address(RSI, RBP, KeeperImage.EXIT);
        a.mov(RDX, KeeperImage.EXIT_SIZE);
        a.syscall(Nr.WRITE);
        a.mov(R13, RAX);
        a.mov(RDI, RBX);
        a.syscall(Nr.CLOSE);
        a.cmp(R13, KeeperImage.EXIT_SIZE);
        a.jcc(Cond.NOT_EQUAL, failed);
        a.load(RDI, RBP, KeeperImage.EXIT_DRAFT);
        a.load(RSI, RBP, KeeperImage.EXIT_FILE);
        a.syscall(Nr.RENAME);
        a.bind(failed);
        a.ret();
    }
}
