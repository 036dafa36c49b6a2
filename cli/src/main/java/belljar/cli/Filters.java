package belljar.cli;

import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Conditions of the form {@code KEY=VALUE} as Podman has them: values of one key are alternatives, but for labels, and
 * different keys must all fit.
 */
final class Filters {
    private final List<String> keys = new ArrayList<>();
    private final List<String> values = new ArrayList<>();

    /** Looks at one thing. */
    interface Condition {
        /** {@return whether it has what one condition asks for} */
        boolean fits(String key, String value);
    }

    /**
     * @param known the keys that there are
     * @param texts the values of {@code --filter}
     * @throws UserException if one is not of the form {@code KEY=VALUE} or its key is unknown
     */
    Filters(List<String> known, List<String> texts) {
        for (String text : texts) {
            // A ! before the = belongs to the key.
            int equals = text.indexOf('=');
            String key = equals < 0 ? text : text.substring(0, equals);
            if (equals < 0 || !known.contains(key)) {
                throw new UserException("--filter '" + text + "' is not understood; write KEY=VALUE, where KEY is one"
                        + " of " + String.join(", ", known));
            }
            keys.add(key);
            values.add(text.substring(equals + 1));
        }
    }

    /** {@return whether all conditions together are fulfilled} */
    boolean fit(Condition condition) {
        for (int i = 0; i < keys.size(); i++) {
            boolean all = keys.get(i).startsWith("label");
            boolean fits = false;
            for (int j = 0; j < keys.size(); j++) {
                fits |= (all ? j == i : keys.get(j).equals(keys.get(i))) && condition.fits(keys.get(j), values.get(j));
            }
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    /** {@return whether there is a pair, asked for as {@code NAME} or {@code NAME=VALUE}} */
    static boolean has(Map<String, String> pairs, String asked) {
        int equals = asked.indexOf('=');
        String found = pairs.get(equals < 0 ? asked : asked.substring(0, equals));
        return found != null && (equals < 0 || found.equals(asked.substring(equals + 1)));
    }
}
