package belljar.linux;

import static belljar.linux.Assembler.Reg.R10;
import static belljar.linux.Assembler.Reg.R12;
import static belljar.linux.Assembler.Reg.R13;
import static belljar.linux.Assembler.Reg.R8;
import static belljar.linux.Assembler.Reg.R9;
import static belljar.linux.Assembler.Reg.RAX;
import static belljar.linux.Assembler.Reg.RBX;
import static belljar.linux.Assembler.Reg.RCX;
import static belljar.linux.Assembler.Reg.RDI;
import static belljar.linux.Assembler.Reg.RDX;
import static belljar.linux.Assembler.Reg.RSI;
import static belljar.linux.Assembler.Reg.RSP;

import belljar.linux.Assembler.Cond;
import belljar.linux.Assembler.Label;

/**
 * The machine code that this process calls: a system call that returns {@code -errno} instead of setting a thread-local
 * variable, the birth of a process, and the two halves of a conversation with a stub ({@link StubCode}).
 */
final class HostCode {
    /** Where {@code long syscall(nr, a, b, c, d, e, f)} starts. */
    static final int SYSCALL = 0;

    /** Where {@code long spawn(cloneArgs, size, parameters)} starts. */
    static final int SPAWN = 64;

    /** Where {@code long ring(shared, socket)} starts. */
    static final int RING = 512;

    /** Where {@code long await(shared, socket, spins)} starts. */
    static final int AWAIT = 768;

    /** Offsets in the parameter block of {@link #SPAWN}: the program's descriptor. */
    static final int PARAM_PROGRAM = 0;

    /** Address of an empty string. */
    static final int PARAM_EMPTY = 8;

    /** Address of the argument array. */
    static final int PARAM_ARGV = 16;

    /** Address of the environment array. */
    static final int PARAM_ENVP = 24;

    /** Receives the negated errno when the child fails before its program runs. */
    static final int PARAM_ERROR = 32;

    /** How many pairs of descriptors follow. */
    static final int PARAM_PAIRS = 40;

    /** The first descriptor number that the program shall not have. */
    static final int PARAM_FIRST_CLOSED = 48;

    /** The pairs: a descriptor of ours and the number it gets in the child. */
    static final int PARAM_FIRST_PAIR = 56;

    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int CLOSE_RANGE_CLOEXEC = 4;

    private HostCode() {}

    static byte[] assemble() {
        byte[] page = new byte[1024];
        byte[] syscall = syscall();
        byte[] spawn = spawn();
        byte[] ring = ring();
        byte[] await = await();
        System.arraycopy(syscall, 0, page, SYSCALL, syscall.length);
        System.arraycopy(spawn, 0, page, SPAWN, spawn.length);
        System.arraycopy(ring, 0, page, RING, ring.length);
        System.arraycopy(await, 0, page, AWAIT, await.length);
        return page;
    }

    /** Moves the C argument registers to the kernel's; the seventh argument is above the return address. */
    private static byte[] syscall() {
        Assembler a = new Assembler();
        a.mov(RAX, RDI);
        a.mov(RDI, RSI);
        a.mov(RSI, RDX);
        a.mov(RDX, RCX);
        a.mov(R10, R8);
        a.mov(R8, R9);
        a.load(R9, RSP, 8);
        a.syscall();
        a.ret();
        return a.finish();
    }

    /**
     * clone3; in the child the descriptors are laid out and execveat follows. The child runs on its parent's stack
     * while the parent waits (CLONE_VFORK), so it must not write there: it works from registers and the parameter
     * block, whose layout is {@link Stub}'s. A system call keeps every register but RAX, RCX and R11, and the child's
     * registers are a copy, so it may use those that the parent's caller expects to be kept.
     */
    private static byte[] spawn() {
        Assembler a = new Assembler();
        spawn(a);
        return a.finish();
    }

    private static byte[] ring() {
        Assembler a = new Assembler();
        ring(a);
        return a.finish();
    }

