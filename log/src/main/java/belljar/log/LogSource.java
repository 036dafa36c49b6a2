package belljar.log;

import java.nio.file.Path;

/**
 * One of the logs that {@link LogView} shows.
 *
 * @param reader its entries
 * @param printer how they look
 * @param directory the directory that holds the log's files
 * @param end tells when nothing is written to it any more
 */
public record LogSource(LogReader reader, LogPrinter printer, Path directory, End end) {
    /** When a log has got all that it will. */
    public interface End {
        /** An end that has come already. */
        End REACHED = new End() {
            @Override
            public int fd() {
                return -1;
            }

            @Override
            public boolean reached() {
                return true;
            }
        };

        /** {@return a descriptor that polls readable when the end may be near, as a pidfd does; -1 for none} */
        int fd();

        /** {@return whether nothing is written any more; asked before the log is read for the last time} */
        boolean reached();
    }
}
