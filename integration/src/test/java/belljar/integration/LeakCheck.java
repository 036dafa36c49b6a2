package belljar.integration;

import belljar.linux.Cgroups;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Compares the machine before and after each test. Left behind is: a mount of ours in the mount namespace of any
 * process, a process of ours, a cgroup, a network interface or named network namespace, a table of the packet filter
 * (where nft(8) is there to list them), a container's files, name, address or claim, and a temporary file.
 *
 * <p>Ours is what names {@link Scratch#ROOT}: every container has an overlay or a bind mount from below it, and every
 * command has it on its command line. Cgroups do not say whose they are, so one that was not there before counts,
 * unless it holds processes and none of them is ours.
 */
final class LeakCheck implements BeforeEachCallback, AfterEachCallback {
    private static final ExtensionContext.Namespace SPACE = ExtensionContext.Namespace.create(LeakCheck.class);

    private static final File NFT = new File("/usr/sbin/nft");
    private static final Pattern LEASE = Pattern.compile("\"id\": *\"([0-9a-f]{64})\"");

    /** Podman keeps a mount of its own store, which goes when its tests have ended. */
    private static final String PODMAN = Scratch.ROOT + "/podman-";

    @Override
    public void beforeEach(ExtensionContext context) {
        context.getStore(SPACE).put("before", look());
    }

    @Override
    public void afterEach(ExtensionContext context) throws InterruptedException {
        Set<?> before = context.getStore(SPACE).getOrDefault("before", Set.class, Set.of());
        Set<String> left = left(before);
        // Killed processes take a moment to die, and other programs of this machine come and go.
        for (int tries = 0; !left.isEmpty() && tries < 100; tries++) {
            Thread.sleep(100);
            left.retainAll(left(before));
        }
        if (!left.isEmpty()) {
            throw new AssertionError("left behind:\n  " + String.join("\n  ", left));
        }
    }

    private static Set<String> left(Collection<?> before) {
        Set<String> left = look();
        left.removeAll(before);
        return left;
    }

    /** {@return a line for each thing that is there and could be left behind} */
    static Set<String> look() {
        Set<String> found = new TreeSet<>();
        Set<String> ours = new TreeSet<>();
        for (Map.Entry<String, String> process : processes().entrySet()) {
            ours.add(process.getKey());
            found.add("process " + process.getKey() + ": " + process.getValue());
        }
        mounts(found);
        cgroups(found, ours);
        for (String place : Set.of("/sys/class/net", "/run/netns", "/var/run/netns")) {
            names(Path.of(place)).forEach(name -> found.add("network: " + place + "/" + name));
        }
        if (NFT.canExecute()) {
            Program.start(List.of(NFT.getPath(), "list", "tables"), Map.of(), Path.of("/"))
                    .end("")
                    .out()
                    .lines()
                    .filter(line -> line.contains("belljar-"))
                    .forEach(found::add);
        }
        for (Belljar belljar : Belljar.all()) {
            leases(belljar.root().resolve("networks"), found);
            for (Path place : Set.of(
                    belljar.root().resolve("containers"),
                    belljar.root().resolve("names"),
                    belljar.state().resolve("live"),
                    belljar.tmp())) {
                names(place).forEach(name -> found.add("file " + place.resolve(name)));
            }
            for (String place : Set.of("", "layers", "images", "images/ingest", "images/blobs/sha256")) {
                names(belljar.root().resolve(place))
                        .filter(name -> name.startsWith("tmp-") || name.startsWith(".tmp"))
                        .forEach(name -> found.add("file " + belljar.root().resolve(place + "/" + name)));
            }
        }
        return found;
    }

    private static void leases(Path networks, Set<String> found) {
        names(networks).filter(name -> name.endsWith(".leases")).forEach(name -> {
            Matcher lease = LEASE.matcher(text(networks.resolve(name).toString()));
            while (lease.find()) {
                found.add("address of " + lease.group(1) + " in " + networks.resolve(name));
            }
        });
    }

    /** {@return processes that are ours, apart from this one: number and command line} */
    private static Map<String, String> processes() {
        Map<String, String> found = new TreeMap<>();
        String self = String.valueOf(ProcessHandle.current().pid());
        Set<String> shared = Set.of(text("/proc/self/mountinfo").split("\n", -1));
        for (String pid : names(Path.of("/proc"))
                .filter(name -> !name.isEmpty() && Character.isDigit(name.charAt(0)))
                .filter(name -> !name.equals(self))
                .toList()) {
            String command =
                    text("/proc/" + pid + "/cmdline").replace('\0', ' ').strip();
            // A process that has ended and was not waited for has neither a command line nor mounts.
            if (ours(command) || mountsOurs(pid, shared)) {
                found.put(pid, command + " " + text("/proc/" + pid + "/comm").strip());
            }
        }
        return found;
    }

    /** A container is known by what is mounted in it and not here, whatever it calls itself. */
    private static boolean mountsOurs(String pid, Set<String> shared) {
        for (String line : text("/proc/" + pid + "/mountinfo").split("\n", -1)) {
            if (ours(line) && !line.contains(PODMAN) && !shared.contains(line)) {
                return true;
            }
        }
        return false;
    }

    private static void mounts(Set<String> found) {
        for (String pid : Set.of("self", "1")) {
            for (String line : text("/proc/" + pid + "/mountinfo").split("\n", -1)) {
                if (ours(line) && !line.contains(PODMAN) || line.contains(" nsfs ")) {
                    found.add("mount: " + line);
                }
            }
        }
    }

    private static void cgroups(Set<String> found, Set<String> ours) {
        Path top = Path.of("/sys/fs/cgroup");
        if (!Files.isDirectory(top)) {
            return;
        }
        Set<String> parents = new TreeSet<>();
        for (String place : Cgroups.detect().places("x")) {
            parents.add(String.valueOf(
                    Path.of(place.substring(place.indexOf(":/") + 1)).getParent()));
        }
        Set<Path> all = new TreeSet<>();
        try (Stream<Path> walk = Files.find(
                top,
                6,
                (path, attributes) -> attributes.isDirectory()
                        && String.valueOf(path.getFileName()).startsWith("belljar-"))) {
            walk.forEach(all::add);
        } catch (IOException | UncheckedIOException vanished) {
            cgroups(found, ours);
            return;
        }
        Set<String> foreign = new TreeSet<>();
        for (Path cgroup : all) {
            String members = text(cgroup.resolve("cgroup.procs").toString()).strip();
            if (!parents.contains(String.valueOf(cgroup.getParent()))
                    || !members.isEmpty() && Stream.of(members.split("\n", -1)).noneMatch(ours::contains)) {
                foreign.add(String.valueOf(cgroup.getFileName()));
            }
        }
        for (Path cgroup : all) {
            if (!foreign.contains(String.valueOf(cgroup.getFileName())) && Files.isDirectory(cgroup)) {
                found.add("cgroup " + cgroup);
            }
        }
    }

    private static boolean ours(String text) {
        return text.contains(Scratch.ROOT.toString());
    }

    private static Stream<String> names(Path directory) {
        String[] names = directory.toFile().list();
        return names == null ? Stream.empty() : Stream.of(names);
    }

    /** {@return a file's text; empty when it is gone, as those of processes may be at any time} */
    private static String text(String file) {
        try {
            return Files.readString(Path.of(file), java.nio.charset.StandardCharsets.ISO_8859_1);
        } catch (IOException gone) {
            return "";
        }
    }
}
