package belljar.image;

import belljar.failure.BelljarException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * One registry's interface as the OCI distribution specification 1.1 and Docker's registry 2 define it. Safe for use by
 * several threads. Every method throws a {@link BelljarException} that names the registry and what was asked for.
 *
 * <p>What it does not know: which manifests and blobs make an image; that is {@link RegistrySource}'s and
 * {@link RegistrySink}'s matter.
 */
public final class RegistryClient implements AutoCloseable {
    /** The largest manifest accepted; the specification asks registries to take at least this much. */
    static final int MAX_MANIFEST_BYTES = 4 << 20;

    /** Pages of tags after which a registry is taken to answer in a circle. */
    private static final int MAX_PAGES = 10_000;

    private final RegistryHttp http;

    private RegistryClient(RegistryHttp http) {
        this.http = http;
    }

    /**
     * Prepares to talk to a registry; nothing is sent yet.
     *
     * @param options trust, credentials and proxies
     * @param registry the registry's host and optional port as references have it, such as {@code docker.io}
     * @return the client, to be closed
     */
    public static RegistryClient of(RegistryOptions options, String registry) {
        return of(options, registry, RetryPolicy.STANDARD, RegistryHttp.Patience.STANDARD);
    }

    /** Prepares to talk to a registry with another patience. */
    static RegistryClient of(
            RegistryOptions options, String registry, RetryPolicy retries, RegistryHttp.Patience patience) {
        return new RegistryClient(new RegistryHttp(options, retries, patience, RegistryHost.canonical(registry)));
    }

    /** Checks that the host is a registry that lets the caller in. */
    public void ping() {
        try {
            http.exchange(RegistryRequest.of("GET", "/v2/", RegistryScope.NONE))
                    .body()
                    .close();
        } catch (RegistryStatusException e) {
            throw RegistryErrors.status(e, http, RegistryScope.NONE, "interface under /v2/");
        }
    }

    /**
     * Fetches a manifest or an index.
     *
     * @param repository the repository
     * @param reference a tag or a digest
     * @return its bytes, which match the digest where one was given
     * @throws UserException if the registry has no such image, or only in Docker's schema 1
     */
    public RegistryManifest manifest(String repository, String reference) {
        RegistryScope scope = RegistryScope.pull(repository);
        String what = image(repository, reference);
        RegistryRequest request =
                RegistryRequest.of("GET", path(repository, reference), scope).header("Accept", RegistryManifest.ACCEPT);
        try {
            HttpResponse<RegistryBody> response = http.exchange(request);
            return RegistryManifest.read(http.registry(), response, reference, what);
        } catch (RegistryStatusException e) {
            throw missing(e, scope, repository, what);
        } catch (IOException e) {
            throw http.broken(e);
        }
    }

    /**
     * {@return the digest of a manifest, where the registry has it and says its digest}
     *
     * @param repository the repository
     * @param reference a tag or a digest
     */
    public Optional<Digest> manifestDigest(String repository, String reference) {
        RegistryScope scope = RegistryScope.pull(repository);
        RegistryRequest request = RegistryRequest.of("HEAD", path(repository, reference), scope)
                .header("Accept", RegistryManifest.ACCEPT);
        try {
            HttpResponse<RegistryBody> response = http.exchange(request);
            response.body().close();
            return RegistryManifest.announced(response);
        } catch (RegistryStatusException e) {
            if (e.status == 404) {
                return Optional.empty();
            }
            throw RegistryErrors.status(e, http, scope, image(repository, reference));
        }
    }

    /**
     * Stores a manifest or an index, byte for byte.
     *
     * @param repository the repository, which must have everything that the manifest names
     * @param reference a tag, or the manifest's own digest
     * @param manifest the bytes and their media type
     */
    public void putManifest(String repository, String reference, RegistryManifest manifest) {
        RegistryScope scope = RegistryScope.push(repository);
        byte[] bytes = manifest.bytes();
        RegistryRequest request = RegistryRequest.of("PUT", path(repository, reference), scope)
                .header("Content-Type", manifest.mediaType())
                .body(() -> BodyPublishers.ofByteArray(bytes), bytes.length);
        try {
            http.exchange(request).body().close();
        } catch (RegistryStatusException e) {
            throw RegistryErrors.status(e, http, scope, image(repository, reference));
        }
    }

