package belljar.cli;

import belljar.engine.NamespaceMode;
import belljar.engine.NamespaceRequest;
import belljar.failure.UserException;
import belljar.sandbox.IdMaps;
import java.util.ArrayList;
import java.util.List;

/** The options of {@code run} about what is shared with the host and with other containers. */
final class RunNamespaceOptions {
    private RunNamespaceOptions() {}

    static void declare(OptionTable table) {
        table.value("pid", "MODE", "process ids: private, host, container:NAME or ns:PATH")
                .value("ipc", "MODE", "shared memory and queues: private, host, none or ns:PATH")
                .value("uts", "MODE", "the host name: private, host, container:NAME or ns:PATH")
                .value("cgroupns", "MODE", "the view of cgroups: private, host, container:NAME or ns:PATH")
                .value("userns", "MODE", "user ids: host, private, keep-id, container:NAME or ns:PATH")
                .list("uidmap", "INSIDE:OUTSIDE:COUNT", "map user ids, with a user namespace")
                .list("gidmap", "INSIDE:OUTSIDE:COUNT", "map group ids, with a user namespace");
    }

    static NamespaceRequest parse(Arguments arguments) {
        IdMaps maps = new IdMaps(ranges(arguments, "uidmap"), ranges(arguments, "gidmap"));
        if (maps.uids().isEmpty() && !maps.gids().isEmpty()) {
            throw new UserException("--gidmap needs --uidmap; give both");
        }
        if (maps.gids().isEmpty() && !maps.uids().isEmpty()) {
            maps = new IdMaps(maps.uids(), maps.uids()); // as in Podman
        }
        boolean mapped = !maps.uids().isEmpty();
        String userns = arguments.value("userns");
        if (mapped && !userns.isEmpty() && !userns.equals("private")) {
            throw new UserException(
                    "--uidmap makes a user namespace and --userns " + userns + " names another; give only one of them");
        }
        return new NamespaceRequest(
                mode("pid", arguments.value("pid"), false),
                ipc(arguments.value("ipc")),
                mode("uts", arguments.value("uts"), false),
                mode("cgroupns", arguments.value("cgroupns"), false),
                mapped ? NamespaceMode.PRIVATE : user(userns),
                userns.equals("keep-id"),
                maps);
    }

    private static NamespaceMode ipc(String text) {
        return switch (text) {
            case "none" -> NamespaceMode.NONE;
            case "shareable" -> throw new UserException("--ipc shareable is not built yet; use private, host or none");
            default -> mode("ipc", text, false);
        };
    }

    private static NamespaceMode user(String text) {
        return switch (text) {
            case "keep-id" -> NamespaceMode.PRIVATE;
            case "auto", "nomap" ->
                throw new UserException("--userns " + text + " is not built yet; use host, private or keep-id");
            default -> mode("userns", text, false);
        };
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
            List<String> parts = Text.split(text, ':');
            boolean good = parts.size() == 3;
            for (String part : parts) {
                good = good && Text.isDigits(part) && part.length() <= 10 && Long.parseLong(part) <= Integer.MAX_VALUE;
            }
            if (!good || Integer.parseInt(parts.get(2)) == 0) {
                throw new UserException("--" + option + " '" + text
                        + "' is not of the form INSIDE:OUTSIDE:COUNT, such as " + "0:100000:65536");
            }
            ranges.add(new IdMaps.Range(
                    Integer.parseInt(parts.get(0)), Integer.parseInt(parts.get(1)), Integer.parseInt(parts.get(2))));
        }
        return ranges;
    }
}
