package belljar.cli;

import belljar.engine.ProcessRequest;
import belljar.engine.Signals;
import belljar.engine.UserEntries;
import belljar.failure.UserException;
import belljar.json.Json;
import belljar.json.JsonException;
import belljar.sandbox.RlimitSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The options of {@code run} about the first process. */
final class RunProcessOptions {
    /** The variables of proxies, of which programs know either spelling. */
    private static final List<String> PROXIES = List.of(
            "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY");

    private static final int PASSWD_FIELDS = 7;
    /** A year; a greater number is rather a mistake. */
    private static final long MAX_TIMEOUT = 366L * 86400;

    private RunProcessOptions() {}

    static void declare(OptionTable table) {
        table.flag("interactive", 'i', "pass standard input on")
                .flag("tty", 't', "give the process a terminal")
                .value("entrypoint", "COMMAND", "replace the image's entrypoint; a JSON list for several words")
                .list("env", 'e', "NAME=VALUE", "set a variable; NAME alone passes the caller's on")
                .list("env-file", "FILE", "read variables from a file")
                .flag("http-proxy", "pass the caller's variables of proxies on")
                .flag("env-host", "pass all of the caller's variables on")
                .list("unsetenv", "NAME", "leave out a default variable")
                .flag("unsetenv-all", "leave out all default variables")
                .value("user", 'u', "USER[:GROUP]", "run as a user, by name or number")
                .list("group-add", "GROUP", "add a group, by name or number")
                .value("workdir", 'w', "DIR", "the working directory")
                .flag("init", "run an init process that reaps orphans")
                .flag("passwd", "enter a user whom the image does not know in /etc/passwd (true)")
                .value("passwd-entry", "LINE", "the line of that user; may have $USERNAME, $UID, $GID, $NAME, $HOME")
                .list("hostuser", "USER", "enter a user of the host in /etc/passwd")
                .value("timeout", "SECONDS", "how long it may run before it is killed")
                .value("stop-signal", "SIGNAL", "the signal that asks the process to end")
                .value("umask", "MASK", "the file mode creation mask, in octal (022)")
                .value("oom-score-adj", "NUMBER", "adjust the out-of-memory score, -1000 to 1000")
                .list("ulimit", "NAME=SOFT[:HARD]", "set a resource limit");
    }

    static ProcessRequest parse(Arguments arguments, List<String> command, Map<String, String> callersEnv) {
        List<String> env = new ArrayList<>();
        if (arguments.flag("env-host")) {
            for (Map.Entry<String, String> variable : callersEnv.entrySet()) {
                env.add(variable.getKey() + "=" + variable.getValue());
            }
        }
        if (arguments.flag("http-proxy")) {
            for (String name : PROXIES) {
                String value = callersEnv.get(name);
                if (value != null) {
                    env.add(name + "=" + value);
                }
            }
        }
        for (String file : arguments.values("env-file")) {
            env.addAll(EnvFile.read(file, callersEnv));
        }
        for (String variable : arguments.values("env")) {
            EnvFile.add(env, "--env", variable, callersEnv);
        }
        List<RlimitSpec> rlimits = new ArrayList<>();
        for (String limit : arguments.values("ulimit")) {
            rlimits.add(Ulimit.parse(limit));
        }
        ProcessRequest process = new ProcessRequest(
                command,
                entrypoint(arguments),
                env,
                arguments.separated("unsetenv"),
                arguments.flag("unsetenv-all"),
                arguments.value("user"),
                groups(arguments),
                workdir(arguments),
                arguments.flag("tty"),
                arguments.flag("interactive"),
                arguments.flag("init"),
                Signals.checked(arguments.value("stop-signal")),
                umask(arguments.value("umask")),
                optional(arguments, "oom-score-adj", -1000, 1000),
                rlimits);
        boolean plain = !arguments.has("passwd")
                && !arguments.has("passwd-entry")
                && !arguments.has("hostuser")
                && !arguments.has("timeout");
        return plain
                ? process
                : process.with(
                        users(arguments),
                        optional(arguments, "timeout", 0, MAX_TIMEOUT).orElse(0));
    }

    private static UserEntries users(Arguments arguments) {
        String entry = arguments.value("passwd-entry");
        boolean given = arguments.has("passwd-entry");
        if (given && (entry.indexOf('\n') >= 0 || Text.split(entry, ':').size() != PASSWD_FIELDS)) {
            throw new UserException("--passwd-entry '" + entry + "' is no line of passwd(5); write one such as"
                    + " '$USERNAME:*:$UID:$GID:$NAME:$HOME:/bin/sh'");
        }
        return new UserEntries(arguments.flag("passwd", true), entry, arguments.values("hostuser"));
    }

    private static Optional<List<String>> entrypoint(Arguments arguments) {
        if (!arguments.has("entrypoint")) {
            return Optional.empty();
        }
        String text = arguments.value("entrypoint");
        if (text.isEmpty()) {
            return Optional.of(List.of());
        }
        if (!text.startsWith("[")) {
            return Optional.of(List.of(text));
        }
        try {
            return Optional.of(Json.parse(text).asTexts());
        } catch (JsonException e) {
            throw new UserException("--entrypoint '" + text + "' is not a JSON list of words: " + e.getMessage(), e);
        }
    }

    private static List<String> groups(Arguments arguments) {
        List<String> groups = arguments.separated("group-add");
        for (String group : groups) {
            if (group.equals("keep-groups")) {
                throw new UserException("--group-add keep-groups is not built yet; name the groups");
            }
            if (group.isEmpty()) {
                throw new UserException("--group-add has an empty name; give a group's name or number");
            }
        }
        return groups;
    }

    private static String workdir(Arguments arguments) {
        String workdir = arguments.value("workdir");
        if (arguments.has("workdir") && !workdir.startsWith("/")) {
            throw new UserException("--workdir '" + workdir + "' is not an absolute path; begin it with '/'");
        }
        return workdir;
    }

    private static OptionalInt umask(String text) {
        if (text.isEmpty()) {
            return OptionalInt.empty();
        }
        int mask = 0;
        boolean good = text.length() <= 4;
        for (int i = 0; i < text.length() && good; i++) {
            good = text.charAt(i) >= '0' && text.charAt(i) <= '7';
            mask = mask * 8 + text.charAt(i) - '0';
        }
        if (!good || mask > 0777) {
            throw new UserException("--umask '" + text + "' is not an octal mask from 0000 to 0777");
        }
        return OptionalInt.of(mask);
    }

    private static OptionalInt optional(Arguments arguments, String option, long least, long most) {
        return arguments.has(option)
                ? OptionalInt.of((int) Values.number(option, arguments.value(option), least, most))
                : OptionalInt.empty();
    }
}
