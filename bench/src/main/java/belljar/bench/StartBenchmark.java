package belljar.bench;

import belljar.container.HostIsolation;
import belljar.failure.HostException;
import belljar.linux.Cgroups;
import belljar.sandbox.Container;
import belljar.sandbox.Stdio;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A container from nothing to gone, by Belljar inside this JVM and by the runtimes as the programs they are. */
final class StartBenchmark implements Benchmark {
    private static final String BARE = "/bin/true, no container";

    @Override
    public String name() {
        return "start";
    }

    @Override
    public String title() {
        return "a container of /bin/true from creation to clean-up, in this JVM and by OCI runtimes, same bundle";
    }

    @Override
    public int rounds() {
        return 100;
    }

    @Override
    public int warmups() {
        return 60;
    }

    @Override
    public List<Goal> goals() {
        return List.of(new Goal("crun run", 0.6), new Goal("runc run", 0.25));
    }

    @Override
    public Lineup prepare(Machine machine, Scratch scratch) {
        if (!Machine.isRoot()) {
            throw new Skipped("needs root, as the runtimes do for the same container");
        }
        Bundle bundle = Bundle.make(scratch.directory("bundle"));
        List<Side> sides = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        InProcess ours = new InProcess(bundle, machine.launch());
        sides.add(ours);
        for (String name : List.of("crun", "runc")) {
            Optional<Path> program = Machine.find(name);
            if (program.isPresent()) {
                sides.add(new OciRuntime(name, program.get(), bundle, scratch.directory(name), machine.launch()));
            } else {
                notes.add(name + " is left out: it is not installed");
            }
        }
        if (sides.size() == 1) {
            throw new Skipped("neither crun nor runc is installed");
        }
        Path bare = Machine.need("true", "shows what starting a program costs here");
        sides.add(new Program(BARE, List.of(bare.toString()), machine.launch()));
        notes.add("the peers' times hold what starting any program costs here, which is the line of " + BARE);
        return new Lineup(sides, notes, results -> ours.phases());
    }

    /** Belljar's side, with the time of each phase. */
    private static final class InProcess implements Side {
        private final Bundle bundle;
        private final Launch launch;
        private final HostIsolation isolation = new HostIsolation(Cgroups.detect());
        private final String prefix = "bench-" + ProcessHandle.current().pid() + "-";
        private final Samples create = new Samples();
        private final Samples start = new Samples();
        private final Samples wait = new Samples();
        private final Samples close = new Samples();
        private long first;
        private int made;

        InProcess(Bundle bundle, Launch launch) {
            this.bundle = bundle;
            this.launch = launch;
        }

        @Override
        public String name() {
            return "belljar, in this JVM";
        }

        @Override
        public void run() {
            long begun = System.nanoTime();
            int code;
            long created;
            long started;
            long ended;
            try (Container container =
                    isolation.create(bundle.spec(prefix + made++), new Stdio(-1, launch.output(), launch.output()))) {
                created = System.nanoTime();
                container.start();
                started = System.nanoTime();
                code = container.waitFor();
                ended = System.nanoTime();
            }
            long closed = System.nanoTime();
            if (code != 0) {
                throw new HostException("/bin/true ended with " + code + " in Belljar's container", null);
            }
            if (first == 0) {
                first = closed - begun;
            }
            create.add(created - begun);
            start.add(started - created);
            wait.add(ended - started);
            close.add(closed - ended);
        }

        /** Medians over all rounds, the uncounted too. */
        List<String> phases() {
            return List.of(
                    "belljar's phases, medians: create " + Table.duration(create.median()) + ", start "
                            + Table.duration(start.median()) + ", program " + Table.duration(wait.median())
                            + ", clean-up " + Table.duration(close.median()),
                    "belljar's very first container in this JVM, uncounted: " + Table.duration(first));
        }
    }

    /** A runtime of the OCI specification, which gets a directory of its own for its state. */
    static final class OciRuntime implements Side {
        private final String name;
        private final List<String> command;
        private final Launch launch;
        private final String prefix = "bench-" + ProcessHandle.current().pid() + "-";
        private int made;

        OciRuntime(String name, Path program, Bundle bundle, Path state, Launch launch) {
            this.name = name;
            this.launch = launch;
            this.command = List.of(
                    program.toString(),
                    "--root",
                    state.toString(),
                    "run",
                    "--bundle",
                    bundle.path().toString());
        }

        @Override
        public String name() {
            return name + " run";
        }

        @Override
        public void run() {
            List<String> arguments = new ArrayList<>(command);
            arguments.add(prefix + name + made++);
            launch.run(arguments);
        }
    }
}
