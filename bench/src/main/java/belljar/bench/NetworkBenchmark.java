package belljar.bench;

import belljar.failure.HostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Traffic between two containers on a network of bridge kind, and from the host to a published port. Each engine has a
 * host network of its own, so that neither's packets pass the other's filter.
 */
final class NetworkBenchmark implements Benchmark {
    private static final String IMAGE = "apt:python3-minimal";
    private static final String PORT = "5001";
    private static final String SUBNET = "10.213.44.0/24";
    private static final String SERVER = "10.213.44.2";
    private static final String CLIENT = "10.213.44.3";
    private static final long SIZE = 64L << 20;
    private static final String TRIP = "1 byte, ";
    private static final String STREAM = "64 MiB, ";
    private static final List<String> REMOVE_ALL = List.of("rm", "--force", "--all", "--time", "0");

    private static final List<Exchange> EXCHANGES = List.of(
            new Exchange(TRIP + "between containers", true, 1, 1, 8000),
            new Exchange(STREAM + "between containers", true, SIZE, 25, 1),
            new Exchange(TRIP + "host to published port", false, 1, 1, 8000),
            new Exchange(STREAM + "host to published port", false, SIZE, 25, 1));

    /** One engine, with two containers on one network. */
    private interface Host {
        /** {@return the command line of the engine} */
        List<String> command(List<String> words);

        /** {@return what starts it} */
        Launch launch();
    }

    private record Ours(Belljar belljar, Launch launch) implements Host {
        @Override
        public List<String> command(List<String> words) {
            return belljar.command(words.toArray(new String[0]));
        }
    }

    private record Theirs(Podman podman, Launch launch) implements Host {
        @Override
        public List<String> command(List<String> words) {
            return podman.command(words.toArray(new String[0]));
        }
    }

    @Override
    public String name() {
        return "network";
    }

    @Override
    public String title() {
        return "TCP between two containers on a bridge, and from the host to a published port";
    }

    @Override
    public int rounds() {
        return 15;
    }

    @Override
    public int warmups() {
        return 1;
    }

    @Override
    public List<Goal> goals() {
        List<Goal> goals = new ArrayList<>();
        for (Exchange exchange : EXCHANGES) {
            goals.add(new Goal("podman, " + exchange.what, 1));
        }
        return goals;
    }

    @Override
    public Lineup prepare(Machine machine, Scratch scratch) {
        if (!Machine.isRoot()) {
            throw new Skipped("needs root");
        }
        List<String> notes = new ArrayList<>();
        notes.add("each engine has a host network of its own; the host's client is one program for both");
        notes.add(
                "a time is from sending so much to an answer of 1 byte, a median of many;"
                        + " client and server share a CPU, since waking another takes longer than all the rest and varies more");
        Host ours = new Ours(new Belljar(machine.home(), scratch), launch(scratch, "belljar.log"));
        // In the host's own network, since it may have to be fetched.
        try {
            machine.launch().run(ours.command(List.of("pull", "--quiet", IMAGE)));
        } catch (HostException e) {
            throw new Skipped("no image with Python can be made of Debian's packages: " + e.getMessage());
        }
        start(ours, scratch, IMAGE, List.of());
        Optional<Host> theirs = podman(machine, scratch, ours, notes);
        List<Side> sides = new ArrayList<>();
        for (Exchange exchange : EXCHANGES) {
            sides.add(exchange.on("belljar", true, ours));
            theirs.ifPresent(host -> sides.add(exchange.on("podman", false, host)));
        }
        return new Lineup(sides, notes, results -> throughputs(sides, results));
    }

    private static Launch launch(Scratch scratch, String log) {
        PeerView view = PeerView.apart();
        scratch.atEnd(view::close);
        Launch launch = new Launch(view, scratch.path().resolve(log));
        scratch.atEnd(launch::close);
        return launch;
    }

