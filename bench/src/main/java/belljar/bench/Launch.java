package belljar.bench;

import belljar.failure.HostException;
import belljar.linux.Batch;
import belljar.linux.Errno;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.Stub;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Starts whole programs and waits for them. Java's own process builder would cost the peers a helper program and three
 * pipes each time; this is one fork and one exec, plus the exec of a program of a few hundred bytes.
 */
final class Launch implements AutoCloseable {
    private static final int AT_FDCWD = -100;
    private static final int O_CREAT_APPEND_CLOEXEC = 0x80000 | 0x400 | 0x40 | 2;

    private final PeerView view;
    private final Path log;
    private final Fd output;
    private final List<String> environment;
    private volatile boolean stopped;

    /**
     * @param view the mount namespace that programs are started in
     * @param log the file that collects their output, for messages
     */
    Launch(PeerView view, Path log) {
        this.view = view;
        this.log = log;
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long fd = HostKernel.INSTANCE.call(
                    Nr.OPENAT, AT_FDCWD, memory.string(log.toString()), O_CREAT_APPEND_CLOEXEC, 0600);
            output = new Fd((int) Errno.check("openat", "open " + log, fd));
        }
        environment = new ArrayList<>();
        for (Map.Entry<String, String> variable : System.getenv().entrySet()) {
            environment.add(variable.getKey() + "=" + variable.getValue());
        }
    }

    /** {@return the file descriptor that programs write to} */
    int output() {
        return output.number();
    }

    /**
     * Runs a program, which must succeed.
     *
     * @param command an absolute path and the arguments
     * @throws HostException if it cannot be started, or exits with another code than 0; with the end of its output
     * @throws Benchmark.Interrupted after {@link #stop()}
     */
    void run(List<String> command) {
        check();
        tidy(command);
    }

    /**
     * Runs a program, which must succeed.
     *
     * @param command as above
     * @return what it wrote, with what others wrote to the same file meanwhile
     * @throws HostException as above
     * @throws Benchmark.Interrupted as above
     */
    String answer(List<String> command) {
        try {
            int before = (int) Files.size(log);
            run(command);
            byte[] all = Files.readAllBytes(log);
            return new String(all, before, all.length - before, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets {@link #run} start nothing more; what runs now goes on to its end. May be called by any thread. */
    void stop() {
        stopped = true;
    }

    /**
     * Does nothing unless it was said that this is the end.
     *
     * @throws Benchmark.Interrupted after {@link #stop()}
     */
    void check() {
        if (stopped) {
            throw new Benchmark.Interrupted();
        }
    }

    /**
     * Runs a program that takes down what others made, also after {@link #stop()}.
     *
     * @param command as above
     * @throws HostException as above
     */
    void tidy(List<String> command) {
        int code = code(command);
        if (code != 0) {
            throw new HostException(
                    "'" + String.join(" ", command) + "' ended with " + code + ": " + lastOutput(), "execve", 0);
        }
    }

    private int code(List<String> command) {
        Stub stub = Stub.start(0, -1, output.number(), output.number());
        try (Batch batch = stub.batch()) {
            view.enter(batch);
            // A terminal's interrupt is for this program, which then ends in good order.
            batch.step("leave the terminal's process group", Nr.SETPGID, 0, 0);
            batch.step(
                    "run " + command.getFirst(),
                    Nr.EXECVE,
                    batch.string(command.getFirst()),
                    batch.memory().strings(command),
                    batch.memory().strings(environment));
            batch.runToExec();
        } catch (RuntimeException e) {
            stub.close();
            throw e;
        }
        int code = stub.waitFor();
        stub.release();
        return code;
    }

    private String lastOutput() {
        try {
            String text = Files.readString(log).strip();
            return text.isEmpty() ? "it said nothing" : text.substring(Math.max(0, text.length() - 600));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        output.close();
    }
}
