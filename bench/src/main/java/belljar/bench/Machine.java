package belljar.bench;

import belljar.linux.Capability;
import belljar.linux.CapabilitySet;
import belljar.linux.Cgroups;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What is measured on, and what is there to measure against.
 *
 * @param launch starts programs
 * @param view where it starts them
 * @param home the folder that holds the {@code belljar} script
 */
record Machine(Launch launch, PeerView view, Path home) {
    private static final String CPUS = "Cpus_allowed_list:";

    /** {@return whether this process may do what containers need} */
    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** {@return whether resource limits may be raised, which Podman's default limits need} */
    static boolean raisesLimits() {
        return CapabilitySet.bounding().contains(Capability.SYS_RESOURCE);
    }

    /**
     * {@return where a program is}
     *
     * @param name its name without a path
     */
    static Optional<Path> find(String name) {
        String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/usr/bin:/sbin:/bin";
        for (String directory : path.split(":", -1)) {
            Path file = Path.of(directory.isEmpty() ? "." : directory, name);
            if (Files.isExecutable(file)) {
                return Optional.of(file.toAbsolutePath());
            }
        }
        return Optional.empty();
    }

    /**
     * {@return where a program is}
     *
     * @param name its name without a path
     * @param reason what it is needed for
     * @throws Benchmark.Skipped if it is missing
     */
    static Path need(String name, String reason) {
        return find(name).orElseThrow(() -> new Benchmark.Skipped(name + " is not installed, and " + reason));
    }

    /**
     * {@return the command of another JVM that starts fast}
     *
     * @param type a class of this module that needs no other module
     * @param arguments its arguments
     */
    static List<String> java(String type, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home", ""), "bin/java").toString(),
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classes(),
                type));
        command.addAll(List.of(arguments));
        return command;
    }

    /** {@return the number of a CPU that programs started by this one may use} */
    static int cpu() {
        String list = read("/proc/thread-self/status");
        String first =
                list.substring(list.indexOf(CPUS) + CPUS.length()).strip().split("[^0-9]", 2)[0];
        return Integer.parseInt(first);
    }

    /** {@return where this module's classes are} */
    private static String classes() {
        CodeSource source =
                Objects.requireNonNull(Machine.class.getProtectionDomain().getCodeSource());
        return Objects.requireNonNull(source.getLocation()).getPath();
    }

    /** {@return lines that say what the figures were measured on} */
    List<String> facts() {
        List<String> facts = new ArrayList<>();
        facts.add("kernel " + read("/proc/sys/kernel/osrelease") + ", "
                + Runtime.getRuntime().availableProcessors() + " CPUs (" + processor() + "), cgroups "
                + Cgroups.detect().kind());
        facts.add("JVM " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")");
        facts.add("peers: " + String.join(", ", versions()));
        facts.add(view.description());
        return facts;
    }

    private static String processor() {
        for (String line : read("/proc/cpuinfo").split("\n", -1)) {
            if (line.startsWith("model name")) {
                return line.substring(line.indexOf(':') + 1).strip();
            }
        }
        return System.getProperty("os.arch", "unknown");
    }

    private static List<String> versions() {
        List<String> versions = new ArrayList<>();
        for (String name : List.of("crun", "runc", "podman", "skopeo", "umoci", "docker-registry")) {
            versions.add(find(name).map(Machine::version).orElse("no " + name));
        }
        return versions;
    }

    private static String version(Path program) {
        try {
            Process process = new ProcessBuilder(program.toString(), "--version")
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            return program.getFileName() + " " + versionIn(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return String.valueOf(program.getFileName());
        }
    }

    /**
     * {@return the version in what a program says about itself: the first word that starts with a digit}
     *
     * @param text its output
     */
    static String versionIn(String text) {
        for (String word : text.strip().split("\\s+", -1)) {
            String bare = word.startsWith("v") ? word.substring(1) : word;
            if (!bare.isEmpty() && Character.isDigit(bare.charAt(0))) {
                return bare.endsWith(",") ? bare.substring(0, bare.length() - 1) : bare;
            }
        }
        return "of unknown version";
    }

    /** {@return the load averages of 1, 5 and 15 minutes} */
    static String load() {
        String[] words = read("/proc/loadavg").split(" ", -1);
        return words[0] + " " + words[1] + " " + words[2];
    }

    private static String read(String path) {
        try {
            return Files.readString(Path.of(path)).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
