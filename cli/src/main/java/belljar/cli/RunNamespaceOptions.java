package belljar.cli;

import belljar.engine.IdChoice;
import belljar.engine.NamespaceMode;
import belljar.engine.NamespaceRequest;
import belljar.failure.UserException;
import belljar.sandbox.IdMaps;
import java.util.ArrayList;
import java.util.List;

/** The options of {@code run} about what is shared with the host and with other containers. */
final class RunNamespaceOptions {
    private static final int KEEP_ID = "keep-id".length();
    private static final int AUTO = "auto".length();

    private RunNamespaceOptions() {}

    static void declare(OptionTable table) {
        table.value("pid", "MODE", "process ids: private, host, container:NAME or ns:PATH")
                .value(
                        "ipc",
                        "MODE",
                        "shared memory and queues: private, shareable, host, none, container:NAME or ns:PATH")
                .value("uts", "MODE", "the host name: private, host, container:NAME or ns:PATH")
                .value("cgroupns", "MODE", "the view of cgroups: private, host, container:NAME or ns:PATH")
                .value("userns", "MODE", "user ids: host, private, auto, keep-id, nomap, container:NAME or ns:PATH")
                .list("uidmap", "INSIDE:OUTSIDE:COUNT", "map user ids, with a user namespace")
                .list("gidmap", "INSIDE:OUTSIDE:COUNT", "map group ids, with a user namespace")
                .value("subuidname", "NAME", "map the user ids that /etc/subuid grants to NAME")
                .value("subgidname", "NAME", "map the group ids that /etc/subgid grants to NAME");
    }

    static NamespaceRequest parse(Arguments arguments) {
        String userns = arguments.value("userns");
        IdChoice ids = ids(arguments, userns);
        return new NamespaceRequest(
                mode("pid", arguments.value("pid"), false),
                ipc(arguments.value("ipc")),
                mode("uts", arguments.value("uts"), false),
                mode("cgroupns", arguments.value("cgroupns"), false),
                ids instanceof IdChoice.Default ? user(userns) : NamespaceMode.PRIVATE,
                ids);
    }

    /** One option is enough to say which ids there are. */
    private static IdChoice ids(Arguments arguments, String userns) {
        List<IdMaps.Range> uids = ranges(arguments, "uidmap");
        List<IdMaps.Range> gids = ranges(arguments, "gidmap");
        String users = arguments.value("subuidname");
        String groups = arguments.value("subgidname");
        String by = !uids.isEmpty() ? "--uidmap" : !gids.isEmpty() ? "--gidmap" : "";
        String byName = !users.isEmpty() ? "--subuidname" : !groups.isEmpty() ? "--subgidname" : "";
        if (!by.isEmpty() && !byName.isEmpty()) {
            throw new UserException(by + " and " + byName + " both say which ids there are; give only one of them");
        }
        by += byName;
        if (!by.isEmpty() && !userns.isEmpty() && !userns.equals("private")) {
            throw new UserException(
                    by + " makes a user namespace and --userns " + userns + " names another; give only one of them");
        }
        // As in Podman, what is said of users or groups only is meant for both.
        if (!byName.isEmpty()) {
            return new IdChoice.Granted(users.isEmpty() ? groups : users, groups.isEmpty() ? users : groups);
        }
        if (!by.isEmpty()) {
            return new IdChoice.Given(new IdMaps(uids.isEmpty() ? gids : uids, gids.isEmpty() ? uids : gids));
        }
        if (userns.equals("keep-id") || userns.startsWith("keep-id:")) {
            return keepId(userns);
        }
        if (userns.equals("auto") || userns.startsWith("auto:")) {
            return auto(userns);
        }
        return userns.equals("nomap") ? new IdChoice.NoMap() : IdChoice.DEFAULT;
    }

