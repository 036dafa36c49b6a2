package belljar.cli;

import belljar.image.Progress;
import org.jspecify.annotations.Nullable;

/** Makes the real progress display only when there is something to show: most runs find their image present. */
final class ShownProgress implements Progress, AutoCloseable {
    private final boolean quiet;
    private final Session session;
    private @Nullable ProgressDisplay display;

    ShownProgress(boolean quiet, Session session) {
        this.quiet = quiet;
        this.session = session;
    }

    private synchronized Progress display() {
        if (quiet) {
            return Progress.NONE;
        }
        ProgressDisplay shown = display;
        if (shown == null) {
            shown = ProgressDisplay.on(session.err(), session.origin().errFd());
            display = shown;
        }
        return shown;
    }

    @Override
    public void started(String id, String label, long totalBytes) {
        display().started(id, label, totalBytes);
    }

    @Override
    public void advanced(String id, long bytes) {
        display().advanced(id, bytes);
    }

    @Override
    public void finished(String id, String note) {
        display().finished(id, note);
    }

    @Override
    public void message(String line) {
        display().message(line);
    }

    @Override
    public synchronized void close() {
        if (display != null) {
            display.close();
        }
    }
}
