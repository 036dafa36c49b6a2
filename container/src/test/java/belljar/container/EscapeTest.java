package belljar.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.GuestException;
import belljar.failure.UserException;
import belljar.linux.Cgroups;
import belljar.linux.Fd;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import belljar.sandbox.Container;
import belljar.sandbox.MountSpec;
import belljar.sandbox.Namespaces;
import belljar.sandbox.Stdio;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Known ways out of other engines' containers. */
final class EscapeTest {
    @TempDir
    Path dir;

    private TestSpecs spec;

    @BeforeEach
    void root() throws IOException {
        spec = TestSpecs.prepare(dir);
    }

    private String run() throws IOException {
        return Runs.run(spec.build(), dir.resolve("out"));
    }

    private void link(String name, String target) throws IOException {
        Path path = dir.resolve("root/" + name);
        Files.deleteIfExists(path);
        Files.createSymbolicLink(path, Path.of(target));
    }

    @Test
    void refusesALinkWhereTheSystemsFilesBelong() throws IOException {
        for (String name : List.of("proc", "sys", "dev")) {
            for (String target : List.of("/etc", "tmp", "../../../../..", "/nowhere", name)) {
                link(name, target);
                assertThatThrownBy(this::run)
                        .isInstanceOf(GuestException.class)
                        .hasMessageContaining("the image has a link at /" + name);
            }
            Files.delete(dir.resolve("root/" + name));
            Files.createDirectory(dir.resolve("root/" + name));
        }
        assertThat(run()).isEqualTo("0:");
    }

    /** CVE-2019-16884: a volume in place of procfs makes the engine believe what the volume says. */
    @Test
    void mountsNothingOverProcThroughALink() throws IOException {
        Path volume = Files.createDirectories(dir.resolve("volume"));
        for (String target : List.of("/proc", "proc/sys", "/proc/self/attr", "../proc/1")) {
            link("data", target);
            spec.mounts.add(new MountSpec("/data", "bind", volume.toString(), List.of("bind")));
            assertThatThrownBy(this::run)
                    .isInstanceOf(GuestException.class)
                    .hasMessageContaining("leads from /data into /proc");
            spec.mounts.removeLast();
            for (String option : List.of("tmpcopyup", "nodev")) {
                spec.mounts.add(new MountSpec("/data", "tmpfs", "tmpfs", List.of(option)));
                assertThatThrownBy(this::run)
                        .isInstanceOf(GuestException.class)
                        .hasMessageContaining("leads from /data into /proc");
                spec.mounts.removeLast();
            }
        }
    }

    /** CVE-2021-30465: links at mount destinations stay inside the root. */
    @Test
    void keepsMountsInsideTheRoot() throws IOException {
        Path outside = Files.createDirectories(dir.resolve("outside"));
        Path volume = Files.createDirectories(dir.resolve("volume"));
        Files.writeString(volume.resolve("f"), "");
        link("data", "../../../../../../../.." + outside);
        spec.mounts.add(new MountSpec("/data/x", "bind", volume.toString(), List.of("bind")));
        spec.shell("ls /data/x; ls " + outside);
        assertThat(run()).as("what the link names is made inside the root").isEqualTo("0:f\nx\n");
        assertThat(outside).isEmptyDirectory();
        Files.createDirectories(dir.resolve("root" + outside));
        assertThat(run()).isEqualTo("0:f\nx\n");
        assertThat(outside).isEmptyDirectory();
    }

