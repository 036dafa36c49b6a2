package belljar.cli;

import belljar.engine.Engine;
import belljar.engine.RunIo;
import belljar.engine.RunRequest;
import belljar.image.Progress;
import belljar.sandbox.Phases;
import org.jspecify.annotations.Nullable;

/** {@code belljar run}. */
final class RunCommand implements Command {
    @Override
    public String name() {
        return "run";
    }

    @Override
    public String usage() {
        return "IMAGE [COMMAND [ARG...]]";
    }

    @Override
    public String summary() {
        return "run a command in a new container";
    }

    @Override
    public OptionTable options() {
        return RunOptions.table();
    }

    @Override
    public boolean endsAtOperand() {
        return true;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        RunRequest request = RunOptions.parse(arguments, session.env());
        Phases.mark("read the command line");
        Engine engine = session.engine();
        Phases.mark("open the engine");
        // The image's program writes to the same descriptors, so nothing of ours may still be on its way.
        session.out().flush();
        try (ShownProgress progress = new ShownProgress(request.quiet(), session);
                SignalProxy signals = new SignalProxy(session.err())) {
            return engine.run(request, new RunIo(0, 1, 2, progress, signals));
        }
    }

    /** Makes the real progress display only when there is something to show: most runs find their image present. */
    private static final class ShownProgress implements Progress, AutoCloseable {
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
                shown = ProgressDisplay.on(session.err(), 2);
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
}
