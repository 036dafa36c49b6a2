package belljar.image;

import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One image's manifest: OCI image manifest 1.1 or Docker image manifest version 2, schema 2, which differ in their
 * media types only.
 *
 * @param mediaType {@link MediaTypes#OCI_MANIFEST} or {@link MediaTypes#DOCKER_MANIFEST}
 * @param config points to the configuration
 * @param layers point to the layers, lowest first
 * @param annotations free text by name; mostly empty
 */
public record Manifest(String mediaType, Descriptor config, List<Descriptor> layers, Map<String, String> annotations) {
    /** Copies the collections. */
    public Manifest {
        layers = List.copyOf(layers);
        annotations = Descriptor.unmodifiable(annotations);
    }

    /**
     * {@return a manifest from its bytes}
     *
     * @param content the document
     * @param what what to call it in an error, such as {@code the manifest of busybox:latest}
     * @throws UserException if it is damaged, of schema 1, or not an image's manifest
     */
    public static Manifest parse(byte[] content, String what) {
        return Documents.read(content, what, Manifest::of);
    }

    private static Manifest of(JsonObject json) throws JsonException {
        if (json.number("schemaVersion", 2) == 1) {
            throw new JsonException("it is of Docker's old schema 1, which is not supported; push the image anew");
        }
        String mediaType = json.text("mediaType", "");
        if (json.has("manifests") || MediaTypes.isIndex(mediaType)) {
            throw new JsonException("it is an index of several images where one image's manifest was expected");
        }
        // A document that claims to be both could be read as either; one that claims neither has a config to tell.
        if (!mediaType.isEmpty() && !MediaTypes.isManifest(mediaType)) {
            throw new JsonException("its media type is " + mediaType);
        }
        JsonObject configJson = json.object("config");
        Descriptor config = Descriptor.of(configJson);
        if (mediaType.isEmpty()) {
            boolean docker = config.mediaType().equals(MediaTypes.DOCKER_CONFIG);
            mediaType = docker ? MediaTypes.DOCKER_MANIFEST : MediaTypes.OCI_MANIFEST;
        }
        ArrayList<Descriptor> layers = new ArrayList<>();
        for (Json layer : json.list("layers")) {
            layers.add(Descriptor.of(layer.asObject()));
        }
        return new Manifest(mediaType, config, layers, Descriptor.texts(json, "annotations"));
    }

    /**
     * Makes sure that this is an image one can run, not some other artifact in a manifest's clothes.
     *
     * @param what what to call it in an error
     * @throws UserException if the configuration or a layer is of another kind
     */
    public void requireImage(String what) {
        if (!MediaTypes.isConfig(config.mediaType())) {
            throw new UserException(what + " holds no container image but " + config.mediaType());
        }
        for (Descriptor layer : layers) {
            if (!MediaTypes.isLayer(layer.mediaType())) {
                throw new UserException(what + " has a layer of the unknown type '" + layer.mediaType() + "'");
            }
        }
    }

    /** {@return the document; equal manifests give equal bytes} */
    public byte[] toBytes() {
        ArrayList<Json> pointers = new ArrayList<>();
        for (Descriptor layer : layers) {
            pointers.add(layer.toJson());
        }
        JsonObject.Builder json = JsonObject.builder()
                .put("schemaVersion", 2)
                .put("mediaType", mediaType)
                .put("config", config.toJson())
                .put("layers", new Json.Arr(pointers));
        if (!annotations.isEmpty()) {
            json.put("annotations", Descriptor.object(annotations));
        }
        return Documents.write(json.build());
    }
}
