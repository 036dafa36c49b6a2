package belljar.cli;

import belljar.engine.PodRecord;
import belljar.engine.Pods;
import belljar.failure.UserException;
import java.util.List;

/** Finds the pod that a command line names. */
final class PodOperands {
    private PodOperands() {}

    /** {@return the pod of the first operand, or the last one that was made where {@code --latest} is given} */
    static PodRecord one(Arguments arguments, Pods pods) {
        if (arguments.flag("latest")) {
            return latest(pods);
        }
        if (arguments.operands().isEmpty()) {
            arguments.expect(1, Integer.MAX_VALUE, "a pod");
        }
        return pods.find(arguments.operands().get(0));
    }

    /** {@return the pod that was made last} */
    static PodRecord latest(Pods pods) {
        List<PodRecord> all = pods.list();
        if (all.isEmpty()) {
            throw new UserException("there is no pod; 'belljar pod create' makes one");
        }
        return all.get(0);
    }
}
