package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.failure.BelljarException;
import belljar.failure.BugException;
import belljar.failure.UserException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The containers that a command is given: by name or id, from a file, or by what they are. */
final class ChosenContainers {
    /** Which containers {@code --all} means. */
    interface Choice {
        /** {@return whether a container is meant} */
        boolean takes(ContainerRecord record);
    }

    /** What is done to each. */
    interface Action {
        /**
         * Does it.
         *
         * @param nameOrId the container, as it was given
         */
        void on(String nameOrId);
    }

    private ChosenContainers() {}

    /**
     * Adds the options by which containers are chosen.
     *
     * @param all the help of {@code --all}
     * @param filterLetter the short name of {@code --filter}; 0 for none
     */
    static OptionTable declare(OptionTable table, String all, char filterLetter) {
        return table.flag("all", 'a', all)
                .flag("latest", 'l', "the one that was made last")
                .list("cidfile", "FILE", "read a container's id from a file")
                .list("filter", filterLetter, "KEY=VALUE", ContainerFilter.HELP);
    }

    /**
     * {@return the containers that are meant, as they were given}
     *
     * @throws UserException if none is named, or a file cannot be read
     */
    static List<String> of(Arguments arguments, Engine engine, Choice choice) {
        List<String> chosen = new ArrayList<>(arguments.operands());
        for (String file : arguments.values("cidfile")) {
            chosen.add(UserFiles.read("--cidfile", Path.of(file)).strip());
        }
        List<String> filters = arguments.values("filter");
        boolean any = arguments.flag("all") || !filters.isEmpty();
        if (!any && !arguments.flag("latest")) {
            if (chosen.isEmpty()) {
                arguments.expect(1, Integer.MAX_VALUE, "a container");
            }
            return chosen;
        }
        if (!chosen.isEmpty()) {
            throw new UserException("name containers, or choose them by --all, --latest or --filter; not both");
        }
        ContainerFilter filter = new ContainerFilter(engine, filters);
        for (ContainerRecord record : engine.containers()) {
            if (arguments.flag("latest")) {
                return List.of(record.id());
            }
            if (choice.takes(record) && filter.fits(record)) {
                chosen.add(record.id());
            }
        }
        return chosen;
    }

    /**
     * Does something to each container and writes its name then; goes on when that fails.
     *
     * @return the exit code
     */
    static int each(List<String> names, Session session, Action action) {
        int code = 0;
        for (String name : names) {
            try {
                action.on(name);
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
