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
import java.util.Optional;

/** {@code belljar run} and {@code podman run} as a person types them, on the same image. */
final class RunBenchmark implements Benchmark {
    private static final String PEER = "podman run";
    private static final String IMAGE = "localhost/bench:1";
    private static final String NOTHING = "belljar version";
    private static final String JVM = "a JVM that does nothing";

    @Override
    public String name() {
        return "run";
    }

    @Override
    public String title() {
        return "run --rm --network none IMAGE true as a whole process, image present";
    }

    @Override
    public int rounds() {
        return 30;
    }

    @Override
    public int warmups() {
        return 3;
    }

    @Override
    public List<Goal> goals() {
        return List.of(new Goal(PEER, 0.5));
    }

    @Override
    public Lineup prepare(Machine machine, Scratch scratch) {
        if (!Machine.isRoot()) {
            throw new Skipped("needs root");
        }
        OciLayout layout = new OciLayout(scratch.directory("image"));
        Path root = scratch.directory("content");
        try {
            Bundle.root(root);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        layout.layer(root, List.of("bin", "bin/busybox", "bin/sh", "bin/true", "proc", "dev", "sys", "etc", "tmp"));
        layout.finish();

        Launch launch = machine.launch();
        List<Side> sides = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        Belljar belljar = new Belljar(machine.home(), scratch);
        Images images = Images.open(belljar.root());
        images.pull(layout.reference(), Platform.HOST, RegistryOptions.defaults(), Progress.NONE);
        images.tag(layout.id(), IMAGE);
        sides.add(
                new Program("belljar run", belljar.command("run", "--rm", "--network", "none", IMAGE, "true"), launch));
        Optional<Path> podman = Machine.find("podman");
        if (podman.isPresent()) {
            Podman peer = new Podman(podman.get(), scratch.directory("podman"));
            launch.run(peer.command("pull", "--quiet", layout.reference()));
            launch.run(peer.command("tag", layout.id().substring("sha256:".length()), IMAGE));
            sides.add(new Program(PEER, peer.run(IMAGE, "true"), launch));
            if (!Machine.raisesLimits()) {
                notes.add("podman gets --ulimit nofile and nproc, since root may not raise limits here");
            }
        } else {
            notes.add("podman is left out: it is not installed");
        }
        sides.add(new Program(NOTHING, belljar.command("version"), launch));
        sides.add(new Program(JVM, idle(), launch));
        return new Lineup(sides, notes, results -> parts(sides, results));
    }

    private static List<String> idle() {
        return Machine.java("belljar.bench.Idle");
    }

    /** Where Belljar's time goes, by taking away one thing at a time. */
    private static List<String> parts(List<Side> sides, List<Samples> results) {
        long run = results.getFirst().median();
        long version = 0;
        long jvm = 0;
        for (int i = 0; i < sides.size(); i++) {
            if (sides.get(i).name().equals(NOTHING)) {
                version = results.get(i).median();
            } else if (sides.get(i).name().equals(JVM)) {
                jvm = results.get(i).median();
            }
        }
        return List.of("belljar's time: JVM " + Table.duration(jvm) + ", launcher and command line "
                + difference(version, jvm) + ", image, container and clean-up " + difference(run, version));
    }

    private static String difference(long more, long less) {
        return more >= less ? Table.duration(more - less) : "-" + Table.duration(less - more);
    }
}
