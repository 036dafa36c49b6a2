package belljar.image;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/**
 * A manifest or an index as a registry serves it: the bytes count, since its digest is over them. Immutable as long as
 * nobody writes into the array.
 */
public final class RegistryManifest {
    /** What a client can use, sent as {@code Accept}; a registry that has something else converts or refuses. */
    static final String ACCEPT = MediaTypes.OCI_INDEX + ", " + MediaTypes.OCI_MANIFEST + ", " + MediaTypes.DOCKER_LIST
            + ", " + MediaTypes.DOCKER_MANIFEST;

    private final String mediaType;
    private final byte[] bytes;
    private final Digest digest;

    private RegistryManifest(String mediaType, byte[] bytes, Digest digest) {
        this.mediaType = mediaType;
        this.bytes = bytes;
        this.digest = digest;
    }

    /**
     * {@return a manifest to be stored in a registry}
     *
     * @param mediaType its media type
     * @param bytes its bytes; not copied
     */
    public static RegistryManifest of(String mediaType, byte[] bytes) {
        return new RegistryManifest(mediaType, bytes, Digest.sha256(bytes));
    }

    /** {@return the media type without parameters} */
    public String mediaType() {
        return mediaType;
    }

    /** {@return the bytes; not a copy, must not be changed} */
    public byte[] bytes() {
        return bytes;
    }

    /** {@return the bytes' digest} */
    public Digest digest() {
        return digest;
    }

    /** {@return a pointer to it} */
    public Descriptor descriptor() {
        return Descriptor.of(mediaType, digest, bytes.length);
    }

    /**
     * {@return the digest that a response says its manifest has, where it says one that can be read}
     *
     * @param response the response
     */
    static Optional<Digest> announced(HttpResponse<?> response) {
        try {
            return response.headers()
                    .firstValue("Docker-Content-Digest")
                    .map(String::strip)
                    .map(Digest::parse);
        } catch (UserException e) {
            return Optional.empty();
        }
    }

    /**
     * Reads a manifest from a response and checks all that can be checked without understanding it.
     *
     * @param registry who answers, for messages
     * @param response the response; its body is closed
     * @param reference the tag or digest that was asked for
     * @param what the image, for messages
     * @return the manifest
     * @throws IOException if the connection breaks
     */
    static RegistryManifest read(String registry, HttpResponse<RegistryBody> response, String reference, String what)
            throws IOException {
        byte[] bytes;
        try (RegistryBody body = response.body()) {
            bytes = body.readNBytes(RegistryClient.MAX_MANIFEST_BYTES + 1);
        }
        if (bytes.length > RegistryClient.MAX_MANIFEST_BYTES) {
            throw bad(registry, "a manifest of more than 4 MiB", what);
        }
        Optional<Digest> wanted =
                reference.indexOf(':') >= 0 ? Optional.of(Digest.parse(reference)) : announced(response);
        Digest digest = wanted.isPresent() ? digest(wanted.get(), bytes) : Digest.sha256(bytes);
        if (wanted.isPresent() && !wanted.get().equals(digest)) {
            throw bad(
                    registry,
                    "a manifest with the digest " + digest + " where " + wanted.get() + " was expected,",
                    what);
        }
        String header = response.headers().firstValue("Content-Type").orElse("");
        return new RegistryManifest(type(registry, header, bytes, what), bytes, digest);
    }

    private static Digest digest(Digest like, byte[] bytes) {
        Digest.Hasher hasher = like.hasher();
        hasher.update(bytes, 0, bytes.length);
        return hasher.finish();
    }

    /** The field decides; where it is missing or general, the document's own {@code mediaType} does. */
    private static String type(String registry, String header, byte[] bytes, String what) {
        int semicolon = header.indexOf(';');
        String type = (semicolon < 0 ? header : header.substring(0, semicolon))
                .strip()
                .toLowerCase(Locale.ROOT);
        boolean general = type.isEmpty() || type.equals("application/json") || type.equals("application/octet-stream");
        if (general || MediaTypes.isIndex(type) || MediaTypes.isManifest(type)) {
            String own = ownType(registry, bytes, what);
            if (general) {
                type = own;
            } else if (!own.isEmpty() && !own.equals(type)) {
                // Two readers could take the same bytes for different things (OCI image specification, security
                // advisory
                // GHSA-mc8v-mgrf-8f4m), so neither reading is safe.
                throw bad(registry, "a manifest of type " + own + " declared as " + type, what);
            }
        }
        if (type.equals(MediaTypes.DOCKER_SCHEMA1) || type.equals(MediaTypes.DOCKER_SCHEMA1_SIGNED)) {
            throw new UserException("the " + what + " exists in registry " + registry
                    + " only in Docker's obsolete schema 1: push it again with a current tool");
        }
        if (!MediaTypes.isIndex(type) && !MediaTypes.isManifest(type)) {
            throw bad(registry, (type.isEmpty() ? "a document without a media type" : type), what);
        }
        return type;
    }

    private static String ownType(String registry, byte[] bytes, String what) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            JsonObject document = Json.parse(text).asObject();
            String own = document.text("mediaType", "");
            if (own.isEmpty() && document.number("schemaVersion", 2) == 1) {
                return MediaTypes.DOCKER_SCHEMA1;
            }
            return own;
        } catch (CharacterCodingException | JsonException e) {
            throw new HostException(
                    "registry " + registry + " served a manifest for the " + what + " that is not valid JSON ("
                            + e.getMessage() + "): the image there is damaged",
                    e);
        }
    }

    private static HostException bad(String registry, String served, String what) {
        return new HostException(
                "registry " + registry + " served " + served + " for the " + what
                        + ": this is not an image that can be used",
                "",
                0);
    }
}
