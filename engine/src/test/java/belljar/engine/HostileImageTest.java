package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.GuestException;
import belljar.failure.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an image, its program and other users of the host try on the engine. */
final class HostileImageTest {
    private static final int FIFO = 0x1000;
    private static final int CHARACTER = 0x2000;

    @TempDir
    Path dir;

    private HostileRun run;

    @BeforeEach
    void root() throws IOException {
        run = HostileRun.prepare(dir);
    }

    @Test
    void opensNeitherFifosNorDevicesInPlaceOfTheUsersFile() throws IOException {
        run.node("etc/passwd", FIFO | 0666, 0, 0);
        run.node("etc/group", CHARACTER | 0666, 1, 5);
        run.user = "somebody";
        assertThatThrownBy(() -> run.shell("id -u", ""))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("no user 'somebody'");
    }

    @Test
    void readsUsersFromTheImageOnly() throws IOException {
        Path outside = Files.writeString(dir.resolve("outside"), "somebody:x:4321:0::/:/bin/sh\n");
        run.user = "somebody";
        for (String target : List.of(outside.toString(), "../../outside", "../../../../../../../.." + outside)) {
            Files.createSymbolicLink(run.rootfs.resolve("etc/passwd"), Path.of(target));
            assertThatThrownBy(() -> run.shell("id -u", "")).isInstanceOf(UserException.class);
            Files.delete(run.rootfs.resolve("etc/passwd"));
        }
    }

    @Test
    void refusesAUsersFileOfAnySize() throws IOException {
        try (var file =
                new java.io.RandomAccessFile(run.rootfs.resolve("etc/passwd").toFile(), "rw")) {
            file.setLength(1L << 40);
        }
        assertThatThrownBy(() -> run.shell("id -u", ""))
                .isInstanceOf(GuestException.class)
                .hasMessageContaining("larger than");
    }

    @Test
    void bearsNulAndHugeIdsInTheUsersFile() throws IOException {
        Files.writeString(
                run.rootfs.resolve("etc/passwd"),
                "big:x:4294967295:4294967295::/:/bin/sh\nroot:x:0:0::/ho\0me:/bin/sh\n");
        assertThat(run.shell("echo $HOME", "")).isEqualTo("0:/\n");
        run.user = "big";
        assertThatThrownBy(() -> run.shell("id -u", "")).isInstanceOf(UserException.class);
        run.user = "4294967296";
        assertThatThrownBy(() -> run.shell("id -u", "")).isInstanceOf(UserException.class);
    }

    @Test
    void givesEveryGroupOfAGiantGroupFile() throws IOException {
        StringBuilder groups = new StringBuilder();
        for (int i = 1; i <= 70_000; i++) {
            groups.append('g').append(i).append(":x:").append(i).append(":root\n");
        }
        Files.writeString(run.rootfs.resolve("etc/group"), groups);
        Files.writeString(run.rootfs.resolve("etc/passwd"), "root:x:0:0::/:/bin/sh\n");
        assertThat(run.shell("grep Groups /proc/self/status | wc -w", "")).isEqualTo("0:65537\n");
    }

    @Test
    void keepsFewFilesOpenForALongPath() throws IOException {
        Files.createDirectories(run.rootfs.resolve("d"));
        String path = "/d/..".repeat(800);
        for (int i = 0; i < 30; i++) {
            Files.createSymbolicLink(
                    run.rootfs.resolve("l" + i), Path.of(path.substring(1) + (i == 29 ? "/etc" : "/l" + (i + 1))));
        }
        Files.createSymbolicLink(run.rootfs.resolve("etc/passwd"), Path.of("/l0/passwd"));
        assertThatThrownBy(() -> run.shell("id -u", "")).isInstanceOf(GuestException.class);
    }

    @Test
    void opensNoDeviceThatTheImageBrings() throws IOException {
        run.node("mem", CHARACTER | 0666, 1, 1);
        run.node("console", CHARACTER | 0666, 5, 1);
        run.node("disk", 0x6000 | 0666, 8, 0);
        run.node("kmsg", CHARACTER | 0666, 1, 11);
        run.capAdd = List.of("MKNOD");
        assertThat(run.shell(
                        "mknod /mem2 c 1 1 && echo made; for f in mem mem2 console disk kmsg; do"
                                + " (: < /$f) 2>/dev/null && echo opened $f; done; true",
                        ""))
                .isEqualTo("0:made\n");
    }

    @Test
    void writesNothingToItsCgroups() throws IOException {
        assertThat(run.shell(
                        "for f in /sys/fs/cgroup/*/release_agent /sys/fs/cgroup/*/notify_on_release"
                                + " /sys/fs/cgroup/*/cgroup.procs /sys/fs/cgroup/cgroup.procs; do"
                                + " (echo 1 > $f) 2>/dev/null && echo wrote $f; done;"
                                + " grep ' - cgroup' /proc/self/mountinfo | grep -v ' ro,'; true",
                        ""))
                .isEqualTo("0:");
    }

    @Test
    void writesNoIdThroughALinkOfSomeoneElse() throws IOException {
        Path victim = dir.resolve("victim");
        Path cid = dir.resolve("cid");
        run.cidFile = cid.toString();
        Files.createSymbolicLink(cid, victim);
        assertThatThrownBy(() -> run.shell("true", ""))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("exists already");
        assertThat(victim).doesNotExist();
        Files.delete(cid);
        Files.createSymbolicLink(dir.resolve("cid.new"), victim);
        assertThat(run.shell("true", "")).isEqualTo("0:");
        assertThat(victim).doesNotExist();
        assertThat(Files.readString(cid)).hasSize(64);
    }

    @Test
    void obeysNoStateThatOthersCanWrite() throws IOException {
        assertThat(run.shell("true", "")).isEqualTo("0:");
        Path live = dir.resolve("state/live");
        Files.setPosixFilePermissions(live, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> run.shell("true", ""))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("belongs to another user");
        Files.setPosixFilePermissions(live, PosixFilePermissions.fromString("rwx------"));
        Files.setAttribute(live, "unix:uid", 4321);
        assertThatThrownBy(() -> run.shell("true", "")).isInstanceOf(UserException.class);
        Files.setAttribute(live, "unix:uid", 0);
        assertThat(run.shell("true", "")).isEqualTo("0:");
    }

    @Test
    void bearsDamagedAndForeignFilesInItsState() throws IOException {
        assertThat(run.shell("true", "")).isEqualTo("0:");
        Path live = dir.resolve("state/live");
        Files.writeString(live.resolve("f".repeat(64)), "abc def\n");
        Files.writeString(live.resolve("e".repeat(64)), "99999999999999999999 1\n");
        Files.writeString(live.resolve("d".repeat(64)), "");
        Files.writeString(live.resolve("..."), "1 1\n");
        Files.createDirectories(dir.resolve("root/containers/lost+found"));
        assertThat(run.shell("true", "")).isEqualTo("0:");
        assertThat(live.resolve("f".repeat(64))).doesNotExist();
        assertThat(dir.resolve("root/containers/lost+found")).exists();
    }

    @Test
    void keepsOthersOutOfItsFiles() throws IOException {
        assertThat(run.shell("true", "")).isEqualTo("0:");
        for (String name : List.of("root", "root/containers", "state/live")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve(name))))
                    .isEqualTo("rwx------");
        }
    }
}
