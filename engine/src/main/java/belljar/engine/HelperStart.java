package belljar.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Has the {@link Helper} process do its duties for an engine's directories. */
final class HelperStart {
    private final Path root;
    private final Path state;
    private final Afterwards program;

    /** @param program knows how this program is started */
    HelperStart(Path root, Path state, Afterwards program) {
        this.root = root;
        this.state = state;
        this.program = program;
    }

    /**
     * Starts the process unless it runs.
     *
     * @param wait whether to wait until it has begun, at most three seconds
     */
    void ensure(boolean wait) {
        List<String> command = program.command("keep");
        if (command.isEmpty()) {
            // A program that uses Belljar as a library does it itself, as long as it runs.
            if (!Helper.runs(state)) {
                Thread.ofPlatform()
                        .daemon()
                        .name("belljar keep")
                        .start(() ->
                                Helper.serve(state, Engine.open(root, state).duties()));
            }
            return;
        }
        List<String> small = new ArrayList<>(command);
        small.add(1, "-Xmx64m");
        Helper.ensure(state, small, wait);
    }

    /** Starts the process again where it was killed. */
    void revive() {
        if (Helper.crashed(state)) {
            ensure(true);
        }
    }
}
