package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import belljar.failure.UserException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ContentStoreTest {
    @TempDir
    private Path root;

    private ContentStore store;

    @BeforeEach
    void open() {
        store = ContentStore.open(root);
    }

    @Test
    void makesNothingUntilSomethingIsStored() {
        assertThat(store.byName(Reference.parse("busybox"))).isEmpty();
        assertThat(store.byId("0123")).isEmpty();
        assertThat(root).isEmptyDirectory();
    }

    @Test
    void findsAnImageByNameIdAndManifest() {
        StoredImage image = Sample.image(store, "x", List.of(new byte[] {1}), "busybox", "host:5000/a/b:1");

        assertThat(byName("busybox:latest")).isEqualTo(image.id());
        assertThat(byName("host:5000/a/b:1")).isEqualTo(image.id());
        assertThat(store.byName(Reference.parse("a/b:1"))).isEmpty();
        assertThat(store.byId(image.id().hex()).orElseThrow().id()).isEqualTo(image.id());
        assertThat(store.byId(image.id().hex().substring(0, 4)).orElseThrow().id())
                .isEqualTo(image.id());
        assertThat(store.byId(image.manifest().digest().hex()).orElseThrow().id())
                .isEqualTo(image.id());
        assertThat(store.byId("zz")).isEmpty();
        assertThat(store.byName(Reference.parse("busybox"))
                        .orElseThrow()
                        .config()
                        .cmd())
                .containsExactly("x");
    }

    @Test
    void movesANameToTheImageCommittedLast() {
        StoredImage first = Sample.image(store, "1", List.of(), "app");
        StoredImage second = Sample.image(store, "2", List.of(), "app");

        assertThat(byName("app")).isEqualTo(second.id());
        assertThat(store.byId(first.id().hex())).isPresent();
    }

    @Test
    void keepsAnIndexThatNamesItsImages() throws Exception {
        Sample.image(store, "1", List.of(), "app");
        StoredImage named = Sample.image(store, "2", List.of(), "app", "app:2");

        Index index = Index.parse(Files.readAllBytes(root.resolve("images/index.json")), "the index");

        assertThat(index.manifests()).hasSize(3);
        assertThat(index.manifests().get(0).annotations())
                .containsEntry(ContentStore.REF_NAME, "docker.io/library/app:2");
        assertThat(index.manifests().get(0).digest()).isEqualTo(named.manifest().digest());
        assertThat(index.manifests().get(2).annotations()).isEmpty();
        assertThat(root.resolve("images/oci-layout")).hasContent("{\"imageLayoutVersion\":\"1.0.0\"}");
    }

    @Test
    void remembersWhatAnImageWasMadeFrom() {
        StoredImage image = Sample.image(store, "x", List.of());
        String longAlias = "apt:" + "package,".repeat(60);

        store.alias("apt:a/b%2Fc", image);
        store.alias(longAlias, image);

        assertThat(store.byAlias("apt:a/b%2Fc").orElseThrow().id()).isEqualTo(image.id());
        assertThat(store.byAlias("apt:a%2Fb%2Fc")).isEmpty();
        assertThat(store.byAlias(longAlias).orElseThrow().id()).isEqualTo(image.id());
    }

    @Test
    void resumesWhatAnInterruptedIngestLeft() {
        byte[] content = "0123456789".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        Descriptor expected = Descriptor.to("x", content);
        try (Ingest ingest = store.ingest(expected)) {
            ingest.write(content, 0, 4);
        }
        assertThat(store.contains(expected.digest())).isFalse();

        try (Ingest ingest = store.ingest(expected)) {
            assertThat(ingest.offset()).isEqualTo(4);
            assertThatThrownBy(ingest::commit).isInstanceOf(UserException.class).hasMessageContaining("4 of 10 bytes");
            ingest.write(content, 4, 6);
            ingest.commit();
        }

        assertThat(store.read(expected.digest())).isEqualTo(content);
        try (Ingest again = store.ingest(expected)) {
            assertThat(again.complete()).isTrue();
        }
        assertThat(root.resolve("images/ingest")).isEmptyDirectory();
    }

    @Test
    void startsAnewAfterContentThatDoesNotMatch() {
        byte[] content = {1, 2, 3};
        Descriptor expected = Descriptor.to("x", content);
        try (Ingest ingest = store.ingest(expected)) {
            ingest.write(new byte[] {1, 2, 4}, 0, 3);
            assertThatThrownBy(ingest::commit)
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining(expected.digest().toString())
                    .hasMessageContaining("damaged");
        }
        try (Ingest ingest = store.ingest(expected)) {
            assertThat(ingest.offset()).isZero();
            assertThatThrownBy(() -> ingest.write(new byte[4], 0, 4)).hasMessageContaining("longer than");
            ingest.write(content, 0, 3);
            ingest.commit();
        }
        assertThat(store.contains(expected.digest())).isTrue();
    }

    @Test
    void letsOneOfManyThreadsBringABlobIn() throws Exception {
        byte[] content = new byte[300_000];
        Descriptor expected = Descriptor.to("x", content);
        List<Callable<Boolean>> tasks = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            tasks.add(() -> {
                // Every thread has a store of its own, as another process would.
                try (Ingest ingest = ContentStore.open(root).ingest(expected)) {
                    if (ingest.complete()) {
                        return false;
                    }
                    ingest.write(content, 0, content.length);
                    ingest.commit();
                    return true;
                }
            });
        }
        int writers = 0;
        try (ExecutorService pool = Executors.newFixedThreadPool(6)) {
            for (Future<Boolean> result : pool.invokeAll(tasks)) {
                writers += result.get() ? 1 : 0;
            }
        }
        assertThat(writers).isEqualTo(1);
        assertThat(store.read(expected.digest())).isEqualTo(content);
        assertThat(root.resolve("images/ingest")).isEmptyDirectory();
    }

    @Test
    void dropsUnknownContentThatIsNotCommitted() {
        try (Ingest ingest = store.ingestUnknown()) {
            ingest.write(new byte[10], 0, 10);
        }
        assertThat(root.resolve("images/ingest")).isEmptyDirectory();
        Descriptor descriptor;
        try (Ingest ingest = store.ingestUnknown()) {
            ingest.write(new byte[10], 0, 10);
            descriptor = ingest.commit();
        }
        assertThat(descriptor.digest()).isEqualTo(Digest.sha256(new byte[10]));
        assertThat(descriptor.size()).isEqualTo(10);
        assertThat(store.contains(descriptor.digest())).isTrue();
    }

    @Test
    void refusesToCommitAnIncompleteImage() throws Exception {
        byte[] layer = {1, 2, 3};
        Descriptor manifest = Sample.put(store, "x", List.of(layer));
        Path blob = store.path(Digest.sha256(layer));

        Files.write(blob, new byte[2]);
        assertThatThrownBy(() -> store.commit(manifest, List.of(Reference.parse("app"))))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("the image app is damaged")
                .hasMessageContaining("2 bytes instead of 3");
        Files.delete(blob);
        assertThatThrownBy(() -> store.commit(manifest, List.of(Reference.parse("app"))))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("is missing");
        assertThat(store.byName(Reference.parse("app"))).isEmpty();
    }

    @Test
    void noticesDamageOnDisk() throws Exception {
        StoredImage image = Sample.image(store, "x", List.of(), "app");

        Files.write(store.path(image.manifest().digest()), new byte[7]);
        assertThatThrownBy(() -> store.manifest(image))
                .isInstanceOf(HostException.class)
                .hasMessageContaining("damaged")
                .hasMessageContaining("pull or load the image again");
        Files.write(root.resolve("images/records").resolve(image.recordName()), new byte[] {'{'});
        assertThatThrownBy(() -> store.byName(Reference.parse("app")))
                .isInstanceOf(HostException.class)
                .hasMessageContaining("is damaged");
    }

    private Digest byName(String name) {
        return store.byName(Reference.parse(name)).orElseThrow().id();
    }
}
