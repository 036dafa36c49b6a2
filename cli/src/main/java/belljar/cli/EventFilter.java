package belljar.cli;

import belljar.engine.Event;
import belljar.failure.UserException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which events {@code --filter} lets through: of the same key any, of different keys all. */
final class EventFilter {
    private static final List<String> KEYS =
            List.of("container", "event", "image", "label", "network", "pod", "type", "volume");

    private final Map<String, List<String>> wanted = new LinkedHashMap<>();

    /**
     * @param filters {@code key=value} each
     * @throws UserException if one is not of that form or has an unknown key
     */
    EventFilter(List<String> filters) {
        for (String filter : filters) {
            int equals = filter.indexOf('=');
            String key = equals < 0 ? filter : filter.substring(0, equals).toLowerCase(java.util.Locale.ROOT);
            if (equals < 0 || !KEYS.contains(key)) {
                throw new UserException("--filter '" + filter
                        + "' is not understood; write key=value, where the key is " + String.join(", ", KEYS));
            }
            wanted.computeIfAbsent(key, _ -> new java.util.ArrayList<>()).add(filter.substring(equals + 1));
        }
    }

    boolean fits(Event event) {
        for (Map.Entry<String, List<String>> entry : wanted.entrySet()) {
            boolean any = false;
            for (String value : entry.getValue()) {
                any |= fits(event, entry.getKey(), value);
            }
            if (!any) {
                return false;
            }
        }
        return true;
    }

    private static boolean fits(Event event, String key, String value) {
        return switch (key) {
            case "event" -> event.action().equals(value);
            case "type" -> event.type().equals(value);
            case "image" ->
                event.type().equals("image")
                        ? isThing(event, value)
                        : event.image().equals(value);
            case "label" -> {
                int equals = value.indexOf('=');
                String found = event.attributes().get(equals < 0 ? value : value.substring(0, equals));
                yield found != null && (equals < 0 || found.equals(value.substring(equals + 1)));
            }
            default -> event.type().equals(key) && isThing(event, value);
        };
    }

    private static boolean isThing(Event event, String value) {
        return event.name().equals(value) || !value.isEmpty() && event.id().startsWith(value);
    }
}
