package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images of other tools come in, and ours go out to them. */
final class ForeignToolsTest {
    @TempDir
    private Path work;

    private Images images;

    @BeforeEach
    void open() {
        Programs.require("skopeo");
        images = Images.open(work.resolve("store"));
    }

    private StoredImage sample() {
        byte[] layer = LayerSample.tar("etc/os=sample", "hello=world");
        return images.importTar(
                new java.io.ByteArrayInputStream(LayerSample.gzip(layer)),
                "sample",
                List.of("CMD [\"/hello\"]", "ENV A=1"),
                "",
                "localhost/sample:1",
                Progress.NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"docker-archive", "oci-archive"})
    void skopeoReadsWhatWeSave(String format) throws Exception {
        StoredImage image = sample();
        Path file = work.resolve("x.tar");
        images.save(List.of("localhost/sample:1"), format, file, Progress.NONE);

        String config = Programs.run("skopeo", "inspect", "--config", "--raw", format + ":" + file);
        assertThat(Digest.sha256(config.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .isEqualTo(image.id());
        Programs.run("skopeo", "copy", format + ":" + file, "dir:" + work.resolve("out"));
    }

    @Test
    void skopeoReadsTheStoreItselfAndLayoutsWePush() throws Exception {
        StoredImage image = sample();

        String stored = Programs.run(
                "skopeo", "inspect", "--raw", "oci:" + work.resolve("store/images") + ":localhost/sample:1");
        assertThat(Digest.sha256(stored.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .isEqualTo(image.manifest().digest());

        images.push(
                "localhost/sample:1",
                "oci:" + work.resolve("layout") + ":v",
                RegistryOptions.defaults(),
                Progress.NONE);
        Programs.run("skopeo", "copy", "oci:" + work.resolve("layout") + ":v", "dir:" + work.resolve("out"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"docker-archive", "oci-archive", "oci"})
    void takesWhatSkopeoWrites(String transport) throws Exception {
        StoredImage image = sample();
        Path first = work.resolve("first");
        images.save(List.of("localhost/sample:1"), "oci-archive", first, Progress.NONE);
        Path second = work.resolve("second");
        Programs.run("skopeo", "copy", "oci-archive:" + first, transport + ":" + second + ":docker.io/library/y:2");
        Images other = Images.open(work.resolve("other"));

        StoredImage pulled =
                other.pull(transport + ":" + second, Platform.HOST, RegistryOptions.defaults(), Progress.NONE);

        assertThat(pulled.config().cmd()).containsExactly("/hello");
        assertThat(pulled.config().diffIds()).isEqualTo(image.config().diffIds());
        assertThat(other.require("y:2").id()).isEqualTo(pulled.id());
        assertThat(Path.of(pulled.layerDirectories().get(0), "hello")).hasContent("world");
    }

    @Test
    void takesZstdLayersThatSkopeoMakes() throws Exception {
        sample();
        Path layout = work.resolve("layout");
        Programs.run(
                "skopeo",
                "copy",
                "--dest-compress",
                "--dest-compress-format",
                "zstd",
                "oci:" + work.resolve("store/images") + ":localhost/sample:1",
                "dir:" + work.resolve("zstd"));
        Programs.run("skopeo", "copy", "dir:" + work.resolve("zstd"), "oci:" + layout + ":z");
        Images other = Images.open(work.resolve("other"));

        StoredImage pulled =
                other.pull("oci:" + layout + ":z", Platform.HOST, RegistryOptions.defaults(), Progress.NONE);

        assertThat(other.store().manifest(pulled).layers().get(0).mediaType()).isEqualTo(MediaTypes.OCI_LAYER_ZSTD);
        assertThat(Path.of(pulled.layerDirectories().get(0), "hello")).hasContent("world");
    }

    @ParameterizedTest
    @ValueSource(strings = {"docker-archive", "oci-archive"})
    void podmanLoadsWhatWeSaveAndWeLoadWhatPodmanSaves(String format) throws Exception {
        Programs.require("podman");
        StoredImage image = sample();
        Path file = work.resolve("ours.tar");
        images.save(List.of("localhost/sample:1"), format, file, Progress.NONE);
        String root = work.resolve("podman").toString();
        String[] podman = {"podman", "--root", root, "--runroot", root + "-run", "--storage-driver", "vfs"};

        assertThat(run(podman, "load", "-q", "-i", file.toString())).contains("localhost/sample:1");
        assertThat(run(podman, "image", "inspect", "--format", "{{.Id}}", "localhost/sample:1"))
                .contains(image.id().hex());

        Path theirs = work.resolve("theirs.tar");
        run(podman, "save", "-q", "--format", format, "-o", theirs.toString(), "localhost/sample:1");
        Images other = Images.open(work.resolve("other"));
        List<StoredImage> loaded;
        try (java.io.InputStream in = Files.newInputStream(theirs)) {
            loaded = other.load(in, "theirs.tar", Progress.NONE);
        }
        assertThat(loaded).hasSize(1);
        assertThat(loaded.get(0).id()).isEqualTo(image.id());
        assertThat(other.require("localhost/sample:1").id()).isEqualTo(image.id());
        assertThat(Path.of(loaded.get(0).layerDirectories().get(0), "hello")).hasContent("world");
    }

    private static String run(String[] podman, String... command) throws Exception {
        String[] all = java.util.Arrays.copyOf(podman, podman.length + command.length);
        System.arraycopy(command, 0, all, podman.length, command.length);
        return Programs.run(all);
    }
}
