package belljar.cli;

import belljar.log.TimeBound;
import belljar.network.Network;
import java.util.List;

/**
 * Which networks a command is about, by {@code --filter KEY=VALUE} as Podman has it: values of one key are
 * alternatives, but for labels, and different keys must all fit.
 */
final class NetworkFilter {
    static final String HELP = "only those that fit: name, id, driver, label or until";

    private static final List<String> KEYS = List.of("name", "id", "driver", "label", "label!", "until");

    private final Filters filters;

    /**
     * @param texts the values of {@code --filter}
     * @throws belljar.failure.UserException if one is not of the form {@code KEY=VALUE} or its key is unknown
     */
    NetworkFilter(List<String> texts) {
        filters = new Filters(KEYS, texts);
    }

    /** {@return whether a network fits} */
    boolean fits(Network network) {
        return filters.fit((key, value) -> fits(network, key, value));
    }

    private static boolean fits(Network network, String key, String value) {
        return switch (key) {
            case "name" -> NamePattern.finds(value, network.name());
            case "id" -> network.id().startsWith(value);
            case "driver" -> value.equals(Network.DRIVER);
            case "label" -> Filters.has(network.labels(), value);
            case "label!" -> !Filters.has(network.labels(), value);
            default ->
                network.created() * 1_000_000
                        < TimeBound.parse("filter until", value, System.currentTimeMillis() * 1_000_000);
        };
    }
}
