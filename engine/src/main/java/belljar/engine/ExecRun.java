package belljar.engine;

import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.sandbox.Container;
import belljar.sandbox.ContainerSpec;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Isolation;
import belljar.sandbox.Phases;
import belljar.sandbox.Stdio;

/** One further program in a running container, from its request to its end, with the caller waiting. */
final class ExecRun {
    private static final int O_CLOEXEC = 0x80000;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    private final Isolation isolation;
    private final long pid;
    private final ContainerSpec spec;
    private final RunIo io;

    /**
     * @param isolation what the container was made with
     * @param pid the container's first process
     * @param spec the program
     * @param io how it is connected to the caller
     */
    ExecRun(Isolation isolation, long pid, ContainerSpec spec, RunIo io) {
        this.isolation = isolation;
        this.pid = pid;
        this.spec = spec;
        this.io = io;
    }

    int run(boolean interactive) {
        return spec.process().terminal() ? withTerminal(interactive) : withPipes(interactive);
    }

    private int withPipes(boolean interactive) {
        // Each end is closed as soon as the other side has it; closing a descriptor again does nothing.
        Fd[] in = interactive ? pipe() : new Fd[0];
        Fd[] out = pipe();
        Fd[] err = pipe();
        try {
            Stdio stdio = new Stdio(interactive ? in[0].number() : -1, out[1].number(), err[1].number());
            own(spec, stdio);
            try (Container program = isolation.exec(pid, spec, stdio)) {
                if (interactive) {
                    in[0].close();
                }
                out[1].close();
                err[1].close();
                io.observer().started(program);
                program.start();
                Phases.mark("start the program");
                Pump pump = new Pump(program, new Fd[] {out[0], err[0]}, new int[] {io.out(), io.err()}, RunLog.NONE);
                if (interactive) {
                    pump.input(io.in(), in[1], false);
                }
                pump.run();
                int code = program.waitFor();
                Phases.mark("run the program");
                return code;
            }
        } finally {
            close(in);
            close(out);
            close(err);
        }
    }

    private int withTerminal(boolean interactive) {
        try (Container program = isolation.exec(pid, spec, new Stdio(-1, -1, -1))) {
            int size = Terminal.size(io.out());
            if (size != 0) {
                program.resize(size >>> 16, size & 0xFFFF);
            }
            Terminal terminal = interactive && Terminal.isTerminal(io.in()) ? Terminal.raw(io.in()) : null;
            // The program's own copy is closed with it; the pump gets one that it may close.
            long copy = KERNEL.call(Nr.FCNTL, program.terminal(), F_DUPFD_CLOEXEC, 0);
            try (Fd master = new Fd((int) Errno.check("fcntl", "copy the terminal", copy))) {
                io.observer().started(program);
                program.start();
                Pump pump = new Pump(program, new Fd[] {master}, new int[] {io.out()}, RunLog.NONE);
                if (interactive) {
                    pump.input(io.in(), new Fd(program.terminal()), true);
                }
                pump.run();
                return program.waitFor();
            } finally {
                if (terminal != null) {
                    terminal.close();
                }
            }
        }
    }

    /** The program may open its streams anew by name (/dev/stdout), so it must own them. */
    static void own(ContainerSpec spec, Stdio stdio) {
        int uid = IdMaps.outside(spec.idMaps().uids(), spec.process().uid());
        int gid = IdMaps.outside(spec.idMaps().gids(), spec.process().gid());
        int[] ends = {stdio.in(), stdio.out(), stdio.err()};
        for (int end : ends) {
            if (end >= 0) {
                // Without privileges this fails and changes nothing; the container's root owns the pipe as it is.
                KERNEL.call(Nr.FCHOWN, end, uid, gid);
            }
        }
    }

    private static Fd[] pipe() {
        try (Memory memory = KERNEL.lend()) {
            long ends = memory.allocate(8);
            Errno.check("pipe2", "make a pipe for the program", KERNEL.call(Nr.PIPE2, ends, O_CLOEXEC));
            return new Fd[] {new Fd(memory.getInt(ends)), new Fd(memory.getInt(ends + 4))};
        }
    }

    private static void close(Fd[] ends) {
        for (Fd end : ends) {
            end.close();
        }
    }
}
