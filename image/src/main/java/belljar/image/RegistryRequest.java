package belljar.image;

import java.net.URI;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A request that can be sent several times.
 *
 * @param method the HTTP method
 * @param uri where to; an address without a host is one of the registry's
 * @param headers names and values by turns
 * @param body makes the body anew for every attempt
 * @param scope the right that it needs
 * @param patience how long the head of the response may take, sending the body included
 * @param repeatable whether a failed attempt may be made again
 */
record RegistryRequest(
        String method,
        URI uri,
        List<String> headers,
        Supplier<BodyPublisher> body,
        RegistryScope scope,
        Duration patience,
        boolean repeatable) {
    /** Without a body, a head that takes longer than this does not come any more. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Copies the list. */
    RegistryRequest {
        headers = List.copyOf(headers);
    }

    /**
     * {@return a request without a body or fields}
     *
     * @param method the HTTP method
     * @param path the path and query in the registry, starting with a slash
     * @param scope the right that it needs
     */
    static RegistryRequest of(String method, String path, RegistryScope scope) {
        return of(method, URI.create(path), scope);
    }

    /**
     * {@return a request without a body or fields}
     *
     * @param method the HTTP method
     * @param uri where to
     * @param scope the right that it needs
     */
    static RegistryRequest of(String method, URI uri, RegistryScope scope) {
        return new RegistryRequest(method, uri, List.of(), BodyPublishers::noBody, scope, PATIENCE, true);
    }

    /**
     * {@return this request with one more field}
     *
     * @param name the field's name
     * @param value its value
     */
    RegistryRequest header(String name, String value) {
        List<String> more = new ArrayList<>(headers);
        more.add(name);
        more.add(value);
        return new RegistryRequest(method, uri, more, body, scope, patience, repeatable);
    }

    /**
     * {@return this request with a body}
     *
     * @param content makes the body
     * @param length its length in bytes, which sets how long sending may take
     */
    RegistryRequest body(Supplier<BodyPublisher> content, long length) {
        // 32 KiB/s is slower than any line on which images are pushed.
        Duration longer = PATIENCE.plusSeconds(length / 32_768);
        return new RegistryRequest(method, uri, headers, content, scope, longer, repeatable);
    }

    /** {@return this request to be sent once} */
    RegistryRequest once() {
        return new RegistryRequest(method, uri, headers, body, scope, patience, false);
    }
}
