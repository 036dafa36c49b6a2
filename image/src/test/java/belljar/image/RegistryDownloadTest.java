package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.HostException;
import belljar.failure.UserException;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RegistryDownloadTest {
    private static final byte[] BLOB = new byte[300_000];
    private static final Descriptor POINTER;

    static {
        new Random(42).nextBytes(BLOB);
        POINTER = Descriptor.to(MediaTypes.OCI_LAYER, BLOB);
    }

    @TempDir
    Path directory;

    private ContentStore store = ContentStore.open(Path.of("/"));
    private final List<Long> progress = new CopyOnWriteArrayList<>();

    @BeforeEach
    void open() {
        store = ContentStore.open(directory);
    }

    private void download(FakeRegistry registry) {
        download(registry.client());
    }

    private void download(RegistryClient connected) {
        try (RegistryClient client = connected;
                Ingest ingest = store.ingest(POINTER)) {
            client.download("a", POINTER, ingest, progress::add);
        }
    }

    private void assertStored() throws IOException {
        assertThat(store.contains(POINTER.digest())).isTrue();
        try (var in = store.open(POINTER.digest())) {
            assertThat(in.readAllBytes()).isEqualTo(BLOB);
        }
    }

    private void leaveBehind(byte[] bytes) {
        try (Ingest ingest = store.ingest(POINTER)) {
            ingest.write(bytes, 0, bytes.length);
        }
    }

    private static int start(FakeRegistry.Seen seen) {
        String range = seen.header("Range");
        return range.isEmpty() ? 0 : Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
    }

    private static byte[] from(int start) {
        return Arrays.copyOfRange(BLOB, start, BLOB.length);
    }

    /** Serves ranges as it should. */
    private static void ranged(HttpExchange exchange, FakeRegistry.Seen seen) throws IOException {
        int start = start(seen);
        if (start > 0) {
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + start + "-" + (BLOB.length - 1) + "/" + BLOB.length);
        }
        FakeRegistry.answer(exchange, start > 0 ? 206 : 200, "application/octet-stream", from(start));
    }

    @Test
    void downloadsABlob() throws IOException {
        try (FakeRegistry registry = new FakeRegistry(RegistryDownloadTest::ranged)) {
            download(registry);
            assertStored();
            assertThat(progress).startsWith(0L).endsWith((long) BLOB.length).isSorted();
        }
    }

    @Test
    void goesOnWhereTheConnectionBroke() throws IOException {
        AtomicInteger count = new AtomicInteger();
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
            int start = start(seen);
            if (count.getAndIncrement() < 6) {
                if (start > 0) {
                    exchange.getResponseHeaders()
                            .set("Content-Range", "bytes " + start + "-" + (BLOB.length - 1) + "/" + BLOB.length);
                }
                FakeRegistry.truncated(exchange, start > 0 ? 206 : 200, from(start), 30_000);
            } else {
                ranged(exchange, seen);
            }
        })) {
            download(registry);
            assertStored();
            // Six breaks are more than the attempts without progress that are allowed.
            assertThat(registry.seen.stream().map(RegistryDownloadTest::start).toList())
                    .hasSize(7)
                    .isSorted()
                    .startsWith(0)
                    .anyMatch(start -> start > 0)
                    .allMatch(start -> start % 30_000 == 0);
        }
    }

    @Test
    void goesOnWhereAnEarlierProcessStopped() throws IOException {
        leaveBehind(Arrays.copyOf(BLOB, 123_456));
        try (FakeRegistry registry = new FakeRegistry(RegistryDownloadTest::ranged)) {
            download(registry);
            assertStored();
            assertThat(registry.seen.getLast().header("Range")).isEqualTo("bytes=123456-");
        }
    }

    @Test
    void asksForNothingWhereOnlyTheEndWasMissed() throws IOException {
        leaveBehind(BLOB);
        try (FakeRegistry registry = new FakeRegistry(RegistryDownloadTest::ranged)) {
            download(registry);
            assertStored();
            assertThat(registry.seen).isEmpty();
        }
    }

    @Test
    void startsOverWhereTheServerIgnoresRanges() throws IOException {
        leaveBehind(Arrays.copyOf(BLOB, 100_000));
        try (FakeRegistry registry =
                new FakeRegistry((exchange, seen) -> FakeRegistry.answer(exchange, 200, "", BLOB))) {
            download(registry);
            assertStored();
        }
    }

    @Test
    void startsOverWhereTheServerServesAnotherRange() throws IOException {
        leaveBehind(Arrays.copyOf(BLOB, 100_000));
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
            exchange.getResponseHeaders().set("Content-Range", "bytes 0-299999/300000");
            FakeRegistry.answer(exchange, 206, "", BLOB);
        })) {
            download(registry);
            assertStored();
        }
    }

    @Test
    void startsOverWhereTheRangeIsRefused() throws IOException {
        leaveBehind(Arrays.copyOf(BLOB, 100_000));
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
            if (start(seen) > 0) {
                FakeRegistry.answer(exchange, 416, null);
            } else {
                ranged(exchange, seen);
            }
        })) {
            download(registry);
            assertStored();
        }
    }

    @Test
    void startsOverWhereTheBeginningWasOfSomethingElse() throws IOException {
        leaveBehind(new byte[100_000]);
        try (FakeRegistry registry = new FakeRegistry(RegistryDownloadTest::ranged)) {
            download(registry);
            assertStored();
            assertThat(registry.seen.stream().map(RegistryDownloadTest::start)).endsWith(100_000, 0);
        }
    }

    @Test
    void refusesOtherBytes() {
        byte[] other = BLOB.clone();
        other[200_000] ^= 1;
        try (FakeRegistry registry =
                new FakeRegistry((exchange, seen) -> FakeRegistry.answer(exchange, 200, "", other))) {
            assertThatThrownBy(() -> download(registry))
                    .isInstanceOf(HostException.class)
                    .hasMessage("registry " + registry.name() + " served other bytes than the blob " + POINTER.digest()
                            + " of 'a' (the digest does not match): the image there is damaged");
            assertThat(store.contains(POINTER.digest())).isFalse();
        }
    }

    @Test
    void refusesAnotherLength() {
        for (int length : new int[] {1, BLOB.length - 1, BLOB.length + 1}) {
            try (FakeRegistry registry = new FakeRegistry(
                    (exchange, seen) -> FakeRegistry.answer(exchange, 200, "", Arrays.copyOf(BLOB, length)))) {
                assertThatThrownBy(() -> download(registry))
                        .isInstanceOf(HostException.class)
                        .hasMessageContaining("another size than the 300000 bytes");
                assertThat(store.contains(POINTER.digest())).isFalse();
            }
        }
    }

    @Test
    void refusesAnEndlessBlob() {
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
            exchange.sendResponseHeaders(200, 0);
            while (true) {
                exchange.getResponseBody().write(BLOB);
            }
        })) {
            assertThatThrownBy(() -> download(registry))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("another size");
        }
    }

    @Test
    void givesUpOnAServerThatNeverGetsAnywhere() {
        try (FakeRegistry registry =
                new FakeRegistry((exchange, seen) -> FakeRegistry.truncated(exchange, 200, BLOB, 0))) {
            assertThatThrownBy(() -> download(registry))
                    .isInstanceOf(HostException.class)
                    .hasMessageContaining("the connection to registry " + registry.name() + " broke");
            assertThat(registry.pauses).hasSizeGreaterThanOrEqualTo(3);
        }
    }

    @Test
    void leavesAServerThatStalls() throws IOException {
        AtomicInteger count = new AtomicInteger();
        try (FakeRegistry registry = new FakeRegistry((exchange, seen) -> {
            if (count.getAndIncrement() == 0) {
                exchange.sendResponseHeaders(200, BLOB.length);
                exchange.getResponseBody().write(BLOB, 0, 70_000);
                exchange.getResponseBody().flush();
                try {
                    Thread.sleep(60_000);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            } else {
                ranged(exchange, seen);
            }
        })) {
            download(registry.hastyClient());
            assertStored();
            assertThat(registry.seen.getLast().header("Range")).isEqualTo("bytes=70000-");
        }
    }

    @Test
    void namesAMissingBlob() {
        try (FakeRegistry registry = new FakeRegistry(
                (exchange, seen) -> FakeRegistry.error(exchange, 404, "BLOB_UNKNOWN", "blob unknown to registry"))) {
            assertThatThrownBy(() -> download(registry))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("has no blob " + POINTER.digest());
        }
    }
}
