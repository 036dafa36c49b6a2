package belljar.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The {@code belljar} command with directories of its own, so that the machine's are neither used nor changed. */
final class Belljar {
    private final Path script;
    private final Path root;
    private final Path state;

    /**
     * @param home the folder of the {@code belljar} script
     * @param scratch holds the directories
     */
    Belljar(Path home, Scratch scratch) {
        this.script = home.resolve("belljar");
        this.root = scratch.directory("belljar/root");
        this.state = scratch.directory("belljar/state");
    }

    /** {@return where its images are} */
    Path root() {
        return root;
    }

    /** {@return where is kept what runs} */
    Path state() {
        return state;
    }

    /**
     * {@return a command}
     *
     * @param arguments the verb and its arguments
     */
    List<String> command(String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(script.toString(), "--root", root.toString(), "--state", state.toString()));
        command.addAll(List.of(arguments));
        return command;
    }
}
