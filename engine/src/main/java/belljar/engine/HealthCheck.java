package belljar.engine;

import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How a running container is checked, now that what was asked for, its image and the defaults have been joined.
 *
 * @param test the image specification's {@code Test}: {@code CMD} or {@code CMD-SHELL} and what follows
 * @param intervalMillis between the end of a check and the next; 0 for no checks but those asked for
 * @param timeoutMillis after which a check has failed
 * @param startPeriodMillis after the start, in which failures do not count until a first success
 * @param retries how many failures in a row make it unhealthy
 * @param onFailure what happens then: {@code none}, {@code kill}, {@code restart} or {@code stop}
 * @param begun when the container was started, milliseconds since the epoch
 */
record HealthCheck(
        List<String> test,
        long intervalMillis,
        long timeoutMillis,
        long startPeriodMillis,
        int retries,
        String onFailure,
        long begun) {
    /** Docker's and Podman's defaults. */
    private static final long DEFAULT_MILLIS = 30_000;

    private static final int DEFAULT_RETRIES = 3;
    private static final long NANOS = 1_000_000;

    HealthCheck {
        test = List.copyOf(test);
    }

    /**
     * {@return what an image says about checks, as of Docker's {@code Healthcheck} in an image's configuration}
     *
     * @param config the image's configuration
     * @throws UserException if it is damaged
     */
    static HealthRequest ofImage(JsonObject config) {
        try {
            JsonObject check = config.object("config").object("Healthcheck");
            if (check.members().isEmpty()) {
                return HealthRequest.DEFAULT;
            }
            long retries = check.number("Retries", 0);
            return new HealthRequest(
                    false,
                    check.texts("Test"),
                    millis(check, "Interval"),
                    millis(check, "Timeout"),
                    millis(check, "StartPeriod"),
                    retries > 0 ? OptionalInt.of((int) Math.min(retries, Integer.MAX_VALUE)) : OptionalInt.empty(),
                    "none");
        } catch (JsonException e) {
            throw new UserException(
                    "the image's health check is damaged (" + e.getMessage() + "); run with --no-healthcheck", e);
        }
    }

    /** Nanoseconds; 0 means the default. */
    private static OptionalLong millis(JsonObject check, String name) throws JsonException {
        long nanos = check.number(name, 0);
        return nanos > 0 ? OptionalLong.of(Math.max(1, nanos / NANOS)) : OptionalLong.empty();
    }

    /** {@return whether there is anything to check} */
    static boolean isWanted(HealthRequest asked, HealthRequest image) {
        List<String> test = asked.test().isEmpty() ? image.test() : asked.test();
        return !asked.disabled() && test.size() > 1;
    }

    /** {@return the check of a container that has just been started} */
    static HealthCheck of(HealthRequest asked, HealthRequest image, long begun) {
        return new HealthCheck(
                asked.test().isEmpty() ? image.test() : asked.test(),
                first(asked.intervalMillis(), image.intervalMillis(), DEFAULT_MILLIS),
                first(asked.timeoutMillis(), image.timeoutMillis(), DEFAULT_MILLIS),
                first(asked.startPeriodMillis(), image.startPeriodMillis(), 0),
                asked.retries().orElse(image.retries().orElse(DEFAULT_RETRIES)),
                asked.onFailure(),
                begun);
    }

    private static long first(OptionalLong asked, OptionalLong image, long otherwise) {
        return asked.orElse(image.orElse(otherwise));
    }

    /** {@return the program and its arguments} */
    List<String> command() {
        List<String> words = new ArrayList<>(test.subList(1, test.size()));
        if (test.get(0).equals("CMD-SHELL")) {
            words.add(0, "-c");
            words.add(0, "/bin/sh");
        }
        return words;
    }

    String toText() {
        return JsonObject.builder()
                .put("test", test)
                .put("interval", intervalMillis)
                .put("timeout", timeoutMillis)
                .put("startPeriod", startPeriodMillis)
                .put("retries", retries)
                .put("onFailure", onFailure)
                .put("begun", begun)
                .build()
                .toString();
    }

    static HealthCheck parse(String text) {
        try {
            JsonObject json = Json.parse(text).asObject();
            return new HealthCheck(
                    json.texts("test"),
                    json.number("interval", DEFAULT_MILLIS),
                    json.number("timeout", DEFAULT_MILLIS),
                    json.number("startPeriod", 0),
                    (int) json.number("retries", DEFAULT_RETRIES),
                    json.text("onFailure", "none"),
                    json.number("begun", 0));
        } catch (JsonException e) {
            throw new HostException("the note of a container's health check is damaged: " + e.getMessage(), e);
        }
    }

    /** {@return the check as {@code inspect} shows it, with Docker's names and nanoseconds} */
    JsonObject describe() {
        return JsonObject.builder()
                .put("Test", test)
                .put("Interval", intervalMillis * NANOS)
                .put("Timeout", timeoutMillis * NANOS)
                .put("StartPeriod", startPeriodMillis * NANOS)
                .put("Retries", retries)
                .build();
    }
}
