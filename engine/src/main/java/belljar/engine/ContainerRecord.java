package belljar.engine;

import belljar.failure.HostException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.List;

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
        Status status,
        int exitCode) {
    /** The exit code of a container whose end nobody saw. */
    public static final int UNKNOWN = -1;

    /** Copies the list. */
    public ContainerRecord {
        command = List.copyOf(command);
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
                id, name, image, imageId, isolation, command, created, remove, newStatus, newExitCode);
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
                .put("status", status.text)
                .put("exitCode", exitCode)
                .build()
                .toString();
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
                    Status.of(json.text("status")),
                    (int) json.number("exitCode", UNKNOWN));
        } catch (JsonException e) {
            throw new HostException("the record " + file + " is damaged (" + e.getMessage() + "); remove it", e);
        }
    }
}
