package belljar.engine;

import belljar.failure.BelljarException;
import belljar.failure.HostException;
import belljar.failure.UserException;
import belljar.json.JsonObject;
import belljar.linux.At;
import belljar.linux.Fd;
import belljar.linux.Fs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds out whether running containers are well. What is to be done and what was found are notes of the book, so that
 * any process may make a check: {@code ID.check} is the {@link HealthCheck}, {@code ID.checks} the {@link HealthState},
 * {@code ID.health} its one word. The checks that come by the clock are made by {@link HealthDuty}.
 */
final class Health {
    private static final int O_RDONLY_CLOEXEC = 0x80000;

    private final Book book;
    private final Events events;
    private final Actions actions;

    Health(Book book, Events events, Actions actions) {
        this.book = book;
        this.events = events;
        this.actions = actions;
    }

    /** What the engine does for checks. */
    interface Actions {
        /** Runs a program in a container. */
        int exec(String id, ExecRequest request, RunIo io);

        /** Stops a container. */
        void stop(String id);

        /** Stops a container and starts it. */
        void restart(String id);

        /** Sees to it that the checks that come by the clock are made. */
        void keep();
    }

    /** Begins to check a container that is about to run, if it is to be checked. */
    void begin(String id, RunRequest request, PreparedImage image) {
        HealthRequest asked = request.life().health();
        if (!HealthCheck.isWanted(asked, image.health())) {
            return;
        }
        HealthCheck check = HealthCheck.of(asked, image.health(), System.currentTimeMillis());
        book.note(id, Book.HEALTH, HealthState.STARTING);
        book.note(id, Book.CHECKS, HealthState.NEW.toText());
        book.note(id, Book.CHECK, check.toText());
    }

    /** Takes back that a container was about to run. */
    void cancel(String id) {
        book.unnote(id, Book.CHECK);
        book.unnote(id, Book.CHECKS);
        book.unnote(id, Book.HEALTH);
        book.unnote(id, Book.UNTIL);
    }

    /** Sees to it that checks are made, and deadlines kept, when a container has begun to run. */
    void started(String id) {
        if (book.isNoted(id, Book.CHECK) || book.isNoted(id, Book.UNTIL)) {
            actions.keep();
        }
    }

    /** Sees to it that checks are made where the process that made them was killed. Costs one directory listing. */
    void resume() {
        if (!timed().isEmpty() || !Deadlines.noted(book).isEmpty()) {
            actions.keep();
        }
    }

    /** {@return the running containers that are checked by the clock} */
    List<String> timed() {
        List<String> ids = new ArrayList<>();
        for (String id : book.noted(Book.CHECK)) {
            Optional<HealthCheck> check = check(id);
            if (check.isPresent() && check.get().intervalMillis() > 0 && book.pid(id) != 0) {
                ids.add(id);
            }
        }
        return ids;
    }

    /** {@return when the next check of a container is due, milliseconds since the epoch} */
    long due(String id) {
        Optional<HealthCheck> check = check(id);
        if (check.isEmpty() || check.get().intervalMillis() <= 0) {
            return Long.MAX_VALUE;
        }
        long last = state(id).lastEnd();
        return last == 0 ? 0 : last + check.get().intervalMillis();
    }

    private Optional<HealthCheck> check(String id) {
        String text = SmallFile.readWhole(book.noteFile(id, Book.CHECK).toString());
        return text.isEmpty() ? Optional.empty() : Optional.of(HealthCheck.parse(text));
    }

    private HealthState state(String id) {
        return HealthState.parse(
                SmallFile.readWhole(book.noteFile(id, Book.CHECKS).toString()));
    }

    /** {@return the state of a container's health under Docker's names; no member when it is not checked now} */
    JsonObject describe(String id) {
        return book.isNoted(id, Book.CHECK) ? state(id).describe() : JsonObject.EMPTY;
    }

    /** {@return how a container is checked under Docker's names; no member when it is not checked now} */
    JsonObject describeCheck(String id) {
        Optional<HealthCheck> check = check(id);
        return check.isPresent() ? check.get().describe() : JsonObject.EMPTY;
    }

    /** {@return the directory of the notes} */
    Path directory() {
        return book.live();
    }

    /**
     * Checks a container now. For platform threads.
     *
     * @return whether the check succeeded
     * @throws UserException if the container does not run, is paused or has no check
     */
    boolean checkNow(ContainerRecord record) {
        String id = record.id();
        if (!record.lives()) {
            throw new UserException("the container " + record.name() + " does not run, so it cannot be checked;"
                    + " 'belljar start " + record.name() + "' starts it");
        }
        HealthCheck check = check(id)
                .orElseThrow(() -> new UserException("the container " + record.name()
                        + " has no health check; make it with --health-cmd, or from an image that has one"));
        HealthState.Result result = HealthRun.of(check, (request, io) -> actions.exec(id, request, io));
        enter(record, check, result);
        return result.exitCode() == 0;
    }

    private void enter(ContainerRecord record, HealthCheck check, HealthState.Result result) {
        String id = record.id();
        HealthState before;
        HealthState after;
        // Two processes may make a check at once.
        int number = Fs.HOST.tryOpen(At.FDCWD, book.noteFile(id, Book.CHECK).toString(), O_RDONLY_CLOEXEC, 0);
        if (number < 0) {
            return; // it has ended meanwhile
        }
        try (Fd lock = new Fd(number)) {
            Fs.HOST.content().lock(lock.number(), true, true);
            before = state(id);
            after = before.after(result, check);
            book.note(id, Book.CHECKS, after.toText());
            book.note(id, Book.HEALTH, after.status());
            if (!book.isNoted(id, Book.CHECK)) {
                // It ended just now, and whoever took its notes away was there before these.
                book.unnote(id, Book.CHECKS);
                book.unnote(id, Book.HEALTH);
                return;
            }
        }
        if (!before.status().equals(after.status())) {
            events.container("health_status", record, "health_status", after.status());
        }
        if (after.status().equals(HealthState.UNHEALTHY) && result.exitCode() != 0) {
            fail(record, check);
        }
    }

    private void fail(ContainerRecord record, HealthCheck check) {
        try {
            switch (check.onFailure()) {
                // Not as a user's kill: its restart policy applies.
                case "kill" -> Pause.signal(book.pid(record.id()), 9);
                case "stop" -> actions.stop(record.id());
                case "restart" -> actions.restart(record.id());
                default -> {}
            }
        } catch (UserException gone) {
            throw new HostException(
                    "the unhealthy container " + record.name() + " cannot be dealt with: " + gone.getMessage(), gone);
        }
    }

    /** {@return what a check that comes by the clock went wrong by; empty when it went well or the container ended} */
    String checkByClock(String id) {
        try {
            ContainerRecord record = book.find(id);
            if (record.status() == ContainerRecord.Status.RUNNING) {
                checkNow(record);
            }
            return "";
        } catch (UserException ended) {
            return "";
        } catch (BelljarException e) {
            return "the check of the container " + id.substring(0, 12) + " failed: " + e.getMessage();
        }
    }

    /** {@return both of the above, as {@code State} and {@code Check}; without members when it is not checked now} */
    JsonObject describeWithCheck(String id) {
        JsonObject state = describe(id);
        return state.members().isEmpty()
                ? state
                : JsonObject.builder()
                        .put("State", state)
                        .put("Check", describeCheck(id))
                        .build();
    }
}
