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

    /** Removes all containers, running or not. */
    private static final List<String> REMOVE_ALL = List.of("rm", "--force", "--all", "--time", "0");

    /** What waits in a container: {@code sleep} of the image's busybox. */
    static final List<String> SLEEP = List.of("/bin/busybox", "sleep", "100000");

    /**
     * {@return both, with the image; their containers go when the scratch directory does}
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
        Rivals rivals = new Rivals(
                new Belljar(machine.home(), scratch),
                new Podman(program, scratch.directory("podman")),
                machine.launch());
        scratch.atEnd(() -> rivals.launch.tidy(rivals.ours(REMOVE_ALL)));
        scratch.atEnd(() -> rivals.launch.tidy(rivals.theirs(REMOVE_ALL)));
        rivals.fill(image(scratch));
        return rivals;
    }

    private void fill(OciLayout layout) {
        Images images = Images.open(belljar.root());
        images.pull(layout.reference(), Platform.HOST, RegistryOptions.defaults(), Progress.NONE);
        images.tag(layout.id(), IMAGE);
        launch.run(podman.command("pull", "--quiet", layout.reference()));
        launch.run(podman.command("tag", layout.id().substring("sha256:".length()), IMAGE));
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
}
