package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UsageTest {
    @TempDir
    Path dir;

    private void file(String name, String content) throws IOException {
        Files.createDirectories(dir.resolve(name).getParent());
        Files.writeString(dir.resolve(name), content);
    }

    @Test
    void readsTheUnifiedHierarchy() throws IOException {
        file("u/cpu.stat", "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 0\n");
        file("u/memory.current", "10000\n");
        file("u/memory.stat", "anon 1\ntotal_inactive_file 9\ninactive_file 4000\n");
        file("u/memory.max", "max\n");
        file("u/pids.current", "3\n");
        file("u/pids.max", "20\n");
        file("u/io.stat", "8:0 rbytes=100 wbytes=200 rios=1 wios=2\n8:16 rbytes=11 wbytes=22 rios=1 wios=2\n");
        CgroupUsage usage = CgroupUsage.of(Cgroup.of(List.of(":" + dir.resolve("u"))));
        assertThat(usage.cpuNanos()).hasValue(1_500_000);
        assertThat(usage.userNanos()).hasValue(1_000_000);
        assertThat(usage.systemNanos()).hasValue(500_000);
        assertThat(usage.memory()).hasValue(6000);
        assertThat(usage.memoryLimit()).isEmpty();
        assertThat(usage.pids()).hasValue(3);
        assertThat(usage.pidsLimit()).hasValue(20);
        assertThat(usage.ioRead()).hasValue(111);
        assertThat(usage.ioWritten()).hasValue(222);
    }

    @Test
    void readsTheOldHierarchies() throws IOException {
        file("c/cpuacct.usage", "123456789\n");
        file("c/cpuacct.stat", "user 7\nsystem 5\n");
        file("m/memory.usage_in_bytes", "10000\n");
        file("m/memory.stat", "inactive_file 1\ntotal_inactive_file 4000\n");
        file("m/memory.limit_in_bytes", "9223372036854771712\n");
        file("b/blkio.throttle.io_service_bytes", "8:0 Read 10\n8:0 Write 20\n8:0 Total 30\nTotal 30\n");
        CgroupUsage usage = CgroupUsage.of(Cgroup.of(
                List.of("cpu,cpuacct:" + dir.resolve("c"), "memory:" + dir.resolve("m"), "blkio:" + dir.resolve("b"))));
        assertThat(usage.cpuNanos()).hasValue(123_456_789);
        assertThat(usage.userNanos()).hasValue(70_000_000);
        assertThat(usage.systemNanos()).hasValue(50_000_000);
        assertThat(usage.memory()).hasValue(6000);
        assertThat(usage.memoryLimit()).isEmpty();
        assertThat(usage.pids()).isEmpty();
        assertThat(usage.ioRead()).hasValue(10);
        assertThat(usage.ioWritten()).hasValue(20);
        file("m/memory.limit_in_bytes", "65536\n");
        assertThat(CgroupUsage.of(Cgroup.of(List.of("memory:" + dir.resolve("m"))))
                        .memoryLimit())
                .hasValue(65536);
    }

    @Test
    void knowsNothingOfACgroupThatIsNotThere() {
        CgroupUsage usage = CgroupUsage.of(Cgroup.NONE);
        assertThat(usage.cpuNanos()).isEmpty();
        assertThat(usage.memory()).isEmpty();
        assertThat(usage.ioRead()).isEmpty();
    }

    @Test
    void countsWhatPassesThroughInterfaces() {
        String text = """
                Inter-|   Receive                                                |  Transmit
                 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                    lo:  100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
                  eth0:2000 20 1 2 0 0 0 0 3000 30 3 4 0 0 0 0
                """;
        assertThat(NetworkCounters.parse(text))
                .containsExactly(new NetworkCounters("eth0", 2000, 20, 1, 2, 3000, 30, 3, 4));
        assertThat(NetworkCounters.of(ProcessHandle.current().pid()))
                .noneMatch(c -> c.name().equals("lo"));
    }

    @Test
    void findsTheCgroupThatBelljarMade() {
        CgroupHierarchy ours = new CgroupHierarchy("pids", "/c/pids", "/belljar-outer");
        assertThat(ProcessCgroup.of(
                                List.of(
                                        new CgroupHierarchy("pids", "/c/pids", "/belljar-outer/belljar-a"),
                                        new CgroupHierarchy("", "/c/u", "/user/session")),
                                List.of(ours))
                        .places())
                .containsExactly("pids:/c/pids/belljar-outer/belljar-a");
        assertThat(ProcessCgroup.of(List.of(ours), List.of(ours)).places()).isEmpty();
    }
}