    /**
     * {@return the tags of a repository, in the registry's order}
     *
     * @param repository the repository
     */
    public List<String> tags(String repository) {
        RegistryScope scope = RegistryScope.pull(repository);
        List<String> tags = new ArrayList<>();
        URI page = URI.create("/v2/" + repository + "/tags/list");
        try {
            for (int pages = 0; pages < MAX_PAGES; pages++) {
                HttpResponse<RegistryBody> response = http.exchange(RegistryRequest.of("GET", page, scope));
                JsonObject object = Json.parse(text(response)).asObject();
                tags.addAll(object.texts("tags"));
                Optional<String> next = response.headers().firstValue("Link").flatMap(RegistryClient::next);
                if (next.isEmpty()) {
                    return tags;
                }
                page = http.follow(response.uri(), next.get());
            }
            throw new HostException("registry " + http.registry() + " lists tags without an end", "", 0);
        } catch (RegistryStatusException e) {
            throw RegistryErrors.status(e, http, scope, "list of tags of '" + repository + "'");
        } catch (JsonException e) {
            throw new HostException(
                    "registry " + http.registry() + " answered with a malformed list of tags: " + e.getMessage(), e);
        } catch (IOException e) {
            throw http.broken(e);
        }
    }

    /** {@return the address between angle brackets of a field like {@code </v2/x/tags/list?last=b>; rel="next"}} */
    private static Optional<String> next(String link) {
        int from = link.indexOf('<');
        int to = link.indexOf('>');
        boolean next = link.toLowerCase(Locale.ROOT).contains("rel=\"next\"") || link.contains("rel=next");
        return from >= 0 && to > from && next ? Optional.of(link.substring(from + 1, to)) : Optional.empty();
    }

    /** Downloads a blob into an ingest that may hold its beginning; see {@link RegistryDownload}. */
    void download(String repository, Descriptor blob, Ingest ingest, LongConsumer progress) {
        new RegistryDownload(http, repository, blob, ingest, progress).run();
    }

    /** Uploads a blob unless it is there; see {@link RegistryUpload}. */
    boolean upload(
            String repository,
            Descriptor blob,
            Path file,
            Optional<String> mountFrom,
            long chunk,
            LongConsumer progress) {
        return new RegistryUpload(http, repository, blob, file, chunk, progress).run(mountFrom);
    }

    private static String path(String repository, String reference) {
        return "/v2/" + repository + "/manifests/" + reference;
    }

    private static String image(String repository, String reference) {
        return "image '" + repository + (reference.indexOf(':') >= 0 ? "@" : ":") + reference + "'";
    }

    private String text(HttpResponse<RegistryBody> response) throws IOException {
        try (RegistryBody body = response.body()) {
            byte[] bytes = body.readNBytes(MAX_MANIFEST_BYTES + 1);
            if (bytes.length > MAX_MANIFEST_BYTES) {
                throw new IOException("the answer is longer than 4 MiB");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /** Finds out which part of the name is wrong, since registries answer alike for a wrong tag and a wrong name. */
    private BelljarException missing(RegistryStatusException e, RegistryScope scope, String repository, String what) {
        if (e.status == 404 && !e.code.equals("NAME_UNKNOWN")) {
            try {
                RegistryRequest list = RegistryRequest.of("GET", "/v2/" + repository + "/tags/list?n=1", scope);
                http.exchange(list).body().close();
                return RegistryErrors.noSuchImage(e, http, what);
            } catch (RegistryStatusException listing) {
                if (listing.status == 404) {
                    return RegistryErrors.status(listing, http, scope, what);
                }
            } catch (HostException unreachable) {
                // The first answer says enough.
            }
        }
        return RegistryErrors.status(e, http, scope, what);
    }

    /** Drops every connection; transfers under way fail. */
    @Override
    public void close() {
        http.close();
    }
}
