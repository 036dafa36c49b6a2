package belljar.image;

import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reading and writing of the JSON documents an image is made of. */
final class Documents {
    /** The largest manifest, index or configuration that is read: registries refuse larger ones too. */
    static final int MAX_BYTES = 4 * 1024 * 1024;

    private Documents() {}

    /** Reads a document's parts; what it throws as JSON's fault becomes the document's. */
    interface Reader<T> {
        T read(JsonObject json) throws JsonException;
    }

    /**
     * Parses a document and reads it.
     *
     * @param content its bytes
     * @param what the document and where it is from, for the message: {@code the manifest of busybox:latest}
     * @param reader takes it apart
     * @throws UserException if it is too large, not JSON or not such a document
     */
    static <T> T read(byte[] content, String what, Reader<T> reader) {
        if (content.length > MAX_BYTES) {
            throw new UserException(what + " is damaged: it is larger than " + MAX_BYTES + " bytes");
        }
        try {
            return reader.read(Json.parse(text(content)).asObject());
        } catch (JsonException | UserException e) {
            throw new UserException(what + " is damaged: " + e.getMessage(), e);
        }
    }

    /** Malformed UTF-8 must not pass as replacement characters: the digest would vouch for a text nobody wrote. */
    private static String text(byte[] content) throws JsonException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(content))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new JsonException("not JSON: the text is not UTF-8");
        }
    }

    static byte[] write(JsonObject json) {
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }
}
