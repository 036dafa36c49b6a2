package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ArchiveTest {
    private static final byte[] BASE = LayerSample.tar("etc/os=sample");
    private static final byte[] TOP = LayerSample.tar("top=here");

    @TempDir
    private Path work;

    private Images from;
    private Images to;

    @BeforeEach
    void open() {
        from = Images.open(work.resolve("from"));
        to = Images.open(work.resolve("to"));
    }

    /** An image with one plain and one packed layer. */
    private StoredImage mixed(String... names) {
        ContentStore store = from.store();
        Descriptor base = store.put(MediaTypes.OCI_LAYER, BASE);
        Descriptor top = store.put(MediaTypes.OCI_LAYER_GZIP, LayerSample.gzip(TOP));
        ImageConfig config = ImageConfig.builder(Platform.HOST)
                .cmd(List.of("/top"))
                .layer(Digest.sha256(BASE), "", "base")
                .layer(Digest.sha256(TOP), "", "top")
                .build();
        Manifest manifest = new Manifest(
                MediaTypes.OCI_MANIFEST,
                store.put(MediaTypes.OCI_CONFIG, config.toBytes()),
                List.of(base, top),
                java.util.Map.of());
        return store.commit(
                store.put(MediaTypes.OCI_MANIFEST, manifest.toBytes()),
                Arrays.stream(names).map(Reference::parse).toList());
    }

    private byte[] save(String format, String... texts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        from.save(List.of(texts), format, out, Progress.NONE);
        return out.toByteArray();
    }

    private List<StoredImage> load(byte[] archive) {
        return to.load(new ByteArrayInputStream(archive), "x.tar", Progress.NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"docker-archive", "oci-archive"})
    void savesAndLoadsImagesWithTheirNames(String format) {
        StoredImage image = mixed("host.example/app:1", "app:2");
        StoredImage other = Sample.image(from.store(), "other", List.of(BASE));

        byte[] archive = save(format, "host.example/app:1", "app:2", other.id().hex());

        assertThat(archive)
                .isEqualTo(
                        save(format, "host.example/app:1", "app:2", other.id().hex()));
        List<StoredImage> loaded = load(archive);
        assertThat(loaded.get(0).id()).isEqualTo(image.id());
        assertThat(to.require("host.example/app:1").id()).isEqualTo(image.id());
        assertThat(to.require("app:2").id()).isEqualTo(image.id());
        assertThat(to.require(other.id().hex()).config().cmd()).containsExactly("other");
        assertThat(Path.of(to.require("app:2").layerDirectories().get(0), "top"))
                .hasContent("here");
        assertThat(load(LayerSample.gzip(archive)).get(0).id()).isEqualTo(image.id());
    }

    @ParameterizedTest
    @ValueSource(strings = {"docker-archive", "oci-archive"})
    void refusesATruncatedArchive(String format) {
        mixed("app");
        byte[] archive = save(format, "app");

        for (int length : new int[] {0, 100, 512, 1500, archive.length / 2, archive.length - 3000}) {
            assertThatThrownBy(() -> load(Arrays.copyOf(archive, length)))
                    .as("%d of %d bytes", length, archive.length)
                    .isInstanceOf(UserException.class)
                    .hasMessageStartingWith("cannot load x.tar: ");
        }
        assertThat(to.list()).isEmpty();
    }

    @Test
    void refusesAnArchiveWithDamagedContent() {
        mixed("app");
        byte[] archive = save("oci-archive", "app");
        byte[] damaged = archive.clone();
        int at = indexOf(archive, "sample");
        damaged[at] ^= 1;

        assertThatThrownBy(() -> load(damaged))
                .isInstanceOf(UserException.class)
                .hasMessageContaining(Digest.sha256(BASE) + " is damaged");

        byte[] docker = save("docker-archive", "app");
        docker[indexOf(docker, "sample")] ^= 1;
        assertThatThrownBy(() -> load(docker))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("which the image promises");
        assertThat(to.list()).isEmpty();
    }

    private static int indexOf(byte[] bytes, String text) {
        return new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hello=x",
                "manifest.json={",
                "manifest.json={}",
                "manifest.json=[]",
                "manifest.json=[7]",
                "manifest.json=[{}]",
                "manifest.json=[{\"Config\":\"none.json\",\"Layers\":[]}]",
                "manifest.json=[{\"Config\":\"../../../etc/passwd\",\"Layers\":[]}]",
                "manifest.json=[{\"Config\":\"x\",\"RepoTags\":[\"Bad Name\"],\"Layers\":[]}]",
                "index.json=",
                "index.json={\"manifests\":[]}",
                "index.json={\"manifests\":[{\"digest\":\"sha256:zz\",\"size\":1}]}",
                "index.json={\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":"
                        + "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\",\"size\":1}]}",
                "blobs/sha256/nothex=x",
                "blobs/sha256/../../../x=x",
            })
    void saysInOneSentenceWhatIsWrong(String file) {
        assertThatThrownBy(() -> load(LayerSample.tar(file)))
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith("cannot load x.tar: ")
                .hasMessageNotContaining("\n");
        assertThat(to.list()).isEmpty();
    }

    @Test
    void takesOneImageOfAnArchiveByName() throws IOException {
        mixed("app:1");
        Sample.image(from.store(), "other", List.of(), "app:2");
        Path file = work.resolve("both.tar");
        from.save(List.of("app:1", "app:2"), "docker-archive", file, Progress.NONE);

        StoredImage image = to.pull("docker-archive:" + file + ":app:2", Platform.HOST, options(), Progress.NONE);

        assertThat(image.config().cmd()).containsExactly("other");
        assertThat(to.resolve("app:1")).isEmpty();
        assertThat(to.resolve("docker-archive:" + file + ":app:2")).isPresent();
        assertThatThrownBy(() -> to.pull("docker-archive:" + file, Platform.HOST, options(), Progress.NONE))
                .hasMessageContaining("holds 2 images");
        assertThatThrownBy(() -> to.pull("docker-archive:" + file + ":app:3", Platform.HOST, options(), Progress.NONE))
                .hasMessageContaining("no image 'app:3'; it has app:1, app:2");
        assertThatThrownBy(() -> to.pull("oci-archive:/nowhere.tar", Platform.HOST, options(), Progress.NONE))
                .hasMessageContaining("/nowhere.tar");
        assertThatThrownBy(() -> from.save(List.of("app:1"), "zip", new ByteArrayOutputStream(), Progress.NONE))
                .hasMessageContaining("'zip' is unknown");
        assertThat(work.toFile().list()).hasSize(3);
    }

    private static RegistryOptions options() {
        return RegistryOptions.defaults();
    }

    @Test
    void movesThroughImageLayoutsAndRootDirectories() throws Exception {
        StoredImage image = mixed("app");
        Path layout = work.resolve("layout");

        from.push("app", "oci:" + layout + ":v1", options(), Progress.NONE);
        from.push("app", "oci:" + layout + ":v2", options(), Progress.NONE);
        from.push("app", "oci:" + layout + ":v2", options(), Progress.NONE);

        StoredImage pulled = to.pull("oci:" + layout + ":v1", Platform.HOST, options(), Progress.NONE);
        assertThat(pulled.manifest().digest()).isEqualTo(image.manifest().digest());
        assertThat(to.require("localhost/layout:v1").id()).isEqualTo(image.id());
        assertThat(to.resolve("oci:" + layout + ":v2").orElseThrow().id()).isEqualTo(image.id());
        assertThatThrownBy(() -> to.resolve("oci:" + layout + ":v3")).hasMessageContaining("it has v1, v2");

        String top = pulled.layerDirectories().get(0);
        StoredImage root = to.pull("dir:" + top, Platform.HOST, options(), Progress.NONE);
        assertThat(Path.of(root.layerDirectories().get(0), "top")).hasContent("here");
        assertThatThrownBy(() -> to.push("app", "dir:/x", options(), Progress.NONE))
                .isInstanceOf(UserException.class);
    }

    @Test
    void saysWhatIsWrongWithAnImageLayout() throws Exception {
        mixed("app");
        Path layout = work.resolve("layout");
        from.push("app", "oci:" + layout, options(), Progress.NONE);
        Path blob = layout.resolve("blobs/sha256/" + Digest.sha256(BASE).hex());
        String spec = "oci:" + layout;

        Files.write(blob, new byte[BASE.length]);
        assertThatThrownBy(() -> pull(spec)).hasMessageContaining("is damaged");
        Files.delete(blob);
        assertThatThrownBy(() -> pull(spec)).hasMessageContaining("lacks the blob " + Digest.sha256(BASE));
        Files.writeString(layout.resolve("index.json"), "{\"manifests\":7}");
        assertThatThrownBy(() -> pull(spec)).hasMessageContaining("the index of the image layout " + layout);
        Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"9\"}");
        assertThatThrownBy(() -> pull(spec)).hasMessageContaining("unknown version '9'");
        Files.delete(layout.resolve("oci-layout"));
        assertThatThrownBy(() -> pull(spec)).hasMessageContaining("is no image layout");
        assertThatThrownBy(() -> pull("oci:/nowhere")).hasMessageContaining("no image layout '/nowhere'");
        assertThat(to.list()).isEmpty();
    }

    private void pull(String spec) {
        assertThat(to.pull(spec, Platform.HOST, options(), Progress.NONE)).isNotNull();
    }
}
