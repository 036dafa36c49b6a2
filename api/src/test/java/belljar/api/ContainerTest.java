package belljar.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.engine.ContainerRecord.Status;
import belljar.failure.GuestException;
import belljar.failure.UserException;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real containers, of a root file system with nothing but busybox. */
@Timeout(15)
final class ContainerTest {
    @TempDir
    Path dir;

    private Engine engine;
    private ContainerPlan plan;

    @BeforeEach
    void open() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root");
        assumeTrue(
                Files.isExecutable(Path.of("/bin/busybox")),
                "skipped: /bin/busybox is missing (package busybox-static)");
        Path rootfs = dir.resolve("rootfs");
        Files.createDirectories(rootfs.resolve("bin"));
        Files.copy(Path.of("/bin/busybox"), rootfs.resolve("bin/busybox"));
        assertThat(rootfs.resolve("bin/busybox").toFile().setExecutable(true, false))
                .isTrue();
        for (String name : List.of("sh", "sleep", "cat", "true", "echo", "id", "pwd")) {
            Files.createSymbolicLink(rootfs.resolve("bin/" + name), Path.of("busybox"));
        }
        plan = ContainerPlan.of("dir:" + rootfs);
        engine = again();
    }

    private Engine again() {
        return Engine.open(dir.resolve("root"), dir.resolve("state"));
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

    @Test
    void capturesAProgramsOutputAndEnd() throws Exception {
        Captured said = engine.run(plan.withCommand("sh", "-c", "echo $A; echo oops >&2; printf end; exit 3")
                .withEnv("A", "b c"));
        assertThat(said.output()).isEqualTo("b c\nend");
        assertThat(said.error()).isEqualTo("oops\n");
        assertThat(said.exit()).isEqualTo(Exit.of(3));
        assertThat(engine.containers()).isEmpty();
    }

    @Test
    void removesABoundContainerWhenItsHandleIsClosed() throws Exception {
        try (Container container = sleeper()) {
            assertThat(container.state().status()).isEqualTo(Status.RUNNING);
            assertThat(container.waitFor(Duration.ZERO)).isEmpty();
            assertThat(engine.find(container.name())).isPresent();
        }
        assertThat(engine.containers()).isEmpty();
    }

    @Test
    void leavesADetachedContainerToOthers() throws Exception {
        Container made = engine.startDetached(plan.withCommand("sleep", "1000").withName("kept"));
        made.close();
        engine.close();
        engine = again();
        Container found = engine.find("kept").orElseThrow();
        assertThat(found.id()).isEqualTo(made.id());
        assertThat(found.state().status()).isEqualTo(Status.RUNNING);
        assertThat(found.stop(Duration.ZERO)).isEqualTo(Exit.of(137));
        found.start();
        assertThat(found.state().status()).isEqualTo(Status.RUNNING);
        found.remove();
        assertThat(engine.find("kept")).isEmpty();
    }

    @Test
    void stopsAProgramThatEndsWhenAsked() throws Exception {
        try (Container container = engine.start(
                plan.withCommand("sh", "-c", "trap 'exit 7' TERM; echo ready; while true; do sleep 0.1; done"))) {
            assertThat(container.awaitLine("ready", Duration.ofSeconds(60))).isPresent();
            assertThat(container.stop(Duration.ofSeconds(60))).isEqualTo(Exit.of(7));
            assertThat(container.state().status()).isEqualTo(Status.EXITED);
            assertThat(container.stop(Duration.ZERO)).isEqualTo(Exit.of(7));
        }
    }

    @Test
    void talksToAProgramByItsStreams() throws Exception {
        try (Container container = sleeper();
                Execution cat = container.exec(
                        Command.of("sh", "-c", "cat; echo done >&2; exit 4").withInput())) {
            try (OutputStream in = cat.stdin()) {
                in.write("first\n".getBytes(StandardCharsets.UTF_8));
                byte[] line = new byte[6];
                assertThat(cat.stdout().readNBytes(line, 0, 6)).isEqualTo(6);
                assertThat(line).asString(StandardCharsets.UTF_8).isEqualTo("first\n");
                assertThat(cat.waitFor(Duration.ZERO)).isEmpty();
            }
            Captured rest = cat.capture();
            assertThat(rest.output()).isEmpty();
            assertThat(rest.error()).isEqualTo("done\n");
            assertThat(rest.exit()).isEqualTo(Exit.of(4));
        }
    }

    @Test
    void passesMuchDataThroughAProgram() throws Exception {
        byte[] much = new byte[3_000_000];
        for (int i = 0; i < much.length; i++) {
            much[i] = (byte) (i * 31 >> 3);
        }
        try (Container container = sleeper();
                Execution cat = container.exec(Command.of("cat").withInput())) {
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
                try (OutputStream in = cat.stdin()) {
                    in.write(much);
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            assertThat(cat.stdout().readAllBytes()).isEqualTo(much);
            writer.get();
            assertThat(cat.waitFor().isSuccess()).isTrue();
        }
    }

    @Test
    void runsAProgramAsAskedFor() throws Exception {
        try (Container container = sleeper();
                Execution asked = container.exec(Command.of("sh", "-c", "id -u; pwd; echo $X")
                        .withUser("12:34")
                        .withDirectory("/bin")
                        .withEnv("X", "y"))) {
            assertThat(asked.capture().output()).isEqualTo("12\n/bin\ny\n");
            assertThatThrownBy(() -> container.run("nosuch")).isInstanceOf(GuestException.class);
        }
    }

    @Test
    void writesToTheContainersOwnInput() throws Exception {
        try (Container container = engine.start(plan.withCommand("cat").withInput())) {
            try (OutputStream in = container.stdin()) {
                in.write("to its input\n".getBytes(StandardCharsets.UTF_8));
            }
            assertThat(container.waitFor().isSuccess()).isTrue();
            try (InputStream out = container.stdout()) {
                assertThat(out.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo("to its input\n");
            }
        }
        try (Container container = sleeper()) {
            assertThatThrownBy(container::stdin).isInstanceOf(UserException.class);
        }
    }

    @Test
    void readsOutputWhileItIsWritten() throws Exception {
        ContainerPlan cat = plan.withCommand("sh", "-c", "echo one; cat; echo two >&2");
        try (Container container = engine.start(cat.withInput());
                InputStream out = container.stdout()) {
            assertThat(out.readNBytes(4)).asString(StandardCharsets.UTF_8).isEqualTo("one\n");
            try (OutputStream in = container.stdin()) {
                in.write("more".getBytes(StandardCharsets.UTF_8));
                assertThat(out.readNBytes(4)).asString(StandardCharsets.UTF_8).isEqualTo("more");
            }
            assertThat(container.waitFor().isSuccess()).isTrue();
            assertThat(out.read()).isEqualTo(-1);
            List<LogLine> lines = container.logs();
            assertThat(lines).extracting(LogLine::text).containsExactly("one", "more", "two");
            assertThat(lines).extracting(LogLine::stderr).containsExactly(false, false, true);
            assertThat(lines).extracting(LogLine::whole).containsExactly(true, false, true);
        }
    }

    @Test
    void copiesFilesInAndOut() throws Exception {
        Path file = Files.writeString(dir.resolve("in.txt"), "content");
        try (Container container = sleeper()) {
            container.copyIn(file, "/there.txt");
            assertThat(container.run("cat", "/there.txt").output()).isEqualTo("content");
            container.copyOut("/there.txt", dir.resolve("out.txt"));
            assertThat(dir.resolve("out.txt")).hasContent("content");
            ByteArrayOutputStream archive = new ByteArrayOutputStream();
            container.copyOut("/there.txt", archive);
            assertThat(container.run("/bin/busybox", "mkdir", "/sub").exit().isSuccess())
                    .isTrue();
            container.copyIn(new java.io.ByteArrayInputStream(archive.toByteArray()), "/sub");
            assertThat(container.run("cat", "/sub/there.txt").output()).isEqualTo("content");
            assertThatThrownBy(() -> container.copyOut("/nosuch", dir)).isInstanceOf(UserException.class);
        }
    }

    @Test
    void pausesAndTellsWhatIsUsed() throws Exception {
        try (Container container =
                engine.start(plan.withCommand("sleep", "1000").withPids(20))) {
            assertThat(container.usage().cgroup().pidsLimit()).hasValue(20);
            container.pause();
            assertThat(container.state().status()).isEqualTo(Status.PAUSED);
            container.unpause();
            assertThat(container.state().status()).isEqualTo(Status.RUNNING);
            assertThat(container.inspect().toString()).contains(container.id());
            assertThat(container.publishedPort(80)).isEmpty();
        }
    }

    @Test
    void leavesNothingOfAContainerThatCannotStart() {
        assertThatThrownBy(() -> engine.start(plan.withCommand("nosuch"))).isInstanceOf(GuestException.class);
        assertThatThrownBy(() -> engine.start(ContainerPlan.of("dir:/nosuch"))).isInstanceOf(UserException.class);
        assertThat(engine.containers()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void endsAWaitWhenItsThreadIsInterrupted(boolean virtual) throws Exception {
        try (Container container = sleeper();
                Execution execution = container.exec(Command.of("sleep", "1000"))) {
            List<CompletableFuture<Throwable>> ends = List.of(
                    interrupted(virtual, container::waitFor),
                    interrupted(virtual, () -> container.waitFor(Duration.ofDays(1))),
                    interrupted(virtual, () -> container.stdout().read()),
                    interrupted(virtual, () -> execution.stdout().read()),
                    interrupted(virtual, () -> execution.capture()));
            for (int i = 0; i < ends.size(); i++) {
                assertThat(ends.get(i).get(60, TimeUnit.SECONDS))
                        .isInstanceOf(i == 2 || i == 3 ? InterruptedIOException.class : InterruptedException.class);
            }
            assertThat(container.state().status()).isEqualTo(Status.RUNNING);
            assertThat(container.run("echo", "well").output()).isEqualTo("well\n");
        }
    }

    /** Something that waits. */
    private interface Waiting {
        Object get() throws Exception;
    }

    private static CompletableFuture<Throwable> interrupted(boolean virtual, Waiting waiting) throws Exception {
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        CountDownLatch began = new CountDownLatch(1);
        Thread thread = (virtual ? Thread.ofVirtual() : Thread.ofPlatform().daemon()).start(() -> {
            began.countDown();
            try {
                end.complete(new AssertionError("ended with " + waiting.get()));
            } catch (Exception e) {
                end.complete(e);
            }
        });
        began.await();
        // It may not have come as far as waiting, which must make no difference.
        Thread.sleep(20);
        thread.interrupt();
        return end;
    }

    /** A blocked carrier for each of them would leave none for anybody else on a machine with so few processors. */
    @Test
    void letsManyVirtualThreadsWaitAtOnce() throws Exception {
        int containers = 10;
        int each = 20;
        AtomicInteger ended = new AtomicInteger();
        CountDownLatch waiting = new CountDownLatch(containers * each);
        List<Thread> threads = new ArrayList<>();
        List<Container> started = new ArrayList<>();
        for (int i = 0; i < containers; i++) {
            Container container = engine.start(plan.withCommand("sleep", "1000"));
            started.add(container);
            for (int k = 0; k < each; k++) {
                boolean reads = k % 4 == 0;
                threads.add(Thread.ofVirtual().start(() -> {
                    waiting.countDown();
                    try (InputStream out = container.stdout()) {
                        assertThat(reads ? out.read() : -1).isEqualTo(-1);
                        container.waitFor();
                        ended.incrementAndGet();
                    } catch (java.io.IOException | InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }));
            }
        }
        assertThat(waiting.await(60, TimeUnit.SECONDS)).isTrue();
        Thread.sleep(50);
        CompletableFuture<Integer> other = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            for (int i = 0; i < 50; i++) {
                LockSupport.parkNanos(1);
            }
            other.complete(ended.get());
        });
        assertThat(other.get(60, TimeUnit.SECONDS)).isZero();
        assertThat(threads).allMatch(Thread::isAlive);
        for (Container container : started) {
            container.kill(9);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(ended).hasValue(containers * each);
    }

    @Test
    void removesWhatAJvmThatWasKilledHasLeft() throws Exception {
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "belljar.api.Victim",
                        dir.toString(),
                        plan.request().image())
                .redirectErrorStream(true)
                .start();
        String name = jvm.inputReader().readLine();
        assertThat(again().find(name)).isPresent();
        jvm.destroyForcibly().waitFor();
        engine.close();
        engine = again();
        assertThat(engine.find(name)).isEmpty();
    }

    @Test
    void removesWhatIsBoundWhenTheJvmEnds() throws Exception {
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "belljar.api.Victim",
                        dir.toString(),
                        plan.request().image())
                .redirectErrorStream(true)
                .start();
        assertThat(jvm.inputReader().readLine()).isNotBlank();
        jvm.destroy();
        assertThat(jvm.waitFor()).isEqualTo(143);
        assertThat(dir.resolve("root/containers")).isEmptyDirectory();
    }
}
