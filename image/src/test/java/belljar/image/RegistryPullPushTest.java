package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.failure.HostException;
import belljar.failure.UserException;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pulls and pushes against a real registry, with skopeo as the judge. */
final class RegistryPullPushTest {
    @TempDir
    Path directory;

    private @Nullable DockerRegistry running;

    @BeforeEach
    void programs() {
        assumeTrue(
                DockerRegistry.installed("docker-registry", "skopeo", "tar"),
                "needs the Debian packages docker-registry and skopeo");
    }

    @AfterEach
    void stop() {
        if (running != null) {
            running.close();
        }
    }

    private DockerRegistry start(String... lines) throws IOException, InterruptedException {
        running = new DockerRegistry(directory, lines);
        return running;
    }

    private ContentStore store(String name) {
        return ContentStore.open(directory.resolve(name));
    }

    private static RegistryOptions options() {
        return FakeRegistry.options();
    }

    private static RegistrySource source(String name) {
        return RegistrySource.of(Reference.parse(name), Platform.HOST, options());
    }

    /** A layout with one image of two layers, the second of random bytes so that it does not shrink. */
    private Path layout() throws IOException, InterruptedException {
        Path tree = Files.createDirectories(directory.resolve("tree"));
        byte[] noise = new byte[2_000_000];
        new Random(7).nextBytes(noise);
        Files.write(tree.resolve("noise"), noise);
        Files.writeString(tree.resolve("hello"), "hello\n");
        List<byte[]> layers = new ArrayList<>();
        for (String file : List.of("hello", "noise")) {
            Path archive = directory.resolve(file + ".tar");
            DockerRegistry.run("tar", "-C", tree.toString(), "-cf", archive.toString(), file);
            layers.add(Files.readAllBytes(archive));
        }
        ContentStore made = store("made");
        Sample.image(made, "true", layers, "made:1");
        return directory.resolve("made/images");
    }

