package belljar.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * One verb on a container, typed to Belljar and to Podman.
 *
 * @param name the word that selects it
 * @param containers how many containers exist beside the one
 * @param before commands that bring about what each turn starts from
 * @param words the verb and its arguments
 */
record VerbBenchmark(String name, int containers, List<List<String>> before, List<String> words) implements Benchmark {
    private static final String ONE = "one";
    private static final int MANY = 100;

    /** {@return the benchmarks of all verbs} */
    static List<Benchmark> all() {
        List<String> start = List.of("start", ONE);
        List<String> stop = List.of("stop", "--time", "0", ONE);
        List<String> create = new ArrayList<>(List.of("create", "--name", "gone", Rivals.IMAGE));
        create.addAll(Rivals.SLEEP);
        return List.of(
                new VerbBenchmark("ps", MANY, List.of(), List.of("ps", "--all")),
                new VerbBenchmark("exec", 0, List.of(), List.of("exec", ONE, "/bin/true")),
                new VerbBenchmark("logs", 0, List.of(), List.of("logs", ONE)),
                new VerbBenchmark("starting", 0, List.of(stop), start),
                new VerbBenchmark("stopping", 0, List.of(start), stop),
                new VerbBenchmark("rm", 0, List.of(create), List.of("rm", "gone")));
    }

    @Override
    public String title() {
        return String.join(" ", words) + (containers > 0 ? " with " + containers + " more containers" : "")
                + ", as whole processes";
    }

    @Override
    public int rounds() {
        return 20;
    }

    @Override
    public int warmups() {
        return 2;
    }

    @Override
    public List<Goal> goals() {
        return List.of(new Goal(theirName(), 0.5));
    }

    private String theirName() {
        return "podman " + words.getFirst();
    }

    @Override
    public Lineup prepare(Machine machine, Scratch scratch) {
        Rivals rivals = Rivals.make(machine, scratch);
        rivals.both(List.of(
                "run",
                "--detach",
                "--name",
                ONE,
                Rivals.IMAGE,
                "/bin/sh",
                "-c",
                "i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo line $i; done; exec /bin/busybox sleep 100000"));
        for (int i = 0; i < containers; i++) {
            List<String> create = new ArrayList<>(List.of("create", "--name", "c" + i, Rivals.IMAGE));
            create.addAll(Rivals.SLEEP);
            rivals.both(create);
        }
        Timed ours = new Timed(
                "belljar " + words.getFirst(),
                before.stream().map(rivals::ours).toList(),
                rivals.ours(words),
                machine.launch());
        Timed theirs = new Timed(
                theirName(), before.stream().map(rivals::theirs).toList(), rivals.theirs(words), machine.launch());
        return new Lineup(List.of(ours, theirs), List.of(), results -> List.of(Timed.compare(ours, theirs)));
    }
}
