package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import belljar.failure.UserException;
import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RegistryUploadTest {
    private static final byte[] BLOB = new byte[250_000];
    private static final Descriptor POINTER;

    static {
        new Random(43).nextBytes(BLOB);
        POINTER = Descriptor.to(MediaTypes.OCI_LAYER, BLOB);
    }

    @TempDir
    Path directory;

    private Path file = Path.of("/");
    private final List<Long> progress = new CopyOnWriteArrayList<>();

    @BeforeEach
    void write() throws IOException {
        file = Files.write(directory.resolve("blob"), BLOB);
    }

    private boolean upload(FakeRegistry registry, Optional<String> mountFrom) {
        try (RegistryClient client = registry.client()) {
            return client.upload("a/b", POINTER, file, mountFrom, 100_000, progress::add);
        }
    }

    private static byte[] bytes(FakeRegistry.Seen seen) {
        return seen.body().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Holds one upload as the specification has it; tests change what they need. */
    private static class Uploads implements FakeRegistry.Behaviour {
        final ByteArrayOutputStream received = new ByteArrayOutputStream();
        volatile boolean stored;

        @Override
        public void handle(HttpExchange exchange, FakeRegistry.Seen seen) throws IOException {
            switch (seen.method()) {
                case "HEAD" -> FakeRegistry.answer(exchange, stored ? 200 : 404, null);
                case "POST" -> session(exchange, 202);
                case "GET" -> session(exchange, 204);
                case "PATCH" -> patch(exchange, seen);
                default -> put(exchange, seen);
            }
        }

        void session(HttpExchange exchange, int status) throws IOException {
            exchange.getResponseHeaders().set("Location", "/v2/a/b/blobs/uploads/s?state=" + received.size());
            exchange.getResponseHeaders().set("Range", "0-" + Math.max(0, received.size() - 1));
            FakeRegistry.answer(exchange, status, null);
        }

        void patch(HttpExchange exchange, FakeRegistry.Seen seen) throws IOException {
            String expected = received.size() + "-" + (received.size() + bytes(seen).length - 1);
            if (!seen.header("Content-Range").equals(expected)) {
                session(exchange, 416);
                return;
            }
            received.writeBytes(bytes(seen));
            session(exchange, 202);
        }

        void put(HttpExchange exchange, FakeRegistry.Seen seen) throws IOException {
            received.writeBytes(bytes(seen));
            stored = seen.target().endsWith("&digest=" + Digest.sha256(received.toByteArray()));
            FakeRegistry.answer(exchange, stored ? 201 : 400, null);
        }
    }

    /** Takes no whole blob. */
    private static class ChunksOnly extends Uploads {
        @Override
        void put(HttpExchange exchange, FakeRegistry.Seen seen) throws IOException {
            if (seen.body().isEmpty()) {
                super.put(exchange, seen);
            } else {
                FakeRegistry.answer(exchange, 413, null);
            }
        }
    }

    @Test
    void sendsABlobInOneRequest() {
        Uploads behaviour = new Uploads();
        try (FakeRegistry registry = new FakeRegistry(behaviour)) {
            assertThat(upload(registry, Optional.empty())).isTrue();
            assertThat(behaviour.received.toByteArray()).isEqualTo(BLOB);
            assertThat(registry.seen.stream().map(FakeRegistry.Seen::method)).containsExactly("HEAD", "POST", "PUT");
            assertThat(progress).isSorted().endsWith((long) BLOB.length);
        }
    }

    @Test
    void sendsNothingThatIsThere() {
        Uploads behaviour = new Uploads();
        behaviour.stored = true;
        try (FakeRegistry registry = new FakeRegistry(behaviour)) {
            assertThat(upload(registry, Optional.empty())).isFalse();
            assertThat(registry.seen).hasSize(1);
        }
    }

    @Test
    void mountsFromAnotherRepository() {
        Uploads behaviour = new Uploads() {
            @Override
            void session(HttpExchange exchange, int status) throws IOException {
                FakeRegistry.answer(exchange, 201, null);
            }
        };
        try (FakeRegistry registry = new FakeRegistry(behaviour)) {
            assertThat(upload(registry, Optional.of("c/d"))).isFalse();
            assertThat(registry.asked().getLast())
                    .isEqualTo("POST /v2/a/b/blobs/uploads/?mount=" + POINTER.digest() + "&from=c/d");
        }
    }

    @Test
    void sendsWhatCannotBeMounted() {
        Uploads behaviour = new Uploads();
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
            if (seen.target().contains("mount=")) {
                FakeRegistry.error(exchange, 403, "DENIED", "no");
            } else {
                behaviour.handle(exchange, seen);
            }
        })) {
            assertThat(upload(registry, Optional.of("c/d"))).isTrue();
            assertThat(behaviour.stored).isTrue();
        }
    }

    @Test
    void sendsChunksWhereTheWholeIsNotTaken() {
        ChunksOnly behaviour = new ChunksOnly();
        try (FakeRegistry registry = new FakeRegistry(behaviour)) {
            assertThat(upload(registry, Optional.empty())).isTrue();
            assertThat(behaviour.received.toByteArray()).isEqualTo(BLOB);
            assertThat(registry.seen.stream().filter(one -> one.method().equals("PATCH")))
                    .hasSize(3);
        }
    }

    @Test
    void goesOnWhereAChunkBroke() {
        ChunksOnly behaviour = new ChunksOnly() {
            private boolean broken;

            @Override
            void patch(HttpExchange exchange, FakeRegistry.Seen seen) throws IOException {
                if (received.size() == 100_000 && !broken) {
                    broken = true;
                    received.write(bytes(seen), 0, 30_000);
                    FakeRegistry.answer(exchange, 502, null);
                } else {
                    super.patch(exchange, seen);
                }
            }
        };
        try (FakeRegistry registry = new FakeRegistry(behaviour)) {
            assertThat(upload(registry, Optional.empty())).isTrue();
            assertThat(behaviour.received.toByteArray()).isEqualTo(BLOB);
            assertThat(registry.seen.stream()
                            .filter(one -> one.method().equals("PATCH"))
                            .map(one -> one.header("Content-Range")))
                    .containsExactly("0-99999", "100000-199999", "130000-229999", "230000-249999");
        }
    }

    @Test
    void doesNotSendAgainWhatArrivedThoughTheAnswerDidNot() {
        Uploads behaviour = new Uploads() {
            @Override
            void put(HttpExchange exchange, FakeRegistry.Seen seen) throws IOException {
                stored = true;
                exchange.close();
            }
        };
        try (FakeRegistry registry = new FakeRegistry(behaviour)) {
            assertThat(upload(registry, Optional.empty())).isTrue();
            assertThat(registry.seen.stream().map(FakeRegistry.Seen::method))
                    .containsExactly("HEAD", "POST", "PUT", "HEAD");
        }
    }

    @Test
    void saysThatPushingIsDenied() {
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
            if (seen.method().equals("HEAD")) {
                FakeRegistry.answer(exchange, 404, null);
            } else {
                FakeRegistry.error(exchange, 403, "DENIED", "read only");
            }
        })) {
            assertThatThrownBy(() -> upload(registry, Optional.empty()))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("denies anonymous users")
                    .hasMessageContaining("(read only)");
        }
    }

    @Test
    void saysThatARegistryNamesNoPlaceToUploadTo() {
        try (FakeRegistry registry = new FakeRegistry(
                (exchange, seen) -> FakeRegistry.answer(exchange, seen.method().equals("HEAD") ? 404 : 202, null))) {
            assertThatThrownBy(() -> upload(registry, Optional.empty()))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("does not say where to upload");
        }
    }
}
