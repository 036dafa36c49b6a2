package belljar.engine;

import belljar.failure.HostException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.json.JsonObject;
import belljar.log.LogTime;
import java.util.ArrayList;
import java.util.List;

/**
 * What the checks of a container have found out since it was started.
 *
 * @param status {@code starting}, {@code healthy} or {@code unhealthy}
 * @param streak how many checks have failed in a row
 * @param log the last checks, the oldest first
 */
record HealthState(String status, int streak, List<Result> log) {
    static final String STARTING = "starting";
    static final String HEALTHY = "healthy";
    static final String UNHEALTHY = "unhealthy";

    /** Before the first check. */
    static final HealthState NEW = new HealthState(STARTING, 0, List.of());

    /** As many as Docker and Podman keep. */
    private static final int KEPT = 5;

    HealthState {
        log = List.copyOf(log);
    }

    /**
     * One check.
     *
     * @param start when it began, milliseconds since the epoch
     * @param end when it ended
     * @param exitCode 0 for success; -1 when it took too long and was killed
     * @param output the beginning of what it wrote
     */
    record Result(long start, long end, int exitCode, String output) {
        private JsonObject describe() {
            return JsonObject.builder()
                    .put("Start", LogTime.text(start * 1_000_000))
                    .put("End", LogTime.text(end * 1_000_000))
                    .put("ExitCode", exitCode)
                    .put("Output", output)
                    .build();
        }
    }

    /** {@return the state after one more check} */
    HealthState after(Result result, HealthCheck check) {
        List<Result> results = new ArrayList<>(log);
        results.add(result);
        List<Result> last = results.subList(Math.max(0, results.size() - KEPT), results.size());
        if (result.exitCode() == 0) {
            return new HealthState(HEALTHY, 0, last);
        }
        if (status.equals(STARTING) && result.start() < check.begun() + check.startPeriodMillis()) {
            return new HealthState(STARTING, 0, last);
        }
        int failures = streak + 1;
        return new HealthState(failures >= check.retries() ? UNHEALTHY : status, failures, last);
    }

    /** {@return when the last check ended, milliseconds since the epoch; 0 before the first} */
    long lastEnd() {
        return log.isEmpty() ? 0 : log.get(log.size() - 1).end();
    }

    String toText() {
        List<Json> results = new ArrayList<>();
        for (Result result : log) {
            results.add(JsonObject.builder()
                    .put("start", result.start())
                    .put("end", result.end())
                    .put("exitCode", result.exitCode())
                    .put("output", result.output())
                    .build());
        }
        return JsonObject.builder()
                .put("status", status)
                .put("streak", streak)
                .put("log", new Json.Arr(results))
                .build()
                .toString();
    }

    /** {@return the state of a text that {@link #toText} made; the one before the first check where there is none} */
    static HealthState parse(String text) {
        if (text.isEmpty()) {
            return NEW;
        }
        try {
            JsonObject json = Json.parse(text).asObject();
            List<Result> results = new ArrayList<>();
            for (Json item : json.list("log")) {
                JsonObject result = item.asObject();
                results.add(new Result(
                        result.number("start", 0),
                        result.number("end", 0),
                        (int) result.number("exitCode", 0),
                        result.text("output", "")));
            }
            return new HealthState(json.text("status", STARTING), (int) json.number("streak", 0), results);
        } catch (JsonException e) {
            throw new HostException("the note of a container's health is damaged: " + e.getMessage(), e);
        }
    }

    /** {@return the state as {@code inspect} shows it, with Docker's names} */
    JsonObject describe() {
        List<Json> results = new ArrayList<>();
        for (Result result : log) {
            results.add(result.describe());
        }
        return JsonObject.builder()
                .put("Status", status)
                .put("FailingStreak", streak)
                .put("Log", new Json.Arr(results))
                .build();
    }
}
