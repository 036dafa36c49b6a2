package belljar.bench;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.image.Images;
import belljar.image.Platform;
import belljar.image.Progress;
import belljar.image.RegistryOptions;
import belljar.image.StoredImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OciLayoutTest {
    @TempDir
    Path dir;

    @Test
    void writesAnImageThatCanBeReadWithItsFiles() throws IOException {
        Path from = Files.createDirectories(dir.resolve("from/a/b"));
        Files.writeString(from.resolve("file"), "content");
        OciLayout layout = new OciLayout(dir.resolve("image"));
        layout.layer(dir.resolve("from"), List.of("a", "a/b", "a/b/file"));
        layout.finish();

        StoredImage image = Images.open(dir.resolve("store"))
                .pull(layout.reference(), Platform.HOST, RegistryOptions.defaults(), Progress.NONE);

        assertThat(image.id()).hasToString(layout.id());
        assertThat(Path.of(image.layerDirectories().getFirst(), "a/b/file")).hasContent("content");
        assertThat(layout.layers()).isEqualTo(1);
        assertThat(layout.unpacked()).isGreaterThan(layout.compressed());
    }

    @Test
    void picksFilesInOrderUpToASizeWithTheirDirectoriesFirst() throws IOException {
        Path top = Files.createDirectories(dir.resolve("top"));
        Files.createDirectory(top.resolve("sub"));
        Files.write(top.resolve("a"), new byte[100]);
        Files.write(top.resolve("huge"), new byte[5000]);
        Files.write(top.resolve("sub/b"), new byte[100]);
        Files.write(top.resolve("z"), new byte[100]);

        List<String> names = HostTree.pick(top, 250, 1000);

        String relative = Path.of("/").relativize(top).toString();
        assertThat(names).endsWith(relative, relative + "/a", relative + "/sub", relative + "/sub/b");
        assertThat(names).doesNotHaveDuplicates().noneMatch(name -> name.endsWith("huge") || name.endsWith("/z"));
    }
}
