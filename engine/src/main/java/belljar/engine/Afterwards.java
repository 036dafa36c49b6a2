package belljar.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * How a keeper has a container cleaned up that ended while no command was there: it becomes a command of this program.
 * A keeper is told so only when there is something that cannot wait for whatever command comes next.
 */
final class Afterwards {
    private final Path root;
    private final Path state;
    private final Supplier<List<String>> program;

    /**
     * @param root where containers are kept
     * @param state where is kept what does not outlive a boot
     * @param program how this program is started: by an absolute path and the arguments before its own; none for not at
     *     all
     */
    Afterwards(Path root, Path state, Supplier<List<String>> program) {
        this.root = root;
        this.state = state;
        this.program = program;
    }

    /** {@return the command that cleans a container up; empty when nothing has to be done at once} */
    List<String> of(ContainerRecord record, NetworkRequest network) {
        boolean pressing = record.remove()
                || record.restart().when() != RestartPolicy.When.NO
                // Nobody shall be sent to a port or a name behind which there is nobody any more.
                || !network.networks().isEmpty()
                || !network.ports().isEmpty()
                || network.publishAll()
                || IdMapping.rootless() && ContainerNetworks.connects(network)
                || !record.pod().isEmpty();
        return pressing ? command("container", "cleanup", record.id()) : List.of();
    }

    /** {@return a command line of this program on the same directories; empty where it is not known how to start it} */
    List<String> command(String... arguments) {
        List<String> words = new ArrayList<>(program.get());
        if (words.isEmpty()) {
            return List.of();
        }
        words.add("--root");
        words.add(root.toString());
        words.add("--state");
        words.add(state.toString());
        words.addAll(List.of(arguments));
        return words;
    }
}
