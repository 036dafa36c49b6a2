package belljar.cli;

import belljar.engine.PodRecord;
import belljar.engine.Pods;
import java.util.OptionalInt;

/** {@code belljar pod prune}. */
final class PodPruneCommand implements Command {
    @Override
    public String name() {
        return "pod prune";
    }

    @Override
    public String usage() {
        return "";
    }

    @Override
    public String summary() {
        return "remove all pods that have ended";
    }

    @Override
    public OptionTable options() {
        return new OptionTable().flag("force", 'f', "do not ask").flag("help", 'h', "show this help");
    }

    @Override
    public int run(Arguments arguments, Session session) {
        arguments.expect(0, 0, "no argument");
        if (!arguments.flag("force") && !Confirmation.given(session, "all stopped/exited pods")) {
            return 0;
        }
        prune(session.engine().pods(), session);
        return 0;
    }

    /** Removes the pods that do not run, and writes their ids. */
    static void prune(Pods pods, Session session) {
        for (PodRecord pod : pods.list()) {
            String state = Pods.state(pods.containers(pod));
            if (state.equals("Exited") || state.equals("Stopped")) {
                pods.remove(pod, false, OptionalInt.empty());
                session.out().println(pod.id());
            }
        }
    }
}
