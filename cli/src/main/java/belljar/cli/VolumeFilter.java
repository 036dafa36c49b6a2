package belljar.cli;

import belljar.engine.Volumes;
import belljar.failure.UserException;
import belljar.log.TimeBound;
import belljar.volume.Volume;
import java.util.List;

/**
 * Which volumes a command is about, by {@code --filter KEY=VALUE} as Podman has it: values of one key are alternatives,
 * but for labels, and different keys must all fit.
 */
final class VolumeFilter {
    static final String HELP = "only those that fit: name, label, driver, scope, opt, anonymous, dangling or until";

    private static final List<String> KEYS =
            List.of("name", "label", "label!", "driver", "scope", "opt", "anonymous", "dangling", "until");

    private final Volumes volumes;
    private final Filters filters;

    /**
     * @param texts the values of {@code --filter}
     * @throws UserException if one is not of the form {@code KEY=VALUE} or its key is unknown
     */
    VolumeFilter(Volumes volumes, List<String> texts) {
        this.volumes = volumes;
        filters = new Filters(KEYS, texts);
    }

    /** {@return whether a volume fits} */
    boolean fits(Volume volume) {
        return filters.fit((key, value) -> fits(volume, key, value));
    }

    private boolean fits(Volume volume, String key, String value) {
        return switch (key) {
            case "name" -> NamePattern.finds(value, volume.name());
            case "label" -> Filters.has(volume.labels(), value);
            case "label!" -> !Filters.has(volume.labels(), value);
            case "opt" -> Filters.has(volume.options(), value);
            case "driver" -> value.equals(Volume.DRIVER);
            case "scope" -> value.equals("local");
            case "anonymous" -> volume.anonymous() == isTrue(key, value);
            case "dangling" -> volumes.users(volume.name()).isEmpty() == isTrue(key, value);
            default ->
                volume.created() * 1_000_000
                        < TimeBound.parse("filter until", value, System.currentTimeMillis() * 1_000_000);
        };
    }

    private static boolean isTrue(String key, String value) {
        return switch (value) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw new UserException("--filter " + key + " is either true or false, not '" + value + "'");
        };
    }
}
