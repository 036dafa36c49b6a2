package belljar.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Podman with storage of its own, so that the machine's is neither used nor changed.
 *
 * @param program where it is
 * @param storage an empty directory
 */
record Podman(Path program, Path storage) {
    /**
     * {@return a command}
     *
     * @param arguments the verb and its arguments
     */
    List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                program.toString(),
                "--root",
                storage.resolve("root").toString(),
                "--runroot",
                storage.resolve("run").toString(),
                "--tmpdir",
                storage.resolve("tmp").toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    /**
     * {@return the command that runs a container in the foreground, without network}
     *
     * @param image the image
     * @param arguments what to run in it
     */
    List<String> run(String image, String... arguments) {
        List<String> command = command("run", "--rm", "--network", "none");
        if (!Machine.raisesLimits()) {
            // Podman's defaults are above the limits of a root that may not raise them.
            command.addAll(List.of("--ulimit", "nofile=1024:4096", "--ulimit", "nproc=1024:4096"));
        }
        command.add(image);
        command.addAll(List.of(arguments));
        return command;
    }
}