    /** Distributions have /etc/resolv.conf as a link to a file that is made when a system starts. */
    @Test
    void makesWhatALinkToNowhereNames() throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "content");
        Files.createDirectories(dir.resolve("root/etc"));
        link("etc/resolv.conf", "../run/systemd/./resolve/stub");
        link("etc/chain", "../etc/../etc/resolv.conf");
        link("run", "/var/volatile");
        for (String name : List.of("/etc/resolv.conf", "/etc/chain", "/etc/../etc/chain")) {
            spec.mounts.add(new MountSpec(name, "bind", file.toString(), List.of("bind")));
            spec.shell("cat " + name + " /var/volatile/systemd/resolve/stub; readlink /etc/resolv.conf");
            assertThat(run()).isEqualTo("0:contentcontent../run/systemd/./resolve/stub\n");
            spec.mounts.removeLast();
        }
    }

    @Test
    void refusesLinksThatRunInACircle() throws IOException {
        link("a", "b");
        link("b", "a");
        spec.mounts.add(new MountSpec("/a/x", "tmpfs", "tmpfs", List.of()));
        assertThatThrownBy(this::run).isInstanceOf(UserException.class).hasMessageContaining("circles");
    }

    /** CVE-2025-31133: the mask is the host's null device, whatever the image calls so. */
    @Test
    void masksWithTheHostsNullDevice() throws IOException {
        Files.createSymbolicLink(dir.resolve("root/dev/null"), Path.of("/proc/sys/kernel/core_pattern"));
        spec.masked = List.of("/proc/meminfo", "/proc/version");
        spec.mounts.removeIf(mount -> mount.destination().startsWith("/dev"));
        spec.shell("stat -c %t:%T /proc/meminfo /proc/version; wc -c < /proc/version");
        assertThat(run()).isEqualTo("0:1:3\n1:3\n0\n");
    }

    /** CVE-2025-52565: what stands at /dev/console in the image does not become the console. */
    @Test
    void bindsTheConsoleOverItsOwnFileOnly() throws IOException {
        Files.createSymbolicLink(dir.resolve("root/dev/console"), Path.of("/proc/sys/kernel/core_pattern"));
        spec.terminal = true;
        spec.shell("stat -c '%t %F' /dev/console; stat -c %F /proc/sys/kernel/core_pattern");
        try (Container container = new HostIsolation(Cgroups.detect()).create(spec.build(), new Stdio(-1, -1, -1))) {
            container.start();
            assertThat(Runs.drain(container.terminal()))
                    .isEqualTo("88 character special file\r\nregular empty file\r\n");
            assertThat(container.waitFor()).isZero();
        }
    }

    /** CVE-2019-5736: what the container was started by is sealed, and running it again does nothing. */
    @Test
    void cannotChangeWhatStartedIt() throws IOException {
        spec.init = true;
        spec.shell("for i in 1 2 3; do (echo x > /proc/1/exe) 2>/dev/null && echo written; done; wc -c < /proc/1/exe");
        String before = run();
        assertThat(before).startsWith("0:").doesNotContain("written");
        spec.init = false;
        spec.args = List.of("/proc/self/exe");
        assertThat(run()).isEqualTo("1:");
        Files.writeString(dir.resolve("root/bin/script"), "#!/proc/self/exe\n");
        dir.resolve("root/bin/script").toFile().setExecutable(true, false);
        spec.args = List.of("/bin/script");
        assertThat(run()).isEqualTo("1:");
    }

    @Test
    void leavesTheKernelsParametersAlone() throws IOException {
        String before = Files.readString(Path.of("/proc/sys/kernel/core_pattern"));
        spec.shell("for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/sys/vm/drop_caches"
                + " /sys/kernel/uevent_helper /sys/kernel/profiling; do"
                + " (echo x > $f) 2>/dev/null && echo wrote $f; done; mount -o remount,rw /proc/sys 2>/dev/null"
                + " && echo remounted; umount /proc/sys 2>/dev/null && echo unmounted; true");
        assertThat(run()).isEqualTo("0:");
        assertThat(Files.readString(Path.of("/proc/sys/kernel/core_pattern"))).isEqualTo(before);
    }

    @Test
    void makesNoDeviceNodes() throws IOException {
        spec.shell("mknod /tmp/mem c 1 1; mknod /dev/mem c 1 1; test -e /tmp/mem || test -e /dev/mem || echo none");
        assertThat(run()).contains("Operation not permitted").endsWith("none\n");
    }

    @Test
    void keepsAWaitingProcessFromThoseThatShareItsProcessIds() throws Exception {
        Path volume = Files.createDirectories(dir.resolve("volume"));
        spec.mounts.add(new MountSpec("/volume", "bind", volume.toString(), List.of("bind")));
        spec.shell(
                "until test -e /volume/go; do sleep 0.1; done; for p in /proc/[0-9]*; do"
                        + " test $p = /proc/1 || test $p = /proc/self || readlink $p/root || echo denied; done; touch /volume/done");
        Path out = Files.createFile(dir.resolve("first"));
        TestSpecs second = new TestSpecs(dir);
        second.overlay = false;
        HostIsolation isolation = new HostIsolation(Cgroups.detect());
        try (Fd file = open(out);
                Container first = isolation.create(spec.build(), new Stdio(-1, file.number(), -1))) {
            first.start();
            Namespaces n = second.namespaces;
            second.namespaces = new Namespaces(
                    new Namespaces.Join("/proc/" + first.pid() + "/ns/pid"),
                    n.network(),
                    n.ipc(),
                    n.uts(),
                    n.user(),
                    n.cgroup(),
                    n.time());
            try (Container waiting = isolation.create(second.build(), new Stdio(-1, -1, -1))) {
                assertThat(waiting.pid()).isPositive();
                Files.createFile(volume.resolve("go"));
                while (!Files.exists(volume.resolve("done"))) {
                    Thread.sleep(20);
                }
            }
            // Only now: a first process cannot end before all others in its PID namespace are reaped.
            assertThat(first.waitFor()).isZero();
        }
        assertThat(Files.readString(out)).isEqualTo("denied\n");
    }

    private static Fd open(Path path) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            return new Fd((int) HostKernel.INSTANCE.call(Nr.OPENAT, -100, memory.string(path.toString()), 0x80401));
        }
    }
}
