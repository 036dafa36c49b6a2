package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.container.ContainerProcess;
import belljar.failure.GuestException;
import belljar.failure.UserException;
import belljar.image.Progress;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.sandbox.Container;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A container runs in one thread, as in another process, and is looked at, changed and entered from here. */
@Timeout(60)
final class ControlTest {
    @TempDir
    Path dir;

    private final List<Thread> runs = new ArrayList<>();
    private final List<Container> containers = new ArrayList<>();

    @BeforeEach
    void rootfs() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root");
        assumeTrue(
                Files.isExecutable(Path.of("/bin/busybox")),
                "skipped: /bin/busybox is missing (package busybox-static)");
        Path rootfs = dir.resolve("rootfs");
        Files.createDirectories(rootfs.resolve("bin"));
        Files.createDirectories(rootfs.resolve("etc"));
        Files.copy(Path.of("/bin/busybox"), rootfs.resolve("bin/busybox"));
        rootfs.resolve("bin/busybox").toFile().setExecutable(true, false);
        for (String name : List.of("sh", "cat", "sleep", "id", "env", "grep", "sort", "pwd")) {
            Files.createSymbolicLink(rootfs.resolve("bin/" + name), Path.of("busybox"));
        }
        Files.writeString(
                rootfs.resolve("etc/passwd"), "root:x:0:0::/root:/bin/sh\nann:x:1001:1002::/home/ann:/bin/sh\n");
        Files.writeString(rootfs.resolve("etc/group"), "root:x:0:\nann:x:1002:\nmore:x:1003:ann\n");
    }

    @AfterEach
    void end() throws InterruptedException {
        for (Container container : containers) {
            container.signal(9);
        }
        for (Thread run : runs) {
            run.join();
        }
    }

    private Engine open() {
        return Engine.open(dir.resolve("root"), dir.resolve("state"));
    }

    private Fd output(String name) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            // O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC
            long path = memory.string(dir.resolve(name).toString());
            return new Fd((int) HostKernel.INSTANCE.call(Nr.OPENAT, -100, path, 0x80441, 0600));
        }
    }

    private static ProcessRequest process(List<String> env, String... command) {
        ProcessRequest d = ProcessRequest.DEFAULT;
        return new ProcessRequest(
                List.of(command),
                d.entrypoint(),
                env,
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
                d.rlimits());
    }

    /** Runs a container of that name until the test ends. */
    private void run(String name, String script) throws InterruptedException {
        RunRequest request = RunRequest.of("dir:" + dir.resolve("rootfs"))
                .withName(name)
                .withRemove(true)
                .withProcess(process(List.of("MADE=with"), "/bin/sh", "-c", script));
        CountDownLatch started = new CountDownLatch(1);
        RunIo.Observer observer = new RunIo.Observer() {
            @Override
            public void started(Container container) {
                containers.add(container);
                started.countDown();
            }

            @Override
            public void notice(String line) {}
        };
        Thread thread = new Thread(() -> {
            try (Fd out = output("run")) {
                open().run(request, new RunIo(0, out.number(), out.number(), Progress.NONE, observer));
            } finally {
                started.countDown();
            }
        });
        runs.add(thread);
        thread.start();
        started.await();
        while (open().processes(name).get(0).command().equals("belljar-stub")) {
            Thread.onSpinWait();
        }
    }

    private String exec(String name, ExecRequest request) throws IOException {
        Files.deleteIfExists(dir.resolve("exec"));
        int code;
        try (Fd out = output("exec")) {
            code = open().exec(
                            name,
                            request,
                            new RunIo(-1, out.number(), out.number(), Progress.NONE, RunIo.Observer.NONE));
        }
        return code + ":" + Files.readString(dir.resolve("exec"));
    }

    private static final String LOOP = "while true; do sleep 0.05; done";

    @Test
    void runsACommandAsTheContainerWouldAndAsAnotherUser() throws Exception {
        run("jar", LOOP);
        assertThat(exec("jar", ExecRequest.of("sh", "-c", "env | sort; pwd; exit 4")))
                .startsWith("4:")
                .contains("HOME=/root\n")
                .contains("MADE=with\n")
                .endsWith("/\n");
        ExecRequest other = new ExecRequest(
                List.of("sh", "-c", "id -u; id -G; pwd; echo $HOME $A $MADE; grep CapEff /proc/self/status"),
                List.of("A=b"),
                "ann",
                "/etc",
                false,
                false,
                false);
        assertThat(exec("jar", other))
                .isEqualTo("0:1001\n1002 1003\n/etc\n/home/ann b with\nCapEff:\t0000000000000000\n");
    }

    @Test
    void givesEveryCapabilityWhenPrivileged() throws Exception {
        run("jar", LOOP);
        ExecRequest plain = ExecRequest.of("grep", "CapEff", "/proc/self/status");
        ExecRequest privileged = new ExecRequest(plain.command(), List.of(), "", "", false, false, true);
        assertThat(exec("jar", plain)).isEqualTo("0:CapEff:\t00000000800405fb\n");
        assertThat(Long.parseLong(exec("jar", privileged).strip().substring(10), 16))
                .isEqualTo(belljar.linux.CapabilitySet.bounding().bits());
    }

    @Test
    void saysWhatIsWrong() throws Exception {
        run("jar", LOOP);
        assertThatThrownBy(() -> exec("nobody", ExecRequest.of("true")))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("no container 'nobody'");
        assertThatThrownBy(() -> exec("jar", ExecRequest.of("not-there")))
                .isInstanceOfSatisfying(
                        GuestException.class, e -> assertThat(e.exitCode()).isEqualTo(127));
        ExecRequest stranger = new ExecRequest(List.of("true"), List.of(), "stranger", "", false, false, false);
        assertThatThrownBy(() -> exec("jar", stranger))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("stranger");
    }

    @Test
    void pausesAndGoesOn() throws Exception {
        run("jar", LOOP);
        Engine engine = open();
        engine.pause("jar");
        assertThat(engine.container("jar").status()).isEqualTo(ContainerRecord.Status.PAUSED);
        assertThatThrownBy(() -> engine.pause("jar")).isInstanceOf(UserException.class);
        assertThatThrownBy(() -> exec("jar", ExecRequest.of("true")))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("paused");
        engine.unpause("jar");
        assertThat(engine.container("jar").status()).isEqualTo(ContainerRecord.Status.RUNNING);
        assertThatThrownBy(() -> engine.unpause("jar")).isInstanceOf(UserException.class);
        assertThat(exec("jar", ExecRequest.of("sh", "-c", "exit 0"))).isEqualTo("0:");
    }

    @Test
    void changesLimitsForNowAndForLater() throws Exception {
        run("jar", LOOP);
        Engine engine = open();
        engine.update("jar", resources(96 << 20, 77));
        Usage usage = engine.usage("jar");
        assertThat(usage.cgroup().memoryLimit()).hasValue(96 << 20);
        assertThat(usage.cgroup().pidsLimit()).hasValue(77);
        Path directory = dir.resolve("root/containers/" + usage.id());
        assertThat(RequestFile.load(directory).resources().pids()).hasValue(77);
    }

    private static Resources resources(long memory, long pids) {
        return new Resources(
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                "",
                "",
                OptionalLong.of(memory),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.of(pids),
                OptionalInt.empty(),
                List.of());
    }

    @Test
    void showsProcessesAndWhatIsUsed() throws Exception {
        run("jar", LOOP);
        assertThat(open().execDetached("jar", ExecRequest.of("sleep", "100"))).matches("[0-9a-f]{64}");
        List<ContainerProcess> processes = open().processes("jar");
        assertThat(processes.get(0).pid()).isEqualTo(1);
        assertThat(processes).anyMatch(p -> p.args().equals(List.of("sleep", "100")));
        assertThat(processes).noneMatch(p -> p.command().equals("belljar-stub"));
        Usage usage = open().usage("jar");
        assertThat(usage.name()).isEqualTo("jar");
        assertThat(usage.cgroup().cpuNanos().orElse(0)).isPositive();
        assertThat(open().files().read("jar", "/etc/group", 1000).orElse("")).contains("more:x:1003");
    }

    @Test
    void readsIdMapsOfTheKernel() {
        assertThat(LiveIdMaps.parse("         0       1000          1\n         1     100000      65536\n"))
                .containsExactly(new IdMaps.Range(0, 1000, 1), new IdMaps.Range(1, 100000, 65536));
        assertThat(LiveIdMaps.parse("")).isEmpty();
        assertThat(LiveIdMaps.of(ProcessHandle.current().pid())).isEqualTo(IdMaps.NONE);
    }
}
