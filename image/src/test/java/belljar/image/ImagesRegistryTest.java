package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The facade against a real registry: what arrives is unpacked, named, and found again. */
final class ImagesRegistryTest {
    private static final RegistryOptions PLAIN = RegistryOptions.defaults().withTlsVerify(false);

    @TempDir
    private Path work;

    @Test
    void pushesAndPullsAndUnpacks() throws Exception {
        Assumptions.assumeTrue(DockerRegistry.installed("docker-registry"), "docker-registry is not installed");
        Images from = Images.open(work.resolve("from"));
        ContentStore store = from.store();
        List<Descriptor> layers = new ArrayList<>();
        ImageConfigBuilder config = ImageConfig.builder(Platform.HOST);
        for (int i = 0; i < 5; i++) {
            byte[] layer = LayerSample.tar("dir/file=" + i, "only" + i + "=x");
            layers.add(store.put(MediaTypes.OCI_LAYER_GZIP, LayerSample.gzip(layer)));
            config.layer(Digest.sha256(layer), "", "layer " + i);
        }
        Descriptor pointer = store.put(MediaTypes.OCI_CONFIG, config.build().toBytes());
        byte[] manifest = new Manifest(MediaTypes.OCI_MANIFEST, pointer, layers, Map.of()).toBytes();
        StoredImage image =
                store.commit(store.put(MediaTypes.OCI_MANIFEST, manifest), List.of(Reference.parse("localhost/app")));
        Images to = Images.open(work.resolve("to"));

        try (DockerRegistry registry = new DockerRegistry(work)) {
            String name = registry.name() + "/team/app:1";
            from.push("localhost/app", name, PLAIN, Progress.NONE);
            StoredImage pulled = to.pull(name, Platform.HOST, PLAIN, Progress.NONE);

            assertThat(pulled.id()).isEqualTo(image.id());
            assertThat(pulled.layerDirectories()).hasSize(5);
            assertThat(Path.of(pulled.layerDirectories().get(0), "dir/file")).hasContent("4");
            assertThat(Path.of(pulled.layerDirectories().get(4), "dir/file")).hasContent("0");
            String byDigest = registry.name() + "/team/app@" + image.manifest().digest();
            assertThat(to.require(byDigest).id()).isEqualTo(image.id());
            assertThat(to.inspect(name).toString()).contains("\"RepoDigests\":[\"" + byDigest + "\"]");
            assertThat(to.namesOf(pulled)).hasSize(2);
            assertThatThrownBy(() -> to.pull(registry.name() + "/team/none", Platform.HOST, PLAIN, Progress.NONE))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("team/none");
        }
    }

    @Test
    void takesBackAnImageWhoseLayerIsDamaged() throws Exception {
        Assumptions.assumeTrue(DockerRegistry.installed("docker-registry"), "docker-registry is not installed");
        Images from = Images.open(work.resolve("from"));
        ContentStore store = from.store();
        Descriptor layer = store.put(
                MediaTypes.OCI_LAYER,
                "no archive at all".repeat(100).getBytes(java.nio.charset.StandardCharsets.UTF_8));
        ImageConfig config =
                ImageConfig.builder(Platform.HOST).layer(layer.digest(), "", "").build();
        store.commit(
                RootImport.manifest(store, layer, MediaTypes.OCI_LAYER, config),
                List.of(Reference.parse("localhost/bad")));
        Images to = Images.open(work.resolve("to"));

        try (DockerRegistry registry = new DockerRegistry(work)) {
            String name = registry.name() + "/bad";
            from.push("localhost/bad", name, PLAIN, Progress.NONE);
            assertThatThrownBy(() -> to.pull(name, Platform.HOST, PLAIN, Progress.NONE))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("cannot unpack the layer " + layer.digest());
        }
        assertThat(to.list()).isEmpty();
        assertThat(to.prune(false, ImageUsers.NONE).reclaimedBytes()).isPositive();
        assertThat(work.resolve("to/images/blobs/sha256")).isEmptyDirectory();
    }

    @Test
    void importsNothingUnderAMalformedName() {
        Images images = Images.open(work);
        byte[] archive = LayerSample.tar("a=b");

        assertThatThrownBy(() -> images.importTar(
                        new ByteArrayInputStream(archive), "x", List.of(), "", "Bad:Name", Progress.NONE))
                .hasMessageContaining("is not an image name");
        assertThat(work).isEmptyDirectory();
    }
}
