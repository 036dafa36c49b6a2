package belljar.cli;

import belljar.engine.MountRequest;
import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.List;

/** Reads {@code --volume}: {@code [source:]destination[:options]}. */
final class VolumeSyntax {
    private VolumeSyntax() {}

    /** {@return the mount that a text asks for} */
    static MountRequest parse(String text) {
        List<String> parts = Text.split(text, ':');
        if (parts.size() > 3 || parts.contains("")) {
            throw new UserException("--volume '" + text + "' is not of the form SOURCE:DEST[:OPTIONS]");
        }
        if (parts.size() == 1) {
            return new MountRequest.Volume("", MountWords.destination("volume", text, text), List.of());
        }
        String source = parts.get(0);
        String destination = MountWords.destination("volume", text, parts.get(1));
        boolean path = source.startsWith("/") || source.startsWith(".");
        List<String> options = new ArrayList<>();
        if (parts.size() == 3) {
            for (String option : Text.split(parts.get(2), ',')) {
                add(options, option, text, path);
            }
        }
        return path
                ? new MountRequest.Bind(MountWords.source(source), destination, options)
                : new MountRequest.Volume(source, destination, options);
    }

    private static void add(List<String> options, String option, String text, boolean path) {
        switch (option) {
            case "z", "Z" -> MountWords.checkRelabel("volume", text);
            case "U" -> options.add(option);
            case "O", "idmap" ->
                throw new UserException(
                        "--volume '" + text + "': the option " + option + " is not built yet; leave it out");
            case "copy" -> {
                if (path) {
                    throw new UserException("--volume '" + text + "': copy is for named volumes; leave it out");
                }
            }
            case "nocopy" -> {
                if (path) {
                    throw new UserException("--volume '" + text + "': nocopy is for named volumes; leave it out");
                }
                options.add(option);
            }
            default -> {
                if (!MountWords.isAttribute(option)
                        && !MountWords.isPropagation(option)
                        && !option.equals("bind")
                        && !option.equals("rbind")) {
                    throw new UserException("--volume '" + text + "': unknown option '" + option
                            + "'; common ones are ro, rw, noexec, nosuid, nodev, rslave and rshared");
                }
                options.add(option);
            }
        }
    }
}
