package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ImagesTest {
    private static final byte[] BASE = LayerSample.tar("etc/os=sample", "hello=world");
    private static final byte[] TOP = LayerSample.tar("top=here");

    @TempDir
    private Path root;

    private Images images;

    @BeforeEach
    void open() {
        images = Images.open(root);
    }

    @Test
    void resolvesNamesIdsAndTheirStarts() {
        StoredImage image = Sample.image(images.store(), "x", List.of(BASE), "app:1", "localhost/own");

        for (String text : List.of(
                "app:1",
                "docker.io/library/app:1",
                "docker://app:1",
                "localhost/own",
                "own",
                image.id().toString(),
                image.id().hex(),
                image.id().shortHex())) {
            assertThat(images.resolve(text).orElseThrow().id()).as(text).isEqualTo(image.id());
        }
        assertThat(images.resolve("app")).isEmpty();
        assertThat(images.resolve("0000")).isEmpty();
        assertThatThrownBy(() -> images.resolve("App:1")).hasMessageContaining("lower case");
        assertThatThrownBy(() -> images.require("nothing")).hasMessageContaining("no image 'nothing'");
        assertThatThrownBy(() -> images.resolve("oci:")).hasMessageContaining("after the colon");
    }

    @Test
    void unpacksEachLayerOnceAndMendsWhatIsLost() throws Exception {
        StoredImage image = Sample.image(images.store(), "x", List.of(BASE, TOP), "app");
        StoredImage other = Sample.image(images.store(), "y", List.of(BASE), "other");
        assertThat(image.isUnpacked()).isFalse();

        StoredImage ready = images.prepare(image, Progress.NONE);

        List<String> directories = ready.layerDirectories();
        assertThat(directories).hasSize(2);
        assertThat(Path.of(directories.get(0), "top")).hasContent("here");
        assertThat(Path.of(directories.get(1), "hello")).hasContent("world");
        assertThat(images.prepare(other, Progress.NONE).layerDirectories()).containsExactly(directories.get(1));
        assertThat(images.require("app").layerDirectories()).isEqualTo(directories);
        assertThat(Path.of(directories.get(0)).getFileName().toString()).hasSize(12);

        StoreFiles.deleteTree(Path.of(directories.get(1)));
        StoredImage mended = images.prepare(images.require("app"), Progress.NONE);
        assertThat(Path.of(mended.layerDirectories().get(1), "hello")).hasContent("world");
    }

    @Test
    void takesADirectoryThatOnlyALowerLayerDescribesFromThere() throws Exception {
        byte[] below = LayerSample.directory("srv", 01777);
        byte[] above = LayerSample.tar("srv/file=x");
        StoredImage on = Sample.image(images.store(), "x", List.of(below, above));
        StoredImage alone = Sample.image(images.store(), "y", List.of(above));

        Path lower =
                Path.of(images.prepare(on, Progress.NONE).layerDirectories().get(0), "srv");
        Path plain =
                Path.of(images.prepare(alone, Progress.NONE).layerDirectories().get(0), "srv");

        assertThat((int) Files.getAttribute(lower, "unix:mode") & 07777).isEqualTo(01777);
        assertThat((int) Files.getAttribute(plain, "unix:mode") & 07777).isEqualTo(0755);
    }

    @Test
    void givesLayersWithTheSameStartOfTheirDigestsDifferentNames() throws Exception {
        Digest diffId = Digest.sha256(TOP);
        Files.createDirectories(root.resolve("layers/" + diffId.hex().substring(0, 12) + "/other"));

        StoredImage ready = images.prepare(Sample.image(images.store(), "x", List.of(TOP)), Progress.NONE);

        assertThat(ready.layerDirectories())
                .containsExactly(root + "/layers/" + diffId.hex().substring(0, 16));
    }

    @Test
    void refusesALayerThatIsNotWhatTheConfigurationPromises() {
        ContentStore store = images.store();
        Descriptor layer = store.put(MediaTypes.OCI_LAYER_GZIP, LayerSample.gzip(BASE));
        ImageConfig config = ImageConfig.builder(Platform.HOST)
                .layer(Digest.sha256(TOP), "", "")
                .build();
        StoredImage image =
                store.commit(RootImport.manifest(store, layer, MediaTypes.OCI_LAYER_GZIP, config), List.of());

        assertThatThrownBy(() -> images.prepare(image, Progress.NONE))
                .isInstanceOf(UserException.class)
                .hasMessageContaining(layer.digest().toString())
                .hasMessageContaining("instead of");
        assertThat(root.resolve("layers").toFile().list()).containsExactly("meta");
        assertThat(root.resolve("layers/meta")).isEmptyDirectory();
    }

    @Test
    void deletesALayerThatTheDiskDamagedSoThatItIsFetchedAgain() throws Exception {
        StoredImage image = Sample.image(images.store(), "x", List.of(BASE), "app");
        byte[] damaged = BASE.clone();
        damaged[BASE.length - 1] ^= 1;
        Files.write(images.store().path(Digest.sha256(BASE)), damaged);

        assertThatThrownBy(() -> images.prepare(image, Progress.NONE))
                .isInstanceOf(belljar.failure.HostException.class)
                .hasMessageContaining("damaged on disk")
                .hasMessageContaining("again");
        assertThatThrownBy(() -> images.prepare(image, Progress.NONE)).hasMessageContaining("has lost the content");

        images.store().put(MediaTypes.OCI_LAYER, BASE);
        assertThat(images.prepare(image, Progress.NONE).layerDirectories()).hasSize(1);
    }

    @Test
    void unpacksALayerOnceForManyThreads() throws Exception {
        StoredImage image = Sample.image(images.store(), "x", List.of(BASE, TOP), "app");
        ArrayList<Thread> threads = new ArrayList<>();
        ArrayList<List<String>> results = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                List<String> found =
                        Images.open(root).prepare(image, Progress.NONE).layerDirectories();
                synchronized (results) {
                    results.add(found);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(results).hasSize(5);
        assertThat(results.stream().distinct()).hasSize(1);
        assertThat(root.resolve("layers").toFile().list()).hasSize(3);
    }

    @Test
    void listsAndInspects() {
        StoredImage image = Sample.image(images.store(), "run", List.of(BASE), "b:2", "a");
        Sample.image(images.store(), "nameless", List.of());
        images.store()
                .name(image, Reference.parse("a").withDigest(image.manifest().digest()));
        images.prepare(image, Progress.NONE);

        List<ImageSummary> list = images.list();
        assertThat(list).hasSize(3);
        assertThat(list.get(0).name()).hasValue(Reference.parse("a"));
        assertThat(list.get(1).name()).hasValue(Reference.parse("b:2"));
        assertThat(list.get(2).name()).isEmpty();

        JsonObject json = images.inspect("a");
        assertThat(json.toString())
                .contains("\"Id\":\"" + image.id() + "\"")
                .contains("\"RepoTags\":[\"a:latest\",\"b:2\"]")
                .contains("\"RepoDigests\":[\"a@" + image.manifest().digest() + "\"]")
                .contains("\"Config\":{\"Cmd\":[\"run\"]}")
                .contains("\"Layers\":[\"" + Digest.sha256(BASE) + "\"]")
                .contains("\"Architecture\":\"amd64\"");
    }

    @Test
    void removesNamesFirstAndTheImageWithItsLast() {
        StoredImage image = Sample.image(images.store(), "x", List.of(BASE), "one", "two");
        images.prepare(image, Progress.NONE);

        ImageRemoval first = images.remove("one", false, ImageUsers.NONE);
        assertThat(first.untagged()).containsExactly(Reference.parse("one"));
        assertThat(first.deleted()).isEmpty();
        assertThat(images.resolve("two")).isPresent();

        ImageRemoval second = images.remove("two", false, ImageUsers.NONE);
        assertThat(second.deleted()).containsExactly(image.id());
        assertThat(second.reclaimedBytes()).isGreaterThan(BASE.length);
        assertThat(images.list()).isEmpty();
        assertThat(root.resolve("images/blobs/sha256")).isEmptyDirectory();
        assertThat(root.resolve("images/names")).isEmptyDirectory();
        assertThat(root.resolve("layers").toFile().list()).containsExactly("meta");
        assertThatThrownBy(() -> images.remove("two", false, ImageUsers.NONE)).hasMessageContaining("no image 'two'");
    }

    @Test
    void asksForForceWhereAnIdHasSeveralNamesOrAContainer() {
        StoredImage image = Sample.image(images.store(), "x", List.of(BASE), "one", "two");
        ImageUsers busy = id -> id.equals(image.id()) ? List.of("web", "db") : List.of();

        assertThatThrownBy(() -> images.remove(image.id().hex(), false, ImageUsers.NONE))
                .hasMessageContaining("2 names");
        images.remove("one", false, busy);
        assertThatThrownBy(() -> images.remove("two", false, busy))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("container web and 1 more");

        ImageRemoval forced = images.remove("two", true, busy);
        assertThat(forced.untagged()).containsExactly(Reference.parse("two"));
        assertThat(forced.deleted()).isEmpty();
        assertThat(images.resolve(image.id().hex())).isPresent();
    }

    @Test
    void keepsWhatOtherImagesShare() {
        StoredImage one = Sample.image(images.store(), "x", List.of(BASE, TOP), "one");
        StoredImage two = Sample.image(images.store(), "y", List.of(BASE), "two");
        images.prepare(one, Progress.NONE);
        images.prepare(two, Progress.NONE);

        images.remove("one", false, ImageUsers.NONE);

        assertThat(new LayerTrees(images.store(), TreeOwner.SELF).present(images.require("two")))
                .isTrue();
        assertThat(images.store().contains(Digest.sha256(BASE))).isTrue();
        assertThat(images.store().contains(Digest.sha256(TOP))).isFalse();
    }

    @Test
    void prunesWhatHasNoNameAndOnDemandWhatNobodyUses() throws Exception {
        StoredImage old = Sample.image(images.store(), "1", List.of(TOP), "app");
        StoredImage named = Sample.image(images.store(), "2", List.of(BASE), "app");
        StoredImage made = Sample.image(images.store(), "3", List.of());
        images.store().alias("apt:busybox", made);
        StoredImage used = Sample.image(images.store(), "4", List.of());
        Files.write(root.resolve("images/ingest/sha256-" + "0".repeat(64)), new byte[10]);
        ImageUsers users = id -> id.equals(used.id()) ? List.of("c") : List.of();

        assertThat(images.list().stream().map(ImageSummary::packages)).contains("apt:busybox");
        assertThat(images.prune(false, users).deleted()).containsExactly(old.id());
        assertThat(root.resolve("images/ingest")).isEmptyDirectory();
        assertThat(images.resolve("apt:busybox").orElseThrow().id()).isEqualTo(made.id());
        assertThat(images.prune(true, users).deleted()).containsExactlyInAnyOrder(named.id(), made.id());
        assertThat(images.list()).hasSize(1);
        assertThat(images.resolve("apt:busybox")).isEmpty();
    }

    @Test
    void leavesContentAloneWhileSomebodyFetches() {
        Sample.image(images.store(), "x", List.of(TOP), "app");
        try (StoreLock _ = StoreLock.shared(images.store().contentLockPath())) {
            ImageRemoval removal = images.remove("app", false, ImageUsers.NONE);
            assertThat(removal.deferred()).isTrue();
            assertThat(images.store().contains(Digest.sha256(TOP))).isTrue();
        }
        assertThat(images.prune(false, ImageUsers.NONE).deferred()).isFalse();
        assertThat(images.store().contains(Digest.sha256(TOP))).isFalse();
    }

    @Test
    void importsARootFileSystemWithChanges() {
        StoredImage image = images.importTar(
                new ByteArrayInputStream(LayerSample.gzip(BASE)),
                "root.tar.gz",
                List.of(
                        "CMD [\"cat\",\"/hello\"]",
                        "ENV A=1 B=\"x y\"",
                        "EXPOSE 80 53/udp",
                        "LABEL k=v",
                        "USER=nobody"),
                "by hand",
                "own:1",
                Progress.NONE);

        ImageConfig config = images.require("own:1").config();
        assertThat(config.cmd()).containsExactly("cat", "/hello");
        assertThat(config.env()).containsExactly("A=1", "B=x y");
        assertThat(config.exposedPorts()).containsExactly("80/tcp", "53/udp");
        assertThat(config.labels()).containsEntry("k", "v");
        assertThat(config.user()).isEqualTo("nobody");
        assertThat(config.diffIds()).containsExactly(Digest.sha256(BASE));
        assertThat(Path.of(image.layerDirectories().get(0), "hello")).hasContent("world");
        assertThat(images.inspect("own:1").toString()).contains("by hand");
    }

    @Test
    void refusesToImportWhatIsNoArchive() {
        assertThatThrownBy(() -> importBytes(new byte[0], "CMD x")).hasMessageContaining("cannot import x: ");
        assertThatThrownBy(() -> importBytes(
                        "plain text".repeat(100).getBytes(java.nio.charset.StandardCharsets.UTF_8), "CMD x"))
                .hasMessageContaining("cannot import x: ");
        assertThatThrownBy(() -> importBytes(BASE, "ONBUILD RUN x")).hasMessageContaining("'ONBUILD RUN x' is unknown");
        assertThatThrownBy(() -> importBytes(BASE, "ENV")).hasMessageContaining("needs a value");
        assertThatThrownBy(() -> importBytes(BASE, "CMD [\"x\"")).hasMessageContaining("malformed");
        assertThatThrownBy(() -> importBytes(BASE, "WORKDIR here")).hasMessageContaining("absolute");
        assertThat(images.list()).isEmpty();
    }

    private void importBytes(byte[] archive, String change) {
        images.importTar(new ByteArrayInputStream(archive), "x", List.of(change), "", "", Progress.NONE);
    }
}
