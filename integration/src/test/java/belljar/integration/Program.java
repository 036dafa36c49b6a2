package belljar.integration;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A program that was started, with what it writes being gathered.
 *
 * @param process it
 * @param command what it was started by
 * @param out its standard output, once it has ended
 * @param err its standard error, once it has ended
 */
record Program(Process process, List<String> command, CompletableFuture<String> out, CompletableFuture<String> err) {
    /** Nothing here takes a tenth of this; what does hangs. */
    private static final int MOST_SECONDS = 120;

    /**
     * What a program did.
     *
     * @param code its exit code, 128 + the signal that ended it
     * @param out its standard output
     * @param err its standard error
     */
    record Result(int code, String out, String err) {
        /** {@return the output of a program that has to succeed, without white space at its ends} */
        String good() {
            if (code != 0) {
                throw new AssertionError("exit code " + code + ", standard error: " + err + ", output: " + out);
            }
            return out.strip();
        }
    }

    /**
     * Starts a program.
     *
     * @param command what to run
     * @param env variables to set; an empty value takes the variable away
     * @param directory where to run it
     */
    static Program start(List<String> command, Map<String, String> env, Path directory) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        env.forEach((name, value) -> {
            if (value.isEmpty()) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        try {
            Process process = builder.start();
            return new Program(process, command, read(process.getInputStream()), read(process.getErrorStream()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return what a program of the host does that reads nothing} */
    static Result run(String... command) {
        return start(List.of(command), Map.of(), Path.of("/")).end("");
    }

    private static CompletableFuture<String> read(InputStream stream) {
        CompletableFuture<String> text = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try (stream) {
                text.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                text.completeExceptionally(e);
            }
        });
        return text;
    }

    /**
     * Waits until it ends; what hangs is killed with everything it started, and fails the test.
     *
     * @param input what it gets to read
     */
    Result end(String input) {
        try (OutputStream stream = process.getOutputStream()) {
            stream.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException closed) {
            // The program need not read what it is given.
        }
        if (!ended()) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            throw new AssertionError(String.join(" ", command) + " hangs; so far it wrote: " + out.join() + err.join());
        }
        try {
            return new Result(
                    process.exitValue(),
                    out.get(MOST_SECONDS, TimeUnit.SECONDS),
                    err.get(MOST_SECONDS, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            throw new CompletionException(String.join(" ", command) + ": its output does not end", e);
        }
    }

    /**
     * Waits closely for a state that may soon pass, or for the program's end.
     *
     * @param holds whether the state is there
     */
    void until(BooleanSupplier holds) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
        while (process.isAlive() && !holds.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                process.destroyForcibly();
                throw new AssertionError(String.join(" ", command) + " hangs");
            }
            Await.nap(1);
        }
    }

    /**
     * Sends a signal, and leaves its output to be read, which {@link Process#destroy} does not.
     *
     * @param name such as {@code TERM}
     */
    void signal(String name) {
        run("kill", "-s", name, String.valueOf(process.pid())).good();
    }

    /** Kills it as nothing that it can prepare for, and waits until it is gone. */
    void kill() {
        process.destroyForcibly();
        if (!ended()) {
            throw new AssertionError(String.join(" ", command) + " survives SIGKILL");
        }
    }

    private boolean ended() {
        try {
            return process.waitFor(MOST_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
