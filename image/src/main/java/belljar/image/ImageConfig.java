package belljar.image;

import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An image's configuration (OCI image specification, "Image Configuration"; Docker's has the same members and some
 * more). What is absent or null reads as empty, as Docker writes many members as null. Immutable; safe for use by
 * several threads.
 */
public final class ImageConfig {
    private final JsonObject json;
    private final String created;
    private final Platform platform;
    private final String user;
    private final List<String> env;
    private final List<String> entrypoint;
    private final List<String> cmd;
    private final String workingDir;
    private final List<String> exposedPorts;
    private final List<String> volumes;
    private final Map<String, String> labels;
    private final String stopSignal;
    private final List<Digest> diffIds;

    private ImageConfig(JsonObject json) throws JsonException {
        this.json = json;
        JsonObject config = json.object("config");
        created = json.text("created", "");
        // Absence means amd64 Linux in archives older than both members.
        platform = new Platform(json.text("os", "linux"), json.text("architecture", "amd64"), json.text("variant", ""));
        user = config.text("User", "");
        env = config.texts("Env");
        entrypoint = command(config, "Entrypoint");
        cmd = command(config, "Cmd");
        workingDir = config.text("WorkingDir", "");
        exposedPorts = names(config, "ExposedPorts");
        volumes = names(config, "Volumes");
        labels = Descriptor.texts(config, "Labels");
        stopSignal = config.text("StopSignal", "");
        ArrayList<Digest> ids = new ArrayList<>();
        for (String id : json.object("rootfs").texts("diff_ids")) {
            ids.add(digest(id));
        }
        diffIds = List.copyOf(ids);
    }

    /**
     * {@return a configuration from its bytes}
     *
     * @param content the document
     * @param what what to call it in an error, such as {@code the configuration of busybox:latest}
     * @throws UserException if it is damaged
     */
    public static ImageConfig parse(byte[] content, String what) {
        return Documents.read(content, what, ImageConfig::new);
    }

    /**
     * {@return a configuration from a parsed document}
     *
     * @param json the document
     * @throws JsonException if a member has a type it must not have
     */
    public static ImageConfig of(JsonObject json) throws JsonException {
        return new ImageConfig(json);
    }

    private static Digest digest(String text) throws JsonException {
        try {
            return Digest.parse(text);
        } catch (UserException e) {
            throw new JsonException(e.getMessage());
        }
    }

    /** Old builders wrote a bare string where the specification has an array. */
    private static List<String> command(JsonObject config, String name) throws JsonException {
        Json value = config.get(name);
        return value instanceof Json.Text text ? List.of(text.value()) : config.texts(name);
    }

    /** A set, in Go's spelling: an object whose values mean nothing. */
    private static List<String> names(JsonObject config, String name) throws JsonException {
        return List.copyOf(config.object(name).members().keySet());
    }

    /** {@return the whole document, unknown members included} */
    public JsonObject json() {
        return json;
    }

    /** {@return when the image was made, as RFC 3339; empty where unknown} */
    public String created() {
        return created;
    }

    /** {@return what the image runs on} */
    public Platform platform() {
        return platform;
    }

    /** {@return the user to run as: {@code user}, {@code uid}, {@code user:group} …; empty for root} */
    public String user() {
        return user;
    }

    /** {@return the environment as {@code NAME=value}} */
    public List<String> env() {
        return env;
    }

    /** {@return the fixed part of the command; empty where there is none} */
    public List<String> entrypoint() {
        return entrypoint;
    }

    /** {@return the command's default arguments, or the command where there is no entrypoint} */
    public List<String> cmd() {
        return cmd;
    }

    /** {@return the absolute directory to start in; empty for the root} */
    public String workingDir() {
        return workingDir;
    }

    /** {@return ports such as {@code 80/tcp}} */
    public List<String> exposedPorts() {
        return exposedPorts;
    }

    /** {@return absolute paths that hold data of their own} */
    public List<String> volumes() {
        return volumes;
    }

    /** {@return free text by name} */
    public Map<String, String> labels() {
        return labels;
    }

    /** {@return the signal that asks the program to end, as {@code SIGTERM} or a number; empty for the default} */
    public String stopSignal() {
        return stopSignal;
    }

    /** {@return the digests of the uncompressed layers, lowest first} */
    public List<Digest> diffIds() {
        return diffIds;
    }

    /**
     * {@return the image's history, oldest first}
     *
     * @throws UserException if the member has another type than it must have
     */
    public List<JsonObject> history() {
        ArrayList<JsonObject> entries = new ArrayList<>();
        try {
            for (Json entry : json.list("history")) {
                entries.add(entry.asObject());
            }
        } catch (JsonException e) {
            throw new UserException("the image's history is damaged: " + e.getMessage(), e);
        }
        return entries;
    }

    /** {@return the document's bytes; the same members give the same bytes} */
    public byte[] toBytes() {
        return Documents.write(json);
    }

    /** {@return a builder that starts with this configuration} */
    public ImageConfigBuilder toBuilder() {
        return new ImageConfigBuilder(this);
    }

    /**
     * {@return a builder of a new configuration}
     *
     * @param platform what the image runs on
     */
    public static ImageConfigBuilder builder(Platform platform) {
        return new ImageConfigBuilder(platform);
    }
}
