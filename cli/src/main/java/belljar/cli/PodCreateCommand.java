package belljar.cli;

import belljar.engine.PodRecord;
import belljar.engine.PodRequest;
import belljar.failure.UserException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code belljar pod create}. */
final class PodCreateCommand implements Command {
    private static final List<String> KINDS = List.of("ipc", "net", "pid", "uts");

    @Override
    public String name() {
        return "pod create";
    }

    @Override
    public String usage() {
        return "[NAME]";
    }

    @Override
    public String summary() {
        return "make a pod: containers that share a network and more";
    }

    @Override
    public OptionTable options() {
        OptionTable table = new OptionTable()
                .value("name", 'n', "NAME", "give the pod a name")
                .flag("infra", "have a container hold the namespaces (true)")
                .value("share", "KINDS", "what is shared, of ipc, net, pid and uts; +KIND adds one (ipc,net,uts)")
                .value("exit-policy", "POLICY", "when the last container has ended: continue or stop (continue)")
                .list("label", 'l', "KEY=VALUE", "set a label")
                .value("pod-id-file", "FILE", "write the pod's id to a file")
                .flag("replace", "remove a pod of the same name first");
        RunNetworkOptions.declare(table);
        String none = "is not for this program: its infra container needs no image and no program";
        return table.refused("infra-image", (char) 0, none)
                .refused("infra-command", (char) 0, none)
                .flag("help", "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 1, "a name at most");
        if (arguments.has("name") && !arguments.operands().isEmpty()) {
            throw new UserException("the pod has two names; give it by --name or as an operand");
        }
        String name = arguments.operands().isEmpty()
                ? arguments.value("name")
                : arguments.operands().get(0);
        boolean infra = arguments.flag("infra", true);
        PodRequest request = new PodRequest(
                name,
                Values.pairs("label", arguments.values("label"), true),
                infra ? shares(arguments) : List.of(),
                infra,
                stopWithLast(arguments.value("exit-policy")),
                RunNetworkOptions.parse(arguments));
        var pods = session.engine().pods();
        if (arguments.flag("replace") && !name.isEmpty() && pods.exists(name)) {
            pods.remove(pods.find(name), true, java.util.OptionalInt.empty());
        }
        PodRecord pod = pods.create(request);
        if (arguments.has("pod-id-file")) {
            write(arguments.value("pod-id-file"), pod.id());
        }
        session.out().println(pod.id());
        return 0;
    }

    private static void write(String file, String id) {
        try {
            Files.writeString(Path.of(file), id);
        } catch (java.io.IOException e) {
            throw new UserException("the pod was made, but its id cannot be written to " + file + ": " + e, e);
        }
    }

    private static boolean stopWithLast(String policy) {
        return switch (policy) {
            case "", "continue" -> false;
            case "stop" -> true;
            default -> throw new UserException("--exit-policy '" + policy + "' is neither continue nor stop");
        };
    }

    private static List<String> shares(Arguments arguments) {
        String text = arguments.value("share");
        if (!arguments.has("share")) {
            return PodRequest.DEFAULT_SHARES;
        }
        boolean more = text.startsWith("+");
        List<String> shares = new ArrayList<>(more ? PodRequest.DEFAULT_SHARES : List.of());
        for (String kind : Text.split(more ? text.substring(1) : text, ',')) {
            if (kind.isEmpty() || kind.equals("none")) {
                continue;
            }
            if (!KINDS.contains(kind)) {
                throw new UserException("--share '" + kind + "' is none of " + String.join(", ", KINDS) + " and none");
            }
            if (!shares.contains(kind)) {
                shares.add(kind);
            }
        }
        return shares;
    }
}
