package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.linux.CgroupLimits.DeviceRule;
import belljar.linux.CgroupSettings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

final class CgroupsTest {
    private static final List<DeviceRule> ONLY_NULL = List.of(
            new DeviceRule(false, 'a', -1, -1, "rwm"),
            new DeviceRule(true, 'c', 1, 3, "rwm"),
            new DeviceRule(true, 'c', -1, -1, "m"));

    private final List<CgroupHierarchy> hierarchies = CgroupHierarchy.detect();
    private final String prefix = "belljar-test-" + ProcessHandle.current().pid() + "-";
    private final Cgroups cgroups = new Cgroups(hierarchies, true, prefix);
    private final List<Cgroup> made = new ArrayList<>();
    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void leavesNothingBehind() throws Exception {
        for (Process process : started) {
            process.destroyForcibly();
        }
        for (Cgroup cgroup : made) {
            cgroup.kill();
        }
        for (Process process : started) {
            process.waitFor();
        }
        for (Cgroup cgroup : made) {
            cgroup.remove();
        }
        for (CgroupHierarchy hierarchy : hierarchies) {
            try (var left = Files.newDirectoryStream(Path.of(hierarchy.mount() + hierarchy.own()), prefix + "*")) {
                assertThat(left).isEmpty();
            }
        }
    }

    private static CgroupLimits limits(long memory, long pids, String cpus, List<DeviceRule> devices) {
        return new CgroupLimits(
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                cpus,
                "",
                memory == 0 ? OptionalLong.empty() : OptionalLong.of(memory),
                OptionalLong.empty(),
                OptionalLong.empty(),
                pids == 0 ? OptionalLong.empty() : OptionalLong.of(pids),
                OptionalInt.empty(),
                devices);
    }

    private Cgroup make(CgroupLimits limits) {
        boolean root = HostKernel.INSTANCE.call(Nr.GETEUID) == 0;
        Assumptions.assumeTrue(root && !hierarchies.isEmpty(), "needs root and cgroups");
        Cgroup cgroup = cgroups.create("a" + made.size(), limits);
        Assumptions.assumeFalse(cgroup.places().isEmpty(), "needs writable cgroups");
        made.add(cgroup);
        return cgroup;
    }

    private Process start(Cgroup cgroup, String script) throws IOException {
        Process process = new ProcessBuilder("sh", "-c", "read go; " + script)
                .redirectErrorStream(true)
                .start();
        started.add(process);
        cgroup.add(process.pid());
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
        return process;
    }

    private static String file(Cgroup cgroup, String controller, String v1, String v2) {
        String directory = cgroup.directory(controller);
        return KernelFile.read(directory.isEmpty() ? cgroup.directory("") + "/" + v2 : directory + "/" + v1)
                .strip();
    }

    @Test
    void setsEveryLimit() {
        Cgroup cgroup = make(new CgroupLimits(
                OptionalLong.of(50_000),
                OptionalLong.of(200_000),
                OptionalLong.of(512),
                "0",
                "0",
                OptionalLong.of(64 << 20),
                OptionalLong.empty(),
                OptionalLong.of(32 << 20),
                OptionalLong.of(25),
                OptionalInt.empty(),
                List.of()));
        assertThat(file(cgroup, "memory", "memory.limit_in_bytes", "memory.max"))
                .isEqualTo("67108864");
        assertThat(file(cgroup, "memory", "memory.soft_limit_in_bytes", "memory.low"))
                .isEqualTo("33554432");
        assertThat(file(cgroup, "pids", "pids.max", "pids.max")).isEqualTo("25");
        assertThat(file(cgroup, "cpuset", "cpuset.cpus", "cpuset.cpus")).isEqualTo("0");
        assertThat(file(cgroup, "cpu", "cpu.cfs_quota_us", "cpu.max")).startsWith("50000");
        assertThat(file(cgroup, "cpu", "cpu.shares", "cpu.weight"))
                .isEqualTo(cgroup.directory("cpu").isEmpty() ? "60" : "512");
    }

    @Test
    void changesLimitsUpAndDown() {
        Cgroup cgroup = make(limits(64 << 20, 0, "", List.of()));
        for (long memory : new long[] {256 << 20, 32 << 20}) {
            cgroups.update(cgroup, limits(memory, 9, "", List.of()));
            assertThat(file(cgroup, "memory", "memory.limit_in_bytes", "memory.max"))
                    .isEqualTo(Long.toString(memory));
        }
        assertThat(file(cgroup, "pids", "pids.max", "pids.max")).isEqualTo("9");
    }