    /** {@return Podman with its containers; empty, and a note that says why, where it has no network of bridge kind} */
    private static Optional<Host> podman(Machine machine, Scratch scratch, Host ours, List<String> notes) {
        Optional<Path> program = Machine.find("podman");
        if (program.isEmpty()) {
            notes.add("podman is left out: it is not installed");
            return Optional.empty();
        }
        Host theirs = new Theirs(new Podman(program.get(), scratch.directory("podman")), launch(scratch, "podman.log"));
        Path archive = scratch.path().resolve("image.tar");
        machine.launch().run(ours.command(List.of("save", "--output", archive.toString(), IMAGE)));
        theirs.launch().run(theirs.command(List.of("load", "--input", archive.toString())));
        String id = lastLine(ours.launch().answer(ours.command(List.of("images", "--quiet", "--no-trunc"))));
        List<String> limits = Machine.raisesLimits()
                ? List.of()
                : List.of("--ulimit", "nofile=1024:4096", "--ulimit", "nproc=1024:4096");
        try {
            start(theirs, scratch, id.substring(id.indexOf(':') + 1), limits);
        } catch (HostException e) {
            notes.add("podman is left out: it has no bridge network here, which needs netavark, or"
                    + " containernetworking-plugins and iptables: "
                    + lastLine(e.getMessage()));
            return Optional.empty();
        }
        return Optional.of(theirs);
    }

    private static void start(Host host, Scratch scratch, String image, List<String> options) {
        scratch.atEnd(() -> host.launch().tidy(host.command(List.of("network", "rm", "--force", "bench"))));
        scratch.atEnd(() -> host.launch().tidy(host.command(REMOVE_ALL)));
        host.launch().run(host.command(List.of("network", "create", "--subnet", SUBNET, "bench")));
        run(
                host,
                options,
                List.of("--name", "server", "--ip", SERVER, "--publish", "127.0.0.1:" + PORT + ":" + PORT),
                image,
                Traffic.SERVER,
                PORT,
                Integer.toString(Machine.cpu()));
        run(host, options, List.of("--name", "client", "--ip", CLIENT), image, "import time; time.sleep(100000)");
    }

    private static void run(
            Host host, List<String> options, List<String> more, String image, String program, String... arguments) {
        List<String> words = new ArrayList<>(List.of("run", "--detach", "--network", "bench"));
        words.addAll(options);
        words.addAll(more);
        words.addAll(List.of(image, "python3", "-c", program));
        words.addAll(List.of(arguments));
        host.launch().run(host.command(words));
    }

    private static List<String> throughputs(List<Side> sides, List<Samples> results) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < sides.size(); i++) {
            int stream = sides.get(i).name().indexOf(STREAM);
            if (stream >= 0) {
                String name = sides.get(i).name();
                lines.add(String.format(
                        Locale.ROOT,
                        "throughput, %s%s: %.1f Gbit/s",
                        name.substring(0, stream),
                        name.substring(stream + STREAM.length()),
                        8.0 * SIZE / results.get(i).median()));
            }
        }
        return lines;
    }

    /**
     * {@return the last line of a text that is not blank, without spaces around it; empty where there is none}
     *
     * @param text the text
     */
    static String lastLine(String text) {
        String stripped = text.strip();
        return stripped.substring(stripped.lastIndexOf('\n') + 1).strip();
    }

    /**
     * What is sent.
     *
     * @param what what to call it
     * @param between whether a container sends it, and not the host
     * @param size bytes until the answer
     * @param connections how many, one after the other
     * @param count how often on each
     */
    private record Exchange(String what, boolean between, long size, int connections, int count) {
        Side on(String engine, boolean ours, Host host) {
            return new Talk(engine + ", " + what, ours, host.launch(), client(host));
        }

        private List<String> client(Host host) {
            String cpu = Integer.toString(Machine.cpu());
            List<String> amount = List.of(Long.toString(size), Integer.toString(connections), Integer.toString(count));
            List<String> client = new ArrayList<>();
            if (between) {
                client.addAll(List.of("exec", "client", "python3", "-c", Traffic.CLIENT, SERVER, PORT));
                client.addAll(amount);
                client.add(cpu);
                return host.command(client);
            }
            Path taskset = Machine.need("taskset", "ties the client on the host to one CPU");
            client.addAll(List.of(taskset.toString(), "--cpu-list", cpu));
            client.addAll(Machine.java("belljar.bench.Traffic", "127.0.0.1", PORT));
            client.addAll(amount);
            return client;
        }
    }

    /**
     * A client that talks to the server and says how long it took, without its own start.
     *
     * @param name what to call it
     * @param ours whether it is Belljar's
     * @param launch starts it
     * @param command the client
     */
    private record Talk(String name, boolean ours, Launch launch, List<String> command) implements Side {
        @Override
        public void run() {
            measure();
        }

        @Override
        public long measure() {
            String said = lastLine(launch.answer(command));
            try {
                return Long.parseLong(said);
            } catch (NumberFormatException e) {
                throw new HostException("'" + name + "' was to say a number of nanoseconds and said '" + said + "'", e);
            }
        }
    }
}
