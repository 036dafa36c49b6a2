package belljar.cli;

import belljar.engine.HealthRequest;
import belljar.engine.LifeRequest;
import belljar.engine.LogRequest;
import belljar.engine.RestartPolicy;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.log.LogTime;
import belljar.log.TimeBound;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The options of {@code run} and {@code create} about the container's life: restarts, log, health, pod. */
final class RunLifeOptions {
    private RunLifeOptions() {}

    static void declare(OptionTable table) {
        table.value("restart", "POLICY", "start it again: no, on-failure[:N], always or unless-stopped (no)")
                .value("stop-timeout", "SECONDS", "how long a stop waits before it kills (10)")
                .value("pidfile", "FILE", "write the first process's id to a file")
                .value("log-driver", "DRIVER", "the format of the log: k8s-file, json-file or none (k8s-file)")
                .list("log-opt", "KEY=VALUE", "path=FILE, max-size=SIZE or max-file=NUMBER")
                .value("detach-keys", "KEYS", "the keys that let go of its terminal (ctrl-p,ctrl-q)")
                .value("pod", "POD", "make it part of a pod")
                .value("health-cmd", "COMMAND", "a command that finds out whether it is well; none for no check")
                .value("health-interval", "TIME", "between two checks (30s)")
                .value("health-timeout", "TIME", "after which a check has failed (30s)")
                .value("health-start-period", "TIME", "after the start, in which failures do not count (0s)")
                .value("health-retries", "NUMBER", "how many failures in a row count (3)")
                .value("health-on-failure", "ACTION", "what happens then: none, kill, restart or stop (none)")
                .flag("no-healthcheck", "do not make the image's checks");
    }

    static LifeRequest parse(Arguments arguments) {
        String restart = arguments.value("restart");
        RestartPolicy policy = RestartPolicy.parse(restart);
        if (policy.most() < 0) {
            throw new UserException(
                    "--restart '" + restart + "' is none of no, on-failure[:N], always and unless-stopped");
        }
        if (policy.when() != RestartPolicy.When.NO && arguments.flag("rm")) {
            throw new UserException("--restart and --rm contradict each other; give only one of them");
        }
        OptionalInt timeout = arguments.has("stop-timeout")
                ? OptionalInt.of((int) Values.number("stop-timeout", arguments.value("stop-timeout"), 0, 1_000_000))
                : OptionalInt.empty();
        return new LifeRequest(
                policy,
                timeout,
                log(arguments),
                health(arguments),
                arguments.value("pod"),
                absolute(arguments.value("pidfile")),
                arguments.has("detach-keys") ? arguments.value("detach-keys") : LifeRequest.DEFAULT_DETACH_KEYS);
    }

    /** A later start may have another working directory. */
    private static String absolute(String file) {
        return file.isEmpty() ? "" : Path.of(file).toAbsolutePath().toString();
    }

    private static LogRequest log(Arguments arguments) {
        String path = "";
        OptionalLong size = OptionalLong.empty();
        OptionalInt files = OptionalInt.empty();
        for (String option : arguments.values("log-opt")) {
            int equals = option.indexOf('=');
            String value = option.substring(equals + 1);
            switch (equals < 0 ? "" : option.substring(0, equals)) {
                case "path" -> path = absolute(value);
                case "max-size" -> size = OptionalLong.of(size(value));
                case "max-file" -> files = OptionalInt.of((int) Values.number("log-opt max-file", value, 1, 99));
                default ->
                    throw new UserException(
                            "--log-opt '" + option + "' is not understood; there are path, max-size and max-file");
            }
        }
        return new LogRequest(driver(arguments.value("log-driver")), path, size, files);
    }

    private static long size(String text) {
        if (text.equals("-1")) {
            return 0;
        }
        return Values.bytes("log-opt max-size", text);
    }

    private static LogRequest.Driver driver(String text) {
        return switch (text) {
            case "", "k8s-file" -> LogRequest.Driver.CRI;
            case "json-file" -> LogRequest.Driver.JSON;
            case "none" -> LogRequest.Driver.NONE;
            default -> throw new UserException("--log-driver '" + text + "' is none of k8s-file, json-file and none");
        };
    }

    private static HealthRequest health(Arguments arguments) {
        String command = arguments.value("health-cmd");
        boolean none = arguments.flag("no-healthcheck") || command.equals("none");
        if (arguments.flag("no-healthcheck") && arguments.has("health-cmd")) {
            throw new UserException("--no-healthcheck and --health-cmd contradict each other; give only one of them");
        }
        String onFailure = arguments.value("health-on-failure");
        if (!onFailure.isEmpty() && !List.of("none", "kill", "restart", "stop").contains(onFailure)) {
            throw new UserException("--health-on-failure '" + onFailure + "' is none of none, kill, restart and stop");
        }
        return new HealthRequest(
                none,
                none || command.isEmpty() ? List.of() : test(command),
                arguments.value("health-interval").equals("disable")
                        ? OptionalLong.of(0)
                        : millis(arguments, "health-interval"),
                millis(arguments, "health-timeout"),
                millis(arguments, "health-start-period"),
                arguments.has("health-retries")
                        ? OptionalInt.of(
                                (int) Values.number("health-retries", arguments.value("health-retries"), 1, 1_000_000))
                        : OptionalInt.empty(),
                onFailure.isEmpty() ? "none" : onFailure);
    }

    /** A JSON list is a program and its arguments, anything else a line for the shell. */
    private static List<String> test(String command) {
        if (!command.startsWith("[")) {
            return List.of("CMD-SHELL", command);
        }
        try {
            java.util.ArrayList<String> words =
                    new java.util.ArrayList<>(Json.parse(command).asTexts());
            if (words.isEmpty() || !words.get(0).startsWith("CMD")) {
                words.add(0, "CMD");
            }
            return words;
        } catch (JsonException e) {
            throw new UserException("--health-cmd '" + command + "' is not a JSON list of words: " + e.getMessage(), e);
        }
    }

    private static OptionalLong millis(Arguments arguments, String option) {
        if (!arguments.has(option)) {
            return OptionalLong.empty();
        }
        long nanos = TimeBound.duration(arguments.value(option));
        if (nanos == LogTime.NONE || nanos < 0) {
            throw new UserException(
                    "--" + option + " '" + arguments.value(option) + "' is not a time; write one such as 30s or 1m30s");
        }
        return OptionalLong.of(nanos / 1_000_000);
    }
}
