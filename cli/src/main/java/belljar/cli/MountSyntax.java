package belljar.cli;

import belljar.engine.MountRequest;
import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.List;

/** Reads {@code --mount}: {@code type=bind|volume|tmpfs,key=value,...} with Docker's and Podman's keys. */
final class MountSyntax {
    private final String text;
    private String type = "volume";
    private String source = "";
    private String destination = "";
    private boolean recursive = true;
    private final List<String> options = new ArrayList<>();

    private MountSyntax(String text) {
        this.text = text;
    }

    /** {@return the mount that a text asks for} */
    static MountRequest parse(String text) {
        MountSyntax syntax = new MountSyntax(text);
        for (String field : Text.split(text, ',')) {
            syntax.take(field);
        }
        return syntax.request();
    }

    private void take(String field) {
        int equals = field.indexOf('=');
        String key = equals < 0 ? field : field.substring(0, equals);
        String value = equals < 0 ? "" : field.substring(equals + 1);
        switch (key) {
            case "type" -> type = value;
            case "source", "src" -> source = value;
            case "destination", "dst", "target" -> destination = value;
            case "readonly", "ro", "rw" -> options.add(isTrue(key, value) == key.equals("rw") ? "rw" : "ro");
            case "bind-propagation" -> {
                if (!MountWords.isPropagation(value)) {
                    throw wrong("'" + value + "' is not a propagation; use private, slave or shared, or rprivate, "
                            + "rslave or rshared");
                }
                options.add(value);
            }
            case "bind-nonrecursive" -> recursive = !isTrue(key, value);
            case "volume-nocopy" -> {
                if (isTrue(key, value)) {
                    options.add("nocopy");
                }
            }
            case "U", "chown" -> {
                if (isTrue(key, value)) {
                    options.add("U");
                }
            }
            case "tmpfs-size" -> options.add("size=" + Values.bytes("mount tmpfs-size", value));
            case "tmpfs-mode" -> options.add("mode=" + octal(value));
            case "relabel", "z", "Z" -> MountWords.checkRelabel("mount", text);
            default -> {
                if (equals >= 0 || !MountWords.isAttribute(key) && !MountWords.isTmpfs(key)) {
                    throw wrong("unknown key '" + key + "'; common ones are type, src, dst, ro, bind-propagation, "
                            + "tmpfs-size");
                }
                options.add(key);
            }
        }
    }

    private boolean isTrue(String key, String value) {
        return switch (value) {
            case "", "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw wrong(key + " is either true or false, not '" + value + "'");
        };
    }

    private String octal(String value) {
        boolean good = !value.isEmpty() && value.length() <= 5;
        for (int i = 0; i < value.length() && good; i++) {
            good = value.charAt(i) >= '0' && value.charAt(i) <= '7';
        }
        if (!good) {
            throw wrong("'" + value + "' is not an octal mode such as 1777");
        }
        return value;
    }

    private MountRequest request() {
        if (destination.isEmpty()) {
            throw wrong("no destination; add dst=/PATH");
        }
        MountWords.destination("mount", text, destination);
        return switch (type) {
            case "bind" -> {
                if (source.isEmpty()) {
                    throw wrong("no source; add src=/PATH");
                }
                checkOnly("size=", "mode=", "tmpcopyup", "notmpcopyup", "nocopy");
                options.add(recursive ? "rbind" : "bind");
                yield new MountRequest.Bind(MountWords.source(source), destination, options);
            }
            case "volume" -> {
                checkOnly("size=", "mode=", "tmpcopyup", "notmpcopyup");
                yield new MountRequest.Volume(source, destination, options);
            }
            case "tmpfs" -> {
                if (!source.isEmpty()) {
                    throw wrong("a tmpfs has no source; leave src out");
                }
                checkOnly("nocopy", "U");
                yield new MountRequest.Tmpfs(destination, options);
            }
            default -> throw wrong("type '" + type + "' is none of bind, volume and tmpfs");
        };
    }

    private void checkOnly(String... foreign) {
        for (String option : options) {
            for (String word : foreign) {
                if (option.startsWith(word)) {
                    throw wrong("'" + option + "' does not apply to type " + type + "; leave it out");
                }
            }
        }
    }

    private UserException wrong(String what) {
        return new UserException("--mount '" + text + "': " + what);
    }
}
