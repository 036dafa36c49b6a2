package belljar.cli;

import belljar.failure.UserException;
import belljar.log.TimeBound;
import belljar.network.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Which networks a command is about, by {@code --filter KEY=VALUE} as Podman has it: values of one key are
 * alternatives, but for labels, and different keys must all fit.
 */
final class NetworkFilter {
    static final String HELP = "only those that fit: name, id, driver, label or until";

    private static final List<String> KEYS = List.of("name", "id", "driver", "label", "label!", "until");

    private final List<String> keys = new ArrayList<>();
    private final List<String> values = new ArrayList<>();

    /**
     * @param texts the values of {@code --filter}
     * @throws UserException if one is not of the form {@code KEY=VALUE} or its key is unknown
     */
    NetworkFilter(List<String> texts) {
        for (String text : texts) {
            int equals = text.indexOf('=');
            String key = equals < 0 ? text : text.substring(0, equals);
            if (equals < 0 || !KEYS.contains(key)) {
                throw new UserException("--filter '" + text + "' is not understood; write KEY=VALUE, where KEY is one"
                        + " of " + String.join(", ", KEYS));
            }
            keys.add(key);
            values.add(text.substring(equals + 1));
        }
    }

    /** {@return whether a network fits} */
    boolean fits(Network network) {
        for (int i = 0; i < keys.size(); i++) {
            boolean all = keys.get(i).startsWith("label");
            boolean fits = false;
            for (int j = 0; j < keys.size(); j++) {
                fits |= (all ? j == i : keys.get(j).equals(keys.get(i))) && fits(network, keys.get(j), values.get(j));
            }
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    private static boolean fits(Network network, String key, String value) {
        return switch (key) {
            case "name" -> NamePattern.finds(value, network.name());
            case "id" -> network.id().startsWith(value);
            case "driver" -> value.equals(Network.DRIVER);
            case "label" -> has(network.labels(), value);
            case "label!" -> !has(network.labels(), value);
            default ->
                network.created() * 1_000_000
                        < TimeBound.parse("filter until", value, System.currentTimeMillis() * 1_000_000);
        };
    }

    private static boolean has(Map<String, String> labels, String asked) {
        int equals = asked.indexOf('=');
        String found = labels.get(equals < 0 ? asked : asked.substring(0, equals));
        return found != null && (equals < 0 || found.equals(asked.substring(equals + 1)));
    }
}
