package belljar.cli;

import belljar.container.ContainerProcess;
import belljar.engine.Engine;
import belljar.failure.UserException;
import belljar.linux.Capability;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The columns of {@code top}: names, headings and values as those of {@code podman top}, with ps(1)'s codes. */
final class TopColumns {
    private static final Map<String, String> HEADINGS = new LinkedHashMap<>();
    private static final Map<String, String> CODES = new HashMap<>();
    private static final int LIMIT = 8 << 20;

    static {
        String[] columns = {
            "args",
            "COMMAND",
            "%a",
            "capamb",
            "AMBIENT CAPS",
            "",
            "capbnd",
            "BOUNDING CAPS",
            "",
            "capeff",
            "EFFECTIVE CAPS",
            "",
            "capinh",
            "INHERITED CAPS",
            "",
            "capprm",
            "PERMITTED CAPS",
            "",
            "comm",
            "COMMAND",
            "%c",
            "etime",
            "ELAPSED",
            "%t",
            "group",
            "GROUP",
            "%G",
            "groups",
            "GROUPS",
            "",
            "hgroup",
            "HGROUP",
            "",
            "hpid",
            "HPID",
            "",
            "huser",
            "HUSER",
            "",
            "nice",
            "NI",
            "%n",
            "pcpu",
            "%CPU",
            "%C",
            "pgid",
            "PGID",
            "%r",
            "pid",
            "PID",
            "%p",
            "ppid",
            "PPID",
            "%P",
            "rgroup",
            "RGROUP",
            "%g",
            "ruser",
            "RUSER",
            "%u",
            "seccomp",
            "SECCOMP",
            "",
            "state",
            "STATE",
            "",
            "time",
            "TIME",
            "%x",
            "tty",
            "TTY",
            "%y",
            "user",
            "USER",
            "%U",
            "vsz",
            "VSZ",
            "%z"
        };
        for (int i = 0; i < columns.length; i += 3) {
            HEADINGS.put(columns[i], columns[i + 1]);
            CODES.put(columns[i + 2], columns[i]);
        }
        CODES.remove("");
    }

    private final Map<Long, String> users = new HashMap<>();
    private final Map<Long, String> groups = new HashMap<>();

    /** Reads the names of users and groups from the container as it is now. */
    TopColumns(Engine engine, String container, List<ContainerProcess> processes) {
        if (!processes.isEmpty()) {
            read(engine.files().read(container, "/etc/passwd", LIMIT).orElse(""), users);
            read(engine.files().read(container, "/etc/group", LIMIT).orElse(""), groups);
        }
    }

    private static void read(String text, Map<Long, String> names) {
        for (String line : Text.split(text, '\n')) {
            List<String> fields = Text.split(line, ':');
            if (fields.size() >= 3
                    && Text.isDigits(fields.get(2))
                    && fields.get(2).length() <= 10) {
                names.putIfAbsent(Long.parseLong(fields.get(2)), fields.get(0));
            }
        }
    }

    static Iterable<String> names() {
        return HEADINGS.keySet();
    }

    static String heading(String column) {
        return HEADINGS.getOrDefault(column, column);
    }

    /** {@return the name of a column, given by name or by ps(1)'s code} */
    static String checked(String word) {
        String column = CODES.getOrDefault(word, word);
        if (!HEADINGS.containsKey(column)) {
            throw new UserException("top has no column '" + word + "'; there are " + String.join(", ", names()));
        }
        return column;
    }

    String value(String column, ContainerProcess p) {
        return switch (column) {
            case "args" -> p.args().isEmpty() ? "[" + p.command() + "]" : String.join(" ", p.args());
            case "capinh" -> capabilities(p.capabilities().get(0));
            case "capprm" -> capabilities(p.capabilities().get(1));
            case "capeff" -> capabilities(p.capabilities().get(2));
            case "capbnd" -> capabilities(p.capabilities().get(3));
            case "capamb" -> capabilities(p.capabilities().get(4));
            case "comm" -> p.command();
            case "etime" -> duration(p.elapsedMillis());
            case "time" -> duration(p.cpuMillis());
            case "group" -> name(groups, p.gid());
            case "rgroup" -> name(groups, p.realGid());
            case "groups" -> groups(p);
            case "hgroup" -> Long.toString(p.hostGid());
            case "huser" -> Long.toString(p.hostUid());
            case "hpid" -> Long.toString(p.hostPid());
            case "nice" -> Integer.toString(p.nice());
            case "pcpu" -> share(p);
            case "pgid" -> Long.toString(p.group());
            case "pid" -> Long.toString(p.pid());
            case "ppid" -> Long.toString(p.parent());
            case "ruser" -> name(users, p.realUid());
            case "user" -> name(users, p.uid());
            case "seccomp" -> p.seccomp() == 0 ? "disabled" : p.seccomp() == 1 ? "strict" : "filter";
            case "state" -> String.valueOf(p.state());
            case "tty" -> p.terminal();
            case "vsz" -> Long.toString(p.virtualBytes() / 1024);
            default -> "";
        };
    }

    private static String share(ContainerProcess p) {
        return String.format(Locale.ROOT, "%.3f", 100.0 * p.cpuMillis() / Math.max(1, p.elapsedMillis()));
    }

    private static String name(Map<Long, String> names, long id) {
        return names.getOrDefault(id, Long.toString(id));
    }

    private String groups(ContainerProcess p) {
        StringBuilder text = new StringBuilder();
        for (long gid : p.groups()) {
            text.append(text.isEmpty() ? "" : ",").append(name(groups, gid));
        }
        return text.toString();
    }

    /** Without {@code CAP_}, as Podman writes them. */
    private static String capabilities(long bits) {
        StringBuilder text = new StringBuilder();
        int all = 0;
        int has = 0;
        for (Capability capability : Capability.values()) {
            all++;
            if ((bits >>> capability.number() & 1) != 0) {
                has++;
                text.append(text.isEmpty() ? "" : ",").append(capability.name());
            }
        }
        return has == 0 ? "none" : has == all ? "full" : text.toString();
    }

    /** As Go writes a duration, in whole seconds, since Podman does. */
    static String duration(long millis) {
        long seconds = millis / 1000;
        if (seconds >= 3600) {
            return seconds / 3600 + "h" + seconds / 60 % 60 + "m" + seconds % 60 + "s";
        }
        return seconds >= 60 ? seconds / 60 + "m" + seconds % 60 + "s" : seconds + "s";
    }
}
