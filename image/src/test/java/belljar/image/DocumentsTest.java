package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DocumentsTest {
    private static final String HEX = "ab".repeat(32);
    private static final String POINTER =
            "{\"mediaType\":\"application/vnd.docker.container.image.v1+json\",\"digest\":\"sha256:" + HEX
                    + "\",\"size\":7}";

    @Test
    void readsManifestOfDockerAndWritesItBackEqual() {
        byte[] content = utf8("{\"schemaVersion\":2,\"config\":" + POINTER + ",\"layers\":[{\"mediaType\":\""
                + MediaTypes.DOCKER_LAYER_GZIP + "\",\"digest\":\"sha256:" + HEX + "\",\"size\":1,\"urls\":null}]}");

        Manifest manifest = Manifest.parse(content, "the manifest");

        assertThat(manifest.mediaType()).isEqualTo(MediaTypes.DOCKER_MANIFEST);
        assertThat(manifest.layers()).hasSize(1);
        assertThat(Manifest.parse(manifest.toBytes(), "the manifest")).isEqualTo(manifest);
        manifest.requireImage("x");
    }

    @Test
    void refusesArtifactsThatAreNoImages() {
        Manifest chart = new Manifest(
                MediaTypes.OCI_MANIFEST,
                Descriptor.of("application/vnd.cncf.helm.config.v1+json", Digest.sha256(new byte[0]), 0),
                List.of(),
                Map.of());

        assertThatThrownBy(() -> chart.requireImage("the image x"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("helm");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{}",
                "{\"schemaVersion\":1,\"fsLayers\":[]}",
                "{\"manifests\":[]}",
                "{\"config\":{}}",
                "{\"config\":{\"digest\":\"sha256:../../x\",\"size\":1}}",
                "{\"config\":{\"digest\":\"sha256:" + "abababababababababababababababababababababababababababababababab"
                        + "\",\"size\":-1}}",
                "{\"mediaType\":\"application/json\",\"config\":" + "{}}",
                "{\"config\":{\"digest\":7,\"size\":1}}",
                "{\"layers\":{}}",
            })
    void saysWhichDocumentIsDamaged(String text) {
        assertThatThrownBy(() -> Manifest.parse(utf8(text), "the manifest of x"))
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith("the manifest of x is damaged: ");
    }

    @Test
    void refusesTextThatIsNotUtf8AndDocumentsBeyondTheLimit() {
        assertThatThrownBy(() -> Index.parse(new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'}, "the index"))
                .hasMessageContaining("UTF-8");
        assertThatThrownBy(() -> Index.parse(new byte[Documents.MAX_BYTES + 1], "the index"))
                .hasMessageContaining("larger");
    }

    @Test
    void readsAnIndexAndRefusesAManifestInItsPlace() {
        Index index = Index.parse(utf8("{\"schemaVersion\":2,\"manifests\":[]}"), "the index");
        assertThat(index.mediaType()).isEqualTo(MediaTypes.OCI_INDEX);
        assertThat(Index.parse(index.toBytes(), "the index")).isEqualTo(index);
        assertThatThrownBy(() -> Index.parse(utf8("{\"config\":{},\"manifests\":[]}"), "the index"))
                .hasMessageContaining("not an index");
    }

    @Test
    void readsConfigurationsFullOfNulls() {
        ImageConfig config = ImageConfig.parse(
                utf8("{\"architecture\":\"amd64\",\"os\":\"linux\",\"created\":null,\"config\":{\"Env\":null,"
                        + "\"Cmd\":null,\"Entrypoint\":\"/bin/old\",\"Labels\":null,\"Volumes\":null,"
                        + "\"ExposedPorts\":{\"80/tcp\":{}},\"User\":\"\"},\"rootfs\":{\"type\":\"layers\","
                        + "\"diff_ids\":[\"sha256:" + HEX + "\"]},\"history\":null,\"x-unknown\":1}"),
                "the configuration");

        assertThat(config.env()).isEmpty();
        assertThat(config.cmd()).isEmpty();
        assertThat(config.entrypoint()).containsExactly("/bin/old");
        assertThat(config.exposedPorts()).containsExactly("80/tcp");
        assertThat(config.diffIds()).containsExactly(Digest.parse("sha256:" + HEX));
        assertThat(config.history()).isEmpty();
        assertThat(config.json().get("x-unknown")).isNotNull();
        assertThat(ImageConfig.parse(utf8("{\"config\":null}"), "the configuration")
                        .platform())
                .isEqualTo(Platform.HOST);
    }

    @Test
    void buildsTheSameConfigurationToTheSameBytes() {
        ImageConfig config = sample();

        assertThat(config.toBytes()).isEqualTo(sample().toBytes());
        assertThat(config.env()).containsExactly("A=1");
        assertThat(config.labels()).containsEntry("k", "v");
        assertThat(config.history()).hasSize(1);
        ImageConfig more = config.toBuilder()
                .user("65534")
                .cmd(List.of())
                .layer(Digest.sha256(new byte[2]), "", "two")
                .build();
        assertThat(more.user()).isEqualTo("65534");
        assertThat(more.cmd()).isEmpty();
        assertThat(more.entrypoint()).containsExactly("/init");
        assertThat(more.diffIds()).hasSize(2);
        assertThat(more.history()).hasSize(2);
    }

    private static ImageConfig sample() {
        return ImageConfig.builder(Platform.HOST)
                .created("1970-01-01T00:00:00Z")
                .env(List.of("A=1"))
                .entrypoint(List.of("/init"))
                .cmd(List.of("x"))
                .workingDir("/srv")
                .volumes(List.of("/data"))
                .exposedPorts(List.of("80/tcp"))
                .labels(Map.of("k", "v"))
                .stopSignal("SIGINT")
                .layer(Digest.sha256(new byte[1]), "1970-01-01T00:00:00Z", "one")
                .build();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
