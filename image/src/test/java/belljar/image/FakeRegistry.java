package belljar.image;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A registry on a loopback port that does whatever a test tells it to, and remembers what it was asked. */
final class FakeRegistry implements AutoCloseable {
    /** One request as it came. */
    record Seen(String method, String target, Map<String, List<String>> headers, String body) {
        String header(String name) {
            List<String> values = headers.get(name);
            return values == null ? "" : values.getFirst();
        }

        @Override
        public String toString() {
            return method + " " + target;
        }
    }

    /** What a test does with a request. */
    interface Behaviour {
        void handle(HttpExchange exchange, Seen seen) throws IOException;
    }

    /** The JDK's server never answers a TLS greeting; without this, every test would wait for that. */
    private static final RegistryHttp.Patience PATIENCE =
            new RegistryHttp.Patience(Duration.ofSeconds(30), Duration.ofMillis(50));

    final List<Seen> seen = new CopyOnWriteArrayList<>();
    final List<Duration> pauses = new CopyOnWriteArrayList<>();
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    FakeRegistry(Behaviour behaviour) {
        this(InetAddress.getLoopbackAddress(), behaviour);
    }

    private FakeRegistry(InetAddress address, Behaviour behaviour) {
        try {
            server = HttpServer.create(new InetSocketAddress(address, 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            Headers headers = exchange.getRequestHeaders();
            Seen one = new Seen(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI().toString(),
                    copy(headers),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
            seen.add(one);
            try {
                behaviour.handle(exchange, one);
            } finally {
                exchange.close();
            }
        });
        server.start();
    }

    private static Map<String, List<String>> copy(Headers headers) {
        Map<String, List<String>> copy = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        copy.putAll(headers);
        return copy;
    }

    /** {@return host and port, as references have them} */
    String name() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /** {@return a client that may speak plain HTTP, does not wait between attempts, and sees no files of the user} */
    RegistryClient client() {
        return client(options());
    }

    RegistryClient client(RegistryOptions options) {
        return RegistryClient.of(options, name(), retries(), PATIENCE);
    }

    /** {@return a client that soon gives up on a body that pauses} */
    RegistryClient hastyClient() {
        RegistryHttp.Patience hasty = new RegistryHttp.Patience(Duration.ofSeconds(1), Duration.ofMillis(50));
        return RegistryClient.of(options(), name(), retries(), hasty);
    }

    RetryPolicy retries() {
        return new RetryPolicy(4, Duration.ofMillis(1), Duration.ofSeconds(60), pauses::add);
    }

    static RegistryOptions options() {
        return RegistryOptions.defaults().withEnvironment(Map.of()).withTlsVerify(false);
    }

    /** {@return the requests in order, as method and target} */
    List<String> asked() {
        return seen.stream().map(Seen::toString).toList();
    }

    static void answer(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        if (!type.isEmpty()) {
            exchange.getResponseHeaders().set("Content-Type", type);
        }
        boolean head = exchange.getRequestMethod().equals("HEAD");
        if (head) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
        }
        exchange.sendResponseHeaders(status, head || body.length == 0 ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
    }

    static void answer(HttpExchange exchange, int status, @Nullable String json) throws IOException {
        byte[] body = json == null ? new byte[0] : json.getBytes(StandardCharsets.UTF_8);
        answer(exchange, status, json == null ? "" : "application/json", body);
    }

    /** Answers with an error in the specification's form. */
    static void error(HttpExchange exchange, int status, String code, String message) throws IOException {
        answer(exchange, status, "{\"errors\":[{\"code\":\"" + code + "\",\"message\":\"" + message + "\"}]}");
    }

    /** Announces a length, sends less, and hangs up. */
    static void truncated(HttpExchange exchange, int status, byte[] body, int sent) throws IOException {
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body, 0, sent);
        exchange.getResponseBody().flush();
        // The JDK's client drops what has arrived with the end of a connection but was not yet handed over.
        LockSupport.parkNanos(50_000_000);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
