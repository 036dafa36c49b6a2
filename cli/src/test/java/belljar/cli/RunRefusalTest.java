package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.linux.HostKernel;
import belljar.linux.Nr;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs that fail only at the image or at the host: one sentence, Docker's exit code, nothing left behind. */
final class RunRefusalTest {
    @TempDir
    Path tmp;

    private Path rootfs;

    @BeforeEach
    void makeRoot() throws IOException {
        Assumptions.assumeTrue(HostKernel.INSTANCE.call(Nr.GETEUID) == 0, "running containers here needs root");
        rootfs = Files.createDirectories(tmp.resolve("rootfs"));
        Files.createDirectories(rootfs.resolve("etc"));
        Files.writeString(rootfs.resolve("etc/passwd"), "root:x:0:0::/root:/bin/sh\n");
        Files.writeString(rootfs.resolve("text"), "not a program");
        Files.writeString(rootfs.resolve("garbage"), "\0\0\0\0");
        Files.setPosixFilePermissions(rootfs.resolve("garbage"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectories(rootfs.resolve("directory"));
        Files.writeString(tmp.resolve("taken"), "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "127 | | /missing | /missing",
                "127 | | missing | missing",
                "126 | | /text | /text",
                "126 | | /garbage | /garbage",
                "126 | | /directory | /directory",
                "125 | -v /no/such/source:/x | /text | the mount source /no/such/source does not exist",
                "125 | -v /tmp:/ | /text | would replace the container's root",
                "125 | --tmpfs /x --tmpfs /x/ | /text | two mounts have the destination /x",
                "125 | -u nobody | /text | has no user 'nobody'",
                "125 | -u root:wheel | /text | has no group 'wheel'",
                "125 | --group-add wheel | /text | has no group 'wheel'",
                "125 | --device /dev/no-such | /text | device /dev/no-such cannot be passed on",
                "125 | --device /etc/passwd | /text | /etc/passwd is not a device",
                "125 | --uts host -h jar | /text | --hostname needs a UTS namespace",
                "125 | -h a/b | /text | 'a/b' is not a host name",
                "125 | --sysctl kernel.panic=1 | /text | sysctl 'kernel.panic'",
                "125 | --sysctl net.core.somaxconn=1 --network host | /text | would change the host",
                "125 | --cap-add KILL --cap-drop KILL | /text | both added and dropped",
                "125 | --pid container:nobody | /text | nobody",
                "125 | --ipc container:other | /text | there is no container 'other'",
                "125 | --no-hosts --add-host a:1.2.3.4 | /text | contradict each other",
                "125 | --cidfile TMP/taken | /text | exists already",
                "125 | --security-opt mask=/x --security-opt unmask=y | /text | needs absolute paths",
            })
    void failsInOneSentence(int code, @Nullable String options, String program, String message) throws IOException {
        List<String> args = new ArrayList<>(List.of("run", "--rm"));
        if (options != null) {
            args.addAll(Text.split(options.replace("TMP", tmp.toString()), ' '));
        }
        args.addAll(List.of("dir:" + rootfs, program));
        refused(code, message, args);
    }

    @Test
    void refusesARootThatIsNotThere() throws IOException {
        refused(125, "/no/such/root", List.of("run", "--rm", "dir:/no/such/root", "x"));
    }

    @Test
    void refusesAnImageThatMayNotBeFetched() throws IOException {
        refused(125, "example", List.of("run", "--rm", "--pull", "never", "example/none", "x"));
        refused(125, "Bad", List.of("run", "--rm", "--pull", "never", "Bad::Name", "x"));
    }

    @Test
    void refusesAnImageWithoutACommand() throws IOException {
        refused(125, "names no command to run", List.of("run", "--rm", "dir:" + rootfs));
    }

    private void refused(int code, String message, List<String> args) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int got = Main.run(
                args,
                Map.of("BELLJAR_ROOT", tmp + "/store", "BELLJAR_STATE", tmp + "/state"),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        String text = err.toString(StandardCharsets.UTF_8);
        assertThat(got).as(text).isEqualTo(code);
        assertThat(text).startsWith("belljar: ").contains(message);
        assertThat(text.lines()).hasSize(1);
        assertThat(out.size()).isZero();
        assertThat(below("store/containers")).isEmpty();
        assertThat(below("store/names")).isEmpty();
        assertThat(below("state/live")).isEmpty();
        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(tmp.toString());
    }

    private List<String> below(String name) throws IOException {
        Path directory = tmp.resolve(name);
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(Path::toString).toList();
        }
    }
}
