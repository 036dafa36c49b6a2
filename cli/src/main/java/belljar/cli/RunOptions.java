package belljar.cli;

import belljar.engine.RunRequest;
import belljar.engine.RunRequest.PullPolicy;
import belljar.failure.UserException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All options of {@code run}: joins the groups and adds what concerns the container as a whole. */
final class RunOptions {
    /** What stands before the path in place of an image's name. */
    private static final String ROOT_DIRECTORY = "dir:";

    private RunOptions() {}

    /** {@return the options that {@code run} and {@code create} share} */
    static OptionTable table() {
        OptionTable table = new OptionTable()
                .value("name", "NAME", "give the container a name")
                .flag("rm", "remove the container when it has ended")
                .value("isolation", "KIND", "how it is isolated: container, sentry or vm (container)")
                .value("cidfile", "FILE", "write the container's id to a new file")
                .list("label", 'l', "KEY=VALUE", "set a label")
                .list("label-file", "FILE", "read labels from a file")
                .list("annotation", "KEY=VALUE", "set an annotation")
                .value("pull", "WHEN", "fetch the image: missing, always, newer or never (missing)")
                .flag("rootfs", "IMAGE is a directory, which becomes the root and is changed in place")
                .flag("quiet", 'q', "show no progress while fetching the image")
                .flag("replace", "remove a container of the same name first");
        PlatformArguments.declare(table);
        RegistryArguments.declare(table);
        RunProcessOptions.declare(table);
        RunMountOptions.declare(table);
        RunNetworkOptions.declare(table);
        RunSecurityOptions.declare(table);
        RunNamespaceOptions.declare(table);
        RunResourceOptions.declare(table);
        RunLifeOptions.declare(table);
        RunFixedOptions.declare(table);
        return table.flag("help", "show this help");
    }

    /**
     * {@return what is asked}
     *
     * @param arguments the arguments of {@code run}
     * @param callersEnv the caller's environment
     * @throws UserException if a value is wrong or two options contradict each other
     */
    static RunRequest parse(Arguments arguments, Map<String, String> callersEnv) {
        List<String> operands = arguments.operands();
        if (operands.isEmpty()) {
            throw new UserException("'belljar run' needs an image; see 'belljar run --help'");
        }
        if (operands.get(0).isEmpty()) {
            throw new UserException("the image's name is empty; write one such as debian:12");
        }
        RunFixedOptions.check(arguments);
        String isolation = arguments.value("isolation");
        return new RunRequest(
                image(arguments),
                pull(arguments.value("pull")),
                PlatformArguments.of(arguments),
                name(arguments),
                isolation.isEmpty() ? RunRequest.DEFAULT_ISOLATION : isolation,
                arguments.flag("rm"),
                arguments.value("cidfile"),
                arguments.flag("quiet"),
                RegistryArguments.areGiven(arguments)
                        ? Optional.of(RegistryArguments.parse(arguments, callersEnv))
                        : Optional.empty(),
                RunProcessOptions.parse(arguments, operands.subList(1, operands.size()), callersEnv),
                RunMountOptions.parse(arguments),
                RunSecurityOptions.parse(arguments),
                RunNamespaceOptions.parse(arguments),
                RunNetworkOptions.parse(arguments),
                RunResourceOptions.parse(arguments),
                labels(arguments),
                Values.pairs("annotation", arguments.values("annotation"), false),
                RunLifeOptions.parse(arguments));
    }

    /** A later start may have another working directory. */
    private static String image(Arguments arguments) {
        String text = arguments.operands().get(0);
        return arguments.flag("rootfs") ? ROOT_DIRECTORY + Path.of(text).toAbsolutePath() : text;
    }

    private static PullPolicy pull(String text) {
        return switch (text) {
            case "", "missing" -> PullPolicy.MISSING;
            case "always" -> PullPolicy.ALWAYS;
            case "newer" -> PullPolicy.NEWER;
            case "never" -> PullPolicy.NEVER;
            default -> throw new UserException("--pull '" + text + "' is none of missing, always, newer and never");
        };
    }

    private static String name(Arguments arguments) {
        String name = arguments.value("name");
        boolean good = name.length() <= 128;
        for (int i = 0; i < name.length() && good; i++) {
            char c = name.charAt(i);
            boolean alphanumeric = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            good = alphanumeric || i > 0 && (c == '_' || c == '.' || c == '-');
        }
        if (!good || arguments.has("name") && name.isEmpty()) {
            throw new UserException(
                    "--name '" + name + "' is not a container's name; use letters, digits, '_', '.' and "
                            + "'-', beginning with a letter or digit");
        }
        return name;
    }

    private static Map<String, String> labels(Arguments arguments) {
        List<String> texts = new ArrayList<>();
        for (String file : arguments.values("label-file")) {
            for (String line : Text.split(UserFiles.read("--label-file", Path.of(file)), '\n')) {
                String label = line.strip();
                if (!label.isEmpty() && !label.startsWith("#")) {
                    texts.add(label);
                }
            }
        }
        texts.addAll(arguments.values("label"));
        return Values.pairs("label", texts, true);
    }
}
