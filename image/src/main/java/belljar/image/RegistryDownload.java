package belljar.image;

import belljar.failure.BelljarException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Brings one blob into the store, from where an earlier attempt stopped. Digest and size are checked on the way. */
final class RegistryDownload {
    private final RegistryHttp http;
    private final String repository;
    private final Descriptor blob;
    private final Ingest ingest;
    private final LongConsumer progress;
    private final RegistryScope scope;
    private final String what;
    private boolean resumed;

    /**
     * Prepares a download.
     *
     * @param http the registry
     * @param repository the repository that has the blob
     * @param blob its digest and size
     * @param ingest where it goes; may hold its beginning
     * @param progress told how many bytes are there; falls back when some turn out to be useless
     */
    RegistryDownload(RegistryHttp http, String repository, Descriptor blob, Ingest ingest, LongConsumer progress) {
        this.http = http;
        this.repository = repository;
        this.blob = blob;
        this.ingest = ingest;
        this.progress = progress;
        this.scope = RegistryScope.pull(repository);
        this.what = "blob " + blob.digest() + " of '" + repository + "'";
        this.resumed = ingest.offset() > 0;
    }

    /**
     * Downloads until the blob is part of the store. On failure the ingest keeps what is worth continuing.
     *
     * @throws BelljarException if the registry lacks the blob or serves other bytes, the network fails for good, or the
     *     disk is full
     */
    void run() {
        progress.accept(ingest.offset());
        int failures = 0;
        while (true) {
            long before = ingest.offset();
            IOException broken = before < blob.size() ? attempt() : null;
            if (broken == null) {
                if (committed()) {
                    return;
                }
                continue;
            }
            failures = ingest.offset() > before ? 1 : failures + 1;
            if (Thread.currentThread().isInterrupted()
                    || failures >= http.retries().attempts()) {
                throw http.broken(broken);
            }
            http.pause(http.retries().after(failures));
        }
    }

    private boolean committed() {
        try {
            ingest.commit();
            return true;
        } catch (UserException e) {
            // The ingest is empty again: it drops what does not match.
            if (resumed) {
                // The beginning came from somewhere else: one clean try decides whether the registry is at fault.
                resumed = false;
                return false;
            }
            throw new HostException(
                    "registry " + http.registry() + " served other bytes than the " + what
                            + " (the digest does not match): the image there is damaged",
                    e);
        }
    }

    private void startOver() {
        ingest.restart();
        resumed = false;
        progress.accept(0);
    }

    /** {@return why the transfer broke, or null where it reached the end} */
    private @Nullable IOException attempt() {
        long have = ingest.offset();
        RegistryRequest request = RegistryRequest.of("GET", "/v2/" + repository + "/blobs/" + blob.digest(), scope);
        if (have > 0) {
            request = request.header("Range", "bytes=" + have + "-");
        }
        HttpResponse<RegistryBody> response;
        try {
            response = http.exchange(request);
        } catch (RegistryStatusException e) {
            if (e.status == 416 && have > 0) {
                startOver();
                return e;
            }
            throw RegistryErrors.status(e, http, scope, what);
        }
        try (RegistryBody body = response.body()) {
            if (have > 0 && !continues(response, have)) {
                startOver();
            }
            checkLength(response);
            return store(body);
        }
    }

    /** A server may ignore the range (RFC 9110, section 14.2) or choose another. */
    private static boolean continues(HttpResponse<RegistryBody> response, long have) {
        String range = response.headers().firstValue("Content-Range").orElse("");
        return response.statusCode() == 206 && range.strip().startsWith("bytes " + have + "-");
    }

    private void checkLength(HttpResponse<RegistryBody> response) {
        Optional<String> length = response.headers().firstValue("Content-Length");
        if (length.isPresent() && !length.get().equals(Long.toString(blob.size() - ingest.offset()))) {
            throw wrongSize();
        }
    }

    private HostException wrongSize() {
        return new HostException(
                "registry " + http.registry() + " serves the " + what + " with another size than the " + blob.size()
                        + " bytes that the image's manifest gives: the image there is damaged",
                "",
                0);
    }

    private @Nullable IOException store(RegistryBody body) {
        while (true) {
            ByteBuffer buffer;
            try {
                buffer = body.next();
            } catch (IOException e) {
                return e;
            }
            if (buffer == null) {
                return ingest.offset() == blob.size() ? null : new IOException("it ended early");
            }
            if (buffer.remaining() > blob.size() - ingest.offset()) {
                throw wrongSize();
            }
            ingest.write(buffer);
            progress.accept(ingest.offset());
        }
    }
}
