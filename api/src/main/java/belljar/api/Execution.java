package belljar.api;

import belljar.engine.ContainerStreams;
import belljar.engine.ExecRequest;
import belljar.failure.UserException;
import belljar.linux.Fd;
import belljar.sandbox.Stdio;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A further program that runs in a container, as {@link Container#exec} started it. It ends with its container at the
 * latest.
 *
 * <p>The streams are pipes: a program that writes more than some 64 KiB which nobody reads waits until somebody does.
 * Reading, writing and waiting park a virtual thread and hold no carrier. An interruption makes a stream throw
 * {@link java.io.InterruptedIOException} and leaves it usable. Each stream is for one thread at a time; all else is
 * safe for use by several.
 */
public final class Execution implements AutoCloseable {
    private final belljar.sandbox.Container program;
    private final @Nullable PipeOutput stdin;
    private final PipeInput stdout;
    private final PipeInput stderr;
    private final CompletableFuture<Exit> exit = new CompletableFuture<>();

    Execution(belljar.sandbox.Container program, @Nullable PipeOutput stdin, PipeInput stdout, PipeInput stderr) {
        this.program = program;
        this.stdin = stdin;
        this.stdout = stdout;
        this.stderr = stderr;
        Poller.Ready ended = Poller.SHARED.ready(program.pidfd(), Poller.READABLE);
        CompletableFuture<Void> _ = ended.future()
                .thenRun(() -> Work.later(() -> {
                    Poller.SHARED.forget(ended);
                    exit.complete(Exit.of(program.waitFor()));
                }));
    }

    /** Starts a program in a running container. To be called by a thread that may wait in the kernel. */
    static Execution start(ContainerStreams streams, String id, ExecRequest request) {
        Fd[] in = request.interactive() ? Pipe.make() : new Fd[0];
        Fd[] out = Pipe.make();
        Fd[] err = Pipe.make();
        try {
            Stdio stdio = new Stdio(in.length > 0 ? in[0].number() : -1, out[1].number(), err[1].number());
            belljar.sandbox.Container program = streams.exec(id, request, stdio);
            boolean started = false;
            try {
                program.start();
                started = true;
            } finally {
                if (!started) {
                    program.close();
                }
            }
            PipeOutput stdin = in.length > 0 ? new PipeOutput(Pipe.of(new Fd(in[1].release())), () -> {}) : null;
            return new Execution(
                    program,
                    stdin,
                    new PipeInput(Pipe.of(new Fd(out[0].release()))),
                    new PipeInput(Pipe.of(new Fd(err[0].release()))));
        } finally {
            // What was handed on is not closed: releasing makes closing do nothing.
            close(in);
            close(out);
            close(err);
        }
    }

    private static void close(Fd[] ends) {
        for (Fd end : ends) {
            end.close();
        }
    }

    /**
     * {@return what the program reads; closing it is the end of its input}
     *
     * @throws UserException if the command was made without {@link Command#withInput()}
     */
    public OutputStream stdin() {
        if (stdin == null) {
            throw new UserException("the command has no standard input; make it with Command.withInput()");
        }
        return stdin;
    }

    /** {@return what the program writes to its standard output} */
    public InputStream stdout() {
        return stdout;
    }

    /** {@return what the program writes to its standard error} */
    public InputStream stderr() {
        return stderr;
    }

    /**
     * Waits for the program's end.
     *
     * @return how it ended
     * @throws InterruptedException if the thread is interrupted; the program runs on
     */
    public Exit waitFor() throws InterruptedException {
        return Waits.get(exit);
    }

    /**
     * Waits for the program's end, but not for ever.
     *
     * @param most how long at most; 0 only looks
     * @return how it ended; empty when it still runs
     * @throws InterruptedException if the thread is interrupted; the program runs on
     */
    public Optional<Exit> waitFor(Duration most) throws InterruptedException {
        return Waits.get(exit, most);
    }

    /** {@return completed when the program has ended; completing or cancelling it changes nothing here} */
    public CompletableFuture<Exit> onExit() {
        return exit.copy();
    }

    /**
     * Sends a signal to the program; does nothing when it has ended.
     *
     * @param signal the signal's number, 1 to 64
     */
    public void kill(int signal) {
        program.signal(signal);
    }

    /**
     * Reads all that the program writes, both streams at once, and waits for its end.
     *
     * @return what it said and how it ended
     * @throws InterruptedException if the thread is interrupted; the program runs on, and what was read is lost
     * @throws UncheckedIOException if a stream was closed meanwhile
     */
    public Captured capture() throws InterruptedException {
        CompletableFuture<byte[]> errors = new CompletableFuture<>();
        Thread reader = Thread.ofVirtual().start(() -> {
            try {
                errors.complete(stderr.readAllBytes());
            } catch (IOException e) {
                errors.completeExceptionally(new UncheckedIOException(e));
            }
        });
        try {
            byte[] output = stdout.readAllBytes();
            return new Captured(waitFor(), output, Waits.get(errors));
        } catch (InterruptedIOException e) {
            throw Waits.interrupted(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            reader.interrupt();
        }
    }

    /** Kills the program if it still runs, and closes the streams. Not interruptible, and never fails. */
    @Override
    public void close() {
        program.signal(9);
        Work.finished(exit);
        Work.finish(() -> {
            program.close();
            return true;
        });
        if (stdin != null) {
            stdin.close();
        }
        stdout.close();
        stderr.close();
    }
}
