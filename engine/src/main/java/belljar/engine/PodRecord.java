package belljar.engine;

import belljar.failure.HostException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.List;
import java.util.Map;

/**
 * A pod: containers that share namespaces. Immutable.
 *
 * @param id 64 hexadecimal digits
 * @param name its name, unique among the pods
 * @param created when it was made, milliseconds since the epoch
 * @param labels the user's labels
 * @param shares what its containers share, of {@code ipc}, {@code net}, {@code pid} and {@code uts}; empty without an
 *     infra container
 * @param infra whether it has a container that holds the namespaces
 * @param stopWithLast whether the infra container is stopped when the last of the others has ended
 * @param hostname the host name of containers that share it
 */
public record PodRecord(
        String id,
        String name,
        long created,
        Map<String, String> labels,
        List<String> shares,
        boolean infra,
        boolean stopWithLast,
        String hostname) {
    /** Copies the collections. */
    public PodRecord {
        labels = Map.copyOf(labels);
        shares = List.copyOf(shares);
    }

    String toText() {
        return JsonObject.builder()
                .put("id", id)
                .put("name", name)
                .put("created", created)
                .put("labels", RequestWriter.texts(labels))
                .put("shares", shares)
                .put("infra", infra)
                .put("stopWithLast", stopWithLast)
                .put("hostname", hostname)
                .build()
                .toString();
    }

    static PodRecord parse(String file, String text) {
        try {
            JsonObject json = Json.parse(text).asObject();
            return new PodRecord(
                    json.text("id"),
                    json.text("name"),
                    json.number("created", 0),
                    RequestReader.texts(json.object("labels")),
                    json.texts("shares"),
                    json.bool("infra", true),
                    json.bool("stopWithLast", false),
                    json.text("hostname", ""));
        } catch (JsonException e) {
            throw new HostException("the record " + file + " is damaged (" + e.getMessage() + "); remove it", e);
        }
    }
}
