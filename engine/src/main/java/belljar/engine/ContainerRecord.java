package belljar.engine;

import belljar.failure.HostException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the book says of one container. Immutable.
 *
 * @param id 64 hexadecimal digits
 * @param name the name, unique on this root
 * @param image the image as the user named it
 * @param imageId the image's id; empty for a plain directory
 * @param isolation the isolation kind's name
 * @param command the program and its arguments
 * @param created when it was created, milliseconds since the epoch
 * @param remove whether it is removed when it has ended
 * @param labels the user's labels
 * @param annotations the user's annotations, as of the OCI runtime specification
 * @param stopSignal the signal that asks the program to end, by name or number; empty for the image's
 * @param status what became of it, as last written
 * @param exitCode the exit code of an exited container; {@link #UNKNOWN} when nobody was there to see it
 */
public record ContainerRecord(
        String id,
        String name,
        String image,
        String imageId,
        String isolation,
        List<String> command,
        long created,
        boolean remove,
        Map<String, String> labels,
        Map<String, String> annotations,
        String stopSignal,
        Status status,
        int exitCode) {
    /** The exit code of a container whose end nobody saw. */
    public static final int UNKNOWN = -1;

    /** Copies the collections. */
    public ContainerRecord {
        command = List.copyOf(command);
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
    }

    /** The states of a container's life, by runtime-spec's names. */
    public enum Status {
        /** Being set up, or set up and not started. */
        CREATED("created"),
        /** Started and not ended. */
        RUNNING("running"),
        /** Ended. */
        EXITED("exited");

        private final String text;

        Status(String text) {
            this.text = text;
        }

        /** {@return the word for people and files} */
        public String text() {
            return text;
        }

        private static Status of(String text) throws JsonException {
            for (Status status : values()) {
                if (status.text.equals(text)) {
                    return status;
                }
            }
            throw new JsonException("unknown status '" + text + "'");
        }
    }

    ContainerRecord with(Status newStatus, int newExitCode) {
        return new ContainerRecord(
                id,
                name,
                image,
                imageId,
                isolation,
                command,
                created,
                remove,
                labels,
                annotations,
                stopSignal,
                newStatus,
                newExitCode);
    }

    String toJson() {
        return JsonObject.builder()
                .put("id", id)
                .put("name", name)
                .put("image", image)
                .put("imageId", imageId)
                .put("isolation", isolation)
                .put("command", command)
                .put("created", created)
                .put("remove", remove)
                .put("labels", object(labels))
                .put("annotations", object(annotations))
                .put("stopSignal", stopSignal)
                .put("status", status.text)
                .put("exitCode", exitCode)
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

    private static Map<String, String> texts(JsonObject object) throws JsonException {
        Map<String, String> texts = new HashMap<>();
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
            texts.put(member.getKey(), member.getValue().asText());
        }
        return texts;
    }

    static ContainerRecord parse(String file, String text) {
        try {
            JsonObject json = Json.parse(text).asObject();
            return new ContainerRecord(
                    json.text("id"),
                    json.text("name"),
                    json.text("image", ""),
                    json.text("imageId", ""),
                    json.text("isolation", RunRequest.DEFAULT_ISOLATION),
                    json.texts("command"),
                    json.number("created", 0),
                    json.bool("remove", false),
                    texts(json.object("labels")),
                    texts(json.object("annotations")),
                    json.text("stopSignal", ""),
                    Status.of(json.text("status")),
                    (int) json.number("exitCode", UNKNOWN));
        } catch (JsonException e) {
            throw new HostException("the record " + file + " is damaged (" + e.getMessage() + "); remove it", e);
        }
    }
}
