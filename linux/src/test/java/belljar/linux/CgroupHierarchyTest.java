package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CgroupHierarchyTest {
    private static final String HYBRID = """
            23 28 0:22 / /proc rw shared:5 - proc proc rw
            31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
            32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
            35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
            40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
            41 31 0:38 / /sys/fs/cgroup/uni\\040fied rw,relatime - cgroup2 cgroup2 rw,nsdelegate
            """;

    @Test
    void findsEveryHierarchyOfAHybridHost() {
        String own = """
                9:name=systemd:/user.slice/login.scope
                4:memory:/jobs/one
                2:cpu,cpuacct:/
                7:pids:/not/mounted
                0::/user.slice
                """;
        assertThat(CgroupHierarchy.parse(HYBRID, own, false))
                .containsExactly(
                        new CgroupHierarchy("name=systemd", "/sys/fs/cgroup/systemd", "/user.slice/login.scope"),
                        new CgroupHierarchy("memory", "/sys/fs/cgroup/memory", "/jobs/one"),
                        new CgroupHierarchy("cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", ""),
                        new CgroupHierarchy("", "/sys/fs/cgroup/uni fied", "/user.slice"));
    }

    @Test
    void findsNoHierarchyWhereADirectoryIsLeftOver() {
        assertThat(CgroupHierarchy.parse(HYBRID.replace("/sys/fs/cgroup/memory", "/tmp"), "4:memory:/\n", true))
                .isEmpty();
        assertThat(CgroupHierarchy.parse("31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n", "4:memory:/\n", false))
                .isEmpty();
    }

    @Test
    void findsItselfBelowAMountThatShowsASubtreeOnly() {
        String mounts = "35 31 0:32 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
        assertThat(CgroupHierarchy.parse(mounts, "0::/docker/abc\n", false)
                        .get(0)
                        .own())
                .isEmpty();
        assertThat(CgroupHierarchy.parse(mounts, "0::/docker/abc/x\n", false)
                        .get(0)
                        .own())
                .isEqualTo("/x");
        assertThat(CgroupHierarchy.parse(mounts, "0::/docker/abcd\n", false)
                        .get(0)
                        .own())
                .isEmpty();
    }

    @Test
    void findsWhatThisHostHas() {
        for (CgroupHierarchy hierarchy : CgroupHierarchy.detect()) {
            assertThat(KernelFile.read(hierarchy.mount() + hierarchy.own() + "/cgroup.procs"))
                    .contains(Long.toString(ProcessHandle.current().pid()));
        }
    }
}
