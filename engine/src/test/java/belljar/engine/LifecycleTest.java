package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.engine.ContainerRecord.Status;
import belljar.failure.UserException;
import belljar.image.Progress;
import belljar.sandbox.Container;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LifecycleTest {
    private static final RunIo QUIET = new RunIo(-1, -1, -1, Progress.NONE, RunIo.Observer.NONE);

    @TempDir
    Path dir;

    private Path rootfs;

    @BeforeEach
    void rootfs() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root");
        assumeTrue(
                Files.isExecutable(Path.of("/bin/busybox")),
                "skipped: /bin/busybox is missing (package busybox-static)");
        rootfs = dir.resolve("rootfs");
        Files.createDirectories(rootfs.resolve("bin"));
        Files.copy(Path.of("/bin/busybox"), rootfs.resolve("bin/busybox"));
        rootfs.resolve("bin/busybox").toFile().setExecutable(true, false);
        for (String name : List.of("sh", "sleep", "true")) {
            Files.createSymbolicLink(rootfs.resolve("bin/" + name), Path.of("busybox"));
        }
    }

    private Engine open() {
        return Engine.open(dir.resolve("root"), dir.resolve("state"));
    }

    private RunRequest request(String name, String... command) {
        ProcessRequest d = ProcessRequest.DEFAULT;
        return RunRequest.of("dir:" + rootfs)
                .withName(name)
                .withProcess(new ProcessRequest(
                        List.of(command),
                        d.entrypoint(),
                        d.env(),
                        d.unsetEnv(),
                        d.unsetAllEnv(),
                        d.user(),
                        d.groups(),
                        d.workdir(),
                        d.tty(),
                        d.interactive(),
                        d.init(),
                        d.stopSignal(),
                        d.umask(),
                        d.oomScoreAdj(),
                        d.rlimits()));
    }

    /** Runs a container in another thread; returns when its program is about to run. */
    private CompletableFuture<Integer> running(RunRequest request) throws InterruptedException {
        CountDownLatch started = new CountDownLatch(1);
        RunIo.Observer observer = new RunIo.Observer() {
            @Override
            public void started(Container container) {
                started.countDown();
            }

            @Override
            public void notice(String line) {}
        };
        CompletableFuture<Integer> code =
                CompletableFuture.supplyAsync(() -> open().run(request, new RunIo(-1, 2, 2, Progress.NONE, observer)));
        assertThat(started.await(30, TimeUnit.SECONDS)).isTrue();
        return code;
    }

    @Test
    void createsAContainerThatDoesNotRun() {
        ContainerRecord made = open().create(request("made", "true"), QUIET);
        ContainerRecord found = open().container("made");
        assertThat(found).isEqualTo(made);
        assertThat(found.status()).isEqualTo(Status.CREATED);
        assertThat(found.command()).containsExactly("true");
        assertThat(open().request("made")).isEqualTo(request("made", "true"));
        assertThatThrownBy(() -> open().pid("made")).isInstanceOf(UserException.class);
        open().remove("made", RemoveOptions.DEFAULT);
        assertThat(open().containers()).isEmpty();
    }

    @Test
    void makesUpAnotherNameWhereOneIsTaken() throws Exception {
        ContainerRecord owner = open().create(request("owner", "true"), QUIET);
        Set<String> all = new HashSet<>();
        for (int i = 0; i < 100_000; i++) {
            all.add(Names.newName());
        }
        for (String name : all) {
            Files.createSymbolicLink(dir.resolve("root/names").resolve(name), Path.of(owner.id()));
        }
        ContainerRecord made = open().create(request("", "true"), QUIET);
        assertThat(made.name()).matches("[a-z]+_[a-z]+_[0-9a-f]{6}");
        assertThat(open().container(made.name()).id()).isEqualTo(made.id());
        open().remove(made.name(), RemoveOptions.DEFAULT);
        assertThatThrownBy(() -> open().create(request("owner", "true"), QUIET))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("in use");
    }

    @Test
    void leavesNothingOfAContainerThatCannotBeCreated() {
        assertThatThrownBy(() -> open().create(request("bad"), QUIET)).isInstanceOf(UserException.class);
        assertThat(open().containers()).isEmpty();
        assertThat(dir.resolve("root/names/bad")).doesNotExist();
        assertThat(dir.resolve("state/live")).isEmptyDirectory();
    }

    @Test
    void tellsOfARunningContainerSinceWhenItRuns() throws Exception {
        long before = System.currentTimeMillis();
        CompletableFuture<Integer> code = running(request("one", "sleep", "1000"));
        ContainerRecord record = open().container("one");
        assertThat(record.status()).isEqualTo(Status.RUNNING);
        // The kernel counts in hundredths of a second.
        assertThat(record.started()).isBetween(before - 100, System.currentTimeMillis() + 100);
        assertThatThrownBy(() -> open().remove("one", RemoveOptions.DEFAULT))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("--force");
        open().kill("one", 9);
        assertThat(code.get(30, TimeUnit.SECONDS)).isEqualTo(137);
        ContainerRecord ended = open().container("one");
        assertThat(ended.status()).isEqualTo(Status.EXITED);
        assertThat(ended.exitCode()).isEqualTo(137);
        assertThat(ended.stoppedByUser()).isTrue();
        assertThat(ended.finished()).isGreaterThanOrEqualTo(ended.started());
        open().remove("one", RemoveOptions.DEFAULT);
    }

    @Test
    void stopsWithTheContainersSignalAndKillsAfterTheTimeout() throws Exception {
        CompletableFuture<Integer> polite =
                running(request("polite", "sh", "-c", "trap 'exit 7' TERM; while true; do sleep 0.05; done"));
        awaitTrap("polite");
        assertThat(open().stop("polite", Optional.empty())).isTrue();
        assertThat(polite.get(30, TimeUnit.SECONDS)).isEqualTo(7);
        assertThat(open().container("polite").stoppedByUser()).isTrue();
        assertThat(open().stop("polite", Optional.empty())).isFalse();

        CompletableFuture<Integer> stubborn =
                running(request("stubborn", "sh", "-c", "trap '' TERM; while true; do sleep 0.05; done"));
        assertThat(open().stop("stubborn", Optional.of(Duration.ofSeconds(0)))).isTrue();
        assertThat(stubborn.get(30, TimeUnit.SECONDS)).isEqualTo(137);
        open().remove("polite", RemoveOptions.DEFAULT);
        open().remove("stubborn", RemoveOptions.DEFAULT);
    }

    /** Bit 14 of SigCgt in proc_pid_status(5) is SIGTERM's. */
    private void awaitTrap(String name) throws Exception {
        for (int i = 0; i < 1000; i++) {
            for (String line : Files.readAllLines(Path.of("/proc/" + open().pid(name) + "/status"))) {
                if (line.startsWith("SigCgt:") && (Long.parseUnsignedLong(line.substring(8), 16) >> 14 & 1) == 1) {
                    return;
                }
            }
            Thread.sleep(10);
        }
        throw new AssertionError("the program never caught SIGTERM");
    }

    @Test
    void waitsForTheEndAndTellsTheExitCode() throws Exception {
        CompletableFuture<Integer> code = running(request("waited", "sh", "-c", "sleep 0.3; exit 3"));
        assertThat(open().waitFor("waited", List.of(WaitCondition.EXITED), Duration.ofMillis(20)))
                .isEqualTo(3);
        assertThat(code.get(30, TimeUnit.SECONDS)).isEqualTo(3);
        open().remove("waited", RemoveOptions.DEFAULT);
    }

    /**
     * A program that uses the engine does not open it anew each time, and nobody else may be there to enter the end.
     */
    @Test
    void tellsOfTheEndOfADetachedContainerThoughItWasOpenedBefore() throws Exception {
        Engine engine = open();
        ContainerRecord first = engine.runDetached(request("first", "sh", "-c", "exit 3"), QUIET);
        awaitFree(first);
        assertThat(engine.waitFor("first", List.of(WaitCondition.EXITED), Duration.ofSeconds(60)))
                .isEqualTo(3);
        assertThat(engine.container("first").exitCode()).isEqualTo(3);
        ContainerRecord second = engine.runDetached(request("second", "sh", "-c", "exit 4"), QUIET);
        awaitFree(second);
        assertThat(engine.containers()).extracting(ContainerRecord::status).containsOnly(Status.EXITED);
        ContainerRecord _ = engine.runDetached(request("third", "sleep", "1000"), QUIET);
        assertThat(Pause.signal(engine.pid("third"), 9)).isTrue();
        assertThat(engine.waitFor("third", List.of(WaitCondition.EXITED), Duration.ofSeconds(60)))
                .isEqualTo(137);
        for (ContainerRecord record : engine.containers()) {
            engine.remove(record.id(), RemoveOptions.DEFAULT);
        }
        assertThat(dir.resolve("state/live")).isEmptyDirectory();
    }

    private void awaitFree(ContainerRecord record) throws InterruptedException {
        while (Claim.isHeld(dir.resolve("state/live").resolve(record.id()))) {
            Thread.sleep(5);
        }
    }

    @Test
    void removesARunningContainerByForce() throws Exception {
        CompletableFuture<Integer> code = running(request("forced", "sleep", "1000"));
        open().remove("forced", RemoveOptions.FORCE);
        assertThat(code.get(30, TimeUnit.SECONDS)).isEqualTo(137);
        assertThat(open().containers()).isEmpty();
        assertThat(dir.resolve("state/live")).isEmptyDirectory();
    }

    @Test
    void renamesAndFreesTheOldName() {
        Engine engine = open();
        String id = engine.create(request("old", "true"), QUIET).id();
        engine.create(request("other", "true"), QUIET);
        engine.rename("old", "new");
        assertThat(engine.container("new").id()).isEqualTo(id);
        assertThat(engine.container(id).name()).isEqualTo("new");
        assertThatThrownBy(() -> engine.container("old")).isInstanceOf(UserException.class);
        assertThatThrownBy(() -> engine.rename("new", "other"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("in use");
        assertThatThrownBy(() -> engine.rename("new", "a/b")).isInstanceOf(UserException.class);
        assertThat(engine.container("new").id()).isEqualTo(id);
        engine.remove("new", RemoveOptions.DEFAULT);
        engine.remove("other", RemoveOptions.DEFAULT);
        assertThat(dir.resolve("root/names")).isEmptyDirectory();
    }

    @Test
    void noticesThatTheMachineWasStartedAnew() throws Exception {
        CompletableFuture<Integer> code = running(request("ran", "sleep", "1000"));
        open().create(request("never", "true"), QUIET);
        // What a reboot does: the processes are gone, and STATE with them.
        Path live = dir.resolve("state/live");
        long pid = open().pid("ran");
        String id = open().container("ran").id();
        Files.copy(dir.resolve("root/containers/" + id + "/container.json"), dir.resolve("record"));
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        assertThat(code.get(30, TimeUnit.SECONDS)).isEqualTo(137);
        Files.copy(
                dir.resolve("record"),
                dir.resolve("root/containers/" + id + "/container.json"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(dir.resolve("root/containers/" + id + "/ran"), "");
        Files.delete(live);
        assertThat(open().container("ran").status()).isEqualTo(Status.EXITED);
        assertThat(open().container("ran").exitCode()).isEqualTo(ContainerRecord.UNKNOWN);
        assertThat(open().container("never").status()).isEqualTo(Status.CREATED);
        open().remove("ran", RemoveOptions.DEFAULT);
        open().remove("never", RemoveOptions.DEFAULT);
    }

    @Test
    void letsOneCommandAtATimeChangeAContainer() throws Exception {
        Engine engine = open();
        ContainerRecord record = engine.create(request("locked", "true"), QUIET);
        CompletableFuture<Void> removal;
        try (ContainerLock lock = ContainerLock.take(engine.directory("locked"), "locked")) {
            assertThat(lock).isNotNull();
            removal = CompletableFuture.runAsync(() -> open().remove("locked", RemoveOptions.DEFAULT));
            Thread.sleep(50);
            assertThat(removal).isNotDone();
            assertThat(engine.container(record.id()).name()).isEqualTo("locked");
        }
        removal.get(30, TimeUnit.SECONDS);
        assertThat(engine.containers()).isEmpty();
    }
}
