package belljar.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** What a container has written, out of its log. */
final class ContainerOutput {
    private final Path log;

    ContainerOutput(Path log) {
        this.log = log;
    }

    /**
     * {@return one of the two streams}
     *
     * @param exit completed when nothing is written any more
     * @param error whether the standard error
     */
    InputStream stream(CompletableFuture<Exit> exit, boolean error) {
        return new LogInput(new LogFollower(log, exit), error);
    }

    /** {@return the lines that are there now} */
    List<LogLine> lines() {
        List<LogLine> lines = new ArrayList<>();
        try (LogFollower follower = new LogFollower(log, CompletableFuture.completedFuture(true))) {
            while (follower.next(entry -> lines.add(line(entry)))) {
                // Each turn is a line.
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lines;
    }

    /**
     * {@return the first line that contains a text; empty when the container ends or the time is over before}
     *
     * @param exit completed when nothing is written any more
     */
    Optional<LogLine> await(CompletableFuture<Exit> exit, String text, Duration most) throws InterruptedException {
        List<LogLine> found = new ArrayList<>();
        CompletableFuture<Object> over = new CompletableFuture<>()
                .completeOnTimeout(true, TimeUnit.NANOSECONDS.convert(most), TimeUnit.NANOSECONDS);
        try (LogFollower follower = new LogFollower(log, CompletableFuture.anyOf(exit, over))) {
            while (found.isEmpty()
                    && follower.next(entry -> {
                        LogLine line = line(entry);
                        if (line.text().contains(text)) {
                            found.add(line);
                        }
                    })) {
                // Each turn is a line.
            }
        } catch (InterruptedIOException e) {
            throw Waits.interrupted(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            over.complete(true);
        }
        return found.isEmpty() ? Optional.empty() : Optional.of(found.get(0));
    }

    private static LogLine line(belljar.log.LogEntry entry) {
        Instant time = Instant.ofEpochSecond(0, entry.time());
        String text = new String(entry.buffer(), entry.from(), entry.to() - entry.from(), StandardCharsets.UTF_8);
        return new LogLine(time, entry.error(), text, entry.whole());
    }
}
