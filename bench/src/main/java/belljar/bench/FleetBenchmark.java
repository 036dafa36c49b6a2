package belljar.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A hundred detached containers: starting all of them, and the memory of what stays with them. */
final class FleetBenchmark implements Benchmark {
    private static final int CONTAINERS = 100;
    private static final String PEER_APART = "podman start, 100 commands, 4 at a time";
    private static final Goal MEMORY = new Goal("podman, conmon", 0.5);

    @Override
    public String name() {
        return "fleet";
    }

    @Override
    public String title() {
        return CONTAINERS + " created containers of sleep: start of all, and memory of what keeps them";
    }

    @Override
    public int rounds() {
        return 3;
    }

    @Override
    public int warmups() {
        return 0;
    }

    @Override
    public List<Goal> goals() {
        return List.of(new Goal(PEER_APART, 0.4), MEMORY);
    }

    @Override
    public Lineup prepare(Machine machine, Scratch scratch) {
        Rivals rivals = Rivals.make(machine, scratch);
        List<String> stop = new ArrayList<>(List.of("stop", "--time", "0"));
        List<String> start = new ArrayList<>(List.of("start"));
        for (int i = 1; i <= CONTAINERS; i++) {
            List<String> create = new ArrayList<>(List.of("create", "--name", "c" + i, Rivals.IMAGE));
            create.addAll(Rivals.SLEEP);
            rivals.both(create);
            stop.add("c" + i);
            start.add("c" + i);
        }
        List<Side> sides = List.of(
                new Timed(
                        "belljar start, 100 commands, 4 at a time",
                        List.of(rivals.ours(stop)),
                        apart(rivals.ours(List.of("start"))),
                        machine.launch()),
                new Timed(
                        PEER_APART,
                        List.of(rivals.theirs(stop)),
                        apart(rivals.theirs(List.of("start"))),
                        machine.launch()),
                new Timed(
                        "belljar start c1 ... c100", List.of(rivals.ours(stop)), rivals.ours(start), machine.launch()),
                new Timed(
                        "podman start c1 ... c100",
                        List.of(rivals.theirs(stop)),
                        rivals.theirs(start),
                        machine.launch()));
        return new Lineup(sides, List.of(), results -> memory(scratch, rivals));
    }

    private static List<String> apart(List<String> start) {
        List<String> all = new ArrayList<>(
                List.of("/bin/sh", "-c", "seq -f c%.0f " + CONTAINERS + " | xargs -n 1 -P 4 \"$@\"", "sh"));
        all.addAll(start);
        return all;
    }

    /** All containers of both run by now. */
    private static List<String> memory(Scratch scratch, Rivals rivals) {
        List<Long> keepers = new ArrayList<>();
        List<Long> monitors = new ArrayList<>();
        List<Long> claimed = new ArrayList<>();
        List<Long> programs = new ArrayList<>();
        try (Stream<Path> claims = Files.list(rivals.belljar().state().resolve("live"))) {
            for (Path claim : claims.toList()) {
                String[] words = read(claim).split("\\s+", -1);
                if (String.valueOf(claim.getFileName()).indexOf('.') < 0 && words.length > 3) {
                    programs.add(Long.valueOf(words[0]));
                    claimed.add(Long.valueOf(words[2]));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ProcessHandle.allProcesses().forEach(process -> {
            long pid = process.pid();
            long parent = process.parent().map(ProcessHandle::pid).orElse(0L);
            String line = read(Path.of("/proc/" + pid + "/cmdline"));
            boolean ours = line.contains(rivals.belljar().state().toString()) && line.contains("belljar.cli");
            if (claimed.contains(pid) || claimed.contains(parent) && !programs.contains(pid) || ours) {
                keepers.add(pid);
            } else if (read(Path.of("/proc/" + pid + "/comm")).strip().equals("conmon")
                    && line.contains(scratch.path().toString())) {
                monitors.add(pid);
            }
        });
        if (programs.size() != CONTAINERS || monitors.size() < CONTAINERS) {
            throw new UncheckedIOException(new IOException("of " + CONTAINERS + " containers " + programs.size()
                    + " and " + monitors.size() + " run, so their memory cannot be compared"));
        }
        long ours = kilobytes(keepers);
        long theirs = kilobytes(monitors);
        return memory(ours, keepers.size(), theirs, monitors.size());
    }

    /**
     * {@return a table of the memory of what stays with the containers}
     *
     * @param ours kB of Belljar's processes
     * @param keepers how many they are
     * @param theirs kB of Podman's
     * @param monitors how many those are
     */
    static List<String> memory(long ours, int keepers, long theirs, int monitors) {
        double ratio = (double) ours / theirs;
        Table table = new Table();
        table.row("memory of " + CONTAINERS + " containers' keepers", "PSS", "processes", "belljar/this", "goal");
        table.row("belljar, keepers and loggers", ours + " kB", Integer.toString(keepers), "", "");
        table.row(MEMORY.peer(), theirs + " kB", Integer.toString(monitors), Table.ratio(ratio), MEMORY.verdict(ratio));
        return List.of(table.text().stripIndent().strip().split("\n", -1));
    }

    private static long kilobytes(List<Long> pids) {
        long sum = 0;
        for (long pid : pids) {
            for (String line : read(Path.of("/proc/" + pid + "/smaps_rollup")).split("\n", -1)) {
                if (line.startsWith("Pss:")) {
                    sum += Long.parseLong(line.replaceAll("[^0-9]", ""));
                }
            }
        }
        return sum;
    }

    /** {@return the content; empty when it is gone, as a process may be by now} */
    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException gone) {
            return "";
        }
    }
}