    /** Appends the code of {@link #RING}, its arguments in RDI and RSI. */
    static void ring(Assembler a) {
        Label awake = new Label();
        Label failed = new Label();
        a.mov(R10, RDI);
        a.mov(R8, RSI);
        StubCode.tellCpu(a, R10, StubCode.JAVA_CPU);
        a.mov(RDI, R8);
        a.mov(RAX, 0);
        a.store(R10, StubCode.REPLY, RAX);
        a.mov(RAX, 1);
        a.exchange(R10, StubCode.BELL, RAX);
        a.cmp(RAX, StubCode.ASLEEP);
        a.jcc(Cond.NOT_EQUAL, awake);
        a.mov(RSI, R10);
        a.mov(RDX, 1);
        a.mov(R10, 0x4000); // MSG_NOSIGNAL: a stub that died must not raise SIGPIPE here
        a.mov(R8, 0);
        a.mov(R9, 0);
        a.syscall(Nr.SENDTO);
        a.test(RAX, RAX);
        a.jcc(Cond.NEGATIVE, failed);
        a.bind(awake);
        a.mov(RAX, 0);
        a.bind(failed);
        a.ret();
    }

    private static byte[] await() {
        Assembler a = new Assembler();
        await(a);
        return a.finish();
    }

    /** Appends the code of {@link #AWAIT}, its arguments in RDI, RSI and RDX. */
    static void await(Assembler a) {
        Label done = new Label();
        Label read = new Label();
        Label end = new Label();
        a.mov(R10, RDI);
        a.mov(RDI, RSI);
        StubCode.spin(a, R10, StubCode.REPLY, RDX, done);
        a.address(RSI, R10, StubCode.OUR_BYTE);
        a.mov(RDX, 1);
        a.bind(read);
        a.syscall(Nr.READ);
        a.cmp(RAX, -Errno.EINTR);
        a.jcc(Cond.EQUAL, read);
        a.jmp(end);
        a.bind(done);
        a.mov(RAX, 1);
        a.bind(end);
        a.ret();
    }

    /** Appends the code of {@link #SPAWN}, its arguments in RDI, RSI and RDX. */
    static void spawn(Assembler a) {
        Label parent = new Label();
        Label nextPair = new Label();
        Label execute = new Label();
        Label failed = new Label();
        a.mov(RAX, Nr.CLONE3);
        a.syscall();
        a.test(RAX, RAX);
        a.jcc(Cond.NOT_EQUAL, parent);
        a.mov(RBX, RDX);
        a.load(R12, RBX, PARAM_PAIRS);
        a.mov(R13, RBX);
        a.add(R13, PARAM_FIRST_PAIR);
        a.bind(nextPair);
        a.test(R12, R12);
        a.jcc(Cond.EQUAL, execute);
        a.load(RDI, R13, 0);
        a.load(RSI, R13, 8);
        a.mov(RDX, 0);
        a.mov(RAX, Nr.DUP3);
        a.syscall();
        a.test(RAX, RAX);
        a.jcc(Cond.NEGATIVE, failed);
        a.add(R13, 16);
        a.add(R12, -1);
        a.jmp(nextPair);
        a.bind(execute);
        // The JVM's own files are not all close-on-exec; none of them may reach the child's program.
        a.load(RDI, RBX, PARAM_FIRST_CLOSED);
        a.mov(RSI, -1);
        a.mov(RDX, CLOSE_RANGE_CLOEXEC);
        a.mov(RAX, Nr.CLOSE_RANGE);
        a.syscall();
        a.test(RAX, RAX);
        a.jcc(Cond.NEGATIVE, failed);
        a.load(RDI, RBX, PARAM_PROGRAM);
        a.load(RSI, RBX, PARAM_EMPTY);
        a.load(RDX, RBX, PARAM_ARGV);
        a.load(R10, RBX, PARAM_ENVP);
        a.mov(R8, AT_EMPTY_PATH);
        a.mov(RAX, Nr.EXECVEAT);
        a.syscall();
        a.bind(failed);
        // The memory is the parent's, so a store tells it why.
        a.store(RBX, PARAM_ERROR, RAX);
        a.mov(RDI, 127);
        a.mov(RAX, Nr.EXIT_GROUP);
        a.syscall();
        a.bind(parent);
        a.ret();
    }
}
