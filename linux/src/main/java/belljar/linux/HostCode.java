package belljar.linux;

import static belljar.linux.Assembler.Reg.R10;
import static belljar.linux.Assembler.Reg.R8;
import static belljar.linux.Assembler.Reg.R9;
import static belljar.linux.Assembler.Reg.RAX;
import static belljar.linux.Assembler.Reg.RCX;
import static belljar.linux.Assembler.Reg.RDI;
import static belljar.linux.Assembler.Reg.RDX;
import static belljar.linux.Assembler.Reg.RSI;
import static belljar.linux.Assembler.Reg.RSP;

import belljar.linux.Assembler.Cond;
import belljar.linux.Assembler.Label;

/**
 * The machine code that this process calls: a system call that returns {@code -errno} instead of setting a thread-local
 * variable, and the birth of a process.
 */
final class HostCode {
    /** Where {@code long syscall(nr, a, b, c, d, e, f)} starts. */
    static final int SYSCALL = 0;

    /** Where {@code long spawn(cloneArgs, size, fd, empty, argv, envp, error)} starts. */
    static final int SPAWN = 64;

    private static final int AT_EMPTY_PATH = 0x1000;

    private HostCode() {}

    static byte[] assemble() {
        byte[] page = new byte[512];
        byte[] syscall = syscall();
        byte[] spawn = spawn();
        System.arraycopy(syscall, 0, page, SYSCALL, syscall.length);
        System.arraycopy(spawn, 0, page, SPAWN, spawn.length);
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
     * clone3, then execveat in the child. The child runs on its parent's stack while the parent waits (CLONE_VFORK), so
     * it must not write there: everything it needs is in registers before the call.
     */
    private static byte[] spawn() {
        Assembler a = new Assembler();
        Label parent = new Label();
        // A system call keeps every register but RAX, RCX and R11, so the one argument in RCX moves to R10.
        a.mov(R10, RCX);
        a.mov(RAX, Nr.CLONE3);
        a.syscall();
        a.test(RAX, RAX);
        a.jcc(Cond.NOT_EQUAL, parent);
        a.mov(RDI, RDX);
        a.mov(RSI, R10);
        a.mov(RDX, R8);
        a.mov(R10, R9);
        a.mov(R8, AT_EMPTY_PATH);
        a.mov(RAX, Nr.EXECVEAT);
        a.syscall();
        // Still here: execveat failed. The memory is the parent's, so a store tells it why.
        a.load(RCX, RSP, 8);
        a.store(RCX, 0, RAX);
        a.mov(RDI, 127);
        a.mov(RAX, Nr.EXIT_GROUP);
        a.syscall();
        a.bind(parent);
        a.ret();
        return a.finish();
    }
}
