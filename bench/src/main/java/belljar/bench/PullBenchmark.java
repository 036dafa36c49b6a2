package belljar.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Fetching an image from a registry and unpacking it, each side as the programs a person would call. */
final class PullBenchmark implements Benchmark {
    private static final List<Path> TOPS = List.of(
            Path.of("/usr/bin"), Path.of("/usr/lib/x86_64-linux-gnu"), Path.of("/usr/share"), Path.of("/usr/include"));
    private static final long LAYER = 100L << 20;
    private static final long LARGEST = 16L << 20;

    /** What the goal speaks of. */
    private static final long SMALLEST_IMAGE = 100_000_000;

    @Override
    public String name() {
        return "pull";
    }

    @Override
    public String title() {
        return "pull from a registry on this machine and unpack, image of 100 MB or more";
    }

    @Override
    public int rounds() {
        return 5;
    }

    @Override
    public int warmups() {
        return 1;
    }

    @Override
    public List<Goal> goals() {
        return List.of(new Goal("podman pull", 1), new Goal("skopeo copy + umoci unpack", 1));
    }

    @Override
    public Lineup prepare(Machine machine, Scratch scratch) {
        if (!Machine.isRoot()) {
            throw new Skipped("needs root, to unpack files of several owners");
        }
        Path registryProgram = Machine.need("docker-registry", "images are pulled from it");
        Path skopeo = Machine.need("skopeo", "the image is pushed by it");
        OciLayout layout = image(scratch);
        List<String> notes = new ArrayList<>();
        notes.add(String.format(
                Locale.ROOT,
                "the image is made of this host's /usr: %d layers, %.0f MB compressed with gzip, %.0f MB unpacked",
                layout.layers(),
                layout.compressed() / 1e6,
                layout.unpacked() / 1e6));
        LocalRegistry registry = new LocalRegistry(registryProgram, scratch.directory("registry"));
        scratch.atEnd(registry::close);
        String name = registry.name() + "/bench:1";
        machine.launch()
                .run(List.of(
                        skopeo.toString(),
                        "copy",
                        "--quiet",
                        "--dest-tls-verify=false",
                        layout.reference(),
                        "docker://" + name));
        scratch.remove("image");
        return new Lineup(sides(machine, scratch, name, skopeo, notes), notes, results -> List.of());
    }

    private static OciLayout image(Scratch scratch) {
        OciLayout layout = new OciLayout(scratch.directory("image"));
        for (Path top : TOPS) {
            if (Files.isDirectory(top)) {
                List<String> names = HostTree.pick(top, LAYER, LARGEST);
                if (!names.isEmpty()) {
                    layout.layer(Path.of("/"), names);
                }
            }
        }
        if (layout.unpacked() < SMALLEST_IMAGE) {
            throw new Skipped("this host's /usr is too small to make an image of 100 MB of");
        }
        layout.finish();
        return layout;
    }

    private static List<Side> sides(Machine machine, Scratch scratch, String image, Path skopeo, List<String> notes) {
        Launch launch = machine.launch();
        List<Side> sides = new ArrayList<>();
        Belljar belljar = new Belljar(machine.home(), scratch);
        sides.add(new Fresh(
                "belljar pull",
                scratch,
                () -> scratch.remove("belljar"),
                () -> launch.run(belljar.command("pull", "--quiet", "--tls-verify=false", image))));
        Optional<Path> podman = Machine.find("podman");
        if (podman.isPresent()) {
            Podman peer = new Podman(podman.get(), scratch.directory("podman"));
            sides.add(new Fresh(
                    "podman pull",
                    scratch,
                    () -> launch.run(peer.command("rmi", "--all", "--force")),
                    () -> launch.run(peer.command("pull", "--quiet", "--tls-verify=false", image))));
        } else {
            notes.add("podman is left out: it is not installed");
        }
        Optional<Path> umoci = Machine.find("umoci");
        if (umoci.isPresent()) {
            String copied = scratch.path().resolve("skopeo/image") + ":" + OciLayout.TAG;
            String bundle = scratch.path().resolve("skopeo/bundle").toString();
            List<String> copy = List.of(
                    skopeo.toString(),
                    "copy",
                    "--quiet",
                    "--src-tls-verify=false",
                    "docker://" + image,
                    "oci:" + copied);
            List<String> unpack = List.of(umoci.get().toString(), "unpack", "--image", copied, bundle);
            sides.add(new Fresh(
                    "skopeo copy + umoci unpack",
                    scratch,
                    () -> {
                        scratch.remove("skopeo");
                        scratch.directory("skopeo");
                    },
                    () -> {
                        launch.run(copy);
                        launch.run(unpack);
                    }));
        } else {
            notes.add("skopeo and umoci are left out: umoci is not installed");
        }
        if (sides.size() == 1) {
            throw new Skipped("neither podman nor umoci is installed");
        }
        return sides;
    }

    /** A side whose result of the last round goes first, down to the disk, so that no side pays for another's. */
    private record Fresh(String name, Scratch scratch, Runnable clear, Runnable work) implements Side {
        @Override
        public void prepare() {
            clear.run();
            scratch.sync();
        }

        @Override
        public void run() {
            work.run();
        }
    }
}
