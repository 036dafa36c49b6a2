package belljar.log;

import java.nio.charset.StandardCharsets;

/**
 * Shows entries as {@code logs} does: the container's exact bytes, standard output and standard error apart, and before
 * each line, if asked for, the container's name and the time. For one thread.
 */
public final class LogPrinter {
    private static final byte[] NOTHING = new byte[0];
    private static final byte[] PLAIN = bytes("\u001b[0m");

    private final LogOutput output;
    private final byte[] prefix;
    private final byte[] suffix;
    private final boolean times;
    /** Whether the next entry goes on with a line, by stream. */
    private final boolean[] within = new boolean[2];

    /**
     * @param output where to
     * @param name what stands before each line; empty for nothing
     * @param color the number of the name's colour, 31 to 36 (ECMA-48); 0 for none
     * @param times whether the time stands before each line
     */
    public LogPrinter(LogOutput output, String name, int color, boolean times) {
        this.output = output;
        this.prefix = name.isEmpty() ? NOTHING : bytes((color == 0 ? "" : "\u001b[" + color + "m") + name + " ");
        this.suffix = color == 0 ? NOTHING : PLAIN;
        this.times = times;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Adds an entry to the output; nothing is written before {@link LogOutput#flush()}.
     *
     * @param entry the entry
     */
    public void print(LogEntry entry) {
        boolean error = entry.error();
        int stream = error ? 1 : 0;
        if (!within[stream]) {
            output.put(error, prefix, 0, prefix.length);
            if (times) {
                byte[] time = bytes(entry.timeText());
                output.put(error, time, 0, time.length);
                output.put(error, ' ');
            }
            if (prefix.length > 0) {
                output.put(error, suffix, 0, suffix.length);
            }
        }
        output.put(error, entry.buffer(), entry.from(), entry.to());
        if (entry.whole()) {
            output.put(error, '\n');
        }
        within[stream] = !entry.whole();
    }
}
