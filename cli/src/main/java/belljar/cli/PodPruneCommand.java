package belljar.cli;

import belljar.engine.PodRecord;
import belljar.engine.Pods;
import java.io.IOException;
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
        if (!arguments.flag("force") && !confirmed(session)) {
            return 0;
        }
        Pods pods = session.engine().pods();
        for (PodRecord pod : pods.list()) {
            String state = Pods.state(pods.containers(pod));
            if (state.equals("Exited") || state.equals("Stopped")) {
                pods.remove(pod, false, OptionalInt.empty());
                session.out().println(pod.id());
            }
        }
        return 0;
    }

    private static boolean confirmed(Session session) {
        session.out().println("WARNING! This will remove all stopped/exited pods.");
        session.out().print("Are you sure you want to continue? [y/N] ");
        session.out().flush();
        try {
            int answer = System.in.read();
            return answer == 'y' || answer == 'Y';
        } catch (IOException closed) {
            return false;
        }
    }
}