    @Test
    void holdsProcessesAndCountsWhatTheyUse() throws Exception {
        Cgroup cgroup = make(limits(0, 100, "", List.of()));
        Process busy = start(cgroup, "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done; sleep 100");
        assertThat(busy.inputReader().readLine()).isEqualTo("done");
        assertThat(cgroup.processes()).contains(busy.pid());
        Cgroup.Usage usage = Cgroup.of(cgroup.places()).usage();
        assertThat(usage.cpuNanos().orElseThrow()).isPositive();
        assertThat(usage.memory().orElseThrow()).isPositive();
        assertThat(usage.pids().orElseThrow()).isBetween(1L, 2L);
        assertThat(usage.oomKills().orElse(0)).isZero();
        for (CgroupHierarchy hierarchy : hierarchies) {
            assertThat(KernelFile.read("/proc/" + busy.pid() + "/cgroup"))
                    .contains(hierarchy.controllers() + ":" + hierarchy.own() + "/" + prefix + "a0\n");
        }
    }

    @Test
    void holdsTheLimitOnTasks() throws Exception {
        Cgroup cgroup = make(limits(0, 2, "", List.of()));
        Process process = start(cgroup, "sleep 100 & sleep 100 & sleep 100 & wait");
        assertThat(process.inputReader().readLine()).containsIgnoringCase("fork");
    }

    @Test
    void countsProcessesKilledForWantOfMemory() throws Exception {
        Cgroup cgroup = make(limits(8 << 20, 0, "", List.of()));
        Process process = start(cgroup, "dd if=/dev/zero of=/dev/null bs=64M count=1; true");
        process.waitFor();
        assertThat(cgroup.usage().oomKills().orElseThrow()).isPositive();
    }

