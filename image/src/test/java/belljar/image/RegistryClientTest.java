package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class RegistryClientTest {
    private static final byte[] MANIFEST = ("{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_MANIFEST
                    + "\",\"config\":{\"mediaType\":\"" + MediaTypes.OCI_CONFIG + "\",\"digest\":\""
                    + Digest.sha256(new byte[0]) + "\",\"size\":0},\"layers\":[]}")
            .getBytes(StandardCharsets.UTF_8);

    private static FakeRegistry serving(String type, byte[] bytes) {
        return new FakeRegistry((exchange, seen) -> FakeRegistry.answer(exchange, 200, type, bytes));
    }

    private static FakeRegistry failing(int status, String code) {
        return new FakeRegistry((exchange, seen) -> FakeRegistry.error(exchange, status, code, "because"));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void fetchesAManifestByteForByte() {
        try (FakeRegistry registry = serving(MediaTypes.OCI_MANIFEST + "; charset=utf-8", MANIFEST);
                RegistryClient client = registry.client()) {
            RegistryManifest manifest = client.manifest("a/b", "1");
            assertThat(manifest.bytes()).isEqualTo(MANIFEST);
            assertThat(manifest.digest()).isEqualTo(Digest.sha256(MANIFEST));
            assertThat(manifest.mediaType()).isEqualTo(MediaTypes.OCI_MANIFEST);
            assertThat(registry.seen.getLast().header("Accept"))
                    .contains(MediaTypes.OCI_INDEX, MediaTypes.OCI_MANIFEST)
                    .contains(MediaTypes.DOCKER_LIST, MediaTypes.DOCKER_MANIFEST);
        }
    }

    @Test
    void takesTheDocumentsOwnTypeWhereTheFieldIsGeneral() {
        try (FakeRegistry registry = serving("application/json", MANIFEST);
                RegistryClient client = registry.client()) {
            assertThat(client.manifest("a/b", "1").mediaType()).isEqualTo(MediaTypes.OCI_MANIFEST);
        }
    }

    @Test
    void refusesAManifestWithAnotherDigest() {
        Digest other = Digest.sha256(utf8("other"));
        try (FakeRegistry registry = serving(MediaTypes.OCI_MANIFEST, MANIFEST);
                RegistryClient client = registry.client()) {
            assertThatThrownBy(() -> client.manifest("a/b", other.toString()))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining(other.toString())
                    .hasMessageContaining(Digest.sha256(MANIFEST).toString())
                    .hasMessageContaining("a/b@");
        }
    }

    @Test
    void refusesAManifestThatDiffersFromTheAnnouncedDigest() {
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
                    exchange.getResponseHeaders()
                            .set(
                                    "Docker-Content-Digest",
                                    Digest.sha256(utf8("other")).toString());
                    FakeRegistry.answer(exchange, 200, MediaTypes.OCI_MANIFEST, MANIFEST);
                });
                RegistryClient client = registry.client()) {
            assertThatThrownBy(() -> client.manifest("a/b", "1"))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("with the digest");
        }
    }

    @Test
    void refusesAManifestThatIsTooLarge() {
        try (FakeRegistry registry = serving(MediaTypes.OCI_MANIFEST, new byte[(4 << 20) + 1]);
                RegistryClient client = registry.client()) {
            assertThatThrownBy(() -> client.manifest("a/b", "1"))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("more than 4 MiB");
        }
    }

    @Test
    void refusesAnotherContentType() {
        try (FakeRegistry registry = serving("text/html", utf8("<html>"));
                RegistryClient client = registry.client()) {
            assertThatThrownBy(() -> client.manifest("a/b", "1"))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("served text/html for the image 'a/b:1'");
        }
    }

    @Test
    void refusesADocumentWithTwoTypes() {
        try (FakeRegistry registry = serving(MediaTypes.OCI_INDEX, MANIFEST);
                RegistryClient client = registry.client()) {
            assertThatThrownBy(() -> client.manifest("a/b", "1"))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("declared as " + MediaTypes.OCI_INDEX);
        }
    }

    @Test
    void refusesMalformedJson() {
        try (FakeRegistry registry = serving(MediaTypes.OCI_MANIFEST, utf8("{\"schemaVersion\":2,"));
                RegistryClient client = registry.client()) {
            assertThatThrownBy(() -> client.manifest("a/b", "1"))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("not valid JSON");
        }
    }

    @Test
    void refusesSchemaOne() {
        try (FakeRegistry signed = serving(MediaTypes.DOCKER_SCHEMA1_SIGNED, utf8("{\"schemaVersion\":1}"));
                FakeRegistry general = serving("application/json", utf8("{\"schemaVersion\":1}"));
                RegistryClient one = signed.client();
                RegistryClient two = general.client()) {
            assertThatThrownBy(() -> one.manifest("a/b", "1"))
                    .isInstanceOf(UserException.class)
                    .hasMessage("the image 'a/b:1' exists in registry " + signed.name()
                            + " only in Docker's obsolete schema 1: push it again with a current tool");
            assertThatThrownBy(() -> two.manifest("a/b", "1")).hasMessageContaining("schema 1");
        }
    }

    @Test
    void triesAgainAfterServerErrors() {
        AtomicInteger count = new AtomicInteger();
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
                    int status = new int[] {500, 502, 503, 200}[count.getAndIncrement()];
                    FakeRegistry.answer(exchange, status, MediaTypes.OCI_MANIFEST, MANIFEST);
                });
                RegistryClient client = registry.client()) {
            assertThat(client.manifest("a/b", "1").bytes()).isEqualTo(MANIFEST);
            assertThat(registry.pauses).hasSize(3);
        }
    }

    @Test
    void givesUpOnAServerThatKeepsFailing() {
        try (FakeRegistry registry = failing(503, "UNAVAILABLE");
                RegistryClient client = registry.client()) {
            assertThatThrownBy(() -> client.manifest("a/b", "1"))
                    .isInstanceOf(HostException.class)
                    .hasMessage("registry " + registry.name()
                            + " failed with status 503 for the image 'a/b:1' (because): try again later");
            assertThat(registry.pauses).hasSize(3);
        }
    }

    @Test
    void waitsAsLongAsARegistryAsks() {
        AtomicInteger count = new AtomicInteger();
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
                    exchange.getResponseHeaders().set("Retry-After", "7");
                    int status = count.getAndIncrement() == 0 ? 429 : 200;
                    FakeRegistry.answer(exchange, status, MediaTypes.OCI_MANIFEST, MANIFEST);
                });
                RegistryClient client = registry.client()) {
            client.manifest("a/b", "1");
            assertThat(registry.pauses).containsExactly(Duration.ofSeconds(7));
        }
    }

    @Test
    void doesNotWaitForHours() {
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
                    exchange.getResponseHeaders().set("Retry-After", "3600");
                    FakeRegistry.error(exchange, 429, "TOOMANYREQUESTS", "pull rate limit");
                });
                RegistryClient client = registry.client()) {
            assertThatThrownBy(() -> client.manifest("a/b", "1"))
                    .isInstanceOf(HostException.class)
                    .hasMessage("registry " + registry.name() + " limits how much may be asked of it (pull rate limit):"
                            + " try again in 3600 seconds or log in for a higher limit");
            assertThat(registry.pauses).isEmpty();
        }
    }

    @Test
    void tellsAMissingTagFromAMissingRepositoryAndFromNoRegistry() {
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
                    if (seen.target().startsWith("/v2/there/tags")) {
                        FakeRegistry.answer(exchange, 200, "{\"tags\":[\"x\"]}");
                    } else if (seen.target().contains("/tags/")) {
                        FakeRegistry.error(exchange, 404, "NAME_UNKNOWN", "repository name not known");
                    } else {
                        FakeRegistry.error(exchange, 404, "MANIFEST_UNKNOWN", "manifest unknown");
                    }
                });
                FakeRegistry other = serving404Page();
                RegistryClient client = registry.client();
                RegistryClient page = other.client()) {
            assertThatThrownBy(() -> client.manifest("there", "1"))
                    .isInstanceOf(UserException.class)
                    .hasMessage("registry " + registry.name() + " has no image 'there:1': check the tag or digest");
            assertThatThrownBy(() -> client.manifest("gone", "1"))
                    .isInstanceOf(UserException.class)
                    .hasMessage("registry " + registry.name() + " has no repository 'gone': check the image's name");
            assertThatThrownBy(() -> page.manifest("there", "1"))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("does not answer like an image registry");
        }
    }

    private static FakeRegistry serving404Page() {
        return new FakeRegistry(
                (exchange, seen) -> FakeRegistry.answer(exchange, 404, "text/html", utf8("<h1>no</h1>")));
    }

    @Test
    void saysThatAccessIsDenied() {
        try (FakeRegistry registry = failing(403, "DENIED");
                RegistryClient client = registry.client()) {
            assertThatThrownBy(() -> client.manifest("a/b", "1"))
                    .isInstanceOf(UserException.class)
                    .hasMessageStartingWith(
                            "registry " + registry.name() + " denies anonymous users the image 'a/b:1' (because)");
        }
    }

    @Test
    void cleansWhatAServerSays() {
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) ->
                        FakeRegistry.error(exchange, 403, "DENIED", "a\\u001b[31mred\\n" + "x".repeat(1000)));
                RegistryClient client = registry.client()) {
            assertThatThrownBy(() -> client.manifest("a/b", "1")).satisfies(e -> {
                assertThat(e.getMessage()).doesNotContain("\u001b", "\n").hasSizeLessThan(500);
            });
        }
    }

    @Test
    void followsThePagesOfTags() {
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
                    if (seen.target().endsWith("?last=b")) {
                        FakeRegistry.answer(exchange, 200, "{\"tags\":[\"c\"]}");
                    } else {
                        exchange.getResponseHeaders().set("Link", "</v2/a/tags/list?last=b>; rel=\"next\"");
                        FakeRegistry.answer(exchange, 200, "{\"tags\":[\"a\",\"b\"]}");
                    }
                });
                RegistryClient client = registry.client()) {
            assertThat(client.tags("a")).containsExactly("a", "b", "c");
        }
    }

    @Test
    void readsNoTagsFromNull() {
        try (FakeRegistry registry = serving("application/json", utf8("{\"tags\":null}"));
                RegistryClient client = registry.client()) {
            assertThat(client.tags("a")).isEmpty();
        }
    }

    @Test
    void saysWhetherAManifestIsThere() {
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
                    exchange.getResponseHeaders()
                            .set(
                                    "Docker-Content-Digest",
                                    Digest.sha256(MANIFEST).toString());
                    FakeRegistry.answer(exchange, seen.target().endsWith("/1") ? 200 : 404, "", MANIFEST);
                });
                RegistryClient client = registry.client()) {
            assertThat(client.manifestDigest("a", "1")).isEqualTo(Optional.of(Digest.sha256(MANIFEST)));
            assertThat(client.manifestDigest("a", "2")).isEmpty();
        }
    }

    @Test
    void neverSpeaksPlainHttpUnasked() throws IOException {
        try (RawServer plain = new RawServer("HTTP/1.1 400 Bad Request\r\n\r\n");
                RegistryClient client = RegistryClient.of(FakeRegistry.options().withTlsVerify(true), plain.name())) {
            assertThatThrownBy(() -> client.manifest("a/b", "1"))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("registry " + plain.name() + " does not answer in TLS")
                    .hasMessageEndingWith("if it speaks plain HTTP, pass --tls-verify=false");
            // Nothing but the greeting of TLS, which starts with a record of type 22.
            assertThat(plain.greetings).isNotEmpty().allMatch(first -> first == 22);
        }
    }

    @Test
    void saysThatNobodyListens() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        try (RegistryClient client = RegistryClient.of(FakeRegistry.options(), "127.0.0.1:" + port)) {
            assertThatThrownBy(() -> client.manifest("a/b", "1"))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("cannot be reached")
                    .hasMessageContaining("check that it runs at this address");
        }
    }

    @Test
    void saysThatAHostIsUnknown() {
        try (RegistryClient client = RegistryClient.of(FakeRegistry.options(), "registry.invalid")) {
            assertThatThrownBy(() -> client.manifest("a/b", "1"))
                    .isInstanceOf(HostException.class)
                    .hasMessage("the address of registry registry.invalid cannot be found:"
                            + " check the name and this host's network");
        }
    }

    @Test
    void goesThroughTheProxyOfTheEnvironment() {
        try (FakeRegistry proxy = serving(MediaTypes.OCI_MANIFEST, MANIFEST);
                RegistryClient client = RegistryClient.of(
                        FakeRegistry.options().withEnvironment(Map.of("http_proxy", "http://" + proxy.name())),
                        "registry.invalid")) {
            assertThat(client.manifest("a/b", "1").bytes()).isEqualTo(MANIFEST);
            assertThat(proxy.asked()).containsExactly("GET http://registry.invalid/v2/a/b/manifests/1");
        }
    }
}
