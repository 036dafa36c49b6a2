package belljar.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.failure.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Streams and handles that are closed early, by others, or too late. */
@Timeout(30)
final class StreamsTest {
    @TempDir
    Path dir;

    private Engine engine;
    private ContainerPlan plan;

    @BeforeEach
    void open() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root");
        assumeTrue(
                Files.isExecutable(Path.of("/bin/busybox")),
                "skipped: /bin/busybox is missing (package busybox-static)");
        Path rootfs = dir.resolve("rootfs");
        Files.createDirectories(rootfs.resolve("bin"));
        Files.copy(Path.of("/bin/busybox"), rootfs.resolve("bin/busybox"));
        assertThat(rootfs.resolve("bin/busybox").toFile().setExecutable(true, false))
                .isTrue();
        for (String name : List.of("sh", "sleep", "cat", "yes")) {
            Files.createSymbolicLink(rootfs.resolve("bin/" + name), Path.of("busybox"));
        }
        plan = ContainerPlan.of("dir:" + rootfs);
        engine = Engine.open(dir.resolve("root"), dir.resolve("state"));
    }

    @AfterEach
    void close() {
        if (engine != null) {
            engine.close();
            assertThat(dir.resolve("state/live")).isEmptyDirectory();
        }
    }

    private Container sleeper() throws InterruptedException {
        return engine.start(plan.withCommand("sleep", "1000"));
    }

    private static CompletableFuture<Throwable> reading(InputStream stream) throws InterruptedException {
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        Thread _ = Thread.ofVirtual().start(() -> {
            try {
                end.complete(new AssertionError("read " + stream.read()));
            } catch (IOException e) {
                end.complete(e);
            }
        });
        // It may not have come as far as reading, which must make no difference.
        Thread.sleep(20);
        return end;
    }

    @Test
    void endsAReadWhenTheStreamIsClosedByAnother() throws Exception {
        try (Container container = sleeper();
                Execution execution = container.exec(Command.of("sleep", "1000"))) {
            InputStream output = container.stdout();
            CompletableFuture<Throwable> log = reading(output);
            CompletableFuture<Throwable> pipe = reading(execution.stdout());
            output.close();
            execution.stdout().close();
            assertThat(log.get(20, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
            assertThat(pipe.get(20, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
            assertThat(container.waitFor(Duration.ZERO)).isEmpty();
            assertThatThrownBy(() -> execution.stdout().read()).isInstanceOf(IOException.class);
        }
    }

    @Test
    void endsAReadWhenTheProgramOrTheContainerIsClosed() throws Exception {
        Container container = sleeper();
        Execution execution = container.exec(Command.of("sleep", "1000"));
        CompletableFuture<Throwable> pipe = reading(execution.stdout());
        execution.close();
        execution.close();
        assertThat(pipe.get(20, TimeUnit.SECONDS)).isNotNull();
        InputStream output = container.stdout();
        CompletableFuture<Throwable> log = reading(output);
        container.close();
        container.close();
        // The end of the container is the end of the stream.
        assertThat(log.get(20, TimeUnit.SECONDS)).hasMessageContaining("read -1");
        output.close();
        assertThat(container.waitFor(Duration.ofSeconds(20))).isPresent();
        assertThatThrownBy(container::state).isInstanceOf(UserException.class);
        assertThatThrownBy(() -> container.exec(Command.of("cat"))).isInstanceOf(UserException.class);
    }

    @Test
    void tellsAWriterThatNobodyReadsAnyMore() throws Exception {
        try (Container container = sleeper();
                Execution program =
                        container.exec(Command.of("sh", "-c", "exit 5").withInput())) {
            assertThat(program.waitFor().code()).isEqualTo(5);
            OutputStream in = program.stdin();
            assertThatThrownBy(() -> in.write(new byte[200_000])).isInstanceOf(IOException.class);
            in.close();
            in.close();
        }
    }

    @Test
    void letsAProgramEndWhoseOutputNobodyWants() throws Exception {
        try (Container container = sleeper();
                Execution yes = container.exec(Command.of("yes"))) {
            assertThat(yes.stdout().read()).isEqualTo('y');
            yes.stdout().close();
            assertThat(yes.waitFor(Duration.ofSeconds(20))).isPresent();
        }
    }

    @Test
    void refusesWhatCannotBe() throws Exception {
        assertThatThrownBy(() -> plan.withCpus(0)).isInstanceOf(UserException.class);
        assertThatThrownBy(() -> engine.start(plan.withCommand())).isInstanceOf(UserException.class);
        assertThatThrownBy(() -> engine.start(plan.withCommand("cat").withBind(Path.of("/nosuch"), "/x")))
                .isInstanceOf(UserException.class);
        assertThat(engine.find("nosuch")).isEqualTo(Optional.empty());
        try (Container container = sleeper()) {
            assertThatThrownBy(() -> container.exec(Command.of())).isInstanceOf(UserException.class);
            assertThatThrownBy(() -> engine.start(plan.withCommand("cat").withName(container.name())))
                    .isInstanceOf(UserException.class);
            try (Execution cat = container.exec(Command.of("cat"))) {
                assertThatThrownBy(cat::stdin).isInstanceOf(UserException.class);
            }
        }
        engine.close();
        assertThatThrownBy(() -> engine.start(plan.withCommand("cat"))).isInstanceOf(UserException.class);
        assertThat(dir.resolve("root/containers")).isEmptyDirectory();
    }

    @Test
    void startsManyContainersFromManyVirtualThreads() throws Exception {
        List<CompletableFuture<String>> said = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            String word = "word" + i;
            CompletableFuture<String> result = new CompletableFuture<>();
            said.add(result);
            Thread _ = Thread.ofVirtual().start(() -> {
                try {
                    result.complete(engine.run(plan.withCommand("sh", "-c", "echo " + word))
                            .output());
                } catch (InterruptedException | RuntimeException e) {
                    result.completeExceptionally(e);
                }
            });
        }
        for (int i = 0; i < said.size(); i++) {
            assertThat(said.get(i).get(25, TimeUnit.SECONDS)).isEqualTo("word" + i + "\n");
        }
        assertThat(engine.containers()).isEmpty();
    }
}
