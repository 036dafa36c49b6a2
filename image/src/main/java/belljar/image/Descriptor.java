package belljar.image;

import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A pointer to content: what it is, its digest and its size (OCI image specification, "Content Descriptors").
 *
 * @param mediaType what the content is, one of {@link MediaTypes} or another
 * @param digest its digest
 * @param size its size in bytes, 0 or more
 * @param urls where else it may be had; mostly empty
 * @param annotations free text by name; mostly empty
 * @param platform what the manifest pointed to runs on, where an index says so
 */
public record Descriptor(
        String mediaType,
        Digest digest,
        long size,
        List<String> urls,
        Map<String, String> annotations,
        Optional<Platform> platform) {
    /**
     * Copies the collections.
     *
     * @throws UserException if the size is negative
     */
    public Descriptor {
        if (size < 0) {
            throw new UserException("the content " + digest + " is described with a negative size");
        }
        urls = List.copyOf(urls);
        annotations = unmodifiable(annotations);
    }

    /**
     * {@return a pointer with nothing optional}
     *
     * @param mediaType what the content is
     * @param digest its digest
     * @param size its size in bytes
     */
    public static Descriptor of(String mediaType, Digest digest, long size) {
        return new Descriptor(mediaType, digest, size, List.of(), Map.of(), Optional.empty());
    }

    /**
     * {@return a pointer to these bytes}
     *
     * @param mediaType what they are
     * @param content the bytes
     */
    public static Descriptor to(String mediaType, byte[] content) {
        return of(mediaType, Digest.sha256(content), content.length);
    }

    /**
     * {@return this pointer with other annotations}
     *
     * @param replacement the annotations
     */
    public Descriptor withAnnotations(Map<String, String> replacement) {
        return new Descriptor(mediaType, digest, size, urls, replacement, platform);
    }

    /**
     * {@return this pointer with a platform}
     *
     * @param replacement the platform
     */
    public Descriptor withPlatform(Platform replacement) {
        return new Descriptor(mediaType, digest, size, urls, annotations, Optional.of(replacement));
    }

    static Descriptor of(JsonObject json) throws JsonException {
        Digest digest;
        try {
            digest = Digest.parse(json.text("digest"));
        } catch (UserException e) {
            throw new JsonException(e.getMessage());
        }
        long size = json.number("size", -1);
        if (size < 0) {
            throw new JsonException("the size of " + digest + " is missing or negative");
        }
        Optional<Platform> platform =
                json.has("platform") ? Optional.of(Platform.of(json.object("platform"))) : Optional.empty();
        return new Descriptor(
                json.text("mediaType", ""), digest, size, json.texts("urls"), texts(json, "annotations"), platform);
    }

    JsonObject toJson() {
        JsonObject.Builder json = JsonObject.builder()
                .put("mediaType", mediaType)
                .put("digest", digest.toString())
                .put("size", size);
        if (!urls.isEmpty()) {
            json.put("urls", urls);
        }
        if (!annotations.isEmpty()) {
            json.put("annotations", object(annotations));
        }
        if (platform.isPresent()) {
            json.put("platform", platform.get().toJson());
        }
        return json.build();
    }

    /** The string members of an object member; null values count as absent, as Go's decoder has it. */
    static Map<String, String> texts(JsonObject json, String name) throws JsonException {
        if (!json.has(name)) {
            return Map.of();
        }
        LinkedHashMap<String, String> texts = new LinkedHashMap<>();
        for (Map.Entry<String, Json> member : json.object(name).members().entrySet()) {
            if (!Json.isAbsent(member.getValue())) {
                texts.put(member.getKey(), member.getValue().asText());
            }
        }
        return unmodifiable(texts);
    }

    /** A copy that keeps the order, which {@link Map#copyOf} does not: documents must come out the same every time. */
    static Map<String, String> unmodifiable(Map<String, String> map) {
        return map.isEmpty() ? Map.of() : java.util.Collections.unmodifiableMap(new LinkedHashMap<>(map));
    }

    static JsonObject object(Map<String, String> texts) {
        JsonObject.Builder json = JsonObject.builder();
        for (Map.Entry<String, String> text : texts.entrySet()) {
            json.put(text.getKey(), text.getValue());
        }
        return json.build();
    }
}
