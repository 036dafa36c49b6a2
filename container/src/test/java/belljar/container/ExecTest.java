package belljar.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.GuestException;
import belljar.failure.UserException;
import belljar.linux.Cgroup;
import belljar.linux.Cgroups;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.linux.ProcessCgroup;
import belljar.sandbox.Container;
import belljar.sandbox.IdMaps;
import belljar.sandbox.Namespaces;
import belljar.sandbox.Resources;
import belljar.sandbox.Stdio;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class ExecTest {
    private static final Stdio NOTHING = new Stdio(-1, -1, -1);

    @TempDir
    Path dir;

    private final HostIsolation isolation = new HostIsolation(Cgroups.detect());
    private TestSpecs spec;
    private final List<Container> running = new ArrayList<>();

    @BeforeEach
    void root() throws IOException {
        spec = TestSpecs.prepare(dir);
    }

    @AfterEach
    void end() {
        for (Container each : running) {
            each.close();
        }
    }

    private void begin() {
        begin("while true; do sleep 0.05; done");
    }

    private void begin(String script) {
        Container container = isolation.create(spec.shell(script).build(), NOTHING);
        running.add(container);
        container.start();
    }

    private Fd open(Path path, int flags) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            return new Fd((int) HostKernel.INSTANCE.call(Nr.OPENAT, -100, memory.string(path.toString()), flags, 0644));
        }
    }

    /** Runs a script in the container that runs; gives {@code CODE:OUTPUT}. */
    private String exec(String script) throws IOException {
        spec.shell(script);
        return exec();
    }

    private String exec() throws IOException {
        Path out = dir.resolve("exec");
        int code;
        // O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
        try (Fd file = open(out, 0x80241);
                Container program =
                        isolation.exec(container().pid(), spec.build(), new Stdio(-1, file.number(), file.number()))) {
            program.start();
            code = program.waitFor();
        }
        return code + ":" + Files.readString(out);
    }

    private Container container() {
        return running.get(0);
    }

    @Test
    void runsInTheContainersNamespacesAndRoot() throws IOException {
        begin("echo inside > /tmp/mark; hostname changed; while true; do sleep 0.05; done");
        awaitFile("tmp/mark");
        String links = "for n in mnt pid ipc uts net user cgroup; do readlink /proc/PID/ns/$n; done";
        assertThat(exec("cat /tmp/mark; exit 7")).isEqualTo("7:inside\n");
        assertThat(exec(links.replace("PID", "self"))).isEqualTo(exec(links.replace("PID", "1")));
        assertThat(exec("readlink /proc/self/root; pwd; test $$ != 1 && test -d /proc/1 && echo child"))
                .isEqualTo("0:/\n/\nchild\n");
    }

    private void awaitFile(String path) {
        while (!Files.exists(dir.resolve("c/upper").resolve(path))) {
            Thread.onSpinWait();
        }
    }

    @Test
    void hasTheFilterAndCapabilitiesOfTheContainer() throws IOException {
        begin();
        String fields = "grep -E 'Cap|NoNew|Seccomp|Groups' /proc/PID/status";
        assertThat(exec(fields.replace("PID", "self")))
                .contains("Seccomp:\t2\n")
                .contains("CapEff:\t00000000800405fb\n")
                .isEqualTo(exec(fields.replace("PID", "1")));
        assertThat(exec("unshare -U true")).contains("Operation not permitted");
    }

    @Test
    void isInTheContainersCgroups() throws IOException {
        begin();
        assertThat(exec("cat /proc/self/cgroup")).isEqualTo(exec("cat /proc/1/cgroup"));
        Cgroup cgroup = ProcessCgroup.of(container().pid());
        spec.args = List.of("/bin/sleep", "100");
        try (Container program = isolation.exec(container().pid(), spec.build(), NOTHING)) {
            program.start();
            assertThat(cgroup.processes()).contains(program.pid(), container().pid());
            for (String place : cgroup.places()) {
                Path procs = Path.of(place.substring(place.indexOf(":/") + 1), "cgroup.procs");
                assertThat(Files.readAllLines(procs)).contains(Long.toString(program.pid()));
            }
        }
    }

    @Test
    void isHeldByTheContainersLimits() throws IOException {
        spec.resources = pids(6);
        begin("while true; do sleep 100; done");
        assertThat(exec("for i in 1 2 3 4 5 6 7 8; do sleep 3 & done; echo all"))
                .contains("can't fork")
                .doesNotContain("all");
    }

    static Resources pids(long most) {
        return new Resources(
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                "",
                "",
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.of(most),
                OptionalInt.empty(),
                List.of());
    }

    @Test
    void holdsNoDescriptorOfTheHost() throws IOException {
        begin();
        // 3 is the directory that ls itself has open.
        assertThat(exec("ls /proc/self/fd")).isEqualTo("0:0\n1\n2\n3\n");
    }

    @Test
    void runsAsAnotherUserInAWorkingDirectory() throws IOException {
        begin();
        spec.uid = 1234;
        spec.gid = 77;
        spec.groups = List.of(5);
        spec.cwd = "/tmp";
        assertThat(exec("id -u; id -g; id -G; pwd; grep CapEff /proc/self/status"))
                .isEqualTo("0:1234\n77\n77 5\n/tmp\nCapEff:\t0000000000000000\n");
    }

    @Test
    void doesNotLeaveTheRootThroughItsWorkingDirectory() throws IOException {
        begin("ln -s /proc/self/fd/7 /tmp/out; ln -s /../../../../etc /tmp/up; while true; do sleep 1; done");
        awaitLink("tmp/up");
        for (String cwd : List.of("/proc/self/fd/5", "/proc/self/fd/7", "/tmp/out", "/nowhere")) {
            spec.cwd = cwd;
            assertThatThrownBy(() -> exec("pwd"))
                    .isInstanceOf(GuestException.class)
                    .hasMessageContaining(cwd);
        }
        spec.cwd = "/tmp/up";
        assertThat(exec("pwd; ls")).isEqualTo("0:/etc\n");
    }

    private void awaitLink(String path) {
        while (!Files.isSymbolicLink(dir.resolve("c/upper").resolve(path))) {
            Thread.onSpinWait();
        }
    }

    @Test
    void saysWhatCannotBeRun() throws IOException {
        begin();
        spec.args = List.of("nothing-of-the-kind");
        assertThatThrownBy(this::exec)
                .isInstanceOfSatisfying(
                        GuestException.class, e -> assertThat(e.exitCode()).isEqualTo(127))
                .hasMessageContaining("nothing-of-the-kind");
        spec.args = List.of("/etc");
        assertThatThrownBy(this::exec)
                .isInstanceOfSatisfying(
                        GuestException.class, e -> assertThat(e.exitCode()).isEqualTo(126));
    }

    @Test
    void givesTheProgramATerminalOfTheContainers() throws IOException {
        begin();
        spec.terminal = true;
        spec.shell("tty; stty size; test -t 0 && echo yes");
        try (Container program = isolation.exec(container().pid(), spec.build(), NOTHING)) {
            program.resize(33, 99);
            program.start();
            assertThat(Runs.drain(program.terminal())).isEqualTo("/dev/pts/0\r\n33 99\r\nyes\r\n");
            assertThat(program.waitFor()).isZero();
        }
    }

    @Test
    void refusesATerminalThatTheContainerPutInPlace() throws IOException {
        spec.mounts.removeIf(mount -> mount.destination().equals("/dev/pts"));
        begin("mkdir -p /dev/pts; echo x > /dev/pts/ptmx; while true; do sleep 1; done");
        spec.terminal = true;
        assertThatThrownBy(() -> exec("tty"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("no terminal multiplexer");
    }

    @Test
    void doesNotKeepTheContainerFromEnding() throws IOException {
        begin();
        spec.args = List.of("/bin/sleep", "100");
        try (Container program = isolation.exec(container().pid(), spec.build(), NOTHING);
                Container waiting = isolation.exec(container().pid(), spec.build(), NOTHING)) {
            program.start();
            container().signal(9);
            assertThat(container().waitFor()).isEqualTo(137);
            assertThat(program.waitFor()).isEqualTo(137);
            assertThat(waiting.waitFor()).isEqualTo(137);
        }
        assertThatThrownBy(() -> exec("true")).isInstanceOf(UserException.class).hasMessageContaining("has ended");
    }

    @Test
    void outlivesItsMakerWhenDetached() throws IOException {
        begin();
        spec.shell("echo $PPID > /tmp/parent; while true; do sleep 0.05; done");
        long init;
        try (Container program = isolation.execDetached(container().pid(), spec.build())) {
            program.start();
            init = program.pid();
        }
        awaitFile("tmp/parent");
        assertThat(exec("cat /tmp/parent")).isEqualTo("0:0\n");
        assertThat(Files.exists(Path.of("/proc/" + init))).isTrue();
        container().signal(9);
        assertThat(container().waitFor()).isEqualTo(137);
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            // wait4: the small process was this one's child, since this one still lives.
            assertThat(HostKernel.INSTANCE.call(Nr.WAIT4, init, memory.allocate(8), 0, 0))
                    .isEqualTo(init);
        }
    }

    @Test
    void refusesAPausedContainer() {
        begin();
        Cgroup cgroup = ProcessCgroup.of(container().pid());
        cgroup.freeze();
        try {
            assertThat(cgroup.frozen()).isTrue();
            assertThatThrownBy(() -> exec("true"))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("paused");
        } finally {
            cgroup.thaw();
        }
        assertThat(cgroup.frozen()).isFalse();
    }

    @Test
    void entersAUserNamespace() throws IOException {
        IdMaps.Range range = new IdMaps.Range(0, 200_000, 65536);
        spec.idMaps = new IdMaps(List.of(range), List.of(range));
        Namespaces n = spec.namespaces;
        spec.namespaces =
                new Namespaces(n.pid(), n.ipc(), n.uts(), n.network(), Namespaces.PRIVATE, n.cgroup(), n.time());
        begin();
        assertThat(exec("id -u; cat /proc/self/uid_map | tr -s ' '; readlink /proc/self/ns/user"))
                .startsWith("0:0\n 0 200000 65536\n")
                .endsWith(exec("readlink /proc/1/ns/user").substring(2));
        spec.terminal = true;
        spec.uid = 33;
        spec.shell("tty; id -u");
        try (Container program = isolation.exec(container().pid(), spec.build(), NOTHING)) {
            program.start();
            assertThat(Runs.drain(program.terminal())).isEqualTo("/dev/pts/0\r\n33\r\n");
        }
    }
}
