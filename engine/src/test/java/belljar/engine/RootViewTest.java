package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.GuestException;
import belljar.linux.HostKernel;
import belljar.linux.Memory;
import belljar.linux.Nr;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RootViewTest {
    @TempDir
    Path tmp;

    private Path top;
    private Path bottom;

    @BeforeEach
    void makeLayers() throws IOException {
        top = Files.createDirectory(tmp.resolve("top"));
        bottom = Files.createDirectory(tmp.resolve("bottom"));
        Files.writeString(tmp.resolve("secret"), "host");
    }

    @Test
    void takesTheTopmostFileAndMergesDirectories() throws IOException {
        put(bottom, "etc/passwd", "old");
        put(bottom, "etc/group", "group");
        put(top, "etc/passwd", "new");
        assertThat(read("/etc/passwd")).isEqualTo("new");
        assertThat(read("/etc/group")).isEqualTo("group");
    }

    @Test
    void followsLinksInsideTheImageAcrossLayers() throws IOException {
        put(bottom, "usr/share/base/passwd", "users");
        Files.createDirectories(top.resolve("etc"));
        Files.createSymbolicLink(top.resolve("etc/passwd"), Path.of("/usr/lib/passwd"));
        Files.createDirectories(top.resolve("usr"));
        Files.createSymbolicLink(top.resolve("usr/lib"), Path.of("share/./base"));
        assertThat(read("/etc/passwd")).isEqualTo("users");
    }

    @Test
    void neverLeavesTheLayersByALink() throws IOException {
        put(top, "etc/keep", "");
        Files.createSymbolicLink(top.resolve("etc/passwd"), tmp.resolve("secret"));
        Files.createSymbolicLink(top.resolve("etc/up"), Path.of("../../../../../../.." + tmp.resolve("secret")));
        Files.createSymbolicLink(top.resolve("dir"), tmp);
        Files.createSymbolicLink(top.resolve("outside"), Path.of("/proc/self/root"));
        assertThat(read("/etc/passwd")).isNull();
        assertThat(read("/etc/up")).isNull();
        assertThat(read("/dir/secret")).isNull();
        assertThat(read("/../../secret")).isNull();
        assertThat(read("/outside" + tmp.resolve("secret"))).isNull();
    }

    @Test
    void doesNotFollowALowerLinkBehindAnUpperDirectory() throws IOException {
        Files.createSymbolicLink(bottom.resolve("etc"), tmp);
        put(top, "etc/other", "");
        assertThat(read("/etc/secret")).isNull();
    }

    @Test
    void stopsAtOpaqueDirectories() throws IOException {
        put(bottom, "lib/file", "gone");
        put(top, "lib/other", "here");
        markOpaque(top.resolve("lib"));
        assertThat(read("/lib/file")).isNull();
        assertThat(read("/lib/other")).isEqualTo("here");
    }

    @Test
    void hidesWhatAWhiteoutCovers() throws IOException {
        put(bottom, "etc/passwd", "gone");
        put(top, "etc/other", "");
        whiteout(top.resolve("etc/passwd"));
        assertThat(read("/etc/passwd")).isNull();
    }

    @Test
    void refusesLinksInACircleAndOversizedFiles() throws IOException {
        Files.createSymbolicLink(top.resolve("a"), Path.of("b"));
        Files.createSymbolicLink(top.resolve("b"), Path.of("a"));
        put(top, "big", "x".repeat(2000));
        assertThatThrownBy(() -> read("/a"))
                .isInstanceOf(GuestException.class)
                .hasMessage("the links at /a of the image run in a circle");
        assertThatThrownBy(() -> read("/big"))
                .isInstanceOf(GuestException.class)
                .hasMessageContaining("/big of the image is larger than 1000 bytes");
    }

    @Test
    void readsOnlyRegularFiles() throws IOException, InterruptedException {
        Files.createDirectory(top.resolve("dir"));
        new ProcessBuilder("mkfifo", top + "/fifo").start().waitFor();
        assertThat(read("/dir")).isNull();
        assertThat(read("/fifo")).isNull();
        assertThat(read("/fifo/x")).isNull();
        assertThat(read("/" + "n".repeat(5000))).isNull();
        assertThat(read("/nul\0byte")).isNull();
    }

    @Test
    void describesDirectories() throws IOException {
        Files.createDirectories(top.resolve("empty"));
        put(bottom, "full/file", "");
        Files.createDirectories(top.resolve("full"));
        try (RootView view = view()) {
            assertThat(view.directory("/empty").orElseThrow().empty()).isTrue();
            assertThat(view.directory("/full").orElseThrow().empty()).isFalse();
            assertThat(view.directory("/none")).isEmpty();
            assertThat(view.exists("/full/file")).isTrue();
            assertThat(view.exists("/full/none")).isFalse();
        }
    }

    @Test
    void closesEveryDescriptor() throws IOException {
        put(top, "a/b/c", "text");
        assertThat(read("/a/b/c")).isEqualTo("text");
        long before = descriptors();
        for (int i = 0; i < 50; i++) {
            assertThat(read("/a/b/c")).isEqualTo("text");
        }
        assertThat(descriptors()).isLessThan(before + 20);
    }

    private static long descriptors() throws IOException {
        try (var list = Files.list(Path.of("/proc/self/fd"))) {
            return list.count();
        }
    }

    private RootView view() {
        return new RootView(List.of(top.toString(), bottom.toString()), false);
    }

    @org.jspecify.annotations.Nullable private String read(String path) {
        try (RootView view = view()) {
            return view.read(path, 1000).orElse(null);
        }
    }

    private static void put(Path layer, String name, String content) throws IOException {
        Path file = layer.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private static void whiteout(Path path) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long result = HostKernel.INSTANCE.call(Nr.MKNODAT, -100, memory.string(path.toString()), 0x2000, 0);
            Assumptions.assumeTrue(result == 0, "this host does not let us make a whiteout");
        }
    }

    private static void markOpaque(Path path) {
        try (Memory memory = HostKernel.INSTANCE.lend()) {
            long name = memory.string("trusted.overlay.opaque");
            long value = memory.string("y");
            long result = HostKernel.INSTANCE.call(Nr.SETXATTR, memory.string(path.toString()), name, value, 1, 0);
            Assumptions.assumeTrue(result == 0, "only root can mark a directory opaque");
        }
    }
}
