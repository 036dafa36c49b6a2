package belljar.linux;

import belljar.failure.HostException;
import java.util.List;

/**
 * Starts programs that outlive this process and have nothing to do with its terminal. Safe for use by several threads.
 */
public final class DetachedProgram {
    private static final int O_APPEND = 1 | 0x40 | 0x400 | 0x80000;
    private static final int SIG_SETMASK = 2;
    private static final int CLOSE_RANGE_CLOEXEC = 4;

    private DetachedProgram() {}

    /**
     * Starts a program in a session of its own (setsid(2)): what ends the caller's must not end it. It has this
     * process's environment, the root as its directory and no open descriptors but the standard ones: an empty input,
     * and a file for both outputs.
     *
     * @param log the file, to which the outputs are appended; made when it is not there
     * @param command the program by its absolute path, and its arguments
     * @return its process; the caller reaps it, or ends itself, and releases it
     * @throws HostException if it cannot be started
     */
    public static Stub start(String log, List<String> command) {
        try (Fd file = new Fd(Fs.HOST.open(At.FDCWD, log, O_APPEND, 0600))) {
            Stub stub = Stub.start(0, -1, file.number(), file.number());
            try {
                execute(stub, command);
            } catch (RuntimeException e) {
                stub.close();
                throw e;
            }
            return stub;
        }
    }

    private static void execute(Stub stub, List<String> command) {
        try (Batch batch = stub.largeBatch()) {
            Memory memory = batch.memory();
            batch.step("start a session", Nr.SETSID);
            batch.step("leave the directory", Nr.CHDIR, batch.string("/"));
            batch.step("let signals through", Nr.RT_SIGPROCMASK, SIG_SETMASK, memory.allocate(8), 0, 8);
            // The caller waits for the end of the stub's socket, which the program must not keep open.
            batch.step("close descriptors", Nr.CLOSE_RANGE, 3, 0xFFFFFFFFL, CLOSE_RANGE_CLOEXEC);
            batch.step(
                    "start " + command.getFirst(),
                    Nr.EXECVE,
                    batch.string(command.getFirst()),
                    memory.strings(command),
                    memory.strings(Keeper.environment()));
            if (!batch.runToExec()) {
                throw new HostException(command.getFirst() + " did not start", "execve", 0);
            }
        }
    }
}
