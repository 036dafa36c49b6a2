package belljar.image;

import belljar.failure.BugException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes an {@link ImageConfig}. Not safe for use by several threads. */
public final class ImageConfigBuilder {
    private final JsonObject.Builder json;
    private final JsonObject.Builder config;
    private final ArrayList<String> diffIds = new ArrayList<>();
    private final ArrayList<Json> history = new ArrayList<>();

    ImageConfigBuilder(Platform platform) {
        json = JsonObject.builder().put("architecture", platform.architecture()).put("os", platform.os());
        if (!platform.variant().isEmpty()) {
            json.put("variant", platform.variant());
        }
        config = JsonObject.builder();
    }

    ImageConfigBuilder(ImageConfig start) {
        json = start.json().toBuilder();
        try {
            config = start.json().object("config").toBuilder();
        } catch (JsonException e) {
            throw new BugException("a parsed configuration has a config member of another type", e);
        }
        for (Digest id : start.diffIds()) {
            diffIds.add(id.toString());
        }
        history.addAll(start.history());
    }

    /**
     * Sets when the image was made.
     *
     * @param time RFC 3339, such as {@code 1970-01-01T00:00:00Z}
     * @return this builder
     */
    public ImageConfigBuilder created(String time) {
        json.put("created", time);
        return this;
    }

    /**
     * Sets the user to run as.
     *
     * @param user as {@link ImageConfig#user()}; empty removes it
     * @return this builder
     */
    public ImageConfigBuilder user(String user) {
        return text("User", user);
    }

    /**
     * Sets the environment.
     *
     * @param env {@code NAME=value} each
     * @return this builder
     */
    public ImageConfigBuilder env(List<String> env) {
        return texts("Env", env);
    }

    /**
     * Sets the fixed part of the command.
     *
     * @param words the words; empty removes it
     * @return this builder
     */
    public ImageConfigBuilder entrypoint(List<String> words) {
        return texts("Entrypoint", words);
    }

    /**
     * Sets the command's default arguments.
     *
     * @param words the words; empty removes them
     * @return this builder
     */
    public ImageConfigBuilder cmd(List<String> words) {
        return texts("Cmd", words);
    }

    /**
     * Sets the directory to start in.
     *
     * @param path an absolute path; empty removes it
     * @return this builder
     */
    public ImageConfigBuilder workingDir(String path) {
        return text("WorkingDir", path);
    }

    /**
     * Sets the signal that asks the program to end.
     *
     * @param signal its name or number; empty removes it
     * @return this builder
     */
    public ImageConfigBuilder stopSignal(String signal) {
        return text("StopSignal", signal);
    }

    /**
     * Sets the exposed ports.
     *
     * @param ports such as {@code 80/tcp}
     * @return this builder
     */
    public ImageConfigBuilder exposedPorts(List<String> ports) {
        return names("ExposedPorts", ports);
    }

    /**
     * Sets the volumes.
     *
     * @param paths absolute paths
     * @return this builder
     */
    public ImageConfigBuilder volumes(List<String> paths) {
        return names("Volumes", paths);
    }

    /**
     * Sets the labels.
     *
     * @param labels text by name; empty removes them
     * @return this builder
     */
    public ImageConfigBuilder labels(Map<String, String> labels) {
        if (labels.isEmpty()) {
            config.remove("Labels");
        } else {
            config.put("Labels", Descriptor.object(labels));
        }
        return this;
    }

    /**
     * Adds a layer on top, and an entry to the history.
     *
     * @param diffId the digest of the uncompressed layer
     * @param time when it was made, RFC 3339; empty leaves it out
     * @param createdBy the command that made it
     * @return this builder
     */
    public ImageConfigBuilder layer(Digest diffId, String time, String createdBy) {
        return layer(diffId, time, createdBy, "", "");
    }

    /**
     * Adds a layer on top, and an entry to the history.
     *
     * @param diffId as above
     * @param time as above
     * @param createdBy as above
     * @param author who made it; empty leaves it out
     * @param comment a remark; empty leaves it out
     * @return this builder
     */
    public ImageConfigBuilder layer(Digest diffId, String time, String createdBy, String author, String comment) {
        diffIds.add(diffId.toString());
        JsonObject.Builder entry = JsonObject.builder();
        if (!time.isEmpty()) {
            entry.put("created", time);
        }
        entry.put("created_by", createdBy);
        if (!author.isEmpty()) {
            entry.put("author", author);
        }
        if (!comment.isEmpty()) {
            entry.put("comment", comment);
        }
        history.add(entry.build());
        return this;
    }

    /**
     * Forgets the layers and the history, for an image that has the same words and other content.
     *
     * @return this builder
     */
    public ImageConfigBuilder withoutLayers() {
        diffIds.clear();
        history.clear();
        return this;
    }

    /**
     * Sets who made the image.
     *
     * @param author a name
     * @return this builder
     */
    public ImageConfigBuilder author(String author) {
        json.put("author", author);
        return this;
    }

    private ImageConfigBuilder text(String name, String value) {
        if (value.isEmpty()) {
            config.remove(name);
        } else {
            config.put(name, value);
        }
        return this;
    }

    private ImageConfigBuilder texts(String name, List<String> values) {
        if (values.isEmpty()) {
            config.remove(name);
        } else {
            config.put(name, values);
        }
        return this;
    }

    private ImageConfigBuilder names(String name, List<String> values) {
        JsonObject.Builder set = JsonObject.builder();
        for (String value : values) {
            set.put(value, JsonObject.EMPTY);
        }
        if (values.isEmpty()) {
            config.remove(name);
        } else {
            config.put(name, set.build());
        }
        return this;
    }

    /** {@return the configuration} */
    public ImageConfig build() {
        json.put("config", config.build());
        json.put(
                "rootfs",
                JsonObject.builder()
                        .put("type", "layers")
                        .put("diff_ids", diffIds)
                        .build());
        json.put("history", new Json.Arr(history));
        try {
            return ImageConfig.of(json.build());
        } catch (JsonException e) {
            throw new BugException("a built configuration cannot be read", e);
        }
    }
}
