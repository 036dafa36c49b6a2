package belljar.linux;

/**
 * The signals of this process as bytes in a pipe, from a signal handler of our own machine code (sigaction(2)). The
 * JDK's way, {@code sun.misc.Signal}, cannot receive SIGQUIT and the real-time signals, and is not for programs.
 *
 * <p>Meant for the rest of a process's life: handlers, pipe and code stay, because a handler may be running on any
 * thread at any time. {@link #next()} is for one thread.
 */
public final class SignalPipe {
    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;
    private static final int F_SETFL = 4;
    private static final int PROT_READ_WRITE = 3;
    private static final int PROT_READ_EXEC = 5;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int PAGE = 4096;
    private static final int RESTORER = 128;
    private static final long SIG_IGN = 1;
    private static final long SA_ONSTACK = 0x08000000;
    private static final long SA_RESTART = 0x10000000;
    private static final long SA_RESTORER = 0x04000000;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final int reader;
    private final long code;

    private SignalPipe(int reader, long code) {
        this.reader = reader;
        this.code = code;
    }

    /**
     * {@return a pipe that receives nothing yet}
     *
     * @throws belljar.failure.HostException if the host has no descriptors or memory left
     */
    public static SignalPipe open() {
        try (Memory memory = KERNEL.lend()) {
            long ends = memory.allocate(8);
            Errno.check("pipe2", "make a pipe for signals", KERNEL.call(Nr.PIPE2, ends, O_CLOEXEC));
            int writer = memory.getInt(ends + 4);
            // A handler must not wait: what does not fit into 64 KiB of signals may be lost.
            KERNEL.call(Nr.FCNTL, writer, F_SETFL, O_NONBLOCK);
            return new SignalPipe(memory.getInt(ends), install(writer));
        }
    }

    private static long install(int writer) {
        long page = Errno.check(
                "mmap",
                "make room for a signal handler",
                KERNEL.call(Nr.MMAP, 0, PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0));
        var bytes = KERNEL.buffer(page, PAGE);
        bytes.put(0, handler(writer));
        bytes.put(RESTORER, restorer());
        Errno.check(
                "mprotect", "make a signal handler executable", KERNEL.call(Nr.MPROTECT, page, PAGE, PROT_READ_EXEC));
        return page;
    }

    /** {@code void handler(int signal)}: writes one byte; sigreturn(2) restores every register. */
    private static byte[] handler(int writer) {
        Assembler a = new Assembler();
        a.add(Assembler.Reg.RSP, -8);
        a.store(Assembler.Reg.RSP, 0, Assembler.Reg.RDI);
        a.mov(Assembler.Reg.RDI, writer);
        a.mov(Assembler.Reg.RSI, Assembler.Reg.RSP);
        a.mov(Assembler.Reg.RDX, 1);
        a.mov(Assembler.Reg.RAX, Nr.WRITE);
        a.syscall();
        a.add(Assembler.Reg.RSP, 8);
        a.ret();
        return a.finish();
    }

    private static byte[] restorer() {
        Assembler a = new Assembler();
        a.mov(Assembler.Reg.RAX, Nr.RT_SIGRETURN);
        a.syscall();
        return a.finish();
    }

    /**
     * From now on receives a signal, in place of what it did before; a signal that the process was started to ignore
     * stays ignored, as nohup(1) wants it.
     *
     * @param signal its number, 1 to 64; neither KILL nor STOP, nor one that the JVM lives by (SEGV and its kin)
     * @throws belljar.failure.HostException if the kernel refuses
     */
    public void receive(int signal) {
        try (Memory memory = KERNEL.lend()) {
            // struct sigaction of the kernel on x86-64: handler, flags, restorer, mask
            long action = memory.allocate(32);
            check(signal, KERNEL.call(Nr.RT_SIGACTION, signal, 0, action, 8));
            if (memory.getLong(action) == SIG_IGN) {
                return;
            }
            memory.putLong(action, code);
            memory.putLong(action + 8, SA_ONSTACK | SA_RESTART | SA_RESTORER);
            memory.putLong(action + 16, code + RESTORER);
            memory.putLong(action + 24, 0);
            check(signal, KERNEL.call(Nr.RT_SIGACTION, signal, action, 0, 8));
        }
    }

    private static void check(int signal, long result) {
        Errno.check("rt_sigaction", "receive signal " + signal, result);
    }

    /**
     * Waits for a signal.
     *
     * @return its number
     * @throws belljar.failure.HostException if the pipe cannot be read
     */
    public int next() {
        try (Memory memory = KERNEL.lend()) {
            long buffer = memory.allocate(8);
            while (true) {
                long n = KERNEL.call(Nr.READ, reader, buffer, 1);
                if (n == 1) {
                    return memory.bytes().get(memory.offset(buffer));
                }
                if (n != -Errno.EINTR) {
                    throw Errno.failure("read", "wait for signals", n);
                }
            }
        }
    }
}
