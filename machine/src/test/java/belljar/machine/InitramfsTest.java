package belljar.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.BugException;
import belljar.failure.UserException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class InitramfsTest {
    private static byte[] archive() {
        return new Initramfs()
                .directory("dev")
                .device("dev/console", 0600, 5, 1)
                .file("init", 0755, "#!/bin/sh\n".getBytes(StandardCharsets.UTF_8))
                .link("sbin", "bin")
                .finish();
    }

    /** Reads the archive as the format says: a header of hexadecimal fields, a name and a content, each padded. */
    private static List<String> listing(byte[] archive) {
        List<String> lines = new ArrayList<>();
        int at = 0;
        while (true) {
            String header = new String(archive, at, 110, StandardCharsets.US_ASCII);
            assertThat(header).startsWith("070701");
            int[] fields = new int[13];
            for (int i = 0; i < 13; i++) {
                fields[i] = Integer.parseInt(header.substring(6 + 8 * i, 14 + 8 * i), 16);
            }
            String name = new String(archive, at + 110, fields[11] - 1, StandardCharsets.UTF_8);
            if (name.equals("TRAILER!!!")) {
                return lines;
            }
            int content = at + 110 + fields[11] + 3 & ~3;
            lines.add(Integer.toOctalString(fields[1]) + " " + fields[9] + ":" + fields[10] + " " + name + " "
                    + new String(archive, content, fields[6], StandardCharsets.UTF_8).strip());
            at = content + fields[6] + 3 & ~3;
        }
    }

    @Test
    void writesWhatTheFormatSays() {
        assertThat(listing(archive()))
                .containsExactly(
                        "40755 0:0 dev ", "20600 5:1 dev/console ", "100755 0:0 init #!/bin/sh", "120777 0:0 sbin bin");
    }

    @Test
    void isTheSameForTheSameContent() {
        assertThat(archive()).isEqualTo(archive());
        assertThat(archive().length % 4).isZero();
    }

    @Test
    void addsTheDirectoriesAboveOnce() {
        byte[] archive = new Initramfs()
                .directory("a", 0700)
                .file("a/b/c/d", 0644, new byte[0])
                .link("a/b/e", "c")
                .directory("tmp", 01777)
                .finish();
        assertThat(listing(archive))
                .containsExactly(
                        "40700 0:0 a ",
                        "40755 0:0 a/b ",
                        "40755 0:0 a/b/c ",
                        "100644 0:0 a/b/c/d ",
                        "120777 0:0 a/b/e c",
                        "41777 0:0 tmp ");
    }

    @Test
    void packsWithGzip() throws IOException {
        Initramfs initramfs = new Initramfs().file("init", 0755, new byte[1000]);
        byte[] packed = initramfs.finishPacked();
        try (GZIPInputStream unpacked = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            assertThat(unpacked.readAllBytes()).isEqualTo(initramfs.finish());
        }
    }

    @Test
    void refusesPathsThatLinuxWouldNotUnpackThere() {
        for (String path : List.of("", "/init", "a/", "a//b", "..", "a/../b", "./a", "a\0b", "TRAILER!!!")) {
            assertThatThrownBy(() -> new Initramfs().directory(path))
                    .as(path)
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("cannot be a path");
        }
        Initramfs twice = new Initramfs().directory("a/b");
        assertThatThrownBy(() -> twice.directory("a"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("comes twice");
    }

    @Test
    void takesNothingMoreWhenItIsFinished() {
        Initramfs initramfs = new Initramfs();
        byte[] archive = initramfs.finish();
        assertThat(initramfs.finish()).isEqualTo(archive);
        assertThatThrownBy(() -> initramfs.directory("dev")).isInstanceOf(BugException.class);
    }

    @Test
    void isReadByCpio(@TempDir Path directory) throws IOException, InterruptedException {
        Path cpio = Path.of("/usr/bin/cpio");
        Assumptions.assumeTrue(Files.isExecutable(cpio), "no cpio: the archive is not read by another program");
        Path file = Files.write(directory.resolve("initrd"), archive());
        Process process = new ProcessBuilder(cpio.toString(), "-tv", "--quiet", "-F", file.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said.lines().toList()).hasSize(4);
        assertThat(said).containsPattern("crw-------.* 5, +1 .*dev/console").contains("sbin -> bin", "-rwxr-xr-x");
    }
}
