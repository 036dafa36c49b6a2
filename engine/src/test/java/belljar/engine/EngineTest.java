package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.failure.GuestException;
import belljar.failure.UserException;
import belljar.image.Progress;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EngineTest {
    private static final HostKernel KERNEL = HostKernel.INSTANCE;

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
        for (String name : List.of("sh", "cat", "sleep", "true", "yes")) {
            Files.createSymbolicLink(rootfs.resolve("bin/" + name), Path.of("busybox"));
        }
    }

    private Engine open() {
        return Engine.open(dir.resolve("root"), dir.resolve("state"));
    }

    private RunRequest request(boolean remove, String name, boolean interactive, String... command) {
        ProcessRequest d = ProcessRequest.DEFAULT;
        RunRequest r = RunRequest.of("dir:" + rootfs);
        return new RunRequest(
                r.image(),
                r.pull(),
                r.platform(),
                name,
                r.isolation(),
                remove,
                r.cidFile(),
                r.quiet(),
                r.registry(),
                new ProcessRequest(
                        List.of(command),
                        d.entrypoint(),
                        d.env(),
                        d.unsetEnv(),
                        d.unsetAllEnv(),
                        d.user(),
                        d.groups(),
                        d.workdir(),
                        d.tty(),
                        interactive,
                        d.init(),
                        d.stopSignal(),
                        d.umask(),
                        d.oomScoreAdj(),
                        d.rlimits()),
                r.storage(),
                r.security(),
                r.namespaces(),
                r.network(),
                r.resources(),
                Map.of(),
                Map.of());
    }

    private String run(Engine engine, RunRequest request, String input) throws IOException {
        Path in = Files.writeString(dir.resolve("in"), input);
        Path out = dir.resolve("out");
        Files.writeString(out, "");
        int code;
        try (Fd inFd = fd(in, 0x80000);
                Fd outFd = fd(out, 0x80401)) {
            RunIo io = new RunIo(inFd.number(), outFd.number(), outFd.number(), Progress.NONE, RunIo.Observer.NONE);
            code = engine.run(request, io);
        }
        return code + ":" + Files.readString(out, StandardCharsets.UTF_8);
    }

    private static Fd fd(Path path, int flags) {
        try (Memory memory = KERNEL.lend()) {
            return new Fd((int) KERNEL.call(Nr.OPENAT, -100, memory.string(path.toString()), flags));
        }
    }

    private List<String> below(String name) throws IOException {
        Path path = dir.resolve(name);
        if (!Files.exists(path)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.map(p -> p.getFileName().toString()).toList();
        }
    }

    private void assertNothingLeft() throws IOException {
        assertThat(below("root/containers")).isEmpty();
        assertThat(below("root/names")).isEmpty();
        assertThat(below("state/live")).isEmpty();
    }

    @Test
    void carriesInputAndOutput() throws IOException {
        String big = "0123456789abcdef".repeat(20_000);
        assertThat(run(open(), request(true, "", true, "cat"), big)).isEqualTo("0:" + big);
        assertNothingLeft();
    }

    @Test
    void givesNoInputUnlessAsked() throws IOException {
        assertThat(run(open(), request(true, "", false, "cat"), "secret")).isEqualTo("0:");
    }

    @Test
    void worksAfterItsRootWasRemoved() throws IOException {
        run(open(), request(true, "", false, "true"), "");
        try (Stream<Path> files = Files.walk(dir.resolve("root"))) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        assertThat(run(open(), request(true, "", false, "true"), "")).isEqualTo("0:");
    }

    @Test
    void keepsAnEndedContainerWithoutRm() throws IOException {
        Engine engine = open();
        assertThat(run(engine, request(false, "one", false, "sh", "-c", "exit 5"), ""))
                .isEqualTo("5:");
        ContainerRecord record = engine.containers().get(0);
        assertThat(record.status()).isEqualTo(ContainerRecord.Status.EXITED);
        assertThat(record.exitCode()).isEqualTo(5);
        assertThatThrownBy(() -> run(engine, request(false, "one", false, "true"), ""))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("'one' is in use");
        engine.remove(record.id().substring(0, 6), RemoveOptions.DEFAULT);
        assertNothingLeft();
    }

    @Test
    void leavesNothingOfAContainerThatCouldNotRun() throws IOException {
        Engine engine = open();
        assertThatThrownBy(() -> run(engine, request(false, "x", false, "nope"), ""))
                .isInstanceOf(GuestException.class);
        assertNothingLeft();
    }

    @Test
    void leavesNoCidFileOfAContainerThatCouldNotRun() throws IOException {
        Path cidFile = dir.resolve("cid");
        for (String command : List.of("nope", "true")) {
            RunRequest r = request(true, "", false, command);
            RunRequest asked = new RunRequest(
                    r.image(),
                    r.pull(),
                    r.platform(),
                    r.name(),
                    r.isolation(),
                    r.remove(),
                    cidFile.toString(),
                    r.quiet(),
                    r.registry(),
                    r.process(),
                    r.storage(),
                    r.security(),
                    r.namespaces(),
                    r.network(),
                    r.resources(),
                    r.labels(),
                    r.annotations());
            if (command.equals("nope")) {
                assertThatThrownBy(() -> run(open(), asked, "")).isInstanceOf(GuestException.class);
                assertThat(cidFile).doesNotExist();
            } else {
                assertThat(run(open(), asked, "")).isEqualTo("0:");
                assertThat(Files.readString(cidFile)).hasSize(64);
            }
        }
    }

    @Test
    void refusesOtherIsolationKindsInOneSentence() {
        RunRequest r = request(true, "", false, "true");
        RunRequest vm = new RunRequest(
                r.image(),
                r.pull(),
                r.platform(),
                r.name(),
                "vm",
                true,
                "",
                false,
                r.registry(),
                r.process(),
                r.storage(),
                r.security(),
                r.namespaces(),
                r.network(),
                r.resources(),
                Map.of(),
                Map.of());
        assertThatThrownBy(() -> run(open(), vm, ""))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("'vm' is not built yet");
    }

    @Test
    void endsAProgramWhoseOutputNobodyReads() throws Exception {
        try (Memory memory = KERNEL.lend()) {
            long ends = memory.allocate(8);
            KERNEL.call(Nr.PIPE2, ends, 0x80000);
            Fd writer = new Fd(memory.getInt(ends + 4));
            KERNEL.call(Nr.CLOSE, memory.getInt(ends));
            RunIo io = new RunIo(-1, writer.number(), 2, Progress.NONE, RunIo.Observer.NONE);
            assertThat(open().run(request(true, "", false, "yes"), io)).isNotZero();
            writer.close();
        }
    }

    @Test
    void cleansUpAfterAProcessThatWasKilled() throws Exception {
        Set<Path> before = emptyCgroups();
        // Killed at twenty points of its life, from before the first entry to after the program runs.
        for (int i = 0; i < 20; i++) {
            Process child = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin/java").toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-XX:TieredStopAtLevel=1",
                            "-XX:+UseSerialGC",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Victim.class.getName(),
                            dir.toString(),
                            rootfs.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            Thread.sleep(120 + 25L * i);
            child.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            assertThat(run(open(), request(true, "", false, "true"), "")).isEqualTo("0:");
            // A process that the dead one was just making has copies of its descriptors, the claim's too, until it
            // becomes another program. As long as that takes, the container counts as answered for.
            for (int look = 0; look < 100 && !below("state/live").isEmpty(); look++) {
                Thread.sleep(50);
                open();
            }
            assertNothingLeft();
        }
        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(dir.toString());
        Set<Path> left = emptyCgroups();
        left.removeAll(before);
        if (!left.isEmpty()) {
            // Another process on this machine may just be making or removing one of its own.
            Thread.sleep(2000);
            left.retainAll(emptyCgroups());
        }
        assertThat(left).isEmpty();
        assertThat(ProcessHandle.allProcesses()
                        .filter(p -> p.info().commandLine().orElse("").contains("98765")))
                .isEmpty();
    }

    private static Set<Path> emptyCgroups() throws IOException {
        Set<Path> found = new HashSet<>();
        try (Stream<Path> cgroups = Files.walk(Path.of("/sys/fs/cgroup"), 4)) {
            for (Path path : cgroups.filter(p -> p.getFileName().toString().matches("belljar-[0-9a-f]{64}"))
                    .toList()) {
                Path tasks = path.resolve("cgroup.procs");
                if (Files.exists(tasks) && Files.readString(tasks).isEmpty()) {
                    found.add(path);
                }
            }
        } catch (UncheckedIOException | NoSuchFileException vanished) {
            return emptyCgroups();
        }
        return found;
    }

    /** Runs a container that sleeps, to be killed from outside. */
    static final class Victim {
        private Victim() {}

        public static void main(String[] args) {
            EngineTest test = new EngineTest();
            test.dir = Path.of(args[0]);
            test.rootfs = Path.of(args[1]);
            RunIo io = new RunIo(0, 1, 2, Progress.NONE, RunIo.Observer.NONE);
            System.exit(test.open().run(test.request(true, "victim", false, "sleep", "98765"), io));
        }
    }
}