    private void publish(String name, String... more) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("copy", "--dest-tls-verify=false"));
        arguments.addAll(List.of(more));
        arguments.add("oci:" + layout() + ":docker.io/library/made:1");
        arguments.add("docker://" + name);
        DockerRegistry.skopeo(directory, arguments.toArray(String[]::new));
    }

    private String remoteDigest(String name) throws IOException, InterruptedException {
        return DockerRegistry.skopeo(
                directory, "inspect", "--tls-verify=false", "--format", "{{.Digest}}", "docker://" + name);
    }

    @ParameterizedTest
    @CsvSource({
        "oci,  gzip, application/vnd.oci.image.layer.v1.tar+gzip",
        "oci,  zstd, application/vnd.oci.image.layer.v1.tar+zstd",
        "v2s2, gzip, application/vnd.docker.image.rootfs.diff.tar.gzip",
    })
    void pullsWhatSkopeoPushed(String format, String compression, String layerType)
            throws IOException, InterruptedException {
        DockerRegistry registry = start();
        String name = registry.name() + "/team/app:1";
        publish(name, "--format", format, "--dest-compress-format", compression, "--dest-compress");
        List<String> arrived = new CopyOnWriteArrayList<>();
        StoredImage image = source(name)
                .withArrivals(new BlobArrivals() {
                    @Override
                    public void manifest(Manifest manifest) {
                        arrived.add("manifest");
                    }

                    @Override
                    public void blob(Descriptor blob) {
                        assertThat(store("ours").contains(blob.digest())).isTrue();
                        arrived.add(blob.digest().toString());
                    }
                })
                .fetchInto(store("ours"), Progress.NONE);
        assertThat(image.manifest().digest()).hasToString(remoteDigest(name));
        Manifest manifest = store("ours").manifest(image);
        assertThat(manifest.layers())
                .hasSize(2)
                .allMatch(layer -> layer.mediaType().equals(layerType));
        assertThat(arrived).hasSize(4).startsWith("manifest");
        assertThat(store("ours").byName(Reference.parse(name))).isPresent();
    }

    @Test
    void fetchesNothingTwice() throws IOException, InterruptedException {
        DockerRegistry registry = start();
        String name = registry.name() + "/team/app:1";
        publish(name);
        Notes first = new Notes();
        source(name).fetchInto(store("ours"), first);
        assertThat(first.finished).containsOnly("done").hasSize(3);
        Notes second = new Notes();
        source(name).fetchInto(store("ours"), second);
        assertThat(second.finished).containsOnly("already present").hasSize(3);
    }

    private static class Notes implements Progress {
        final List<String> finished = new CopyOnWriteArrayList<>();

        @Override
        public void started(String id, String label, long totalBytes) {}

        @Override
        public void advanced(String id, long bytes) {}

        @Override
        public void finished(String id, String note) {
            finished.add(note);
        }

        @Override
        public void message(String line) {}
    }

    @Test
    void pullsByDigestAndThroughAnIndex() throws IOException, InterruptedException {
        DockerRegistry registry = start();
        String name = registry.name() + "/team/app:1";
        publish(name);
        String digest = remoteDigest(name);
        StoredImage foreign = foreignImage(registry.name() + "/team/app:arm");
        try (RegistryClient client = RegistryClient.of(options(), registry.name())) {
            Descriptor ours = client.manifest("team/app", digest).descriptor();
            Index index = new Index(
                    MediaTypes.OCI_INDEX, List.of(foreign.manifest(), ours.withPlatform(Platform.HOST)), Map.of());
            client.putManifest("team/app", "multi", RegistryManifest.of(MediaTypes.OCI_INDEX, index.toBytes()));
        }
        String byIndex = registry.name() + "/team/app:multi";
        assertThat(source(byIndex)
                        .fetchInto(store("ours"), Progress.NONE)
                        .manifest()
                        .digest())
                .hasToString(digest);
        String byDigest = registry.name() + "/team/app@" + digest;
        assertThat(source(byDigest)
                        .fetchInto(store("other"), Progress.NONE)
                        .manifest()
                        .digest())
                .hasToString(digest);
        assertThatThrownBy(() -> RegistrySource.of(Reference.parse(byIndex), Platform.parse("linux/s390x"), options())
                        .fetchInto(store("ours"), Progress.NONE))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("linux/s390x")
                .hasMessageContaining("linux/arm64, linux/amd64");
    }

    /** Pushes an image for another machine. */
    private StoredImage foreignImage(String name) {
        ContentStore made = store("foreign");
        Platform platform = Platform.parse("linux/arm64");
        Descriptor config = made.put(
                MediaTypes.OCI_CONFIG, ImageConfig.builder(platform).build().toBytes());
        Manifest manifest = new Manifest(MediaTypes.OCI_MANIFEST, config, List.of(), Map.of());
        StoredImage image = made.commit(made.put(MediaTypes.OCI_MANIFEST, manifest.toBytes()), List.of());
        RegistrySink.of(Reference.parse(name), options()).send(made, image, Progress.NONE);
        assertThat(image.manifest().platform()).contains(platform);
        return image;
    }

    @Test
    void pushesWhatSkopeoCanPull() throws IOException, InterruptedException {
        DockerRegistry registry = start();
        layout();
        ContentStore made = store("made");
        StoredImage image = made.byName(Reference.parse("made:1")).orElseThrow();
        String name = registry.name() + "/pushed/app:2";
        RegistrySink.of(Reference.parse(name), options()).send(made, image, Progress.NONE);
        assertThat(remoteDigest(name)).isEqualTo(image.manifest().digest().toString());
        Path copy = directory.resolve("copy");
        DockerRegistry.skopeo(directory, "copy", "--src-tls-verify=false", "docker://" + name, "dir:" + copy);
        for (Descriptor layer : made.manifest(image).layers()) {
            assertThat(copy.resolve(layer.digest().hex())).hasSameBinaryContentAs(made.path(layer.digest()));
        }
        assertThat(Files.readAllBytes(copy.resolve("manifest.json")))
                .isEqualTo(made.read(image.manifest().digest()));
    }

    @Test
    void mountsBlobsOfAnotherRepository() throws IOException, InterruptedException {
        DockerRegistry registry = start();
        layout();
        ContentStore made = store("made");
        StoredImage image = made.byName(Reference.parse("made:1")).orElseThrow();
        Reference first = Reference.parse(registry.name() + "/one:1");
        Reference second = Reference.parse(registry.name() + "/two:1");
        RegistrySink.of(first, options()).send(made, image, Progress.NONE);
        Notes notes = new Notes();
        RegistrySink.of(second, options()).withMountFrom(first).send(made, image, notes);
        assertThat(notes.finished).containsOnly("already present");
        assertThat(remoteDigest(second.toString()))
                .isEqualTo(image.manifest().digest().toString());
    }

    @Test
    void uploadsInChunksWhereTheWholeIsRefused() throws IOException, InterruptedException {
        DockerRegistry registry = start();
        layout();
        ContentStore made = store("made");
        StoredImage image = made.byName(Reference.parse("made:1")).orElseThrow();
        Descriptor layer = made.manifest(image).layers().getLast();
        try (FakeRegistry narrow = new FakeRegistry((exchange, seen) -> forward(registry.name(), exchange, seen));
                RegistryClient client = narrow.client()) {
            boolean sent =
                    client.upload("chunked", layer, made.path(layer.digest()), Optional.empty(), 500_000, bytes -> {});
            assertThat(sent).isTrue();
            assertThat(narrow.seen.stream().filter(one -> one.method().equals("PATCH")))
                    .hasSize(5);
        }
        try (RegistryClient client = RegistryClient.of(options(), registry.name());
                Ingest ingest = store("back").ingest(layer)) {
            client.download("chunked", layer, ingest, bytes -> {});
            assertThat(ingest.complete()).isTrue();
        }
    }

    /** Passes a request on, unless it is a whole blob in one piece. */
    private static void forward(String to, HttpExchange exchange, FakeRegistry.Seen seen) throws IOException {
        if (seen.method().equals("PUT") && !seen.body().isEmpty()) {
            FakeRegistry.answer(exchange, 413, null);
            return;
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://" + to + seen.target()))
                .method(seen.method(), BodyPublishers.ofString(seen.body(), StandardCharsets.ISO_8859_1));
        for (String field : List.of("Content-Type", "Content-Range")) {
            if (!seen.header(field).isEmpty()) {
                request.header(field, seen.header(field));
            }
        }
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<byte[]> response = client.send(request.build(), BodyHandlers.ofByteArray());
            for (String field : List.of("Location", "Range")) {
                response.headers()
                        .firstValue(field)
                        .ifPresent(value ->
                                exchange.getResponseHeaders().set(field, value.replace(to, seen.header("Host"))));
            }
            FakeRegistry.answer(exchange, response.statusCode(), "", response.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void logsInWithAPassword() throws IOException, InterruptedException {
        Path users = directory.resolve("htpasswd");
        // bcrypt of "hunter2", the only form that the registry takes.
        Files.writeString(users, "user:" + HASH + "\n");
        DockerRegistry registry = start("auth:", "  htpasswd:", "    realm: test", "    path: " + users);
        String name = registry.name() + "/team/app:1";
        publish(name, "--dest-creds", "user:hunter2");
        assertThatThrownBy(() -> source(name).fetchInto(store("ours"), Progress.NONE))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("wants credentials");
        RegistryOptions wrong = options().withCredential(Credential.parse("user:hunter3"));
        assertThatThrownBy(() -> RegistrySource.of(Reference.parse(name), Platform.HOST, wrong)
                        .fetchInto(store("ours"), Progress.NONE))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("refused the credentials of user 'user'")
                .hasMessageNotContaining("hunter3");
        Path file = directory.resolve("auth.json");
        String pair = Base64.getEncoder().encodeToString("user:hunter2".getBytes(StandardCharsets.UTF_8));
        Files.writeString(file, "{\"auths\":{\"" + registry.name() + "\":{\"auth\":\"" + pair + "\"}}}");
        RegistryOptions right = options().withAuthFile(file);
        StoredImage image =
                RegistrySource.of(Reference.parse(name), Platform.HOST, right).fetchInto(store("ours"), Progress.NONE);
        RegistrySink.of(Reference.parse(name).withTag("2"), right).send(store("ours"), image, Progress.NONE);
        try (RegistryClient client = RegistryClient.of(right, registry.name())) {
            assertThat(client.tags("team/app")).containsExactlyInAnyOrder("1", "2");
        }
    }

    private static final String HASH = "$2b$12$UsZmtFwLl7S/Y90DOpbB1eshU.6PI/eLHucjCNd/4NfXf5G/zEkdG";

    @Test
    void namesWhatIsMissing() throws IOException, InterruptedException {
        DockerRegistry registry = start();
        publish(registry.name() + "/team/app:1");
        assertThatThrownBy(() -> source(registry.name() + "/team/app:2").fetchInto(store("ours"), Progress.NONE))
                .isInstanceOf(UserException.class)
                .hasMessage("registry " + registry.name() + " has no image 'team/app:2': check the tag or digest");
        assertThatThrownBy(() -> source(registry.name() + "/team/none:1").fetchInto(store("ours"), Progress.NONE))
                .isInstanceOf(UserException.class)
                .hasMessage("registry " + registry.name() + " has no repository 'team/none': check the image's name");
    }

    @Test
    void saysThatTheDiskIsFull() throws IOException, InterruptedException {
        DockerRegistry registry = start();
        String name = registry.name() + "/team/app:1";
        publish(name);
        Path small = Files.createDirectories(directory.resolve("small"));
        try {
            DockerRegistry.run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small.toString());
        } catch (IOException e) {
            assumeTrue(false, "needs the right to mount a small tmpfs");
        }
        try {
            assertThatThrownBy(() -> source(name).fetchInto(ContentStore.open(small), Progress.NONE))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("the disk is full");
        } finally {
            DockerRegistry.run("umount", small.toString());
        }
    }

    @Test
    void letsSeveralPullsOfOneImageShareTheWork() throws IOException, InterruptedException {
        DockerRegistry registry = start();
        String name = registry.name() + "/team/app:1";
        publish(name);
        Notes notes = new Notes();
        List<Runnable> pulls = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            pulls.add(() -> source(name).fetchInto(store("ours"), notes));
        }
        RegistryTransfers.run(4, pulls);
        assertThat(notes.finished.stream().filter("done"::equals)).hasSize(3);
        assertThat(notes.finished.stream().filter("already present"::equals)).hasSize(9);
    }

    @Test
    void goesOnWithAnInterruptedPull() throws IOException, InterruptedException {
        DockerRegistry registry = start();
        String name = registry.name() + "/team/app:1";
        publish(name);
        Thread pulling = Thread.currentThread();
        Progress interrupting = new Notes() {
            @Override
            public void advanced(String id, long bytes) {
                if (bytes > 1_000_000) {
                    pulling.interrupt();
                    // Holds the transfer here until the pull has heard of it and stops its threads.
                    while (!Thread.currentThread().isInterrupted()) {
                        LockSupport.parkNanos(10_000_000);
                    }
                }
            }
        };
        try {
            assertThatThrownBy(() -> source(name).fetchInto(store("ours"), interrupting))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("interrupted");
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        List<Long> starts = new CopyOnWriteArrayList<>();
        Progress watching = new Notes() {
            private final Set<String> known = ConcurrentHashMap.newKeySet();

            @Override
            public void advanced(String id, long bytes) {
                if (known.add(id)) {
                    starts.add(bytes);
                }
            }
        };
        source(name).fetchInto(store("ours"), watching);
        assertThat(starts).anyMatch(start -> start > 1_000_000 && start < 2_000_000);
    }

    @Test
    void refusesALayerThatWasDamagedInTheRegistry() throws IOException, InterruptedException {
        DockerRegistry registry = start();
        String name = registry.name() + "/team/app:1";
        publish(name);
        StoredImage good = source(name).fetchInto(store("good"), Progress.NONE);
        Digest layer = store("good").manifest(good).layers().getLast().digest();
        Path data = directory
                .resolve("registry/docker/registry/v2/blobs/sha256")
                .resolve(layer.hex().substring(0, 2))
                .resolve(layer.hex())
                .resolve("data");
        byte[] bytes = Files.readAllBytes(data);
        bytes[bytes.length / 2] ^= 1;
        Files.write(data, bytes);
        assertThatThrownBy(() -> source(name).fetchInto(store("ours"), Progress.NONE))
                .isInstanceOf(HostException.class)
                .hasMessageContaining(layer.toString())
                .hasMessageContaining("digest does not match");
        assertThat(store("ours").contains(layer)).isFalse();
        assertThat(store("ours").byName(Reference.parse(name))).isEmpty();
    }
}