    private static IdChoice keepId(String userns) {
        int uid = -1;
        int gid = -1;
        if (userns.length() > KEEP_ID) {
            for (String part : Text.split(userns.substring(KEEP_ID + 1), ',')) {
                boolean user = part.startsWith("uid=");
                String number = part.substring(Math.min(4, part.length()));
                if (!user && !part.startsWith("gid=") || !isId(number)) {
                    throw new UserException("--userns '" + userns + "' is not of the form keep-id:uid=N,gid=N");
                }
                uid = user ? Integer.parseInt(number) : uid;
                gid = user ? gid : Integer.parseInt(number);
            }
        }
        return new IdChoice.KeepId(uid, gid);
    }

    private static IdChoice auto(String userns) {
        int size = 0;
        List<IdMaps.Range> uids = new ArrayList<>();
        List<IdMaps.Range> gids = new ArrayList<>();
        if (userns.length() > AUTO) {
            for (String part : Text.split(userns.substring(AUTO + 1), ',')) {
                String value = part.substring(part.indexOf('=') + 1);
                if (part.startsWith("size=") && isId(value) && !value.equals("0")) {
                    size = Integer.parseInt(value);
                } else if (part.startsWith("uidmapping=")) {
                    uids.add(range("userns auto:uidmapping", value));
                } else if (part.startsWith("gidmapping=")) {
                    gids.add(range("userns auto:gidmapping", value));
                } else {
                    throw new UserException("--userns '" + userns
                            + "' is not of the form auto:size=N,uidmapping=INSIDE:OUTSIDE:COUNT,gidmapping=...");
                }
            }
        }
        return new IdChoice.Auto(size, new IdMaps(uids, gids));
    }

    /** The greatest id is left out, since one more must still be a number. */
    private static boolean isId(String text) {
        return Text.isDigits(text) && text.length() <= 10 && Long.parseLong(text) < Integer.MAX_VALUE;
    }

    private static NamespaceMode ipc(String text) {
        return switch (text) {
            case "none" -> NamespaceMode.NONE;
            case "shareable" -> NamespaceMode.PRIVATE; // every private one can be shared
            default -> mode("ipc", text, false);
        };
    }

    private static NamespaceMode user(String text) {
        return mode("userns", text, false);
    }

    /**
     * {@return where a namespace comes from}
     *
     * @param option the option's name, for messages
     * @param text its value; empty for the default
     * @param noneAllowed whether {@code none} is possible
     */
    static NamespaceMode mode(String option, String text, boolean noneAllowed) {
        if (text.startsWith("container:") && text.length() > 10) {
            return new NamespaceMode.Of(text.substring(10));
        }
        if (text.startsWith("ns:/")) {
            return new NamespaceMode.Path(text.substring(3));
        }
        if (noneAllowed && text.equals("none")) {
            return NamespaceMode.NONE;
        }
        return switch (text) {
            case "" -> NamespaceMode.DEFAULT;
            case "private" -> NamespaceMode.PRIVATE;
            case "host" -> NamespaceMode.HOST;
            default ->
                throw new UserException("--" + option + " '" + text + "' is not a mode; use "
                        + (noneAllowed ? "none" : "private") + ", host, container:NAME or ns:/PATH");
        };
    }

    private static List<IdMaps.Range> ranges(Arguments arguments, String option) {
        List<IdMaps.Range> ranges = new ArrayList<>();
        for (String text : arguments.values(option)) {
            ranges.add(range(option, text));
        }
        return ranges;
    }

    private static IdMaps.Range range(String option, String text) {
        List<String> parts = Text.split(text, ':');
        boolean good = parts.size() == 3;
        for (String part : parts) {
            good = good && Text.isDigits(part) && part.length() <= 10 && Long.parseLong(part) <= Integer.MAX_VALUE;
        }
        if (!good || Integer.parseInt(parts.get(2)) == 0) {
            throw new UserException(
                    "--" + option + " '" + text + "' is not of the form INSIDE:OUTSIDE:COUNT, such as 0:100000:65536");
        }
        return new IdMaps.Range(
                Integer.parseInt(parts.get(0)), Integer.parseInt(parts.get(1)), Integer.parseInt(parts.get(2)));
    }
}
