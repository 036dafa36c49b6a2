package belljar.cli;

import belljar.engine.Terminal;
import belljar.image.Progress;
import java.io.PrintStream;

/** Shows how far work on images is, until it is closed. */
interface ProgressDisplay extends Progress, AutoCloseable {
    /**
     * {@return bars where a terminal is, and plain lines elsewhere}
     *
     * @param out where to show it
     * @param fd the descriptor behind it
     */
    static ProgressDisplay on(PrintStream out, int fd) {
        return Terminal.isTerminal(fd) ? new TerminalProgress(out, () -> Terminal.size(fd)) : new PlainProgress(out);
    }

    /** Ends the display. Never fails. */
    @Override
    void close();
}
