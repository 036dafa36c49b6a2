package belljar.image;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Answers one registry's challenges: basic authentication, and the token flow that the Docker registry's documentation
 * calls "Token Authentication" with its OAuth2 variant for identity tokens. Remembers what worked, so that a pull of
 * many layers asks once. Safe for use by several threads, which wait for each other's tokens.
 */
final class RegistryAuth {
    /** How a token server is reached: without credentials of its own and without retries. */
    interface Exchange {
        /**
         * Sends a request.
         *
         * @param request the whole request
         * @return the body of a successful response
         * @throws IOException if the status is an error ({@link RegistryStatusException}) or the network fails
         */
        String send(HttpRequest request) throws IOException;
    }

    /** What a token lives where its server does not say (the documentation's {@code expires_in}). */
    private static final long DEFAULT_LIFE_SECONDS = 60;

    /** A token this close to its end might not outlive the request it is sent with. */
    private static final long MARGIN_SECONDS = 5;

    private static final String CLIENT = "belljar";

    private record Token(String value, long endNanos) {}

    private final RegistryOptions options;
    private final String registry;
    private final Exchange exchange;
    private final Map<String, Token> tokens = new HashMap<>();
    private final Map<String, Optional<Credential>> credentials = new HashMap<>();
    private Optional<AuthChallenge> bearer = Optional.empty();
    private boolean basic;

    /**
     * Knows nothing yet.
     *
     * @param options where credentials come from
     * @param registry the registry's canonical name
     * @param exchange how to reach token servers
     */
    RegistryAuth(RegistryOptions options, String registry, Exchange exchange) {
        this.options = options;
        this.registry = registry;
        this.exchange = exchange;
    }

    /**
     * {@return the {@code Authorization} field to send at once; empty where none is known to be wanted}
     *
     * @param scope what the request will do
     * @throws IOException if a new token is needed and cannot be had
     */
    synchronized Optional<String> header(RegistryScope scope) throws IOException {
        if (bearer.isPresent()) {
            return Optional.of("Bearer " + token(bearer.get(), scope));
        }
        return basic ? basicHeader(scope) : Optional.empty();
    }

    /**
     * Answers a refusal.
     *
     * @param challenges what the registry asks for
     * @param scope what the request was to do
     * @param sent the field that was refused, or nothing
     * @return a field that is worth another try; nothing where the refusal stands
     * @throws IOException if a token is needed and cannot be had
     */
    synchronized Optional<String> answer(List<AuthChallenge> challenges, RegistryScope scope, Optional<String> sent)
            throws IOException {
        for (AuthChallenge challenge : challenges) {
            if (challenge.scheme().equals("bearer")
                    && !challenge.parameter("realm").isEmpty()) {
                bearer = Optional.of(challenge);
                Token known = tokens.get(scope.text());
                // Another thread may have renewed the token while this one's request was under way.
                if (known != null && sent.equals(Optional.of("Bearer " + known.value))) {
                    tokens.remove(scope.text());
                }
                String token = "Bearer " + token(challenge, scope);
                return sent.equals(Optional.of(token)) ? Optional.empty() : Optional.of(token);
            }
        }
        for (AuthChallenge challenge : challenges) {
            if (challenge.scheme().equals("basic")) {
                Optional<String> header = basicHeader(scope);
                basic = header.isPresent();
                return sent.equals(header) ? Optional.empty() : header;
            }
        }
        return Optional.empty();
    }

    /**
     * {@return who asks, for a message: the user's name, or that there is none}
     *
     * @param scope what the request was to do
     */
    synchronized Optional<String> asker(RegistryScope scope) {
        return credential(scope)
                .map(known -> known instanceof Credential.Password password
                        ? "user '" + password.user() + "'"
                        : "the given " + known);
    }

    private Optional<Credential> credential(RegistryScope scope) {
        if (options.credential().isPresent()) {
            return options.credential();
        }
        // Kept, since a helper may ask a person each time.
        return credentials.computeIfAbsent(
                scope.repository(),
                repository -> new CredentialFiles(
                                options.environment(), options.authFile().orElse(null))
                        .find(registry, repository));
    }

    private Optional<String> basicHeader(RegistryScope scope) {
        return credential(scope).flatMap(RegistryAuth::basicHeader);
    }

    private static Optional<String> basicHeader(Credential credential) {
        if (credential instanceof Credential.Password password) {
            byte[] pair = (password.user() + ":" + password.secret()).getBytes(StandardCharsets.UTF_8);
            return Optional.of("Basic " + Base64.getEncoder().encodeToString(pair));
        }
        return Optional.empty();
    }

