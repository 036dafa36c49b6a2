package belljar.image;

import belljar.failure.HostException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * HTTP with one registry: its address, credentials, redirects and retries. Safe for use by several threads.
 *
 * <p>Plain HTTP is spoken only with {@code tlsVerify} off, and then only where TLS is not. Credentials go to the
 * registry's own origin and nowhere else, since redirects lead to storage of other owners.
 */
final class RegistryHttp implements AutoCloseable {
    private static final int MAX_REDIRECTS = 10;

    /** An error page's length worth reading. */
    private static final int MAX_ERROR_BYTES = 64 << 10;

    /**
     * How long to wait for a server.
     *
     * @param stall how long a response's body may pause
     * @param greeting how long a server may take to answer in TLS before plain HTTP is tried, where that is allowed:
     *     some servers of plain HTTP wait for ever for the end of what they take for a request
     */
    record Patience(Duration stall, Duration greeting) {
        static final Patience STANDARD = new Patience(Duration.ofSeconds(60), Duration.ofSeconds(10));
    }

    static {
        // The JDK reads sockets in pieces of 16 KiB, each handed from thread to thread; larger ones save a fifth of the
        // processor time of a pull. Read once, when the JDK's client is first used.
        if (System.getProperty("jdk.httpclient.bufsize") == null) {
            System.setProperty("jdk.httpclient.bufsize", "131072");
        }
    }

    private final RegistryOptions options;
    private final RetryPolicy retries;
    private final String registry;
    private final String authority;
    private final Patience patience;
    private final HttpClient client;
    private final RegistryAuth auth;
    private volatile @Nullable URI base;
    private volatile boolean answered;

    /**
     * Prepares; nothing is sent yet.
     *
     * @param options trust, credentials and proxies
     * @param retries how often to try
     * @param patience how long to wait for the server
     * @param registry the registry's canonical name
     */
    RegistryHttp(RegistryOptions options, RetryPolicy retries, Patience patience, String registry) {
        this.options = options;
        this.retries = retries;
        this.registry = registry;
        this.authority = RegistryHost.authority(registry);
        this.patience = patience;
        RegistryProxies proxies = new RegistryProxies(options.environment());
        HttpClient.Builder builder = HttpClient.newBuilder()
                // One stream of HTTP/2 is slower than one connection here, and layers are wanted in parallel.
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(Duration.ofSeconds(30))
                .proxy(proxies)
                .sslContext(RegistryTls.context(options, authority));
        if (proxies.authenticated()) {
            // The JDK refuses Basic for tunnels unless told otherwise; who puts a password into HTTPS_PROXY wants it.
            if (System.getProperty("jdk.http.auth.tunneling.disabledSchemes") == null) {
                System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
            }
            builder.authenticator(proxies.authenticator());
        }
        this.client = builder.build();
        this.auth = new RegistryAuth(options, registry, this::sendToTokenServer);
        if (options.tlsVerify()) {
            this.base = URI.create("https://" + authority);
        }
    }

    /** {@return the registry's canonical name} */
    String registry() {
        return registry;
    }

    /** {@return how often and when to try again} */
    RetryPolicy retries() {
        return retries;
    }

    /**
     * {@return who asks, for a message; empty for nobody}
     *
     * @param scope what was asked for
     */
    Optional<String> asker(RegistryScope scope) {
        return auth.asker(scope);
    }

    /**
     * Sends a request, with as many attempts as the policy allows.
     *
     * @param request what to send
     * @return the response, its status below 400; the caller must read or close the body
     * @throws RegistryStatusException if the registry answers with an error that does not pass
     * @throws HostException if the network fails
     */
    HttpResponse<RegistryBody> exchange(RegistryRequest request) throws RegistryStatusException {
        for (int failures = 1; ; failures++) {
            try {
                HttpResponse<RegistryBody> response = authorised(request);
                answered = true;
                return response;
            } catch (RegistryStatusException e) {
                answered = true;
                if (!e.transientFailure() || !request.repeatable() || failures >= retries.attempts()) {
                    throw e;
                }
                Optional<Duration> asked = e.retryAfter();
                if (asked.isPresent() && asked.get().compareTo(retries.longest()) > 0) {
                    throw e;
                }
                pause(longer(asked.orElse(Duration.ZERO), retries.after(failures)));
            } catch (IOException e) {
                if (!again(e, request.repeatable(), failures)) {
                    throw broken(e);
                }
                pause(retries.after(failures));
            }
        }
    }

    /**
     * {@return a failed connection as a sentence}
     *
     * @param e what the JDK threw
     */
    HostException broken(IOException e) {
        return RegistryErrors.network(e, registry, authority, options.tlsVerify());
    }

