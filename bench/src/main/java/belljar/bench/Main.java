package belljar.bench;

import belljar.failure.BelljarException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Runs benchmarks and prints what they found. */
public final class Main {
    private static final String USAGE = """
            usage: bench/run [--rounds N] [NAME...]
              --rounds N   count N rounds of each instead of its own number
            """;

    private static final int INTERRUPTED = 130;
    private static final int END_SECONDS = 120;

    private final PrintStream out;
    private final List<Benchmark> all;

    private Main(PrintStream out) {
        this.out = out;
        this.all = new ArrayList<>(List.of(new StartBenchmark(), new RunBenchmark(), new PullBenchmark()));
        this.all.addAll(VerbBenchmark.all());
        this.all.add(new FleetBenchmark());
        this.all.add(new WarmBenchmark());
        this.all.add(new NetworkBenchmark());
        this.all.add(new BootBenchmark());
        this.all.add(GuestBenchmark.instructions());
        this.all.add(GuestBenchmark.machines());
    }

    /**
     * Runs the benchmarks named, or all.
     *
     * @param args {@code --rounds N}, {@code --help}, names
     */
    public static void main(String[] args) {
        System.exit(new Main(System.out).run(List.of(args)));
    }

    private int run(List<String> args) {
        List<Benchmark> chosen = new ArrayList<>();
        int rounds = 0;
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            if (arg.equals("--help") || arg.equals("-h")) {
                return usage("");
            }
            if (arg.equals("--rounds") && i + 1 < args.size()) {
                rounds = number(args.get(++i));
                if (rounds < 1) {
                    return usage("--rounds takes a number of 1 or more, not '" + args.get(i) + "'");
                }
                continue;
            }
            Optional<Benchmark> named =
                    all.stream().filter(each -> each.name().equals(arg)).findFirst();
            if (named.isEmpty()) {
                return usage("there is no benchmark '" + arg + "'");
            }
            chosen.add(named.get());
        }
        return run(chosen.isEmpty() ? all : chosen, rounds);
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private int usage(String error) {
        if (!error.isEmpty()) {
            out.println("bench: " + error);
        }
        out.print(USAGE);
        for (Benchmark benchmark : all) {
            out.println("  " + benchmark.name() + ": " + benchmark.title());
        }
        return error.isEmpty() ? 0 : 125;
    }

    private int run(List<Benchmark> chosen, int rounds) {
        CountDownLatch done = new CountDownLatch(1);
        try {
            return run(chosen, rounds, done);
        } finally {
            done.countDown();
        }
    }

    private int run(List<Benchmark> chosen, int rounds, CountDownLatch done) {
        int failed = 0;
        try (Scratch logs = Scratch.make(Path.of(System.getProperty("java.io.tmpdir", "/tmp")));
                PeerView view = PeerView.make();
                Launch launch = new Launch(view, logs.path().resolve("log"))) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> end(launch, done)));
            Machine machine = new Machine(launch, view, home());
            machine.facts().forEach(out::println);
            for (Benchmark benchmark : chosen) {
                out.println();
                out.println(benchmark.name() + ": " + benchmark.title());
                if (!run(benchmark, machine, rounds)) {
                    failed++;
                }
            }
        } catch (Benchmark.Interrupted e) {
            out.println("  interrupted");
            sayWhatStays(e);
            return INTERRUPTED;
        }
        return failed == 0 ? 0 : 1;
    }

    /** Prints what could not be undone after a failure. */
    private void sayWhatStays(RuntimeException failure) {
        for (Throwable suppressed : failure.getSuppressed()) {
            out.println("  and: " + suppressed.getMessage());
        }
    }

    /** Gives the benchmark time to remove what it made, when someone ends this program. */
    private static void end(Launch launch, CountDownLatch done) {
        launch.stop();
        try {
            if (!done.await(END_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("bench: what was made could not be removed in " + END_SECONDS + " seconds");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** {@return false if something broke; a benchmark that has nothing to compare with is not broken} */
    private boolean run(Benchmark benchmark, Machine machine, int rounds) {
        try (Scratch scratch = Scratch.make(Path.of(System.getProperty("java.io.tmpdir", "/tmp")))) {
            Benchmark.Lineup lineup = benchmark.prepare(machine, scratch);
            lineup.notes().forEach(note -> out.println("  note: " + note));
            String before = Machine.load();
            List<Samples> results = Contest.run(
                    lineup.sides(),
                    benchmark.warmups(),
                    rounds > 0 ? rounds : benchmark.rounds(),
                    machine.launch()::check);
            out.print(Table.of(lineup.sides(), results, benchmark.goals()).text());
            lineup.after().lines(results).forEach(line -> out.println("  " + line));
            out.println("  load average before " + before + ", after " + Machine.load());
            return true;
        } catch (Benchmark.Skipped e) {
            out.println("  skipped: " + e.getMessage());
            return true;
        } catch (BelljarException | UncheckedIOException e) {
            out.println("  failed: " + e.getMessage());
            sayWhatStays(e);
            machine.launch().check(); // whoever ends this program may have ended what it waited for, too
            return false;
        }
    }

    private static Path home() {
        return Path.of(System.getProperty("belljar.home", ".")).toAbsolutePath().normalize();
    }
}
