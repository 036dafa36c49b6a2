package belljar.volume;

import belljar.failure.HostException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;

/** The form in which a volume is written down. */
final class VolumeJson {
    private VolumeJson() {}

    static String write(Volume volume) {
        return JsonObject.builder()
                .put("name", volume.name())
                .put("anonymous", volume.anonymous())
                .put("created", volume.created())
                .put("labels", object(volume.labels()))
                .put("options", object(volume.options()))
                .put("filled", volume.filled())
                .build()
                .toString();
    }

    private static JsonObject object(Map<String, String> texts) {
        JsonObject.Builder object = JsonObject.builder();
        for (Map.Entry<String, String> entry : texts.entrySet()) {
            object.put(entry.getKey(), entry.getValue());
        }
        return object.build();
    }

    static Volume read(String file, String text) {
        try {
            JsonObject json = Json.parse(text).asObject();
            return new Volume(
                    json.text("name"),
                    json.bool("anonymous", false),
                    json.number("created", 0),
                    texts(json.object("labels")),
                    texts(json.object("options")),
                    json.bool("filled", false));
        } catch (JsonException e) {
            throw new HostException(
                    "the file " + file + " is damaged (" + e.getMessage() + "); remove it, and the volume keeps its"
                            + " content",
                    e);
        }
    }

    private static Map<String, String> texts(JsonObject object) throws JsonException {
        Map<String, String> texts = new LinkedHashMap<>();
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
            texts.put(member.getKey(), member.getValue().asText());
        }
        return texts;
    }
}
