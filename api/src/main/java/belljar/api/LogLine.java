package belljar.api;

import java.time.Instant;

/**
 * A line of a container's log, or a piece of one that the program wrote without a newline at its end.
 *
 * @param time when it was written
 * @param stderr whether to standard error, rather than to standard output
 * @param text what, read as UTF-8, without the newline
 * @param whole whether a newline followed; otherwise the next line of the same stream goes on with it
 */
public record LogLine(Instant time, boolean stderr, String text, boolean whole) {}