    /** Waits before another attempt. */
    void pause(Duration length) {
        try {
            retries.pause().sleep(length);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HostException("the transfer was interrupted", e);
        }
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) > 0 ? a : b;
    }

    /** A server that has answered once may come back; one that never did is more likely a wrong name. */
    private boolean again(IOException e, boolean repeatable, int failures) {
        if (!repeatable
                || failures >= retries.attempts()
                || e instanceof InterruptedIOException timeout && interrupted(timeout)) {
            return false;
        }
        return answered || !RegistryErrors.neverConnected(e);
    }

    private static boolean interrupted(InterruptedIOException e) {
        return Thread.currentThread().isInterrupted() || e.getCause() instanceof InterruptedException;
    }

    private HttpResponse<RegistryBody> authorised(RegistryRequest request) throws IOException {
        URI target = base().resolve(request.uri());
        boolean own = sameOrigin(target, base());
        Optional<String> header = own ? auth.header(request.scope()) : Optional.empty();
        HttpResponse<RegistryBody> response = redirected(request, target, header);
        // Only the registry itself may ask for its credentials, not what it redirects to.
        if (response.statusCode() == 401 && own && sameOrigin(response.uri(), base())) {
            List<AuthChallenge> challenges =
                    AuthChallenge.parse(response.headers().allValues("WWW-Authenticate"));
            String body = text(response);
            Optional<String> better = auth.answer(challenges, request.scope(), header);
            if (better.isEmpty()) {
                throw new RegistryStatusException(401, response.headers(), body);
            }
            response = redirected(request, target, better);
        }
        if (response.statusCode() >= 300 && response.statusCode() != 304) {
            throw new RegistryStatusException(response.statusCode(), response.headers(), text(response));
        }
        return response;
    }

    private HttpResponse<RegistryBody> redirected(RegistryRequest request, URI target, Optional<String> header)
            throws IOException {
        URI at = target;
        Optional<String> credentials = header;
        for (int hops = 0; hops <= MAX_REDIRECTS; hops++) {
            HttpResponse<RegistryBody> response = send(build(request, at, credentials));
            Optional<String> location = response.headers().firstValue("Location");
            if (location.isEmpty() || !follows(response.statusCode(), request.method())) {
                return response;
            }
            text(response);
            URI next = follow(at, location.get());
            if (!sameOrigin(next, at)) {
                credentials = Optional.empty();
            }
            at = next;
        }
        throw new HostException("registry " + registry + " redirects in a circle: tell its operator", "", 0);
    }

    /** RFC 9110, section 15.4: only 307 and 308 keep the method of a request that carries a body. */
    private static boolean follows(int status, String method) {
        boolean reading = method.equals("GET") || method.equals("HEAD");
        return status == 307 || status == 308 || reading && (status == 301 || status == 302 || status == 303);
    }

    /**
     * {@return where a {@code Location} field leads}
     *
     * @param from the address that answered
     * @param location the field's value
     * @throws HostException if it leads from TLS to plain HTTP and that was not allowed, or is malformed
     */
    URI follow(URI from, String location) {
        URI next;
        try {
            next = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw new HostException("registry " + registry + " redirects to a malformed address: tell its operator", e);
        }
        boolean https = "https".equalsIgnoreCase(next.getScheme());
        if (next.getHost() == null || !https && !"http".equalsIgnoreCase(next.getScheme())) {
            throw new HostException(
                    "registry " + registry + " redirects to something else than HTTP: tell its operator", "", 0);
        }
        if (!https && options.tlsVerify()) {
            throw new HostException(
                    "registry " + registry + " redirects to plain HTTP at " + next.getHost()
                            + ": pass --tls-verify=false to allow that",
                    "",
                    0);
        }
        return next;
    }

    private static HttpRequest build(RegistryRequest request, URI uri, Optional<String> credentials) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(uri)
                .timeout(request.patience())
                .setHeader("User-Agent", "belljar")
                .method(request.method(), request.body().get());
        for (int i = 0; i < request.headers().size(); i += 2) {
            builder.setHeader(request.headers().get(i), request.headers().get(i + 1));
        }
        credentials.ifPresent(value -> builder.setHeader("Authorization", value));
        return builder.build();
    }

    private HttpResponse<RegistryBody> send(HttpRequest request) throws IOException {
        try {
            return client.send(request, head -> new RegistryBody(patience.stall()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException wrapped = new InterruptedIOException("the transfer was interrupted");
            wrapped.initCause(e);
            throw wrapped;
        }
    }

    private String sendToTokenServer(HttpRequest request) throws IOException {
        HttpResponse<RegistryBody> response = send(request);
        String body = text(response);
        if (response.statusCode() >= 300) {
            throw new RegistryStatusException(response.statusCode(), response.headers(), body);
        }
        return body;
    }

    private static String text(HttpResponse<RegistryBody> response) throws IOException {
        try (RegistryBody body = response.body()) {
            return new String(body.readNBytes(MAX_ERROR_BYTES), StandardCharsets.UTF_8);
        }
    }

    private static boolean sameOrigin(URI a, URI b) {
        return lower(a.getScheme()).equals(lower(b.getScheme()))
                && lower(a.getHost()).equals(lower(b.getHost()))
                && port(a) == port(b);
    }

    private static String lower(@Nullable String text) {
        return text == null ? "" : text.toLowerCase(Locale.ROOT);
    }

    private static int port(URI uri) {
        if (uri.getPort() >= 0) {
            return uri.getPort();
        }
        return "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }

    /** {@return the registry's address} */
    private URI base() throws IOException {
        URI known = base;
        if (known == null) {
            known = probe();
            base = known;
        }
        return known;
    }

    /** Prefers TLS even where plain HTTP is allowed: a password is better off encrypted to an unverified server. */
    private synchronized URI probe() throws IOException {
        URI known = base;
        if (known != null) {
            return known;
        }
        URI https = URI.create("https://" + authority);
        try {
            text(send(HttpRequest.newBuilder(https.resolve("/v2/"))
                    .timeout(patience.greeting())
                    .build()));
            return https;
        } catch (SSLException | HttpTimeoutException e) {
            return URI.create("http://" + authority);
        } catch (IOException e) {
            // Without a port in the name, 443 may be closed where 80 is open.
            if (RegistryErrors.neverConnected(e) && authority.indexOf(':') < 0) {
                return URI.create("http://" + authority);
            }
            throw e;
        }
    }

    /** Drops every connection. */
    @Override
    public void close() {
        client.shutdownNow();
    }
}
