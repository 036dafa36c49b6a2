package belljar.cli;

import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.failure.BelljarException;
import belljar.failure.BugException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

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

    /** Enough for as many processors as are of use: most of the work is the kernel's, which takes turns. */
    private static final int AT_ONCE = 4;

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
     * Does something to each container, to some at the same time, and writes their names in the order given, each as
     * soon as it and those before it are done; goes on when that fails.
     *
     * @return the exit code
     */
    static int each(List<String> names, Session session, Action action) {
        int code = 0;
        for (boolean done : tryEach(names, session, action)) {
            code = done ? code : Main.FAILED;
        }
        return code;
    }

    /**
     * As {@link #each}.
     *
     * @return for each whether it was done
     */
    static boolean[] tryEach(List<String> names, Session session, Action action) {
        boolean[] done = new boolean[names.size()];
        if (names.size() == 1) {
            done[0] = finish(names.get(0), session, () -> action.on(names.get(0)));
            return done;
        }
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (String name : names) {
                all.add(threads.submit(() -> action.on(name)));
            }
            for (int i = 0; i < done.length; i++) {
                Future<?> one = all.get(i);
                String name = names.get(i);
                done[i] = finish(name, session, () -> {
                    try {
                        await(one);
                    } catch (UserException early) {
                        // It may need one before it, such as that whose network it shares, which is done by now.
                        action.on(name);
                    }
                });
            }
            return done;
        } finally {
            // Only where it failed is anything left to do, which nobody wants any more.
            threads.shutdownNow();
        }
    }

    private static boolean finish(String name, Session session, Runnable action) {
        try {
            action.run();
            session.out().println(name);
            return true;
        } catch (BugException e) {
            throw e;
        } catch (BelljarException e) {
            session.err().println("belljar: " + Text.printable(e.getMessage()));
            return false;
        }
    }

    private static void await(Future<?> one) {
        try {
            one.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HostException("interrupted while others were busy with containers", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof BelljarException failure) {
                throw failure;
            }
            throw new BugException("a container's thread failed: " + e.getCause(), e.getCause());
        }
    }
}
