package belljar.volume;

import java.util.List;
import java.util.Map;

/**
 * A volume: a directory that containers share and that outlives them.
 *
 * @param name its name, unique on this root
 * @param anonymous whether nobody chose the name, so that it goes with the container that it was made for
 * @param created when it was made, milliseconds since 1970
 * @param labels free text by name
 * @param options what {@code --opt} asked for: {@code type}, {@code device} and {@code o}, as mount(8) takes them
 * @param filled whether it needs no more content from an image
 */
public record Volume(
        String name,
        boolean anonymous,
        long created,
        Map<String, String> labels,
        Map<String, String> options,
        boolean filled) {
    /** The only driver there is. */
    public static final String DRIVER = "local";

    /** Copies the maps. */
    public Volume {
        labels = Map.copyOf(labels);
        options = Map.copyOf(options);
    }

    /** {@return whether it lies somewhere else than in a directory of its own} */
    public boolean mounted() {
        return !options.isEmpty();
    }

    /** {@return the type of file system that it is, {@code none} for a directory of the host, or empty} */
    public String type() {
        return options.getOrDefault("type", "");
    }

    /** {@return the directory of the host that it is; empty where it is none} */
    public String device() {
        return options.getOrDefault("device", "");
    }

    /** {@return the options that it is mounted with, as mount(8) has them} */
    public List<String> mountOptions() {
        return VolumeOptions.words(options.getOrDefault("o", ""));
    }

    Volume asFilled() {
        return new Volume(name, anonymous, created, labels, options, true);
    }
}
