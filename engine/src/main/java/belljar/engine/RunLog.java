package belljar.engine;

import belljar.linux.Memory;
import belljar.log.LogFormat;
import belljar.log.LogWriter;
import org.jspecify.annotations.Nullable;

/**
 * The log of a container whose output this process carries itself. Nothing is written, not even a file, where nobody
 * could read it: the container goes with its end, or wants no log. For one thread.
 */
final class RunLog implements AutoCloseable {
    /** Keeps nothing. */
    static final RunLog NONE = new RunLog(null);

    private static final int CHUNK = 32 * 1024;

    private final @Nullable LogWriter writer;
    private final byte[] bytes;

    private RunLog(@Nullable LogWriter writer) {
        this.writer = writer;
        this.bytes = new byte[writer == null ? 0 : CHUNK];
    }

    static RunLog of(Book book, String id, RunRequest request) {
        LogRequest asked = request.life().log();
        if (request.remove() || asked.driver() == LogRequest.Driver.NONE) {
            return NONE;
        }
        LogFormat format = asked.driver() == LogRequest.Driver.JSON ? LogFormat.JSON : LogFormat.CRI;
        return new RunLog(LogWriter.open(
                KeptRun.logFile(book, id, asked), format, asked.maxSize().orElse(0), KeptRun.files(asked)));
    }

    /**
     * Writes what the container wrote now.
     *
     * @param error whether to standard error
     * @param memory holds it
     * @param at its address
     * @param count how many bytes
     */
    void write(boolean error, Memory memory, long at, int count) {
        if (writer == null) {
            return;
        }
        for (int from = 0; from < count; from += CHUNK) {
            int length = Math.min(CHUNK, count - from);
            memory.bytes().get(memory.offset(at) + from, bytes, 0, length);
            writer.write(error, bytes, 0, length);
        }
    }

    @Override
    public void close() {
        if (writer != null) {
            writer.close();
        }
    }
}
