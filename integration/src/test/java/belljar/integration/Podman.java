package belljar.integration;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Podman with storage of its own, so that the machine's is neither used nor changed.
 *
 * @param home the directory that holds it
 */
record Podman(Path home) {
    static Podman fresh() {
        Machine.needsRoot();
        Machine.needs("podman", "runc");
        return new Podman(Scratch.directory("podman"));
    }

    /** {@return a command line} runc is the runtime: crun refuses machines with cgroups of both versions. */
    List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                "podman",
                "--root",
                home.resolve("root").toString(),
                "--runroot",
                home.resolve("run").toString(),
                "--tmpdir",
                home.resolve("tmp").toString(),
                "--cgroup-manager",
                "cgroupfs",
                "--runtime",
                "runc"));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Starts a command. */
    Program start(String... arguments) {
        return Program.start(command(arguments), Map.of("TMPDIR", home.toString()), home);
    }

    /** {@return the output of a command that has to succeed} */
    String good(String... arguments) {
        return start(arguments).end("").good();
    }

    /** {@return the arguments that run a container with as much as a root with few privileges may give} */
    static List<String> run(List<String> options, String image, List<String> command) {
        List<String> all = new ArrayList<>(List.of("run", "--rm", "--network", "none"));
        // Podman's own limits are above what a root without CAP_SYS_RESOURCE may set.
        all.addAll(List.of("--ulimit", "nofile=1024:4096", "--ulimit", "nproc=1024:4096"));
        all.addAll(options);
        all.add(image);
        all.addAll(command);
        return all;
    }

    /** Removes its storage, which has mounts of its own. */
    void close() {
        start("system", "reset", "--force").end("");
        Program.run("umount", "-R", home.resolve("root/overlay").toString());
        Scratch.remove(home);
    }
}
