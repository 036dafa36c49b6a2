package belljar.linux;

import static belljar.linux.Assembler.Reg.R10;
import static belljar.linux.Assembler.Reg.R12;
import static belljar.linux.Assembler.Reg.R13;
import static belljar.linux.Assembler.Reg.RAX;
import static belljar.linux.Assembler.Reg.RDI;
import static belljar.linux.Assembler.Reg.RDX;
import static belljar.linux.Assembler.Reg.RSI;
import static belljar.linux.Assembler.Reg.RSP;

import belljar.linux.Assembler.Cond;
import belljar.linux.Assembler.Label;

/**
 * The second life of the stub: a minimal init, which passes signals on to its child, reaps whatever ends, and ends with
 * the child's exit code; without a child it ends on SIGTERM and SIGINT. It holds no descriptor but the standard streams
 * and no memory of Java's any more, and it runs with the privileges of the program it is init for.
 */
final class StubInit {
    private static final int SIGINT = 2;
    private static final int SIGTERM = 15;
    private static final int SIGCHLD = 17;
    private static final int WNOHANG = 1;
    private static final int PR_SET_DUMPABLE = 4;

    /** Places below the stack pointer: nothing else of this program uses its stack. */
    private static final int MASK = -256;

    private static final int STATUS = -240;
    private static final int SIGNAL_INFO = -224;

    private StubInit() {}

    /**
     * Appends the code. It expects all signals blocked already, since a child's end must not be missed, and RDI to hold
     * the address of the child's process id.
     */
    static void assemble(Assembler a, Label init) {
        Label wait = new Label();
        Label reap = new Label();
        Label pause = new Label();
        Label exit = new Label();
        a.bind(init);
        a.load32(R12, RDI, 0);
        a.mov(RDI, StubCode.MEMORY_FD);
        a.mov(RSI, -1);
        a.mov(RDX, 0);
        a.mov(RAX, Nr.CLOSE_RANGE);
        a.syscall();
        a.mov(RDI, (int) StubCode.BASE);
        a.mov(RSI, StubCode.SIZE);
        a.mov(RAX, Nr.MUNMAP);
        a.syscall();
        // Nothing of Java's is left to be seen; joining this process's namespaces needs it to be dumpable again.
        a.mov(RDI, PR_SET_DUMPABLE);
        a.mov(RSI, 1);
        a.mov(RDX, 0);
        a.mov(R10, 0);
        a.mov(RAX, Nr.PRCTL);
        a.syscall();
        a.mov(RAX, -1);
        a.store(RSP, MASK, RAX);

        a.bind(wait);
        a.mov(RDI, RSP);
        a.add(RDI, MASK);
        a.mov(RSI, RSP);
        a.add(RSI, SIGNAL_INFO);
        a.mov(RDX, 0);
        a.mov(R10, 8);
        a.mov(RAX, Nr.RT_SIGTIMEDWAIT);
        a.syscall();
        a.cmp(RAX, 0);
        a.jcc(Cond.LESS_OR_EQUAL, wait);
        a.cmp(RAX, SIGCHLD);
        a.jcc(Cond.EQUAL, reap);
        a.cmp(R12, 0);
        a.jcc(Cond.EQUAL, pause);
        a.mov(RSI, RAX);
        a.mov(RDI, R12);
        a.mov(RAX, Nr.KILL);
        a.syscall();
        a.jmp(wait);

        // To kill(2), 0 would be the whole process group, this process in it.
        a.bind(pause);
        a.mov(RDI, 0);
        a.cmp(RAX, SIGTERM);
        a.jcc(Cond.EQUAL, exit);
        a.cmp(RAX, SIGINT);
        a.jcc(Cond.EQUAL, exit);
        a.jmp(wait);

        a.bind(reap);
        a.mov(RDI, -1);
        a.mov(RSI, RSP);
        a.add(RSI, STATUS);
        a.mov(RDX, WNOHANG);
        a.mov(R10, 0);
        a.mov(RAX, Nr.WAIT4);
        a.syscall();
        a.cmp(RAX, 0);
        a.jcc(Cond.LESS_OR_EQUAL, wait);
        a.cmp(RAX, R12);
        a.jcc(Cond.NOT_EQUAL, reap);

        // wait(2): the low seven bits are the signal that ended the child, or 0 and the next byte is its exit code.
        a.load32(R13, RSP, STATUS);
        a.mov(RDI, R13);
        a.and(RDI, 0x7F);
        a.add(RDI, 128);
        a.cmp(RDI, 128);
        a.jcc(Cond.NOT_EQUAL, exit);
        a.mov(RDI, R13);
        a.shiftRight(RDI, 8);
        a.and(RDI, 0xFF);
        a.bind(exit);
        a.mov(RAX, Nr.EXIT_GROUP);
        a.syscall();
    }
}
