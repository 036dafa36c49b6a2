package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.BelljarException;
import belljar.failure.UserException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Whatever a layer says, nothing happens outside its root and nothing beyond the limits. */
final class HostileLayerTest extends UnpackSite {
    @Test
    void absoluteNamesStayInside() throws IOException {
        file("/belljar-escaped", "x");
        file("//etc///./passwd", "y");
        unpack();
        assertThat(text("belljar-escaped") + text("etc/passwd")).isEqualTo("xy");
    }

    @Test
    void refusesNamesThatLeadOut() {
        for (String name : List.of("../outside/new", "a/../../outside/new", "/../x", "..", "a/b/../../../x")) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            TarWriter writer = TarWriter.to(out);
            writer.put(TarEntry.file(name, 0600, 0));
            writer.finish();
            assertThatThrownBy(() -> unpack(out.toByteArray()))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("leads out of the image's root");
        }
    }

    @Test
    void linksAreFollowedInsideTheRootOnly() throws IOException {
        put(TarEntry.symlink("abs", directory.resolve("outside").toString()));
        file("abs/passwd", "mine");
        put(TarEntry.symlink("rel", "../outside"));
        file("rel/sub/file", "mine too");
        put(TarEntry.symlink("p", "/proc/self/root"));
        file("p/belljar-escaped", "x");
        put(TarEntry.symlink("up", "../../../../../../../.."));
        file("up/belljar-escaped", "y");
        unpack();
        assertThat(text("outside/sub/file")).isEqualTo("mine too");
        assertThat(text("belljar-escaped")).isEqualTo("y");
        assertThat(root.resolve(directory.toString().substring(1)).resolve("outside/passwd"))
                .hasContent("mine");
    }

    @Test
    void theLastComponentIsNeverFollowed() throws IOException {
        String passwd = directory.resolve("outside/passwd").toString();
        put(TarEntry.symlink("link", passwd));
        file("link", "replaced");
        put(TarEntry.symlink("dir", directory.resolve("outside").toString()));
        put(TarEntry.directory("dir", 0777).withOwner(99, 99));
        put(TarEntry.symlink("hard", passwd));
        put(TarEntry.hardLink("hard2", "hard"));
        file("hard2", "replaced");
        unpack();
        assertThat(text("link") + text("hard2")).isEqualTo("replacedreplaced");
        assertThat(stat("dir").isDirectory()).isTrue();
        assertThat(stat("hard").isSymlink()).isTrue();
    }

    @Test
    void metadataNeverGoesThroughALink() {
        String outside = directory.resolve("outside").toString();
        put(TarEntry.directory("d", 0777).withOwner(99, 99).withXattrs(Map.of("user.x", new byte[1])));
        put(TarEntry.hardLink("h", "s"));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TarWriter writer = TarWriter.to(out);
        writer.put(TarEntry.directory("d", 0777).withOwner(99, 99));
        writer.put(TarEntry.symlink("d", outside)
                .withOwner(99, 99)
                .withTime(1, 1)
                .withXattrs(Map.of("user.x", new byte[1], "trusted.y", new byte[1])));
        writer.finish();
        UnpackedLayer layer = unpack(out.toByteArray());
        assertThat(stat("d").isSymlink()).isTrue();
        assertThat(layer.skippedXattrs()).isEqualTo(1);
    }

    @Test
    void refusesHardLinksOutOfTheLayer() {
        put(TarEntry.hardLink("h", directory.resolve("outside/passwd").toString()));
        refuses("which is not in the layer");
    }

    @Test
    void refusesHardLinksThatLeadOut() {
        put(TarEntry.hardLink("h", "../outside/passwd"));
        refuses("leads out");
    }

    @Test
    void refusesHardLinksThroughALink() {
        put(TarEntry.symlink("s", directory.resolve("outside").toString()));
        put(TarEntry.hardLink("h", "s/passwd"));
        refuses("which is not in the layer");
    }

    @Test
    void refusesHardLinksToDirectories() {
        put(TarEntry.directory("d", 0755));
        put(TarEntry.hardLink("h", "d"));
        refuses("is a hard link to the directory d");
    }

    @Test
    void hardLinksToThemselvesDoNoHarm() throws IOException {
        file("f", "x");
        put(TarEntry.hardLink("f", "./f"));
        put(TarEntry.symlink("here", "."));
        put(TarEntry.hardLink("here/f", "f"));
        unpack();
        assertThat(text("f")).isEqualTo("x");
    }

    @Test
    void refusesWhiteoutsOfTheRootAndItsParent() {
        for (String name : List.of(".wh.", ".wh..", ".wh...", "d/.wh...", "d/.wh.")) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            TarWriter writer = TarWriter.to(out);
            writer.put(TarEntry.file(name, 0600, 0));
            writer.finish();
            assertThatThrownBy(() -> unpack(out.toByteArray())).hasMessageContaining("removes no file");
        }
    }

    @Test
    void whiteoutsThroughLinksStayInside() {
        put(TarEntry.symlink("s", directory.resolve("outside").toString()));
        put(TarEntry.file("s/.wh.passwd", 0, 0));
        put(TarEntry.file("s/.wh..wh..opq", 0, 0));
        unpack();
        assertThat(isWhiteout(directory.resolve("outside/passwd").toString().substring(1)))
                .isTrue();
    }

    @Test
    void theRootCannotBeReplaced() {
        put(TarEntry.symlink("/", "/etc"));
        refuses("replaces the image's root");
    }

    @Test
    void refusesCirclesOfLinks() {
        put(TarEntry.symlink("a", "b"));
        put(TarEntry.symlink("b", "a"));
        file("a/x", "1");
        refuses("circle of symbolic links");
    }

    @Test
    void refusesDanglingLinksThatGrow() {
        put(TarEntry.symlink("a", "a/b"));
        file("a/x", "1");
        assertThatThrownBy(this::unpack).isInstanceOf(BelljarException.class).hasMessageContaining("link");
    }

    @Test
    void imagesCannotSteerTheOverlay() {
        Map<String, byte[]> xattrs = new LinkedHashMap<>();
        xattrs.put("trusted.overlay.redirect", "/etc".getBytes(StandardCharsets.UTF_8));
        xattrs.put("trusted.overlay.metacopy", new byte[0]);
        xattrs.put("user.overlay.opaque", new byte[] {'y'});
        put(TarEntry.directory("d", 0755).withXattrs(xattrs));
        put(TarEntry.node("hidden", TarType.CHAR_DEVICE, 0, 0, 0));
        UnpackedLayer layer = unpack();
        assertThat(layer.skippedXattrs()).isEqualTo(3);
        assertThat(layer.skippedDevices()).isEqualTo(1);
        assertThat(xattr("d", "trusted.overlay.redirect")).isEmpty();
        assertThat(FS.find(rootFd, "hidden")).isEmpty();
    }

    @Test
    void stopsAtEachLimit() {
        Map<UnpackLimits, String> limits = new HashMap<>();
        limits.put(new UnpackLimits(2, 1 << 20, 1 << 20, 4095, 100), "more than the 2 entries");
        limits.put(new UnpackLimits(100, 2048, 1 << 20, 4095, 100), "more than the 2048 bytes");
        limits.put(new UnpackLimits(100, 1 << 20, 3, 4095, 100), "larger than the 3 bytes");
        limits.put(new UnpackLimits(100, 1 << 20, 1 << 20, 10, 100), "more than 10 bytes");
        limits.put(new UnpackLimits(100, 1 << 20, 1 << 20, 4095, 2), "more than 2 components");
        for (String each : List.of("a", "b", "c", "directory/d", "x/y/z")) {
            file(each, "content");
        }
        tar.finish();
        limits.forEach((limit, message) -> {
            options = UnpackOptions.ROOT.withLimits(limit);
            assertThatThrownBy(() -> unpack(bytes.toByteArray()))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining(message);
        });
    }

    @Test
    void stopsBombsEarly() throws IOException {
        options = options.withLimits(new UnpackLimits(100, 50 << 20, 1L << 40, 4095, 100));
        put(TarEntry.file("bomb", 0600, 1L << 33));
        // The header's size is a promise of zeros that compress a thousandfold.
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
            bytes.writeTo(out);
            out.write(new byte[200 << 20]);
        }
        assertThatThrownBy(() -> unpack(gzip.toByteArray())).hasMessageContaining("more than the 52428800 bytes");
        assertThat(stat("bomb").size()).isLessThan(52_428_801);
    }

    @Test
    void unpacksDeepTreesAndRefusesDeeperOnes() throws IOException {
        file("d/".repeat(900) + "file", "deep");
        unpack();
        assertThat(text("d/".repeat(900) + "file")).isEqualTo("deep");
        assertThat(FS.removeTree(rootFd, "d")).isTrue();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TarWriter writer = TarWriter.to(out);
        writer.put(TarEntry.file("d/".repeat(1200) + "file", 0600, 0));
        writer.finish();
        assertThatThrownBy(() -> unpack(out.toByteArray())).hasMessageContaining("more than 1000 components");
    }

    @Test
    void refusesNamesThatLinuxCannotHave() {
        file("n".repeat(256), "x");
        refuses("a component of more than 255 bytes");
    }
}
