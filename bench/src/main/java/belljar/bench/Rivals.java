package belljar.bench;

import belljar.image.Images;
import belljar.image.Platform;
import belljar.image.Progress;
import belljar.image.RegistryOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Belljar and Podman with the same image present, each with storage of its own.
 *
 * @param belljar the one
 * @param podman the other
 * @param launch starts both
 */
record Rivals(Belljar belljar, Podman podman, Launch launch) {
    /** The image, under the same name in both. */
    static final String IMAGE = "localhost/bench:1";

    /** What waits in a container: {@code sleep} of the image's busybox. */
    static final List<String> SLEEP = List.of("/bin/busybox", "sleep", "100000");

    /**
     * {@return both, with the image}
     *
     * @param machine what is installed
     * @param scratch holds the storage
     * @throws Benchmark.Skipped if one of them cannot run here
     */
    static Rivals make(Machine machine, Scratch scratch) {
        if (!Machine.isRoot()) {
            throw new Benchmark.Skipped("needs root");
        }
        Path program = Machine.need("podman", "is what Belljar is compared with");
        OciLayout layout = image(scratch);
        Belljar belljar = new Belljar(machine.home(), scratch);
        Images images = Images.open(belljar.root());
        images.pull(layout.reference(), Platform.HOST, RegistryOptions.defaults(), Progress.NONE);
        images.tag(layout.id(), IMAGE);
        Podman podman = new Podman(program, scratch.directory("podman"));
        machine.launch().run(podman.command("pull", "--quiet", layout.reference()));
        machine.launch().run(podman.command("tag", layout.id().substring("sha256:".length()), IMAGE));
        return new Rivals(belljar, podman, machine.launch());
    }

    /**
     * {@return an image of busybox alone, on the disk}
     *
     * @param scratch holds it
     */
    static OciLayout image(Scratch scratch) {
        OciLayout layout = new OciLayout(scratch.directory("image"));
        Path root = scratch.directory("content");
        try {
            Bundle.root(root);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        layout.layer(root, List.of("bin", "bin/busybox", "bin/sh", "bin/true", "proc", "dev", "sys", "etc", "tmp"));
        layout.finish();
        return layout;
    }

    /**
     * {@return Belljar's command}
     *
     * @param words the verb and its arguments; a verb that makes a container gets what both need to be alike
     */
    List<String> ours(List<String> words) {
        List<String> all = new ArrayList<>(words);
        if (makes(words)) {
            all.addAll(1, List.of("--network", "none"));
        }
        return belljar.command(all.toArray(new String[0]));
    }

    /**
     * {@return Podman's command}
     *
     * @param words the same
     */
    List<String> theirs(List<String> words) {
        List<String> all = new ArrayList<>(words);
        if (makes(words)) {
            all.addAll(1, List.of("--network", "none"));
            if (!Machine.raisesLimits()) {
                // Podman's defaults are above the limits of a root that may not raise them.
                all.addAll(1, List.of("--ulimit", "nofile=1024:4096", "--ulimit", "nproc=1024:4096"));
            }
        }
        return podman.command(all.toArray(new String[0]));
    }

    private static boolean makes(List<String> words) {
        return words.getFirst().equals("create") || words.getFirst().equals("run");
    }

    /**
     * Does the same with both, untimed.
     *
     * @param words the verb and its arguments
     */
    void both(List<String> words) {
        launch.run(ours(words));
        launch.run(theirs(words));
    }

    /** Removes all containers of both, running or not. */
    void removeAll() {
        both(List.of("rm", "--force", "--all", "--time", "0"));
    }
}