    private String token(AuthChallenge challenge, RegistryScope scope) throws IOException {
        Token known = tokens.get(scope.text());
        if (known != null && known.endNanos - System.nanoTime() > 0) {
            return known.value;
        }
        Optional<Credential> credential = credential(scope);
        if (credential.isPresent() && credential.get() instanceof Credential.RegistryToken direct) {
            return direct.secret();
        }
        URI realm = realm(challenge, credential.isPresent());
        HttpRequest request = credential.isPresent() && credential.get() instanceof Credential.IdentityToken identity
                ? refresh(realm, challenge, scope, identity)
                : fetch(realm, challenge, scope, credential);
        Token token = read(send(request, credential), realm);
        tokens.put(scope.text(), token);
        return token.value;
    }

    private URI realm(AuthChallenge challenge, boolean secret) {
        try {
            URI realm = new URI(challenge.parameter("realm"));
            boolean https = "https".equalsIgnoreCase(realm.getScheme());
            boolean http = "http".equalsIgnoreCase(realm.getScheme());
            if (realm.getHost() != null && (https || http)) {
                if (http && options.tlsVerify()) {
                    throw new HostException(
                            "registry " + registry + " wants " + (secret ? "credentials" : "a question")
                                    + " sent to " + realm.getHost()
                                    + " over plain HTTP: pass --tls-verify=false to allow that",
                            "",
                            0);
                }
                return realm;
            }
        } catch (URISyntaxException e) {
            // Said below.
        }
        throw new HostException(
                "registry " + registry + " names a token server with a malformed address: tell its operator", "", 0);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** Every wanted scope, and the challenge's own where it asks for more. */
    private static Set<String> scopes(AuthChallenge challenge, RegistryScope scope) {
        Set<String> scopes = new LinkedHashSet<>();
        for (String one : (scope.text() + " " + challenge.parameter("scope")).split(" ", -1)) {
            if (!one.isEmpty()) {
                scopes.add(one);
            }
        }
        return scopes;
    }

    private static HttpRequest fetch(
            URI realm, AuthChallenge challenge, RegistryScope scope, Optional<Credential> credential) {
        StringBuilder uri = new StringBuilder(realm.toString());
        char separator = realm.getRawQuery() == null ? '?' : '&';
        if (!challenge.parameter("service").isEmpty()) {
            uri.append(separator).append("service=").append(encode(challenge.parameter("service")));
            separator = '&';
        }
        for (String one : scopes(challenge, scope)) {
            uri.append(separator).append("scope=").append(encode(one));
            separator = '&';
        }
        if (credential.isPresent() && credential.get() instanceof Credential.Password password) {
            uri.append(separator).append("account=").append(encode(password.user()));
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(uri.toString()));
        credential.flatMap(RegistryAuth::basicHeader).ifPresent(header -> request.header("Authorization", header));
        return request.timeout(Duration.ofSeconds(60)).GET().build();
    }

    private static HttpRequest refresh(
            URI realm, AuthChallenge challenge, RegistryScope scope, Credential.IdentityToken identity) {
        String form = "grant_type=refresh_token&client_id=" + CLIENT
                + "&service=" + encode(challenge.parameter("service"))
                + "&scope=" + encode(String.join(" ", scopes(challenge, scope)))
                + "&refresh_token=" + encode(identity.secret());
        return HttpRequest.newBuilder(realm)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .timeout(Duration.ofSeconds(60))
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build();
    }

    private String send(HttpRequest request, Optional<Credential> credential) throws IOException {
        try {
            return exchange.send(request);
        } catch (RegistryStatusException e) {
            if (e.status == 400 || e.status == 401 || e.status == 403) {
                String server = request.uri().getHost();
                if (credential.isEmpty()) {
                    throw new UserException(
                            "registry " + registry + " gives no anonymous access (its token server " + server
                                    + " answered " + e.status + "): log in with 'podman login " + registry
                                    + "' or pass --creds",
                            e);
                }
                throw new UserException(
                        "the token server " + server + " of registry " + registry + " refused the " + credential.get()
                                + e.parenthesis() + ": log in again or correct --creds",
                        e);
            }
            throw e;
        }
    }

    private Token read(String body, URI realm) {
        try {
            JsonObject answer = Json.parse(body).asObject();
            // The two names mean the same (token specification); the first is the older.
            String value = answer.text("token", "");
            if (value.isEmpty()) {
                value = answer.text("access_token");
            }
            if (value.isEmpty() || !sendable(value)) {
                throw new JsonException("no token");
            }
            long life = Math.clamp(answer.number("expires_in", DEFAULT_LIFE_SECONDS), 0, 86_400) - MARGIN_SECONDS;
            return new Token(value, System.nanoTime() + Duration.ofSeconds(life).toNanos());
        } catch (JsonException e) {
            // Without the parser's words: they may quote the token.
            throw new HostException(
                    "the token server " + realm.getHost() + " of registry " + registry
                            + " answered with something else than a token: tell its operator",
                    "",
                    0);
        }
    }

    private static boolean sendable(String token) {
        for (int i = 0; i < token.length(); i++) {
            if (token.charAt(i) <= ' ' || token.charAt(i) > '~') {
                return false;
            }
        }
        return true;
    }
}
