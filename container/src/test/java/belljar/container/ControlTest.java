package belljar.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.linux.Cgroup;
import belljar.linux.CgroupUsage;
import belljar.linux.Cgroups;
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

/** A container that runs is looked at, stopped and limited from outside. */
@Timeout(60)
final class ControlTest {
    private static final Stdio NOTHING = new Stdio(-1, -1, -1);

    @TempDir
    Path dir;

    private final Cgroups cgroups = Cgroups.detect();
    private final HostIsolation isolation = new HostIsolation(cgroups);
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

    private Cgroup begin(String script) {
        Container container = isolation.create(spec.shell(script).build(), NOTHING);
        running.add(container);
        container.start();
        return ProcessCgroup.of(container().pid());
    }

    private Path inside(String path) {
        return dir.resolve("c/upper").resolve(path);
    }

    private long counter() throws IOException {
        return Files.exists(inside("tmp/n")) ? Files.size(inside("tmp/n")) : 0;
    }

    private void awaitMoreThan(long count) throws IOException, InterruptedException {
        while (counter() <= count) {
            Thread.sleep(5);
        }
    }

    private Container container() {
        return running.get(0);
    }

    @Test
    void standsStillWhileItIsFrozen() throws Exception {
        Cgroup cgroup = begin("while true; do echo -n x >> /tmp/n; done");
        awaitMoreThan(0);
        cgroup.freeze();
        long before = counter();
        Thread.sleep(150);
        assertThat(counter()).isEqualTo(before);
        assertThat(cgroup.frozen()).isTrue();
        cgroup.thaw();
        awaitMoreThan(before);
        assertThat(cgroup.frozen()).isFalse();
    }

    @Test
    void countsWhatItUses() throws Exception {
        spec.resources = memory(64 << 20, 64 << 20);
        Cgroup cgroup = begin("while true; do echo -n x >> /tmp/n; done");
        awaitMoreThan(1000);
        CgroupUsage usage = CgroupUsage.of(cgroup);
        assertThat(usage.cpuNanos().orElse(0)).isPositive();
        assertThat(usage.memory().orElse(0)).isBetween(1L, 64L << 20);
        assertThat(usage.memoryLimit()).hasValue(64 << 20);
        assertThat(usage.pids()).hasValue(1);
    }

    private static Resources memory(long bytes, long withSwap) {
        return new Resources(
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                "",
                "",
                OptionalLong.of(bytes),
                withSwap == 0 ? OptionalLong.empty() : OptionalLong.of(withSwap),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalInt.empty(),
                List.of());
    }

    @Test
    void changesItsLimitsWhileItRuns() throws Exception {
        spec.resources = memory(32 << 20, 32 << 20);
        Cgroup cgroup = begin("while true; do sleep 0.05; done");
        cgroups.update(cgroup, CgroupRequest.of(memory(128 << 20, 256 << 20)));
        assertThat(CgroupUsage.of(cgroup).memoryLimit()).hasValue(128 << 20);
        cgroups.update(cgroup, CgroupRequest.of(memory(16 << 20, 16 << 20)));
        assertThat(CgroupUsage.of(cgroup).memoryLimit()).hasValue(16 << 20);
        if (!cgroup.directory("memory").isEmpty()) {
            assertThatThrownBy(() -> cgroups.update(cgroup, CgroupRequest.of(memory(64 << 20, 0))))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("raise --memory-swap");
        }
    }

    @Test
    void cannotForkBeyondALimitSetWhileItRuns() throws Exception {
        Cgroup cgroup = begin("trap 'go=1' USR1; echo -n x > /tmp/n; while test -z \"$go\"; do sleep 0.02; done;"
                + " for i in 1 2 3 4 5; do sleep 2 & done; echo > /tmp/all");
        awaitMoreThan(0);
        cgroups.update(cgroup, CgroupRequest.of(ExecTest.pids(3)));
        assertThat(CgroupUsage.of(cgroup).pidsLimit()).hasValue(3);
        container().signal(10);
        assertThat(container().waitFor()).isNotZero();
        assertThat(inside("tmp/all")).doesNotExist();
    }

    @Test
    void showsItsProcesses() throws Exception {
        IdMaps.Range range = new IdMaps.Range(0, 200_000, 65536);
        spec.idMaps = new IdMaps(List.of(range), List.of(range));
        Namespaces n = spec.namespaces;
        spec.namespaces =
                new Namespaces(n.pid(), n.ipc(), n.uts(), n.network(), Namespaces.PRIVATE, n.cgroup(), n.time());
        spec.uid = 33;
        begin("/bin/sleep 100");
        spec.args = List.of("/bin/sleep", "50");
        spec.terminal = true;
        spec.uid = 0;
        List<ContainerProcess> found;
        try (Container program = isolation.exec(container().pid(), spec.build(), NOTHING)) {
            program.start();
            found = ContainerProcesses.of(container().pid());
            while (found.size() < 3 && !found.get(0).args().equals(List.of("/bin/sleep", "100"))) {
                found = ContainerProcesses.of(container().pid());
            }
        }
        ContainerProcess first = found.get(0);
        assertThat(first.pid()).isEqualTo(1);
        assertThat(first.hostPid()).isEqualTo(container().pid());
        assertThat(first.uid()).isEqualTo(33);
        assertThat(first.hostUid()).isEqualTo(200_033);
        assertThat(first.terminal()).isEqualTo("?");
        assertThat(first.seccomp()).isEqualTo(2);
        ContainerProcess last = found.get(found.size() - 1);
        assertThat(last.args()).containsExactly("/bin/sleep", "50");
        assertThat(last.command()).isEqualTo("sleep");
        assertThat(last.terminal()).isEqualTo("pts/0");
        assertThat(last.parent()).isZero();
        assertThat(last.uid()).isZero();
        assertThat(last.capabilities().get(3)).isEqualTo(0x800405fbL);
    }

    @Test
    void readsItsFilesButNotTheHosts() throws Exception {
        Files.writeString(dir.resolve("root/etc/passwd"), "root:x:0:0::/:/bin/sh\n");
        Files.createSymbolicLink(dir.resolve("root/etc/away"), Path.of("/../../../proc/self/environ"));
        Files.createSymbolicLink(dir.resolve("root/etc/same"), Path.of("/etc/passwd"));
        begin("mkfifo /etc/pipe 2>/dev/null; while true; do sleep 1; done");
        assertThat(ContainerFiles.read(container().pid(), "/etc/same", 1000)).hasValue("root:x:0:0::/:/bin/sh\n");
        assertThat(ContainerFiles.read(container().pid(), "/etc/passwd", 10)).isEmpty();
        assertThat(ContainerFiles.read(container().pid(), "/etc", 1000)).isEmpty();
        assertThat(ContainerFiles.read(container().pid(), "/etc/hostname", 1000))
                .isEmpty();
        container().signal(9);
        container().waitFor();
        assertThatThrownBy(() -> ContainerFiles.read(container().pid(), "/etc/passwd", 1000))
                .isInstanceOf(HostException.class);
    }

    @Test
    void readsWhatProcfsTells() {
        assertThat(ProcFiles.terminal(0)).isEqualTo("?");
        assertThat(ProcFiles.terminal(136 << 8 | 3)).isEqualTo("pts/3");
        assertThat(ProcFiles.terminal(4 << 8 | 1)).isEqualTo("tty1");
        assertThat(ProcFiles.inside("         0       1000          1\n         1     100000      65536\n", 100_032))
                .isEqualTo(33);
        assertThat(ProcFiles.inside("0 1000 1\n", 5)).isEqualTo(65534);
    }
}
