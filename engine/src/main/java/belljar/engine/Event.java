package belljar.engine;

import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Something that happened to a container, an image or another thing, under Podman's names.
 *
 * @param type {@code container}, {@code image}, {@code volume}, {@code network}, {@code pod} or {@code system}
 * @param action what happened: {@code create}, {@code init}, {@code start}, {@code died}, {@code stop}, {@code kill},
 *     {@code remove}, {@code exec}, {@code exec_died}, {@code pull} and so on
 * @param id the thing's id; empty when it has none
 * @param name its name; empty when it has none
 * @param image the image's name as the user gave it, of a container; empty otherwise
 * @param time when, nanoseconds since 1970
 * @param attributes what else is to be known, such as {@code exitCode}, and a container's labels
 */
public record Event(
        String type, String action, String id, String name, String image, long time, Map<String, String> attributes) {
    /** Copies the attributes, keeping their order. */
    public Event {
        attributes = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    }

    /** {@return the event as a line of the journal, without the newline} */
    String toLine() {
        JsonObject.Builder extra = JsonObject.builder();
        for (Map.Entry<String, String> entry : attributes.entrySet()) {
            extra.put(entry.getKey(), entry.getValue());
        }
        return JsonObject.builder()
                .put("type", type)
                .put("action", action)
                .put("id", id)
                .put("name", name)
                .put("image", image)
                .put("time", time)
                .put("attributes", extra.build())
                .build()
                .toString();
    }

    /**
     * {@return the event of a line}
     *
     * @throws JsonException if the line is damaged
     */
    static Event parse(String line) throws JsonException {
        JsonObject json = Json.parse(line).asObject();
        Map<String, String> attributes = new LinkedHashMap<>();
        for (Map.Entry<String, Json> member :
                json.object("attributes").members().entrySet()) {
            attributes.put(member.getKey(), member.getValue().asText());
        }
        return new Event(
                json.text("type"),
                json.text("action"),
                json.text("id", ""),
                json.text("name", ""),
                json.text("image", ""),
                json.number("time", 0),
                attributes);
    }
}
