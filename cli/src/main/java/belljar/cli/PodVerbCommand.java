package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.PodRecord;
import belljar.engine.Pods;
import belljar.engine.Signals;
import belljar.failure.BelljarException;
import belljar.failure.BugException;
import belljar.failure.UserException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code belljar pod start} and all others that do one thing to each of several pods. */
final class PodVerbCommand implements Command {
    private final String verb;

    /**
     * @param verb {@code start}, {@code stop}, {@code restart}, {@code kill}, {@code pause}, {@code unpause},
     *     {@code rm}
     */
    PodVerbCommand(String verb) {
        this.verb = verb;
    }

    @Override
    public String name() {
        return "pod " + verb;
    }

    @Override
    public String usage() {
        return "POD [POD...]";
    }

    @Override
    public String summary() {
        return switch (verb) {
            case "start" -> "start all containers of pods";
            case "stop" -> "stop all containers of pods";
            case "restart" -> "stop and start all containers of pods";
            case "kill" -> "send a signal to all containers of pods";
            case "pause" -> "stop all processes of pods for a while";
            case "unpause" -> "let all processes of paused pods go on";
            default -> "remove pods with their containers";
        };
    }

    @Override
    public OptionTable options() {
        OptionTable table =
                new OptionTable().flag("all", 'a', "all pods").flag("latest", 'l', "the pod that was made last");
        switch (verb) {
            case "stop" ->
                table.value("time", 't', "SECONDS", "how long to wait before killing (10)")
                        .flag("ignore", 'i', "pass over those that do not exist")
                        .list("pod-id-file", "FILE", "read a pod's id from a file");
            case "rm" ->
                table.flag("force", 'f', "stop what runs first")
                        .value("time", 't', "SECONDS", "how long that waits before killing (10)")
                        .flag("ignore", 'i', "pass over those that do not exist")
                        .list("pod-id-file", "FILE", "read a pod's id from a file");
            case "start" -> table.list("pod-id-file", "FILE", "read a pod's id from a file");
            case "kill" -> table.value("signal", 's', "SIGNAL", "which signal (KILL)");
            default -> {}
        }
        return table.flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        Pods pods = session.engine().pods();
        int code = 0;
        for (String name : names(arguments, pods)) {
            try {
                if (arguments.flag("ignore") && !pods.exists(name)) {
                    continue;
                }
                PodRecord pod = pods.find(name);
                apply(pods, pod, arguments);
                session.out().println(pod.id());
            } catch (BugException e) {
                throw e;
            } catch (BelljarException e) {
                session.err().println("belljar: " + Text.printable(e.getMessage()));
                for (Throwable other : e.getSuppressed()) {
                    session.err().println("belljar: " + Text.printable(String.valueOf(other.getMessage())));
                }
                code = Main.FAILED;
            }
        }
        return code;
    }

    private List<String> names(Arguments arguments, Pods pods) {
        List<String> names = new ArrayList<>(arguments.operands());
        for (String file : arguments.values("pod-id-file")) {
            names.add(UserFiles.read("--pod-id-file", Path.of(file)).strip());
        }
        boolean all = arguments.flag("all");
        if (!all && !arguments.flag("latest")) {
            if (names.isEmpty()) {
                arguments.expect(1, Integer.MAX_VALUE, "a pod");
            }
            return names;
        }
        if (!names.isEmpty()) {
            throw new UserException("name pods, or choose them by --all or --latest; not both");
        }
        for (PodRecord pod : pods.list()) {
            if (!all) {
                return List.of(pod.id());
            }
            if (fits(pods.containers(pod))) {
                names.add(pod.id());
            }
        }
        return names;
    }

    /** {@return whether --all means a pod of these containers} */
    private boolean fits(List<ContainerRecord> containers) {
        String state = Pods.state(containers);
        return switch (verb) {
            case "kill", "pause" -> state.equals("Running") || state.equals("Degraded");
            case "unpause" -> state.equals("Paused");
            default -> true;
        };
    }

    private void apply(Pods pods, PodRecord pod, Arguments arguments) {
        switch (verb) {
            case "start" -> pods.start(pod);
            case "stop" -> pods.stop(pod, StopCommand.seconds(arguments));
            case "restart" -> pods.restart(pod);
            case "kill" -> {
                String signal = arguments.value("signal");
                pods.kill(pod, Signals.number(signal.isEmpty() ? "KILL" : signal));
            }
            case "pause" -> pods.pause(pod);
            case "unpause" -> pods.unpause(pod);
            default -> pods.remove(pod, arguments.flag("force"), StopCommand.seconds(arguments));
        }
    }
}
