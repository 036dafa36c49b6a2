package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.ContainerRecord.Status;
import belljar.engine.Endpoint;
import belljar.engine.Engine;
import belljar.engine.MountRequest;
import belljar.failure.UserException;
import belljar.log.LogReader;
import belljar.log.TimeBound;
import java.util.ArrayList;
import java.util.List;

/**
 * Which containers a command is about, by {@code --filter KEY=VALUE} as Podman has it: values of one key are
 * alternatives, but for labels, and different keys must all fit.
 */
final class ContainerFilter {
    static final String HELP = "only those that fit: id, name, label, status, exited, ancestor, before, since, volume,"
            + " network, pod, health, until or restart-policy";

    private static final List<String> KEYS = List.of(
            "id",
            "name",
            "label",
            "label!",
            "status",
            "exited",
            "ancestor",
            "before",
            "since",
            "volume",
            "network",
            "pod",
            "health",
            "until",
            "restart-policy");

    private final Engine engine;
    private final List<String> keys = new ArrayList<>();
    private final List<String> values = new ArrayList<>();

    /**
     * @param texts the values of {@code --filter}
     * @throws UserException if one is not of the form {@code KEY=VALUE} or its key is unknown
     */
    ContainerFilter(Engine engine, List<String> texts) {
        this.engine = engine;
        for (String text : texts) {
            int equals = text.indexOf('=');
            boolean not = equals > 0 && text.charAt(equals - 1) == '!';
            String key = equals < 0 ? text : text.substring(0, not ? equals - 1 : equals);
            String full = not ? key + "!" : key;
            if (equals < 0 || !KEYS.contains(full)) {
                throw new UserException("--filter '" + text + "' is not understood; write KEY=VALUE, where KEY is one"
                        + " of " + String.join(", ", KEYS));
            }
            keys.add(full);
            values.add(value(full, text.substring(equals + 1)));
        }
    }

    /** Looks up and checks once what does not depend on the container that is looked at. */
    private String value(String key, String text) {
        return switch (key) {
            case "before", "since" -> String.valueOf(engine.container(text).created());
            case "until" -> {
                long bound = TimeBound.parse("filter until", text, System.currentTimeMillis() * 1_000_000);
                yield String.valueOf(bound == LogReader.UNBOUNDED ? Long.MAX_VALUE : bound / 1_000_000);
            }
            case "exited" -> String.valueOf(Values.number("filter exited", text, 0, 255));
            case "pod" -> engine.pods().exists(text) ? engine.pods().find(text).id() : text;
            case "status" -> status(text);
            default -> text;
        };
    }

    private static String status(String text) {
        for (Status status : Status.values()) {
            if (status.text().equals(text)) {
                return text;
            }
        }
        if (text.equals("stopped")) {
            return Status.EXITED.text();
        }
        throw new UserException("--filter status: '" + text
                + "' is no status; there are created, running, paused, stopping and exited");
    }

    /** {@return whether the filter itself says which statuses are meant} */
    boolean namesStatus() {
        return keys.contains("status") || keys.contains("exited");
    }

    /** {@return whether there is nothing to fit} */
    boolean isEmpty() {
        return keys.isEmpty();
    }

    /** {@return whether a container fits} */
    boolean fits(ContainerRecord record) {
        for (int i = 0; i < keys.size(); i++) {
            String key = keys.get(i);
            boolean all = key.equals("label") || key.equals("label!");
            boolean fits = fits(record, key, values.get(i));
            for (int j = 0; j < keys.size() && !fits && !all; j++) {
                fits = keys.get(j).equals(key) && fits(record, key, values.get(j));
            }
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    private boolean fits(ContainerRecord record, String key, String value) {
        return switch (key) {
            case "id" -> record.id().startsWith(value);
            case "name" -> matches(record.name(), value);
            case "label" -> hasLabel(record, value);
            case "label!" -> !hasLabel(record, value);
            case "status" -> record.status().text().equals(value);
            case "exited" ->
                record.status() == Status.EXITED
                        && String.valueOf(record.exitCode()).equals(value);
            case "ancestor" -> isOf(record, value);
            case "before" -> record.created() < Long.parseLong(value);
            case "since" -> record.created() > Long.parseLong(value);
            case "until" -> record.created() < Long.parseLong(value);
            case "volume" -> hasVolume(record, value);
            case "network" -> hasNetwork(record, value);
            case "pod" -> !record.pod().isEmpty() && record.pod().startsWith(value);
            case "health" -> record.state().health().equals(value);
            case "restart-policy" -> record.restart().when().text().equals(value);
            default -> false;
        };
    }

    /** Names are searched for a pattern; those without special characters, nearly all, need no pattern's machinery. */
    private static boolean matches(String name, String pattern) {
        boolean begin = pattern.startsWith("^");
        boolean end = pattern.endsWith("$");
        String bare = pattern.substring(begin ? 1 : 0, Math.max(begin ? 1 : 0, pattern.length() - (end ? 1 : 0)));
        for (int i = 0; i < bare.length(); i++) {
            if (".*+?[](){}|\\^$".indexOf(bare.charAt(i)) >= 0) {
                return NamePattern.finds(pattern, name);
            }
        }
        if (begin && end) {
            return name.equals(bare);
        }
        return begin ? name.startsWith(bare) : end ? name.endsWith(bare) : name.contains(bare);
    }

    private static boolean hasLabel(ContainerRecord record, String text) {
        int equals = text.indexOf('=');
        String value = record.labels().get(equals < 0 ? text : text.substring(0, equals));
        return value != null && (equals < 0 || value.equals(text.substring(equals + 1)));
    }

    private static boolean isOf(ContainerRecord record, String image) {
        String id = record.imageId().startsWith("sha256:") ? record.imageId().substring(7) : record.imageId();
        if (record.image().equals(image) || !image.isEmpty() && id.startsWith(image)) {
            return true;
        }
        // A name without a registry or a tag means any of them.
        String full = record.image();
        int slash = full.lastIndexOf('/');
        String last = full.substring(slash + 1);
        int colon = last.indexOf(':');
        String untagged = colon < 0 ? full : full.substring(0, slash + 1 + colon);
        return untagged.equals(image) || full.endsWith("/" + image) || untagged.endsWith("/" + image);
    }

    private boolean hasVolume(ContainerRecord record, String text) {
        for (MountRequest mount : engine.request(record.id()).storage().mounts()) {
            boolean named =
                    mount instanceof MountRequest.Volume volume && volume.name().equals(text);
            boolean bound =
                    mount instanceof MountRequest.Bind bind && bind.source().equals(text);
            if (named || bound || mount.destination().equals(text)) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasNetwork(ContainerRecord record, String text) {
        for (Endpoint network : record.networks()) {
            if (network.network().equals(text)) {
                return true;
            }
        }
        return false;
    }
}
