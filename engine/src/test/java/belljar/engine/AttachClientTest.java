package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.linux.Fd;
import belljar.linux.Fs;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.OpenFlags;
import belljar.log.LogFormat;
import belljar.log.LogWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The "container" is a child of this process whose output a thread writes to a log, as a keeper does. */
final class AttachClientTest {
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

    @TempDir
    Path directory;

    /** A program behind a log, with descriptors as a keeper has them. */
    private final class Kept implements AttachTarget, AutoCloseable {
        final Process process;
        final Fd pidfd;
        final Fd input;
        final CompletableFuture<Void> logging;
        final AtomicBoolean logged = new AtomicBoolean();

        Kept(String script) throws IOException {
            Path fifo = directory.resolve("in");
            try (Memory memory = KERNEL.lend()) {
                KERNEL.call(Nr.MKNODAT, -100, memory.string(fifo.toString()), 0x1000 | 0600, 0);
            }
            input = new Fd(Fs.HOST.open(-100, fifo.toString(), OpenFlags.RDWR, 0));
            process = new ProcessBuilder("sh", "-c", script)
                    .redirectInput(fifo.toFile())
                    .redirectErrorStream(true)
                    .start();
            pidfd = new Fd((int) KERNEL.call(Nr.PIDFD_OPEN, process.pid(), 0));
            logging = CompletableFuture.runAsync(this::log);
        }

        private void log() {
            byte[] buffer = new byte[4096];
            try (LogWriter writer = LogWriter.open(directory.resolve("ctr.log"), LogFormat.CRI, 0, 1)) {
                int n = process.getInputStream().read(buffer);
                while (n > 0) {
                    writer.write(false, buffer, 0, n);
                    n = process.getInputStream().read(buffer);
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            logged.set(true);
        }

        @Override
        public long pid() {
            return process.pid();
        }

        @Override
        public int pidfd() {
            return pidfd.number();
        }

        @Override
        public int input() {
            return input.number();
        }

        @Override
        public int terminal() {
            return -1;
        }

        @Override
        public void inputEnded() {
            input.close();
        }

        @Override
        public boolean logged() {
            return logged.get();
        }

        @Override
        public int exitCode() {
            return process.onExit().join().exitValue();
        }

        @Override
        public void close() {
            // Not by the process object, which would close the stream that is being read.
            process.toHandle().destroyForcibly();
            process.onExit().join();
            logging.join();
            input.close();
            pidfd.close();
        }
    }

    private Fd file(String name, String content) throws IOException {
        Path path = Files.writeString(directory.resolve(name), content, StandardCharsets.ISO_8859_1);
        return new Fd(Fs.HOST.open(-100, path.toString(), OpenFlags.RDWR, 0));
    }

    private String output() throws IOException {
        return Files.readString(directory.resolve("out"));
    }

    @Test
    void carriesInputAndOutputToTheEndAndTellsTheExitCode() throws Exception {
        try (Fd in = file("typed", "hello\nquit\n");
                Fd out = file("out", "");
                AttachClient client = AttachClient.open(
                        directory.resolve("ctr.log"),
                        in.number(),
                        out.number(),
                        out.number(),
                        DetachKeys.parse(DetachKeys.DEFAULT));
                Kept kept = new Kept("read a; printf 'got %s, ' $a; read b; printf $b; exit 7")) {
            assertThat(client.run(kept, RunIo.Observer.NONE, true)).isEqualTo(OptionalInt.of(7));
            assertThat(output()).isEqualTo("got hello, quit");
        }
    }

    @Test
    void passesMoreThanAPipeHoldsWithoutLoss() throws Exception {
        String line = "0123456789abcdef\n";
        try (Fd in = file("typed", line.repeat(40_000));
                Fd out = file("out", "");
                AttachClient client = AttachClient.open(
                        directory.resolve("ctr.log"), in.number(), out.number(), out.number(), DetachKeys.parse(""));
                Kept kept = new Kept("exec head -n 40000")) {
            assertThat(client.run(kept, RunIo.Observer.NONE, true)).isEqualTo(OptionalInt.of(0));
            assertThat(output()).isEqualTo(line.repeat(40_000));
        }
    }

    @Test
    void leavesByKeysAndTheContainerGoesOn() throws Exception {
        try (Fd in = file("typed", "one\n\u0010\u0011two\n");
                Fd out = file("out", "");
                AttachClient client = AttachClient.open(
                        directory.resolve("ctr.log"),
                        in.number(),
                        out.number(),
                        out.number(),
                        DetachKeys.parse(DetachKeys.DEFAULT));
                Kept kept = new Kept("read a; echo $a >'" + directory + "/first'; exec sleep 100")) {
            assertThat(client.run(kept, RunIo.Observer.NONE, true)).isEmpty();
            assertThat(kept.process.isAlive()).isTrue();
            assertThat(in.number()).isPositive();
        }
    }

    @Test
    void aSignalGoesToTheContainerOrEndsTheAttachment() throws Exception {
        RunIo.Observer terminator = new RunIo.Observer() {
            @Override
            public void started(belljar.sandbox.Container container) {
                container.signal(15);
            }

            @Override
            public void notice(String line) {}
        };
        for (boolean pass : new boolean[] {true, false}) {
            try (Fd out = file("out", "");
                    AttachClient client = AttachClient.open(
                            directory.resolve("ctr.log"), -1, out.number(), out.number(), DetachKeys.parse(""));
                    Kept kept = new Kept("exec sleep 100")) {
                OptionalInt code = client.run(kept, terminator, pass);
                assertThat(code).isEqualTo(pass ? OptionalInt.of(128 + 15) : OptionalInt.empty());
                assertThat(kept.process.isAlive()).isEqualTo(!pass);
            }
        }
    }
}
