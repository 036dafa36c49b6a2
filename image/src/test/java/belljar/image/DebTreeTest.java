package belljar.image;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DebTreeTest {
    private final DebTree tree = new DebTree();

    private static DebControl pack(String name, String... replaces) {
        return new DebControl(name, "1", "all", Set.of(replaces));
    }

    private static DebNode file(String content) {
        return new DebNode.Regular(new DebNode.Meta(0644, 0, 0, 1), DebContent.of(content));
    }

    private static DebNode link(String target) {
        return new DebNode.Link(new DebNode.Meta(0777, 0, 0, 1), target);
    }

    private static DebNode directory(int mode) {
        return new DebNode.Directory(new DebNode.Meta(mode, 0, 0, 1));
    }

    private String text(String path) throws IOException {
        return EtcFiles.text(tree, path);
    }

    private int mode(String path) {
        return requireNonNull(tree.nodes().get(path)).meta().mode();
    }

    @Test
    void isAWorkingRootBeforeAnyPackage() {
        assertThat(tree.nodes()).containsKeys("bin", "dev", "etc", "proc", "root", "run", "sys", "tmp", "var/tmp");
        assertThat(mode("tmp")).isEqualTo(01777);
        assertThat(mode("root")).isEqualTo(0700);
        assertThat(tree.resolve("var/run")).isEqualTo("run");
    }

    @Test
    void mergesUsr() throws IOException {
        tree.add(pack("a"), "./bin/", directory(0755));
        tree.add(pack("a"), "./bin/sh", file("shell"));
        tree.add(pack("b"), "./lib64/ld.so", link("/lib/x86_64-linux-gnu/ld.so"));
        tree.add(pack("b"), "./lib/x86_64-linux-gnu/ld.so", file("loader"));
        tree.add(pack("c"), "./libx32/y", file("y"));

        assertThat(tree.nodes()).containsKeys("usr/bin/sh", "usr/lib/x86_64-linux-gnu/ld.so", "usr/libx32/y");
        assertThat(tree.nodes().get("libx32")).isInstanceOf(DebNode.Link.class);
        assertThat(tree.resolve("bin/sh")).isEqualTo("usr/bin/sh");
        assertThat(text("lib64/ld.so")).isEqualTo("loader");
    }

    @Test
    void passesOverALinkThatMergingTurnsOnItself() throws IOException {
        tree.add(pack("a"), "./usr/bin/x", file("program"));
        tree.add(pack("a"), "./bin/x", link("/usr/bin/x"));
        tree.add(pack("b"), "./bin", link("usr/bin"));

        assertThat(text("bin/x")).isEqualTo("program");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "./a/../../x", "a/..", "./usr/../../etc/passwd", "/../x"})
    void refusesNamesThatLeadOut(String name) {
        assertThatThrownBy(() -> tree.add(pack("a"), name, file("x")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("leads out");
    }

    @Test
    void refusesNamesThatNoFilesystemTakes() {
        assertThatThrownBy(() -> tree.add(pack("a"), "x".repeat(256), file("x")))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> tree.add(pack("a"), "x/".repeat(2049), file("x")))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> tree.add(pack("a"), "a\0b", file("x"))).isInstanceOf(IOException.class);
    }

    @Test
    void takesAbsoluteNamesAsRelativeToTheRoot() throws IOException {
        tree.add(pack("a"), "/etc//./x", file("x"));

        assertThat(text("etc/x")).isEqualTo("x");
    }

    @Test
    void keepsWritesThroughLinksInside() throws IOException {
        tree.add(pack("a"), "./srv/out", link("../../../../tmp"));
        tree.add(pack("a"), "./srv/out/x", file("x"));

        assertThat(tree.nodes()).containsKey("tmp/x").doesNotContainKey("srv/out/x");
    }

    @Test
    void refusesACircleOfLinks() throws IOException {
        tree.add(pack("a"), "./a", link("b"));
        tree.add(pack("a"), "./b", link("a"));

        assertThatThrownBy(() -> tree.add(pack("a"), "./a/x", file("x"))).hasMessageContaining("circle");
        assertThat(tree.resolve("a")).isEmpty();
    }

    @Test
    void refusesAFileUnderAFile() throws IOException {
        tree.add(pack("a"), "./etc/x", file("x"));

        assertThatThrownBy(() -> tree.add(pack("b"), "./etc/x/y", file("y"))).hasMessageContaining("not a directory");
    }

    @Test
    void refusesTwoPackagesWithDifferentFilesAtOnePath() throws IOException {
        tree.add(pack("a"), "./etc/x", file("one"));

        assertThatThrownBy(() -> tree.add(pack("b"), "./etc/x", file("two")))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("'a' and 'b' both ship '/etc/x'");
        assertThatThrownBy(() -> tree.add(pack("b"), "./etc/x", link("y"))).isInstanceOf(UserException.class);
    }

    @Test
    void sharesWhatIsTheSame() throws IOException {
        tree.add(pack("a"), "./etc/x", file("one"));
        tree.add(pack("b"), "./etc/x", file("one"));
        tree.add(pack("a"), "./etc/y", link("x"));
        tree.add(pack("b"), "./etc/y", link("x"));

        assertThat(text("etc/y")).isEqualTo("one");
    }

    @Test
    void letsAPackageReplaceAnothersFileInEitherOrder() throws IOException {
        tree.add(pack("a"), "./etc/x", file("old"));
        tree.add(pack("b", "a"), "./etc/x", file("new"));
        tree.add(pack("b", "c"), "./etc/y", file("new"));
        tree.add(pack("c"), "./etc/y", file("old"));

        assertThat(text("etc/x")).isEqualTo("new");
        assertThat(text("etc/y")).isEqualTo("new");
    }

    @Test
    void keepsDirectoriesAsDpkgDoes() throws IOException {
        tree.add(pack("a"), "./opt/d", directory(0750));
        tree.add(pack("b"), "./opt/d", directory(0700));
        tree.add(pack("c"), "./opt/d", link("/tmp"));
        tree.add(pack("d"), "./opt/to-tmp", link("/tmp"));
        tree.add(pack("e"), "./opt/to-tmp/", directory(0755));
        tree.add(pack("f"), "./tmp/", directory(0755));

        assertThat(tree.nodes().get("opt/d")).isInstanceOf(DebNode.Directory.class);
        assertThat(mode("opt/d")).isEqualTo(0750);
        assertThat(tree.nodes().get("opt/to-tmp")).isInstanceOf(DebNode.Link.class);
        assertThat(mode("tmp")).isEqualTo(01777);
    }

    @Test
    void refusesAFileInPlaceOfAnothersDirectory() throws IOException {
        tree.add(pack("a"), "./opt/d", directory(0755));

        assertThatThrownBy(() -> tree.add(pack("b", "a"), "./opt/d", file("x"))).isInstanceOf(UserException.class);
    }

    @Test
    void listsParentsBeforeTheirContent() throws IOException {
        tree.add(pack("a"), "./usr/share/a-b/x", file("x"));
        tree.add(pack("a"), "./usr/share/a/x", file("x"));
        tree.add(pack("a"), "./usr/share/a", directory(0755));

        assertThat(tree.nodes().keySet())
                .containsSubsequence("usr/share", "usr/share/a", "usr/share/a-b", "usr/share/a-b/x", "usr/share/a/x");
        assertThat(tree.list("usr/share")).containsExactly("a", "a-b");
        assertThat(tree.list("usr/share/a/x")).isEmpty();
    }

    @Test
    void putsOurOwnFilesOnlyWhereNothingIs() throws IOException {
        tree.add(pack("a"), "./etc/hosts", file("the package's"));
        tree.file("etc/hosts", "ours");
        tree.file("etc/hostname", "ours");
        tree.file("etc/hosts/below", "nowhere");

        assertThat(text("etc/hosts")).isEqualTo("the package's");
        assertThat(text("etc/hostname")).isEqualTo("ours");
        assertThat(tree.nodes()).doesNotContainKey("etc/hosts/below");
    }
}
