package belljar.image;

import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** Describes an image in the words that {@code docker image inspect} and {@code podman image inspect} share. */
final class ImageInspection {
    private ImageInspection() {}

    static JsonObject describe(StoredImage image, Manifest manifest, List<Reference> names) {
        ArrayList<String> tags = new ArrayList<>();
        ArrayList<String> digests = new ArrayList<>();
        for (Reference name : names) {
            if (name.digest().isPresent()) {
                digests.add(name.familiarName() + "@" + name.digest().get());
            } else {
                tags.add(name.familiarName() + ":" + name.tag().orElse("latest"));
            }
        }
        ImageConfig config = image.config();
        ArrayList<String> layers = new ArrayList<>();
        for (Digest diffId : config.diffIds()) {
            layers.add(diffId.toString());
        }
        JsonObject.Builder json = JsonObject.builder()
                .put("Id", image.id().toString())
                .put("Digest", image.manifest().digest().toString())
                .put("RepoTags", tags)
                .put("RepoDigests", digests)
                .put("Comment", comment(image))
                .put("Created", config.created())
                .put("Author", member(config, "author"))
                .put("Architecture", config.platform().architecture())
                .put("Os", config.platform().os());
        if (!config.platform().variant().isEmpty()) {
            json.put("Variant", config.platform().variant());
        }
        return json.put("Size", image.size())
                .put("Config", object(config))
                .put(
                        "RootFS",
                        JsonObject.builder()
                                .put("Type", "layers")
                                .put("Layers", layers)
                                .build())
                .put("Labels", Descriptor.object(config.labels()))
                .put("Annotations", Descriptor.object(manifest.annotations()))
                .put("ManifestType", manifest.mediaType())
                .put("History", new Json.Arr(new ArrayList<>(config.history())))
                .put("Stored", image.stored())
                .build();
    }

    private static String member(ImageConfig config, String name) {
        return config.json().get(name) instanceof Json.Text text ? text.value() : "";
    }

    /** The last step's comment, as Docker shows it. */
    private static String comment(StoredImage image) {
        List<JsonObject> history = image.config().history();
        if (history.isEmpty()) {
            return "";
        }
        return history.get(history.size() - 1).get("comment") instanceof Json.Text text ? text.value() : "";
    }

    private static JsonObject object(ImageConfig config) {
        try {
            return config.json().object("config");
        } catch (JsonException e) {
            return JsonObject.EMPTY;
        }
    }
}
