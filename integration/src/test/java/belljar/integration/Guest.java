package belljar.integration;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A virtual machine with somebody at its console: what it writes is gathered, and waited for piece by piece. */
final class Guest implements AutoCloseable {
    /** A guest boots in a tenth of this on a machine that has nothing else to do. */
    private static final int MOST_SECONDS = 240;

    private final Process process;
    private final StringBuilder written = new StringBuilder();
    private int seen;

    private Guest(Process process) {
        this.process = process;
        Thread.ofPlatform().daemon().start(this::gather);
    }

    /** {@return a machine, started by {@code vm run} with more arguments} */
    static Guest run(Belljar belljar, String... arguments) {
        return start(belljar, List.of("vm", "run", "--quiet"), arguments);
    }

    /** {@return a machine that goes on, started by {@code vm restore} with more arguments} */
    static Guest restore(Belljar belljar, String... arguments) {
        return start(belljar, List.of("vm", "restore"), arguments);
    }

    private static Guest start(Belljar belljar, List<String> first, String... arguments) {
        List<String> words = new ArrayList<>(first);
        words.addAll(List.of(arguments));
        List<String> command = belljar.command(words.toArray(new String[0]));
        // As the launcher has it: a guest's loops want the compiler that optimises.
        command.remove("-XX:TieredStopAtLevel=1");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(Map.of("TMPDIR", belljar.tmp().toString(), "JAVA_TOOL_OPTIONS", ""));
        try {
            return new Guest(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void gather() {
        byte[] bytes = new byte[4096];
        try (InputStream in = process.getInputStream()) {
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                synchronized (this) {
                    written.append(new String(bytes, 0, count, StandardCharsets.ISO_8859_1));
                    notifyAll();
                }
            }
        } catch (IOException ended) {
            return;
        }
    }

    /** Types a line. */
    void type(String line) {
        try {
            OutputStream out = process.getOutputStream();
            out.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the guest has written something that was not waited for before. */
    synchronized void shows(String text) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
        int at = written.indexOf(text, seen);
        while (at < 0) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0 || !process.isAlive() && written.indexOf(text, seen) < 0) {
                throw new AssertionError("the guest does not write '" + text + "', but: " + written);
            }
            try {
                wait(Math.min(left, 1000));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
            at = written.indexOf(text, seen);
        }
        seen = at + text.length();
    }

    /** {@return the exit code, once it has ended} */
    int code() {
        try {
            if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the machine does not end: " + written);
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
