package belljar.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.GuestException;
import belljar.failure.UserException;
import belljar.linux.Cgroups;
import belljar.sandbox.Container;
import belljar.sandbox.IdMaps;
import belljar.sandbox.MountSpec;
import belljar.sandbox.Namespaces;
import belljar.sandbox.Resources;
import belljar.sandbox.SeccompSpec;
import belljar.sandbox.Stdio;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HostIsolationTest {
    @TempDir
    Path dir;

    private TestSpecs spec;

    @BeforeEach
    void root() throws IOException {
        spec = TestSpecs.prepare(dir);
    }

    /** Runs the container with its output in a file; gives code and output, as {@code CODE:OUTPUT}. */
    private String run() throws IOException {
        return Runs.run(spec.build(), dir.resolve("out"));
    }

    @Test
    void runsAProgramAndGivesItsExitCode() throws IOException {
        spec.shell("echo hello; exit 3");
        assertThat(run()).isEqualTo("3:hello\n");
    }

    @Test
    void isProcessOneAndSeesOnlyItself() throws IOException {
        spec.shell("echo $$; set -- /proc/[0-9]*; echo $#; hostname");
        assertThat(run()).isEqualTo("0:1\n1\njar\n");
    }

    @Test
    void reportsTheSignalThatEndedIt() throws IOException {
        spec.args = List.of("/bin/sh", "-c", "sh -c 'kill -9 $$' 2>/dev/null; exit $?");
        assertThat(run()).startsWith("137:");
    }

    @Test
    void hasTheDefaultDevices() throws IOException {
        spec.shell(
                "cd /dev; for f in null zero full random urandom tty fd stdin ptmx; do test -e $f || echo no $f; done;"
                        + " stat -c '%t %T %a' null");
        assertThat(run()).isEqualTo("0:1 3 666\n");
    }

    @Test
    void hasOnlyTheCapabilitiesThatWereGiven() throws IOException {
        spec.shell("grep -E 'Cap|NoNew|Groups' /proc/self/status | tr -d '\\t '");
        assertThat(run())
                .contains("CapEff:00000000800405fb\n")
                .contains("CapBnd:00000000800405fb\n")
                .contains("CapAmb:0000000000000000\n")
                .contains("NoNewPrivs:1\n");
    }

    @Test
    void filtersSystemCalls() throws IOException {
        spec.shell(
                "grep -w Seccomp /proc/self/status | tr -d '\\t'; mkdir /tmp/m; mount -t tmpfs x /tmp/m; unshare -U true");
        assertThat(run())
                .contains("Seccomp:2\n")
                .contains("mount: permission denied")
                .contains("unshare: unshare(0x10000000): Operation not permitted");
        spec.seccomp = new SeccompSpec.Unconfined();
        assertThat(run()).contains("Seccomp:0\n");
    }

    @Test
    void filtersSystemCallsBeforePrivilegesGoWithoutNoNewPrivileges() throws IOException {
        spec.noNewPrivileges = false;
        spec.uid = 1000;
        spec.shell("grep -wE 'Seccomp|NoNewPrivs' /proc/self/status | tr -d '\\t'");
        assertThat(run()).isEqualTo("0:NoNewPrivs:0\nSeccomp:2\n");
    }

    @Test
    void runsAsAnotherUser() throws IOException {
        spec.uid = 1234;
        spec.gid = 77;
        spec.groups = List.of(5, 6);
        spec.shell("id -u; id -g; id -G; grep CapEff /proc/self/status | tr -d '\\t'");
        assertThat(run()).isEqualTo("0:1234\n77\n77 5 6\nCapEff:0000000000000000\n");
    }

    @Test
    void keepsItsChangesInTheUpperDirectory() throws IOException {
        spec.shell("echo x > /etc/new; rm /bin/false");
        assertThat(run()).isEqualTo("0:");
        assertThat(dir.resolve("root/etc/new")).doesNotExist();
        assertThat(dir.resolve("c/upper/etc/new")).hasContent("x\n");
        assertThat(Files.isSymbolicLink(dir.resolve("root/bin/false"))).isTrue();
    }

    @Test
    void canHaveAReadOnlyRoot() throws IOException {
        spec.readonly = true;
        spec.shell("touch /x 2>&1 || true; touch /dev/shm/y && echo shm");
        assertThat(run()).isEqualTo("0:touch: /x: Read-only file system\nshm\n");
    }

    @Test
    void runsOnADirectoryInPlace() throws IOException {
        spec.overlay = false;
        spec.shell("touch /tmp/here");
        assertThat(run()).isEqualTo("0:");
        assertThat(dir.resolve("root/tmp/here")).exists();
    }

    @Test
    void hidesMaskedPathsAndProtectsReadOnlyOnes() throws IOException {
        spec.shell(
                "wc -c < /proc/version; ls /sys/firmware | wc -l; echo 1 2>/dev/null > /proc/sys/kernel/panic || echo ro");
        assertThat(run()).startsWith("0:0\n0\n").endsWith("ro\n");
    }

    @Test
    void mountsHostDirectoriesAndFiles() throws IOException {
        Path data = Files.createDirectory(dir.resolve("data"));
        Files.writeString(data.resolve("f"), "content\n");
        spec.mounts.add(new MountSpec("/new/deep/place", "bind", data.toString(), List.of("rbind", "ro")));
        spec.mounts.add(new MountSpec("/etc/one", "bind", data.resolve("f").toString(), List.of("rbind")));
        spec.shell("cat /new/deep/place/f; touch /new/deep/place/g 2>/dev/null || echo ro; echo more >> /etc/one");
        assertThat(run()).isEqualTo("0:content\nro\n");
        assertThat(data.resolve("f")).hasContent("content\nmore\n");
    }

    @Test
    void neverMountsThroughALinkOfTheImage() throws IOException {
        Path data = Files.createDirectory(dir.resolve("data"));
        Path victim = Files.createDirectory(dir.resolve("victim"));
        Files.createSymbolicLink(dir.resolve("root/link"), victim);
        Files.createSymbolicLink(dir.resolve("root/up"), Path.of("../../../../../../tmp"));
        spec.mounts.add(new MountSpec("/up/m", "bind", data.toString(), List.of("rbind")));
        spec.shell("ls -d /tmp/m");
        assertThat(run()).isEqualTo("0:/tmp/m\n");
        spec.mounts.set(spec.mounts.size() - 1, new MountSpec("/link/x", "bind", data.toString(), List.of("rbind")));
        spec.shell("ls -d " + victim + "/x");
        assertThat(run()).isEqualTo("0:" + victim + "/x\n");
        assertThat(victim).isEmptyDirectory();
    }

    @Test
    void setsItsOwnKernelParameters() throws IOException {
        spec.sysctls = Map.of("net.ipv4.ip_forward", "1");
        spec.shell("cat /proc/sys/net/ipv4/ip_forward");
        assertThat(run()).isEqualTo("0:1\n");
        spec.sysctls = Map.of("kernel.panic", "1");
        assertThatThrownBy(this::run).isInstanceOf(UserException.class).hasMessageContaining("kernel.panic");
    }

    @Test
    void hasALoopbackDeviceThatIsUp() throws IOException {
        spec.shell("ip -o addr show lo | head -n 1 | tr -s ' '");
        assertThat(run()).contains("inet 127.0.0.1/8");
    }

    @Test
    void mapsItsUsersToOthersOfTheHost() throws IOException {
        List<IdMaps.Range> range = List.of(new IdMaps.Range(0, 600_000, 65_536));
        spec.idMaps = new IdMaps(range, range);
        spec.namespaces = new Namespaces(
                Namespaces.PRIVATE,
                Namespaces.PRIVATE,
                Namespaces.PRIVATE,
                Namespaces.PRIVATE,
                Namespaces.PRIVATE,
                Namespaces.PRIVATE,
                Namespaces.HOST);
        Files.writeString(dir.resolve("root/etc/of-77"), "x");
        Files.setAttribute(dir.resolve("root/etc/of-77"), "unix:uid", 77);
        Path data = Files.createDirectory(dir.resolve("data"));
        spec.mounts.add(new MountSpec("/data", "bind", data.toString(), List.of("rbind")));
        spec.shell("id -u; stat -c %u /bin/busybox /etc/of-77 /data; touch /etc/made; echo $(cat /proc/self/uid_map)");
        assertThat(run()).isEqualTo("0:0\n0\n77\n65534\n0 600000 65536\n");
        assertThat(Files.getAttribute(dir.resolve("c/upper/etc/made"), "unix:uid"))
                .isEqualTo(600_000);
        assertThat(Files.getAttribute(dir.resolve("root/etc/of-77"), "unix:uid"))
                .isEqualTo(77);
        spec.overlay = false;
        assertThat(run()).startsWith("0:0\n0\n77\n");
    }

    @Test
    void canHaveAnInitThatReaps() throws IOException {
        spec.init = true;
        // The orphan of the inner shell goes to process 1, which must not keep it as a zombie.
        spec.shell("echo $$; sh -c 'sleep 0.1 & exit'; sleep 0.5; set -- /proc/[0-9]*; echo $#; exit 9");
        assertThat(run()).isEqualTo("9:2\n2\n");
        spec.args = List.of("nope");
        assertThatThrownBy(this::run).isInstanceOf(GuestException.class).hasMessageContaining("PATH");
    }

    @Test
    void passesSignalsThroughTheInit() throws IOException {
        spec.init = true;
        spec.args = List.of("/bin/sleep", "1000");
        try (Container container = new HostIsolation(Cgroups.detect()).create(spec.build(), new Stdio(-1, -1, -1))) {
            container.start();
            container.signal(15);
            assertThat(container.waitFor()).isEqualTo(143);
        }
    }

    @Test
    void readsSeccompProfilesInDockersFormat() throws IOException {
        spec.seccomp = new SeccompSpec.Profile(
                "test.json",
                "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdir\",\"mkdirat\"],"
                        + "\"action\":\"SCMP_ACT_ERRNO\"}]}");
        spec.shell("mkdir /tmp/d 2>&1; echo $?");
        assertThat(run()).isEqualTo("0:mkdir: can't create directory '/tmp/d': Operation not permitted\n1\n");
    }

    @Test
    void limitsWhatTheContainerUses() throws IOException {
        spec.resources = new Resources(
                OptionalLong.of(50_000),
                OptionalLong.of(100_000),
                OptionalLong.empty(),
                "0",
                "",
                OptionalLong.of(64 << 20),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.of(5),
                OptionalInt.empty(),
                List.of());
        spec.shell("grep Cpus_allowed_list /proc/self/status | tr -d '\\t'; for i in 1 2 3 4 5 6 7; do sleep 9 & done");
        assertThat(run()).contains("Cpus_allowed_list:0\n").contains("can't fork");
        spec.shell("dd if=/dev/zero of=/dev/null bs=200M count=1 2>&1; echo $?");
        assertThat(run()).contains("137");
    }

    @Test
    void copiesWhatATmpfsCovers() throws IOException {
        Files.createDirectories(dir.resolve("root/srv/d"));
        Files.writeString(dir.resolve("root/srv/d/f"), "kept\n");
        Files.createSymbolicLink(dir.resolve("root/srv/l"), Path.of("d/f"));
        spec.mounts.add(new MountSpec("/srv", "tmpfs", "tmpfs", List.of("tmpcopyup", "size=1m")));
        spec.shell("cat /srv/l; echo new > /srv/d/f; cat /srv/l");
        assertThat(run()).isEqualTo("0:kept\nnew\n");
        assertThat(dir.resolve("root/srv/d/f")).hasContent("kept\n");
    }

    @Test
    void looksProgramsUpInThePath() throws IOException {
        spec.args = List.of("echo", "found");
        assertThat(run()).isEqualTo("0:found\n");
    }

    @Test
    void tellsAMissingProgramFromOneThatCannotRun() throws IOException {
        spec.args = List.of("nope");
        assertThatThrownBy(this::run)
                .isInstanceOf(GuestException.class)
                .hasMessageContaining("'nope'")
                .hasMessageContaining("PATH")
                .extracting(e -> ((GuestException) e).exitCode())
                .isEqualTo(127);
        spec.args = List.of("/etc");
        assertThatThrownBy(this::run)
                .isInstanceOf(GuestException.class)
                .extracting(e -> ((GuestException) e).exitCode())
                .isEqualTo(126);
        Files.writeString(dir.resolve("root/bin/text"), "not a program");
        dir.resolve("root/bin/text").toFile().setExecutable(true, false);
        spec.args = List.of("text");
        assertThatThrownBy(this::run)
                .isInstanceOf(GuestException.class)
                .hasMessageContaining("not a program for this machine");
    }

    @Test
    void makesTheWorkingDirectory() throws IOException {
        spec.cwd = "/srv/app";
        spec.shell("pwd");
        assertThat(run()).isEqualTo("0:/srv/app\n");
    }

    @Test
    void hasATerminalOfItsOwn() throws IOException {
        spec.terminal = true;
        spec.shell("tty; stty size; test -c /dev/console && echo console; exit 4");
        try (Container container = new HostIsolation(Cgroups.detect()).create(spec.build(), new Stdio(-1, -1, -1))) {
            container.resize(33, 44);
            container.start();
            assertThat(container.terminal()).isPositive();
            String out = Runs.drain(container.terminal());
            assertThat(container.waitFor()).isEqualTo(4);
            assertThat(out).isEqualTo("/dev/pts/0\r\n33 44\r\nconsole\r\n");
        }
    }

    @Test
    void refusesAMountSourceThatIsMissing() {
        spec.mounts.add(new MountSpec("/m", "bind", "/does/not/exist", List.of("rbind")));
        assertThatThrownBy(this::run)
                .isInstanceOf(UserException.class)
                .hasMessage("the mount source /does/not/exist does not exist on the host; create it first");
    }

    @Test
    void leavesNothingBehindWhenItFails() throws IOException {
        String mounts = Files.readString(Path.of("/proc/self/mountinfo"));
        long children = ProcessHandle.current().children().count();
        int fds = dirSize("/proc/self/fd");
        spec.mounts.add(new MountSpec("/m", "nosuchfs", "x", List.of()));
        for (int i = 0; i < 5; i++) {
            assertThatThrownBy(this::run).isInstanceOf(UserException.class).hasMessageContaining("nosuchfs");
        }
        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).isEqualTo(mounts);
        assertThat(ProcessHandle.current().children().count()).isEqualTo(children);
        assertThat(dirSize("/proc/self/fd")).isLessThanOrEqualTo(fds + 1);
    }

    private static int dirSize(String path) throws IOException {
        try (var files = Files.list(Path.of(path))) {
            return (int) files.count();
        }
    }

    @Test
    void canBeKilledWhileItRuns() throws IOException {
        spec.args = List.of("/bin/sleep", "1000");
        try (FileOutputStream out = new FileOutputStream(dir.resolve("out").toFile());
                Container container = new HostIsolation(Cgroups.detect()).create(spec.build(), new Stdio(-1, -1, -1))) {
            container.start();
            container.signal(9);
            assertThat(container.waitFor()).isEqualTo(137);
            out.flush();
        }
    }
}
