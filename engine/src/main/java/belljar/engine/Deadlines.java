package belljar.engine;

import belljar.failure.BelljarException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Kills containers that run for longer than they may. When that is, is a note of the book, {@code ID.until}, so that
 * whoever is the {@link Helper} process can do it; it is looked at about once a second.
 */
final class Deadlines implements Helper.Duty {
    private static final int SIGKILL = 9;

    private final Book book;

    Deadlines(Book book) {
        this.book = book;
    }

    /** Notes when a container that is about to run has to end, if it has to. */
    static void begin(Book book, String id, RunRequest request) {
        int seconds = request.process().timeoutSeconds();
        if (seconds > 0) {
            book.note(id, Book.UNTIL, Long.toString(System.currentTimeMillis() + seconds * 1000L));
        }
    }

    /** {@return the containers that have to end some time} */
    static List<String> noted(Book book) {
        return book.noted(Book.UNTIL);
    }

    /** Kills a process after a while, unless it has ended; for a container that ends with this process. */
    static void watch(long pid, RunRequest request) {
        long millis = request.process().timeoutSeconds() * 1000L;
        if (millis > 0) {
            Thread.ofPlatform().daemon().name("deadline of " + pid).start(() -> {
                if (!Pause.ended(pid, millis)) {
                    Pause.signal(pid, SIGKILL);
                }
            });
        }
    }

    @Override
    public boolean needed() {
        for (String id : noted(book)) {
            if (book.pid(id) != 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public List<String> run() {
        List<String> problems = new ArrayList<>();
        for (String id : noted(book)) {
            try {
                OptionalLong until = until(id);
                long pid = book.pid(id);
                if (pid != 0 && until.isPresent() && until.getAsLong() <= System.currentTimeMillis()) {
                    Pause.signal(pid, SIGKILL);
                }
            } catch (BelljarException e) {
                problems.add("the container " + id + " cannot be ended in time: " + e.getMessage());
            }
        }
        return problems;
    }

    private OptionalLong until(String id) {
        String text = SmallFile.readWhole(book.noteFile(id, Book.UNTIL).toString());
        try {
            return text.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text));
        } catch (NumberFormatException damaged) {
            return OptionalLong.empty();
        }
    }

    @Override
    public List<Path> watched() {
        return List.of(book.live());
    }

    /** Nothing of it lasts. */
    @Override
    public void close() {}
}
