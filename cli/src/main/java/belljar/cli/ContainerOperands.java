package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.ContainerRecord.Status;
import belljar.engine.Engine;
import belljar.failure.BelljarException;
import belljar.failure.BugException;
import belljar.failure.UserException;
import java.util.ArrayList;
import java.util.List;

/** The containers that a command is given: by name or id, by {@code --latest}, or by {@code --all}. */
final class ContainerOperands {
    /** What is done to one container. */
    interface Action {
        /** Does it to the container of a name or id. */
        void apply(String nameOrId);
    }

    private ContainerOperands() {}

    /** {@return the name or id of the one container that is meant, which is the first operand without --latest} */
    static String one(Arguments arguments, Engine engine) {
        if (arguments.flag("latest")) {
            return latest(engine);
        }
        arguments.expect(1, Integer.MAX_VALUE, "a container");
        return arguments.operands().get(0);
    }

    /** {@return the id of the container that was made last} */
    static String latest(Engine engine) {
        List<ContainerRecord> all = engine.containers();
        if (all.isEmpty()) {
            throw new UserException("there are no containers, so there is no latest one");
        }
        return all.get(0).id();
    }

    /**
     * {@return the containers that are meant}
     *
     * @param status with {@code --all}, those that are in this state
     * @throws UserException if none is named
     */
    static List<String> several(Arguments arguments, Engine engine, Status status) {
        List<String> names = new ArrayList<>(arguments.operands());
        boolean all = arguments.flag("all");
        boolean latest = arguments.flag("latest");
        if ((all ? 1 : 0) + (latest ? 1 : 0) + (names.isEmpty() ? 0 : 1) > 1) {
            throw new UserException("containers' names, --all and --latest exclude each other; give one of them");
        }
        if (all) {
            for (ContainerRecord record : engine.containers()) {
                if (record.status() == status) {
                    names.add(record.id());
                }
            }
        } else if (latest) {
            names.add(latest(engine));
        } else {
            arguments.expect(1, Integer.MAX_VALUE, "a container");
        }
        return names;
    }

    /**
     * Does something to each container and writes its name; one that fails does not keep the others from it.
     *
     * @return the exit code
     */
    static int each(List<String> names, Session session, Action action) {
        int code = 0;
        for (String name : names) {
            try {
                action.apply(name);
                session.out().println(name);
            } catch (BugException e) {
                throw e;
            } catch (BelljarException e) {
                session.err().println("belljar: " + Text.printable(e.getMessage()));
                code = Main.FAILED;
            }
        }
        return code;
    }
}
