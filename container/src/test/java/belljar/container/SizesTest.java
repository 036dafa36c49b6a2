package belljar.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.GuestException;
import belljar.failure.UserException;
import belljar.sandbox.MountSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many and long: what the kernel takes works, and what it does not take is said in one sentence. */
final class SizesTest {
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

    @Test
    void passesTenThousandVariables() throws IOException {
        ArrayList<String> env = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            env.add("VARIABLE_" + i + "=a value of some length, " + i);
        }
        spec.env = env;
        spec.args = List.of("/bin/sh", "-c", "env | grep -c ^VARIABLE_; echo $VARIABLE_9999");
        assertThat(run()).isEqualTo("0:10000\na value of some length, 9999\n");
    }

    @Test
    void passesAMegabyteOfArguments() throws IOException {
        ArrayList<String> args = new ArrayList<>(List.of("/bin/sh", "-c", "echo $# ${#1}", "sh"));
        for (int i = 0; i < 12; i++) {
            args.add("x".repeat(100_000));
        }
        spec.args = args;
        assertThat(run()).isEqualTo("0:12 100000\n");
    }

    @Test
    void refusesWhatIsLongerThanTheKernelTakes() {
        spec.args = List.of("/bin/echo", "x".repeat(200 * 1024));
        assertThatThrownBy(this::run)
                .isInstanceOf(UserException.class)
                .hasMessage("an argument of the program has 204800 bytes, and the kernel takes at most 131071; pass it"
                        + " in a file");
        spec.args = List.of("/bin/true");
        spec.env = List.of("A=" + "x".repeat(200 * 1024));
        assertThatThrownBy(this::run)
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith("an environment variable of the program has 204802 bytes");
        spec.env = new ArrayList<>();
        for (int i = 0; i < 70; i++) {
            spec.env.add("A" + i + "=" + "x".repeat(100_000));
        }
        assertThatThrownBy(this::run)
                .isInstanceOf(UserException.class)
                .hasMessageContaining("arguments and environment have 7");
        spec.env = spec.env.subList(0, 61);
        assertThatThrownBy(this::run)
                .isInstanceOf(UserException.class)
                .hasMessageContaining("longer than this host's stack limit allows");
    }

    @Test
    void refusesTextsWithNul() {
        spec.args = List.of("/bin/echo", "a\0b");
        assertThatThrownBy(this::run).isInstanceOf(UserException.class).hasMessageContaining("NUL");
        spec.args = List.of("/bin/true");
        spec.cwd = "/tmp\0/../..";
        assertThatThrownBy(this::run).isInstanceOf(UserException.class).hasMessageContaining("NUL");
    }

    @Test
    void refusesAPathOfTooManyDirectories() {
        spec.args = List.of("nowhere");
        spec.env = List.of("PATH=" + "/x:".repeat(10_000));
        assertThatThrownBy(this::run).isInstanceOf(UserException.class).hasMessageContaining("PATH names more than");
    }

    @Test
    void refusesPathsLongerThanAnyRequest() {
        spec.cwd = "/" + "x/".repeat(200_000);
        assertThatThrownBy(this::run).isInstanceOf(UserException.class).hasMessageContaining("make it shorter");
        spec.cwd = "/" + "x/".repeat(3000);
        assertThatThrownBy(this::run).hasMessageContaining("File name too long");
    }

    @Test
    void hasAsManyGroupsAsTheKernelAllows() throws IOException {
        ArrayList<Integer> groups = new ArrayList<>();
        for (int i = 0; i < 65_536; i++) {
            groups.add(i + 10);
        }
        spec.groups = groups;
        spec.shell("grep Groups /proc/self/status | wc -w");
        assertThat(run()).isEqualTo("0:65537\n");
    }

    @Test
    void hasTwoThousandMounts() throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "");
        for (int i = 0; i < 2000; i++) {
            spec.mounts.add(new MountSpec("/tmp/m" + i, "bind", file.toString(), List.of("bind", "ro")));
        }
        spec.shell("grep -c ' /tmp/m' /proc/self/mountinfo");
        assertThat(run()).isEqualTo("0:2000\n");
    }

    @Test
    void refusesMoreMountsThanThereIsRoomFor() {
        for (int i = 0; i < 6000; i++) {
            spec.mounts.add(new MountSpec("/tmp/m" + i, "bind", "/etc/hostname", List.of("bind")));
        }
        assertThatThrownBy(this::run).isInstanceOf(UserException.class).hasMessageContaining("5000 mounts");
    }

    @Test
    void copiesNoTreeThatIsNestedTooDeeply() throws IOException {
        Path deep = dir.resolve("root/data");
        for (int i = 0; i < 140; i++) {
            deep = deep.resolve("d");
        }
        Files.createDirectories(deep);
        spec.mounts.add(new MountSpec("/data", "tmpfs", "tmpfs", List.of("tmpcopyup")));
        assertThatThrownBy(this::run).isInstanceOf(GuestException.class).hasMessageContaining("128 deep");
    }

    @Test
    void copiesNoMoreThanFitsAndWaitsForNobody() throws Exception {
        Path data = Files.createDirectories(dir.resolve("root/data"));
        new ProcessBuilder("/bin/busybox", "mkfifo", data.resolve("fifo").toString())
                .inheritIO()
                .start()
                .waitFor();
        Files.writeString(data.resolve("file"), "here");
        spec.mounts.add(new MountSpec("/data", "tmpfs", "tmpfs", List.of("tmpcopyup", "size=64k")));
        spec.shell("ls /data");
        assertThat(run()).isEqualTo("0:file\n");
        try (var sparse = new java.io.RandomAccessFile(data.resolve("huge").toFile(), "rw")) {
            sparse.setLength(1L << 40);
        }
        assertThatThrownBy(this::run).isInstanceOf(GuestException.class).hasMessageContaining("does not fit");
    }
}
