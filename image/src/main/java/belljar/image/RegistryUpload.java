package belljar.image;

import belljar.failure.BelljarException;
import belljar.failure.HostException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * Brings one blob from a file into a repository (OCI distribution specification 1.1, "Pushing blobs"): not at all where
 * it is there already, by mounting it from another repository, in one request, or in chunks where a server or something
 * before it does not take the whole.
 */
final class RegistryUpload {
    /** What a chunk is where the registry asks for no more: below the request limits of common front ends. */
    static final long CHUNK = 16L << 20;

    private final RegistryHttp http;
    private final String repository;
    private final Descriptor blob;
    private final Path file;
    private final long chunk;
    private final LongConsumer progress;
    private final RegistryScope scope;
    private final String what;
    private long reported;
    private long minimum;

    /**
     * Prepares an upload.
     *
     * @param http the registry
     * @param repository the repository that shall have the blob
     * @param blob its digest and size
     * @param file its bytes
     * @param chunk how many bytes to send at a time where the whole is not taken
     * @param progress told how many bytes are there; falls back when some must be sent again
     */
    RegistryUpload(
            RegistryHttp http, String repository, Descriptor blob, Path file, long chunk, LongConsumer progress) {
        this.http = http;
        this.repository = repository;
        this.blob = blob;
        this.file = file;
        this.chunk = chunk;
        this.progress = progress;
        this.scope = RegistryScope.push(repository);
        this.what = "blob " + blob.digest() + " of '" + repository + "'";
    }

    /**
     * Uploads the blob unless the repository has it.
     *
     * @param mountFrom a repository of the same registry that may have the blob
     * @return false where nothing had to be sent
     * @throws BelljarException if the registry refuses, the network fails for good, or the file cannot be read
     */
    boolean run(Optional<String> mountFrom) {
        try {
            if (present()) {
                report(blob.size());
                return false;
            }
            Optional<URI> session = begin(mountFrom);
            if (session.isEmpty()) {
                report(blob.size());
                return false;
            }
            send(session.get());
            report(blob.size());
            return true;
        } catch (RegistryStatusException e) {
            throw RegistryErrors.status(e, http, scope, what);
        }
    }

    private boolean present() throws RegistryStatusException {
        try {
            RegistryRequest head = RegistryRequest.of("HEAD", "/v2/" + repository + "/blobs/" + blob.digest(), scope);
            http.exchange(head).body().close();
            return true;
        } catch (RegistryStatusException e) {
            if (e.status == 404) {
                return false;
            }
            throw e;
        }
    }

    /** {@return where to send the blob; empty where the registry mounted it} */
    private Optional<URI> begin(Optional<String> mountFrom) throws RegistryStatusException {
        if (mountFrom.isPresent() && !mountFrom.get().equals(repository)) {
            String path = "/v2/" + repository + "/blobs/uploads/?mount=" + blob.digest() + "&from=" + mountFrom.get();
            try {
                RegistryScope wider = scope.mounting(mountFrom.get());
                HttpResponse<RegistryBody> response = http.exchange(RegistryRequest.of("POST", path, wider));
                response.body().close();
                return response.statusCode() == 201 ? Optional.empty() : Optional.of(location(response));
            } catch (RegistryStatusException e) {
                // No right to read the other repository, or no mounts at all: the blob can still be sent.
            }
        }
        RegistryRequest post = RegistryRequest.of("POST", "/v2/" + repository + "/blobs/uploads/", scope);
        HttpResponse<RegistryBody> response = http.exchange(post);
        response.body().close();
        minimum = response.headers().firstValueAsLong("OCI-Chunk-Min-Length").orElse(0);
        return Optional.of(location(response));
    }

    private URI location(HttpResponse<RegistryBody> response) {
        Optional<String> location = response.headers().firstValue("Location");
        if (location.isEmpty()) {
            throw new HostException(
                    "registry " + http.registry() + " does not say where to upload the " + what + ": tell its operator",
                    "",
                    0);
        }
        return http.follow(response.uri(), location.get());
    }

    /** One request first; whatever breaks it, chunks can be continued where they stopped. */
    private void send(URI session) throws RegistryStatusException {
        try {
            RegistryRequest put = RegistryRequest.of("PUT", finish(session), scope)
                    .header("Content-Type", "application/octet-stream")
                    .body(() -> part(0, blob.size()), blob.size())
                    .once();
            http.exchange(put).body().close();
        } catch (RegistryStatusException e) {
            boolean whole = e.status == 405 || e.status == 411 || e.status == 413 || e.status == 415;
            if (!whole && !e.transientFailure()) {
                throw e;
            }
            again();
        } catch (HostException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw e;
            }
            again();
        }
    }

    private void again() throws RegistryStatusException {
        report(0);
        // The answer may have been lost rather than the blob.
        if (present()) {
            return;
        }
        Optional<URI> session = begin(Optional.empty());
        chunks(session.orElseThrow());
    }

    private void chunks(URI session) throws RegistryStatusException {
        URI at = session;
        long sent = 0;
        int failures = 0;
        while (sent < blob.size()) {
            long from = sent;
            long length = Math.min(Math.max(chunk, minimum), blob.size() - from);
            RegistryRequest patch = RegistryRequest.of("PATCH", at, scope)
                    .header("Content-Type", "application/octet-stream")
                    .header("Content-Range", from + "-" + (from + length - 1))
                    .body(() -> part(from, length), length)
                    .once();
            try {
                HttpResponse<RegistryBody> response = http.exchange(patch);
                response.body().close();
                at = location(response);
                sent = from + length;
                failures = 0;
                continue;
            } catch (RegistryStatusException e) {
                if (++failures >= http.retries().attempts() || !e.transientFailure() && e.status != 416) {
                    throw e;
                }
            } catch (HostException e) {
                if (++failures >= http.retries().attempts()
                        || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
            }
            http.pause(http.retries().after(failures));
            HttpResponse<RegistryBody> status = http.exchange(RegistryRequest.of("GET", at, scope));
            status.body().close();
            sent = received(status);
            at = location(status);
            report(sent);
        }
        RegistryRequest put = RegistryRequest.of("PUT", finish(at), scope);
        http.exchange(put).body().close();
    }

    /** {@return how much of an upload the registry has: its {@code Range} field ends with the last byte's index} */
    private long received(HttpResponse<RegistryBody> status) {
        String range = status.headers().firstValue("Range").orElse("");
        try {
            long last = Long.parseLong(range.substring(range.indexOf('-') + 1).strip());
            // Docker's registry says 0-0 for an empty upload as well as for one byte.
            long count = last == 0 ? 0 : last + 1;
            return Math.clamp(count, 0, blob.size());
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private URI finish(URI session) {
        String text = session.toString();
        return URI.create(text + (session.getRawQuery() == null ? "?" : "&") + "digest=" + blob.digest());
    }

    private void report(long total) {
        reported = total;
        progress.accept(total);
    }

    private BodyPublisher part(long from, long length) {
        if (length == 0) {
            return BodyPublishers.noBody();
        }
        report(from);
        Supplier<InputStream> source = () -> open(from, length);
        return BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(source), length);
    }

    private InputStream open(long from, long length) {
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            channel.position(from);
            return new Part(Channels.newInputStream(channel), length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A stretch of the file that reports what is read of it. */
    private final class Part extends FilterInputStream {
        private long left;

        Part(InputStream in, long length) {
            super(in);
            this.left = length;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int count = super.read(target, offset, (int) Math.min(length, left));
            if (count > 0) {
                left -= count;
                report(reported + count);
            }
            return count;
        }
    }
}
