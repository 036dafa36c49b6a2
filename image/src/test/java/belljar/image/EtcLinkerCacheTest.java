package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EtcLinkerCacheTest {
    private static final DebControl PACKAGE = new DebControl("x", "1", "all", Set.of());

    @TempDir
    Path directory;

    private final DebTree tree = new DebTree();

    private void file(String path, String content) throws IOException {
        tree.add(PACKAGE, path, new DebNode.Regular(DebNode.Meta.root(0644), DebContent.of(content)));
    }

    @Test
    void makesNoneWhereLibrariesAreInDefaultDirectories() throws IOException {
        file("./etc/ld.so.conf.d/x86_64-linux-gnu.conf", "# Multiarch support\n/lib/x86_64-linux-gnu\n");
        file("./lib/x86_64-linux-gnu/libx.so.1", "");
        file("./opt/lib/liby.so.1", "");
        EtcFiles.complete(tree, "");

        assertThat(tree.nodes()).doesNotContainKey("etc/ld.so.cache");
    }

    @Test
    void listsLibrariesOfConfiguredDirectoriesAsLdconfigReadsThem() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/sbin/ldconfig")), "needs ldconfig to read the cache");
        file("./etc/ld.so.conf.d/a.conf", "/opt/lib # first\n/usr/lib/extra:/nowhere\n");
        file("./etc/ld.so.conf.d/ignored", "/ignored\n");
        file("./ignored/libignored.so", "");
        file("./opt/lib/libx.so.1.2", "");
        tree.add(PACKAGE, "./opt/lib/libx.so.1", new DebNode.Link(DebNode.Meta.root(0777), "libx.so.1.2"));
        tree.add(PACKAGE, "./opt/lib/libgone.so", new DebNode.Link(DebNode.Meta.root(0777), "gone"));
        file("./opt/lib/readme", "");
        file("./lib/extra/libx.so.1", "");
        file("./lib/extra/libx.so.10", "");
        file("./lib/extra/libx.so.9", "");
        EtcFiles.complete(tree, "");

        assertThat(tree.nodes().get("etc/ld.so.cache")).isInstanceOf(DebNode.Regular.class);
        Path cache = directory.resolve("cache");
        if (tree.nodes().get("etc/ld.so.cache") instanceof DebNode.Regular regular) {
            try (InputStream in = regular.content().open()) {
                Files.copy(in, cache);
            }
        }
        Process ldconfig = new ProcessBuilder("/sbin/ldconfig", "-C", cache.toString(), "-p")
                .redirectErrorStream(true)
                .start();
        String printed = new String(ldconfig.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(ldconfig.waitFor()).isZero();
        assertThat(printed.lines().skip(1).map(String::strip).filter(line -> line.startsWith("lib")))
                .containsExactly(
                        "libx.so.10 (libc6,x86-64) => /usr/lib/extra/libx.so.10",
                        "libx.so.9 (libc6,x86-64) => /usr/lib/extra/libx.so.9",
                        "libx.so.1.2 (libc6,x86-64) => /opt/lib/libx.so.1.2",
                        "libx.so.1 (libc6,x86-64) => /opt/lib/libx.so.1");
    }

    @Test
    void survivesAnIncludeOfItself() throws IOException {
        file("./etc/ld.so.conf", "include /etc/ld.so.conf\n/opt/lib\n");
        file("./opt/lib/libx.so", "");
        EtcFiles.complete(tree, "");

        assertThat(tree.nodes()).containsKey("etc/ld.so.cache");
    }

    @Test
    void ordersNumbersByValueAndBeforeAnythingElse() {
        List<String> names = new ArrayList<>(List.of("liba.so", "liba.so.2", "liba.so.10", "libab.so", "lib1.so"));
        names.sort(EtcLinkerCache::descending);

        assertThat(names).containsExactly("lib1.so", "libab.so", "liba.so.10", "liba.so.2", "liba.so");
    }
}
