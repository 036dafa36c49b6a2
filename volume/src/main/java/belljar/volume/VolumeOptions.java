package belljar.volume;

import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Checks what {@code volume create --opt} asks for: a directory of the host, or a file system in memory. */
final class VolumeOptions {
    private VolumeOptions() {}

    /**
     * {@return the options, in one form} Podman's meaning: {@code o=bind} needs a device, {@code type=tmpfs} has none.
     *
     * @param asked as the user wrote them
     * @throws UserException if an option is unknown, or they do not fit one another
     */
    static Map<String, String> check(Map<String, String> asked) {
        for (String key : asked.keySet()) {
            if (!key.equals("type") && !key.equals("device") && !key.equals("o")) {
                throw new UserException(
                        "the volume option '" + key + "' is unknown; the driver local has type, device and o");
            }
        }
        if (asked.isEmpty()) {
            return asked;
        }
        Map<String, String> options = new LinkedHashMap<>(asked);
        List<String> mount = words(asked.getOrDefault("o", ""));
        boolean bind = mount.contains("bind") || mount.contains("rbind");
        String type = asked.getOrDefault("type", bind ? "none" : "");
        String device = asked.getOrDefault("device", "");
        if (bind || type.equals("none") || type.equals("bind")) {
            if (!device.startsWith("/")) {
                throw new UserException(
                        "a volume of a directory of the host needs its absolute path; add --opt device=/PATH");
            }
            options.put("type", "none");
        } else if (type.equals("tmpfs")) {
            options.put("device", "tmpfs");
        } else {
            throw new UserException(
                    type.isEmpty()
                            ? "the volume options name no type; add --opt type=tmpfs, or --opt o=bind for a directory"
                            : "a volume of type '" + type + "' is not built yet; mount it on the host and use --opt"
                                    + " type=none --opt o=bind --opt device=/PATH");
        }
        return options;
    }

    /** {@return the parts of a list with commas} */
    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int comma = text.indexOf(',', at);
            int end = comma < 0 ? text.length() : comma;
            if (end > at) {
                words.add(text.substring(at, end));
            }
            at = end + 1;
        }
        return words;
    }
}
