package belljar.bench;

import belljar.engine.ContainerRecord;
import belljar.engine.Engine;
import belljar.engine.NamespaceMode;
import belljar.engine.NetworkRequest;
import belljar.engine.ProcessRequest;
import belljar.engine.Readiness;
import belljar.engine.RemoveOptions;
import belljar.engine.RunIo;
import belljar.engine.RunRequest;
import belljar.failure.HostException;
import belljar.image.Images;
import belljar.image.Platform;
import belljar.image.Progress;
import belljar.image.RegistryOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Starting containers from a Java program that has done so before, through the engine. */
final class WarmBenchmark implements Benchmark {
    private static final long GOAL = 5_000_000;

    @Override
    public String name() {
        return "warm";
    }

    @Override
    public String title() {
        return "start of a container by the engine inside a warm JVM, and crun as a whole process";
    }

    @Override
    public int rounds() {
        return 60;
    }

    @Override
    public int warmups() {
        return 60;
    }

    @Override
    public List<Goal> goals() {
        return List.of();
    }

    @Override
    public Lineup prepare(Machine machine, Scratch scratch) {
        if (!Machine.isRoot()) {
            throw new Skipped("needs root");
        }
        Path crun = Machine.need("crun", "is what the time is compared with");
        OciLayout layout = Rivals.image(scratch);
        Path root = scratch.directory("engine/root");
        Images images = Images.open(root);
        images.pull(layout.reference(), Platform.HOST, RegistryOptions.defaults(), Progress.NONE);
        images.tag(layout.id(), Rivals.IMAGE);
        Engine engine = Engine.open(root, scratch.directory("engine/state"));
        Readiness ready = engine.stayReady();
        scratch.atEnd(() -> {
            ready.close();
            removeAll(engine);
        });
        int output = machine.launch().output();
        RunIo io = new RunIo(-1, output, output, Progress.NONE, RunIo.Observer.NONE);
        List<Side> sides = new ArrayList<>();
        sides.add(new Detached(engine, request(Rivals.SLEEP), io));
        sides.add(new Foreground(engine, request(List.of("/bin/true")).withRemove(true), io));
        Bundle bundle = Bundle.make(scratch.directory("bundle"));
        sides.add(new StartBenchmark.OciRuntime("crun", crun, bundle, scratch.directory("crun"), machine.launch()));
        return new Lineup(
                sides,
                List.of(
                        "the engine stays ready for the next start, as it does for programs that use the library",
                        "crun makes and removes a container of /bin/true from a bundle that is there"),
                results -> List.of("start of a created container: goal <= 5 ms "
                        + (results.getFirst().median() <= GOAL ? "met" : "MISSED")));
    }

    private static void removeAll(Engine engine) {
        for (ContainerRecord container : engine.containers()) {
            engine.remove(container.id(), RemoveOptions.FORCE);
        }
    }

    private static RunRequest request(List<String> command) {
        ProcessRequest process = ProcessRequest.DEFAULT;
        NetworkRequest network = NetworkRequest.DEFAULT;
        return RunRequest.of(Rivals.IMAGE)
                .withProcess(new ProcessRequest(
                        command,
                        Optional.empty(),
                        process.env(),
                        process.unsetEnv(),
                        process.unsetAllEnv(),
                        process.user(),
                        process.groups(),
                        process.workdir(),
                        process.tty(),
                        process.interactive(),
                        process.init(),
                        process.stopSignal(),
                        process.umask(),
                        process.oomScoreAdj(),
                        process.rlimits()))
                .withNetwork(new NetworkRequest(
                        NamespaceMode.NONE,
                        network.hostname(),
                        network.addHosts(),
                        network.noHosts(),
                        network.dns(),
                        network.dnsSearch(),
                        network.dnsOptions()));
    }

    /** Starts a container that was created and that goes on. */
    private static final class Detached implements Side {
        private static final String NAME = "one";
        private final Engine engine;
        private final RunRequest request;
        private final RunIo io;

        Detached(Engine engine, RunRequest request, RunIo io) {
            this.engine = engine;
            this.request = request.withName(NAME);
            this.io = io;
        }

        @Override
        public String name() {
            return "belljar, start of a created container";
        }

        @Override
        public void prepare() {
            removeAll(engine);
            engine.create(request, io);
        }

        @Override
        public void run() {
            engine.start(NAME);
        }
    }

    /**
     * Runs a container to its end.
     *
     * @param engine runs it
     * @param request what is run
     * @param io where its output goes
     */
    private record Foreground(Engine engine, RunRequest request, RunIo io) implements Side {
        @Override
        public String name() {
            return "belljar, run --rm from nothing to gone";
        }

        @Override
        public void run() {
            int code = engine.run(request, io);
            if (code != 0) {
                throw new HostException("/bin/true ended with " + code + " in Belljar's container", null);
            }
        }
    }
}