    @Test
    void freezesAndThaws() throws Exception {
        Cgroup cgroup = make(CgroupLimits.NONE);
        Process process = start(cgroup, "while read line; do echo $line; done");
        cgroup.freeze();
        process.getOutputStream().write("hello\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        assertThat(process.waitFor(100, TimeUnit.MILLISECONDS)).isFalse();
        assertThat(process.getInputStream().available()).isZero();
        cgroup.thaw();
        assertThat(process.inputReader().readLine()).isEqualTo("hello");
    }

    @Test
    void killsWhatKeepsStartingProcesses() throws Exception {
        Cgroup cgroup = make(limits(0, 200, "", List.of()));
        Process process = start(cgroup, "while :; do (while :; do sleep 0.01; done) & sleep 0.02; done");
        while (cgroup.processes().size() < 10) {
            assertThat(process.isAlive()).isTrue();
        }
        cgroup.kill();
        assertThat(process.waitFor()).isEqualTo(137);
        cgroup.remove();
    }

    @Test
    void killsWithoutTheUnifiedHierarchyToo() throws Exception {
        Cgroup all = make(limits(0, 200, "", List.of()));
        List<String> v1 = new ArrayList<>(all.places());
        v1.removeIf(place -> place.startsWith(":"));
        Cgroup cgroup = Cgroup.of(v1);
        Assumptions.assumeFalse(cgroup.directory("freezer").isEmpty(), "needs the freezer of cgroup v1");
        Process process = start(all, "while :; do (while :; do sleep 0.01; done) & sleep 0.02; done");
        while (cgroup.processes().size() < 10) {
            assertThat(process.isAlive()).isTrue();
        }
        cgroup.kill();
        assertThat(process.waitFor()).isEqualTo(137);
        assertThat(cgroup.processes()).isEmpty();
    }

    @Test
    void refusesLimitsBeyondTheHost() {
        assertThatThrownBy(() -> make(limits(0, 0, "0-999", List.of())))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("--cpuset-cpus (0-999) is not within what this host offers: 0");
        assertThatThrownBy(() -> make(limits(0, 0, "x", List.of()))).isInstanceOf(UserException.class);
        assertThatThrownBy(() -> make(limits(-7, 0, "", List.of())))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("--memory (-7)");
        assertThatThrownBy(() -> make(limits(0, -7, "", List.of())))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("--pids-limit");
    }

    @Test
    void namesTheControllerThatIsMissing() {
        List<CgroupHierarchy> without = new ArrayList<>(hierarchies);
        without.removeIf(hierarchy -> hierarchy.controllers().contains("memory"));
        Assumptions.assumeTrue(without.size() < hierarchies.size(), "needs the memory controller on cgroup v1");
        assertThatThrownBy(() -> new Cgroups(without, true, prefix).create("x", limits(1 << 20, 0, "", List.of())))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("--memory needs the memory controller");
        assertThatThrownBy(() -> new Cgroups(List.of(), true, prefix).create("x", limits(1 << 20, 0, "", List.of())))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("no cgroup hierarchy");
    }

    @Test
    void makesNoneWithoutRootUnlessALimitAsksForIt() {
        List<CgroupHierarchy> v1 = List.of(new CgroupHierarchy("memory", "/sys/fs/cgroup/memory", ""));
        Cgroups rootless = new Cgroups(v1, false, prefix);
        assertThat(rootless.create("x", limits(0, 0, "", ONLY_NULL)).places()).isEmpty();
        List<CgroupHierarchy> v2 = List.of(new CgroupHierarchy("", "/sys/fs/cgroup", ""));
        Cgroups undelegated = new Cgroups(v2, false, prefix);
        assertThat(undelegated.create("x", limits(0, 0, "", ONLY_NULL)).places())
                .isEmpty();
        assertThatThrownBy(() -> undelegated.create("x", limits(1 << 20, 0, "", List.of())))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("--memory needs the memory controller delegated to this user");
        assertThatThrownBy(() -> rootless.create("x", limits(1 << 20, 0, "", List.of())))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("without root");
    }

    @Test
    void refusesValuesThatNoHostTakes() {
        CgroupLimits swapAlone = new CgroupLimits(
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                "",
                "",
                OptionalLong.empty(),
                OptionalLong.of(5),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalInt.empty(),
                List.of());
        assertThatThrownBy(() -> CgroupSettings.v2(swapAlone)).hasMessageContaining("--memory-swap 5");
        CgroupLimits weight = new CgroupLimits(
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.of(1),
                "",
                "",
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalInt.of(5000),
                List.of());
        assertThatThrownBy(() -> CgroupSettings.v1(weight)).hasMessageContaining("--cpu-shares 1 is out of range");
    }

    @Test
    void writesTheFilesOfV2() {
        CgroupLimits limits = new CgroupLimits(
                OptionalLong.of(150_000),
                OptionalLong.empty(),
                OptionalLong.of(1024),
                "0-1",
                "",
                OptionalLong.of(100),
                OptionalLong.of(150),
                OptionalLong.of(70),
                OptionalLong.of(-1),
                OptionalInt.of(500),
                List.of());
        assertThat(CgroupSettings.v2(limits).stream().map(s -> s.file() + "=" + s.value()))
                .containsExactly(
                        "cpu.weight=100",
                        "cpu.max=150000 100000",
                        "cpuset.cpus=0-1",
                        "memory.max=100",
                        "memory.swap.max=50",
                        "memory.low=70",
                        "pids.max=max",
                        "io.bfq.weight=500");
    }

    @Test
    void convertsSharesToWeights() {
        assertThat(CgroupSettings.weight(2)).isEqualTo(1);
        assertThat(CgroupSettings.weight(1024)).isEqualTo(100);
        assertThat(CgroupSettings.weight(262_144)).isEqualTo(10_000);
    }

    private static final String OPEN =
            "head -c1 /dev/null && echo null; head -c1 /dev/zero >/dev/null && echo zero; echo end";

    @Test
    void holdsDeviceRulesOnV1() throws Exception {
        Cgroup cgroup = make(limits(0, 0, "", ONLY_NULL));
        Assumptions.assumeFalse(cgroup.directory("devices").isEmpty(), "needs the devices controller of cgroup v1");
        assertThat(cgroup.holdsDevices()).isTrue();
        String output = new String(
                start(cgroup, OPEN).getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(output)
                .contains("null\n")
                .contains("Operation not permitted")
                .doesNotContain("zero\n");
    }

    @Test
    void holdsDeviceRulesOnV2() throws Exception {
        Cgroup all = make(CgroupLimits.NONE);
        Assumptions.assumeFalse(all.directory("").isEmpty(), "needs the unified hierarchy");
        DeviceFilter.attach(DeviceFilter.compile(ONLY_NULL), all.directory(""));
        Cgroup unified = Cgroup.of(List.of(":" + all.directory("")));
        String output = new String(
                start(unified, OPEN).getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(output)
                .contains("null\n")
                .contains("Operation not permitted")
                .doesNotContain("zero\n");
    }

    @Test
    void handsControllersOnInTheUnifiedHierarchy() {
        Cgroup cgroup = make(CgroupLimits.NONE);
        String directory = cgroup.directory("");
        Assumptions.assumeFalse(directory.isEmpty(), "needs the unified hierarchy");
        String mount = directory.substring(0, directory.lastIndexOf('/'));
        String offered = KernelFile.read(mount + "/cgroup.controllers").strip();
        boolean unused = KernelFile.read(mount + "/cgroup.subtree_control").isBlank();
        Assumptions.assumeTrue(!offered.isEmpty() && unused, "needs an unused controller on the unified hierarchy");
        String[] wanted = offered.split(" ", -1);
        CgroupHierarchy hierarchy = new CgroupHierarchy("", mount, "");
        try {
            assertThat(CgroupDelegation.base(hierarchy, true, wanted, List.of()))
                    .isEqualTo(mount);
            assertThat(KernelFile.read(directory + "/cgroup.controllers").strip())
                    .isEqualTo(offered);
            Setting setting = new Setting("nosuch", "", "", "", "", "--x");
            assertThatThrownBy(() -> CgroupDelegation.base(hierarchy, true, new String[] {"nosuch"}, List.of(setting)))
                    .hasMessageContaining("--x needs the nosuch controller")
                    .hasMessageContaining("it does not have it");
        } finally {
            for (String controller : wanted) {
                KernelFile.write(KernelFile.AT_FDCWD, mount + "/cgroup.subtree_control", "-" + controller);
            }
        }
    }

    /** Only the unified hierarchy, as on most hosts of today; here it may have no controllers. */
    private Cgroups unifiedAlone() {
        List<CgroupHierarchy> unified = new ArrayList<>(hierarchies);
        unified.removeIf(hierarchy -> !hierarchy.unified());
        boolean usable = HostKernel.INSTANCE.call(Nr.GETEUID) == 0
                && !unified.isEmpty()
                && unified.get(0).own().isEmpty();
        Assumptions.assumeTrue(usable, "needs root at the root of the unified hierarchy");
        return new Cgroups(unified, true, prefix);
    }

    @Test
    void worksWithTheUnifiedHierarchyAlone() throws Exception {
        Cgroups alone = unifiedAlone();
        assertThat(alone.kind()).isEqualTo("v2");
        Cgroup cgroup = alone.create(
                "v2",
                new CgroupLimits(
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        "",
                        "",
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalInt.empty(),
                        ONLY_NULL));
        made.add(cgroup);
        assertThat(cgroup.places()).hasSize(1);
        assertThat(cgroup.holdsDevices()).isTrue();
        Process process = start(cgroup, OPEN + "; while read line; do echo $line; done");
        String line = process.inputReader().readLine();
        while (!line.equals("end")) {
            assertThat(line).isNotEqualTo("zero");
            line = process.inputReader().readLine();
        }
        assertThat(cgroup.usage().cpuNanos().orElseThrow()).isPositive();
        cgroup.freeze();
        process.getOutputStream().write("hello\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        assertThat(process.inputReader().ready()).isFalse();
        cgroup.thaw();
        assertThat(process.inputReader().readLine()).isEqualTo("hello");
        cgroup.freeze();
        cgroup.kill();
        assertThat(process.waitFor()).isEqualTo(137);
        cgroup.remove();
        assertThat(Cgroups.exists(cgroup.directory(""))).isFalse();
    }

    @Test
    void saysWhichControllerTheUnifiedHierarchyLacks() {
        Cgroups alone = unifiedAlone();
        Assumptions.assumeFalse(
                KernelFile.read(hierarchies.getLast().mount() + "/cgroup.controllers")
                        .contains("memory"),
                "needs a unified hierarchy without the memory controller");
        assertThatThrownBy(() -> alone.create("v2", limits(1 << 20, 0, "", List.of())))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("--memory needs the memory controller")
                .hasMessageContaining("does not have it");
    }

    @Test
    void findsTheNearestDelegatedCgroupWithoutProcesses() throws Exception {
        Cgroups alone = unifiedAlone();
        Cgroup outer = alone.create("outer", CgroupLimits.NONE);
        made.add(outer);
        Path inner = Files.createDirectory(Path.of(outer.directory(""), "inner"));
        // Removed before the outer one, which would be busy else.
        made.add(0, Cgroup.of(List.of(":" + inner)));
        start(made.get(0), "sleep 100");
        String mount = outer.directory("").substring(0, outer.directory("").lastIndexOf('/'));
        String own = inner.toString().substring(mount.length());
        CgroupHierarchy hierarchy = new CgroupHierarchy("", mount, own);
        assertThat(CgroupDelegation.base(hierarchy, false, new String[0], List.of()))
                .isEqualTo(outer.directory(""));
        Path leaf = Files.createDirectory(Path.of(outer.directory(""), "belljar-self"));
        made.add(0, Cgroup.of(List.of(":" + leaf)));
        CgroupHierarchy aside = new CgroupHierarchy("", mount, leaf.toString().substring(mount.length()));
        assertThat(CgroupDelegation.base(aside, false, new String[0], List.of()))
                .isEqualTo(outer.directory(""));
    }
}
