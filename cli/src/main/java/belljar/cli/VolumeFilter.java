package belljar.cli;

import belljar.engine.Volumes;
import belljar.failure.UserException;
import belljar.log.TimeBound;
import belljar.volume.Volume;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Which volumes a command is about, by {@code --filter KEY=VALUE} as Podman has it: values of one key are alternatives,
 * but for labels, and different keys must all fit.
 */
final class VolumeFilter {
    static final String HELP = "only those that fit: name, label, driver, scope, opt, anonymous, dangling or until";

    private static final List<String> KEYS =
            List.of("name", "label", "label!", "driver", "scope", "opt", "anonymous", "dangling", "until");

    private final Volumes volumes;
    private final List<String> keys = new ArrayList<>();
    private final List<String> values = new ArrayList<>();

    /**
     * @param texts the values of {@code --filter}
     * @throws UserException if one is not of the form {@code KEY=VALUE} or its key is unknown
     */
    VolumeFilter(Volumes volumes, List<String> texts) {
        this.volumes = volumes;
        for (String text : texts) {
            int equals = text.indexOf('=');
            boolean not = equals > 0 && text.charAt(equals - 1) == '!';
            String key = equals < 0 ? text : not ? text.substring(0, equals - 1) + "!" : text.substring(0, equals);
            if (equals < 0 || !KEYS.contains(key)) {
                throw new UserException("--filter '" + text + "' is not understood; write KEY=VALUE, where KEY is one"
                        + " of " + String.join(", ", KEYS));
            }
            keys.add(key);
            values.add(text.substring(equals + 1));
        }
    }

    /** {@return whether a volume fits} */
    boolean fits(Volume volume) {
        for (int i = 0; i < keys.size(); i++) {
            boolean all = keys.get(i).startsWith("label");
            boolean fits = false;
            for (int j = 0; j < keys.size(); j++) {
                fits |= (all ? j == i : keys.get(j).equals(keys.get(i))) && fits(volume, keys.get(j), values.get(j));
            }
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    private boolean fits(Volume volume, String key, String value) {
        return switch (key) {
            case "name" -> NamePattern.finds(value, volume.name());
            case "label" -> pair(volume.labels(), value);
            case "label!" -> !pair(volume.labels(), value);
            case "opt" -> pair(volume.options(), value);
            case "driver" -> value.equals(Volume.DRIVER);
            case "scope" -> value.equals("local");
            case "anonymous" -> volume.anonymous() == isTrue(key, value);
            case "dangling" -> volumes.users(volume.name()).isEmpty() == isTrue(key, value);
            default ->
                volume.created() * 1_000_000
                        < TimeBound.parse("filter until", value, System.currentTimeMillis() * 1_000_000);
        };
    }

    private static boolean pair(Map<String, String> pairs, String asked) {
        int equals = asked.indexOf('=');
        String found = pairs.get(equals < 0 ? asked : asked.substring(0, equals));
        return found != null && (equals < 0 || found.equals(asked.substring(equals + 1)));
    }

    private static boolean isTrue(String key, String value) {
        return switch (value) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw new UserException("--filter " + key + " is either true or false, not '" + value + "'");
        };
    }
}
