package belljar.cli;

import belljar.engine.SecurityRequest;
import belljar.failure.UserException;
import belljar.linux.CapabilitySet;
import belljar.sandbox.SeccompSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The options of {@code run} about privileges. */
final class RunSecurityOptions {
    private final List<String> mask = new ArrayList<>();
    private final List<String> unmask = new ArrayList<>();
    private Optional<SeccompSpec> seccomp = Optional.empty();
    private Optional<Boolean> noNewPrivileges = Optional.empty();

    private RunSecurityOptions() {}

    static void declare(OptionTable table) {
        table.flag("privileged", "take the fences down: all capabilities and devices, no filter, nothing masked")
                .list("cap-add", "CAPABILITY", "add a capability, or ALL")
                .list("cap-drop", "CAPABILITY", "take a capability away, or ALL")
                .list(
                        "security-opt",
                        "OPTION",
                        "seccomp=FILE|unconfined, no-new-privileges=true|false (true), mask=PATH, unmask=PATH|ALL")
                .list("sysctl", "NAME=VALUE", "set a kernel parameter of the container's namespaces");
    }

    static SecurityRequest parse(Arguments arguments) {
        RunSecurityOptions options = new RunSecurityOptions();
        for (String text : arguments.values("security-opt")) {
            options.take(text);
        }
        return new SecurityRequest(
                arguments.flag("privileged"),
                capabilities(arguments, "cap-add"),
                capabilities(arguments, "cap-drop"),
                options.seccomp,
                options.noNewPrivileges,
                options.mask,
                options.unmask,
                Values.pairs("sysctl", arguments.values("sysctl"), false));
    }

    private static List<String> capabilities(Arguments arguments, String option) {
        List<String> names = arguments.separated(option);
        for (String name : names) {
            CapabilitySet.parse(name);
        }
        return names;
    }

    private void take(String text) {
        int at = 0;
        while (at < text.length() && text.charAt(at) != '=' && text.charAt(at) != ':') {
            at++;
        }
        String key = text.substring(0, at);
        String value = at < text.length() ? text.substring(at + 1) : "";
        switch (key) {
            case "seccomp" -> seccomp = Optional.of(seccomp(text, value));
            case "no-new-privileges" ->
                noNewPrivileges = Optional.of(
                        switch (value) {
                            case "", "true" -> true;
                            case "false" -> false;
                            default -> throw wrong(text, "is either true or false");
                        });
            case "mask" -> addPaths(mask, text, value);
            case "unmask" -> {
                if (value.equalsIgnoreCase("ALL")) {
                    unmask.add("ALL");
                } else {
                    addPaths(unmask, text, value);
                }
            }
            case "systempaths" -> {
                if (!value.equals("unconfined")) {
                    throw wrong(text, "can only be unconfined");
                }
                unmask.add("ALL");
            }
            case "apparmor" -> {
                if (!value.equals("unconfined")) {
                    throw wrong(text, "is not built yet; leave it out or say unconfined");
                }
            }
            case "label" -> {
                if (!value.equals("disable")) {
                    throw wrong(text, "is not built yet; leave it out or say disable");
                }
            }
            default -> throw wrong(text, "is unknown; use seccomp=, no-new-privileges, mask= or unmask=");
        }
    }

    private static SeccompSpec seccomp(String text, String value) {
        if (value.isEmpty()) {
            throw wrong(text, "needs a file or unconfined");
        }
        return value.equals("unconfined")
                ? new SeccompSpec.Unconfined()
                : new SeccompSpec.Profile(value, UserFiles.read("--security-opt seccomp", Path.of(value)));
    }

    private static void addPaths(List<String> to, String text, String paths) {
        for (String path : Text.split(paths, ':')) {
            if (!path.startsWith("/")) {
                throw wrong(text, "needs absolute paths with ':' between them");
            }
            to.add(path);
        }
    }

    private static UserException wrong(String text, String what) {
        return new UserException("--security-opt '" + text + "' " + what);
    }
}
