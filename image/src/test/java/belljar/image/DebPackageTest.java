package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DebPackageTest {
    @TempDir
    Path directory;

    private DebSpool spool;

    @BeforeEach
    void open() throws IOException {
        spool = DebSpool.open(directory);
    }

    @AfterEach
    void close() throws IOException {
        spool.close();
    }

    private DebPackage read(byte[] deb) throws IOException {
        return DebPackage.read(Files.write(directory.resolve("x.deb"), deb), spool, (name, node) -> true);
    }

    private static String text(DebNode node) throws IOException {
        assertThat(node).isInstanceOf(DebNode.Regular.class);
        try (InputStream in = ((DebNode.Regular) node).content().open()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {".xz", ".gz", ".zst", ""})
    void readsEveryCompression(String suffix) throws IOException {
        DebPackage deb = read(new TestDeb("x")
                .directory("./etc/")
                .file("./etc/x", "content".repeat(100_000))
                .link("./etc/y", "x")
                .program("./etc/z", "")
                .bytes(suffix));

        assertThat(deb.control().name()).isEqualTo("x");
        assertThat(deb.entries())
                .extracting(DebPackage.Entry::name)
                .containsExactly("./etc/", "./etc/x", "./etc/y", "./etc/z");
        assertThat(text(deb.entries().get(1).node())).isEqualTo("content".repeat(100_000));
        assertThat(deb.entries().get(1).node().meta()).isEqualTo(new DebNode.Meta(0644, 0, 0, 1_000_000_000));
        assertThat(text(deb.entries().get(3).node())).isEmpty();
    }

    @Test
    void keepsHardLinksOneFile() throws IOException {
        DebPackage deb =
                read(new TestDeb("x").file("./a", "a").hardLink("./b", "./a").bytes(".xz"));

        assertThat(deb.entries().get(1).node()).isSameAs(deb.entries().get(0).node());
    }

    @Test
    void readsLongNamesOfGnuAndPax() throws IOException {
        String name = "./" + "d/".repeat(60) + "file";
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        String record = " path=" + name + "p\n";
        byte[] pax = (record.length() + 3 + record).getBytes(StandardCharsets.UTF_8);
        DebPackage deb = read(new TestDeb("x")
                .entry("././@LongLink", 'L', 0, "", Arrays.copyOf(nameBytes, nameBytes.length + 1))
                .file("short", "gnu")
                .entry("pax", 'x', 0, "", pax)
                .file("short", "pax")
                .bytes(".xz"));

        assertThat(deb.entries()).extracting(DebPackage.Entry::name).containsExactly(name, name + "p");
    }

    @Test
    void leavesManualsAndTranslationsOutButNotCopyrightsAndLinks() throws IOException {
        byte[] bytes = new TestDeb("x")
                .directory("./usr/share/doc/x/")
                .file("./usr/share/doc/x/copyright", "c")
                .file("./usr/share/doc/x/changelog.gz", "c")
                .link("./usr/share/doc/y", "x")
                .file("./usr/share/man/man1/x.1.gz", "m")
                .file("./usr/share/locale/de/LC_MESSAGES/x.mo", "t")
                .file("./usr/share/locales/x", "kept")
                .hardLink("./usr/share/x/changelog.gz", "./usr/share/doc/x/changelog.gz")
                .bytes(".xz");
        DebPackage deb = DebPackage.read(Files.write(directory.resolve("x.deb"), bytes), spool, DebFilter.SLIM);

        assertThat(deb.entries())
                .extracting(DebPackage.Entry::name)
                .containsExactly(
                        "./usr/share/doc/x/copyright",
                        "./usr/share/doc/y",
                        "./usr/share/locales/x",
                        "./usr/share/x/changelog.gz");
    }

    @ParameterizedTest
    @ValueSource(chars = {'3', '4', '6', 'M'})
    void refusesWhatAPackageHasNoBusinessWith(char type) {
        assertThatThrownBy(() -> read(new TestDeb("x")
                        .entry("./dev/sda", type, 0644, "", new byte[0])
                        .bytes(".xz")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("./dev/sda");
    }

    @Test
    void refusesAHardLinkToWhatIsNotThere() {
        assertThatThrownBy(() ->
                        read(new TestDeb("x").hardLink("./x", "/etc/shadow").bytes(".xz")))
                .hasMessageContaining("'/etc/shadow'");
        assertThatThrownBy(() -> read(new TestDeb("x")
                        .link("./l", "/etc")
                        .hardLink("./x", "./l")
                        .bytes(".xz")))
                .hasMessageContaining("no earlier file");
    }

    /** For records whose length has two digits. */
    private static String record(String text) {
        return text.length() + 4 + " " + text + "\n";
    }

    @Test
    void refusesASparseFileWhoseHolesWouldFillTheDisk() {
        byte[] pax = (record("GNU.sparse.major=1")
                        + record("GNU.sparse.minor=0")
                        + record("GNU.sparse.realsize=8000000000000"))
                .getBytes(StandardCharsets.US_ASCII);
        byte[] map = Arrays.copyOf("1\n0\n0\n".getBytes(StandardCharsets.US_ASCII), 512);

        assertThatThrownBy(() -> read(new TestDeb("x")
                        .entry("pax", 'x', 0, "", pax)
                        .entry("./x", '0', 0644, "", map)
                        .bytes(".xz")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("sparse");
    }

    @Test
    void refusesADamagedTar() {
        byte[] tar = new TestDeb("x").file("./x", "content").dataTar();
        byte[] flipped = tar.clone();
        flipped[0] ^= 1;

        assertThatThrownBy(() -> read(withData("data.tar", flipped))).hasMessageContaining("checksum");
        assertThatThrownBy(() -> read(withData("data.tar", Arrays.copyOf(tar, 600))))
                .hasMessageContaining("ends too early");
        assertThatThrownBy(() -> read(withData("data.tar", Arrays.copyOf(tar, 100))))
                .hasMessageContaining("ends too early");
    }

    @Test
    void refusesADamagedCompression() {
        byte[] xz = TestDeb.compressed(
                ".xz", new TestDeb("x").file("./x", "content").dataTar());
        xz[xz.length / 2] ^= 0x55;

        assertThatThrownBy(() -> read(withData("data.tar.xz", xz))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> read(withData("data.tar.xz", new byte[] {1, 2, 3})))
                .isInstanceOf(IOException.class);
    }

    @Test
    void refusesAnUnknownCompression() {
        assertThatThrownBy(() -> read(withData("data.tar.rar", new byte[10]))).hasMessageContaining("unknown way");
    }

    @Test
    void refusesMembersOutOfOrder() {
        byte[] format = TestDeb.member("debian-binary", "2.0\n".getBytes(StandardCharsets.US_ASCII));

        assertThatThrownBy(() -> read(TestDeb.ar(TestDeb.member("data.tar", new byte[0]))))
                .hasMessageContaining("no Debian package");
        assertThatThrownBy(() -> read(TestDeb.ar(format))).hasMessageContaining("where control.tar belongs");
        assertThatThrownBy(() -> read(TestDeb.ar(format, TestDeb.member("data.tar", new byte[0]))))
                .hasMessageContaining("'data.tar' where control.tar belongs");
        assertThatThrownBy(() -> read(TestDeb.ar(format, TestDeb.member("control.tar", new byte[1024]))))
                .hasMessageContaining("no control file");
        assertThatThrownBy(() ->
                        read(TestDeb.ar(TestDeb.member("debian-binary", "3.0\n".getBytes(StandardCharsets.US_ASCII)))))
                .hasMessageContaining("'3.0'");
    }

    private static byte[] withData(String name, byte[] data) {
        byte[] control = TestDeb.tarEntry(
                "./control",
                '0',
                0644,
                "",
                "Package: x\nVersion: 1\nArchitecture: all\n".getBytes(StandardCharsets.UTF_8));
        return TestDeb.ar(
                TestDeb.member("debian-binary", "2.0\n".getBytes(StandardCharsets.US_ASCII)),
                TestDeb.member("_extra", new byte[3]),
                TestDeb.member("control.tar", control),
                TestDeb.member(name, data));
    }
}
