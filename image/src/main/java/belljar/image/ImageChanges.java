package belljar.image;

import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Changes to an image's configuration in the words of a Dockerfile, as {@code import --change} takes them: CMD,
 * ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME and WORKDIR.
 */
final class ImageChanges {
    private static final String KNOWN = "CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME and WORKDIR";

    private final ArrayList<String> env;
    private final ArrayList<String> ports;
    private final ArrayList<String> volumes;
    private final LinkedHashMap<String, String> labels;
    private final ImageConfigBuilder builder;

    private ImageChanges(ImageConfig start) {
        builder = start.toBuilder();
        env = new ArrayList<>(start.env());
        ports = new ArrayList<>(start.exposedPorts());
        volumes = new ArrayList<>(start.volumes());
        labels = new LinkedHashMap<>(start.labels());
    }

    /**
     * {@return a configuration with changes made}
     *
     * @param start the configuration to change
     * @param changes one instruction each, such as {@code CMD ["sh"]}
     * @throws UserException if an instruction is unknown or malformed
     */
    static ImageConfig apply(ImageConfig start, List<String> changes) {
        ImageChanges work = new ImageChanges(start);
        for (String change : changes) {
            try {
                work.change(change.strip());
            } catch (JsonException e) {
                throw new UserException("the change '" + change + "' is malformed: " + e.getMessage(), e);
            }
        }
        return work.builder
                .env(work.env)
                .exposedPorts(work.ports)
                .volumes(work.volumes)
                .labels(work.labels)
                .build();
    }

    private void change(String text) throws JsonException {
        int end = 0;
        while (end < text.length() && !Character.isWhitespace(text.charAt(end)) && text.charAt(end) != '=') {
            end++;
        }
        String name = text.substring(0, end).toUpperCase(Locale.ROOT);
        // Docker writes a space between the two, Podman's manual an equals sign.
        String value = end < text.length() ? text.substring(end + 1).strip() : "";
        if (value.isEmpty()) {
            throw new UserException("the change '" + text + "' needs a value, as in 'USER nobody'");
        }
        switch (name) {
            case "CMD" -> builder.cmd(command(value));
            case "ENTRYPOINT" -> builder.entrypoint(command(value));
            case "ENV" -> pairs(value).forEach(this::setEnv);
            case "LABEL" -> labels.putAll(pairs(value));
            case "EXPOSE" -> words(value).forEach(port -> add(ports, port.contains("/") ? port : port + "/tcp"));
            case "VOLUME" ->
                (value.startsWith("[") ? command(value) : words(value)).forEach(path -> add(volumes, path));
            case "USER" -> builder.user(value);
            case "WORKDIR" -> builder.workingDir(absolute(value));
            case "STOPSIGNAL" -> builder.stopSignal(value);
            default -> throw new UserException("the change '" + text + "' is unknown; " + KNOWN + " are known");
        }
    }

    private static String absolute(String path) {
        if (!path.startsWith("/")) {
            throw new UserException("the working directory '" + path + "' must be an absolute path");
        }
        return path;
    }

    private static void add(List<String> list, String value) {
        if (!list.contains(value)) {
            list.add(value);
        }
    }

    private void setEnv(String name, String value) {
        env.removeIf(old -> old.startsWith(name + "="));
        env.add(name + "=" + value);
    }

    /** The form of an array is executed as it is, any other by a shell, as in a Dockerfile. */
    private static List<String> command(String value) throws JsonException {
        return value.startsWith("[") ? Json.parse(value).asTexts() : List.of("/bin/sh", "-c", value);
    }

    /** {@code A=1 B="x y"}, or the old form {@code A x y} for a single pair. */
    private static Map<String, String> pairs(String value) {
        LinkedHashMap<String, String> pairs = new LinkedHashMap<>();
        List<String> words = words(value);
        if (words.get(0).indexOf('=') < 0) {
            int space = value.indexOf(' ');
            if (space < 0) {
                throw new UserException("'" + value + "' must have the form NAME=value");
            }
            pairs.put(value.substring(0, space), value.substring(space + 1).strip());
            return pairs;
        }
        for (String word : words) {
            int equals = word.indexOf('=');
            if (equals <= 0) {
                throw new UserException("'" + word + "' must have the form NAME=value");
            }
            pairs.put(word.substring(0, equals), word.substring(equals + 1));
        }
        return pairs;
    }

    /** Words between white space; quotes and backslashes keep it within one. */
    private static List<String> words(String text) {
        ArrayList<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean inWord = false;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && quote != '\'' && i + 1 < text.length()) {
                word.append(text.charAt(++i));
                inWord = true;
            } else if (quote != 0) {
                if (c == quote) {
                    quote = 0;
                } else {
                    word.append(c);
                }
            } else if (c == '"' || c == '\'') {
                quote = c;
                inWord = true;
            } else if (Character.isWhitespace(c)) {
                if (inWord) {
                    words.add(word.toString());
                    word.setLength(0);
                }
                inWord = false;
            } else {
                word.append(c);
                inWord = true;
            }
        }
        if (quote != 0) {
            throw new UserException("'" + text + "' has a quote without its end");
        }
        if (inWord) {
            words.add(word.toString());
        }
        return words;
    }
}
