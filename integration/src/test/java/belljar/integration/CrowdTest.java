package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Many commands at once, one after the other, and one that its keeper leaves again and again. */
@ExtendWith(LeakCheck.class)
final class CrowdTest {
    private static final int AT_ONCE = 8;

    private final Belljar belljar = Shared.belljar();

    @BeforeEach
    void needsRoot() {
        Machine.needsRoot();
    }

    @Test
    void livesManyLivesAtOnce() throws Exception {
        crowd(3);
    }

    @Test
    @Tag("full")
    void livesTwoHundredLivesAtOnce() throws Exception {
        crowd(200 / AT_ONCE);
    }

    @Test
    void doesOneThingToManyAndWritesTheirNamesInOrder() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            String network = i == 0 ? "none" : "container:many-" + (i - 1);
            names.add("many-" + i);
            belljar.good(
                    "create", "--name", "many-" + i, "--network", network, Shared.BUSYBOX, "busybox", "sleep", "86399");
        }
        String lines = String.join("\n", names);
        // Each can start only when the one before it runs.
        assertThat(belljar.good(words("start", names))).isEqualTo(lines);
        Program.Result again = belljar.run("start", "many-0", "nobody", "many-1");
        assertThat(again.code()).isEqualTo(125);
        assertThat(again.out()).isEqualTo("many-0\nmany-1\n");
        assertThat(again.err()).contains("'nobody'").hasLineCount(1);
        assertThat(belljar.good(words("pause", names))).isEqualTo(lines);
        assertThat(belljar.good(words("unpause", names))).isEqualTo(lines);
        Program.Result refused = belljar.run(words("rm", names));
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.out()).isEmpty();
        assertThat(refused.err()).hasLineCount(12);
        Collections.reverse(names);
        assertThat(belljar.good(words("stop -t 0", names))).isEqualTo(String.join("\n", names));
        assertThat(belljar.good(words("rm", names))).isEqualTo(String.join("\n", names));
    }

    private static String[] words(String command, List<String> names) {
        List<String> words = new ArrayList<>(List.of(command.split(" ", -1)));
        words.addAll(names);
        return words.toArray(new String[0]);
    }

    /** Each of eight has so many containers, one after the other, while the others have theirs. */
    private void crowd(int each) throws Exception {
        List<Future<?>> all = new ArrayList<>();
        try (ExecutorService people = Executors.newFixedThreadPool(AT_ONCE)) {
            for (int who = 0; who < AT_ONCE; who++) {
                String prefix = "crowd-" + who + "-";
                all.add(people.submit(() -> {
                    for (int i = 0; i < each; i++) {
                        live(prefix + i);
                    }
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
        assertThat(belljar.good("ps", "-aq")).isEmpty();
    }

    private void live(String name) {
        belljar.good(
                "run",
                "-d",
                "--name",
                name,
                "--network",
                "none",
                Shared.BUSYBOX,
                "busybox",
                "sh",
                "-c",
                "echo " + name + "; exec busybox sleep 86399");
        assertThat(belljar.good("exec", name, "busybox", "echo", "in " + name)).isEqualTo("in " + name);
        assertThat(belljar.good("ps", "--filter", "name=^" + name + "$", "--format", "{{.State}}"))
                .isEqualTo("running");
        assertThat(belljar.good("logs", name)).isEqualTo(name);
        belljar.good("stop", "-t", "0", name);
        belljar.good("rm", name);
    }

    @Test
    void losesNoLineWithTheKeepersOfItsLife() throws IOException {
        String count = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo $i; busybox usleep 20000; done";
        belljar.good(
                "run", "-d", "--name", "counting", "--network", "none", Shared.BUSYBOX, "busybox", "sh", "-c", count);
        try {
            String id = belljar.good("ps", "-q", "--no-trunc");
            Random random = new Random(7);
            for (int i = 0; i < 20; i++) {
                Await.nap(random.nextInt(60));
                keeper(id).ifPresent(ProcessHandle::destroyForcibly);
                assertThat(belljar.good("ps", "-a", "--format", "{{.Names}}")).isEqualTo("counting");
            }
            belljar.good("wait", "counting");
            StringBuilder expected = new StringBuilder();
            for (int i = 1; i <= 400; i++) {
                expected.append(i).append('\n');
            }
            assertThat(belljar.good("logs", "counting"))
                    .isEqualTo(expected.toString().strip());
        } finally {
            belljar.good("rm", "-f", "-t", "0", "counting");
        }
    }

    private java.util.Optional<ProcessHandle> keeper(String id) {
        try {
            String claim = Files.readString(belljar.state().resolve("live/" + id));
            return ProcessHandle.of(Long.parseLong(claim.split(" ", -1)[2]));
        } catch (IOException ended) {
            return java.util.Optional.empty();
        }
    }

    /**
     * Two thousand short runs, every tenth of them detached: whatever the machine counts stays what it was after the
     * first hundred.
     */
    @Test
    @Tag("full")
    void growsInNothing() throws IOException {
        runs(100);
        Count before = count();
        runs(1900);
        Await.until("the last is gone", () -> belljar.good("ps", "-aq").isEmpty());
        Count after = count();
        assertThat(after.mounts).isEqualTo(before.mounts);
        assertThat(after.files).isEqualTo(before.files);
        // Those that died before may go late; one that stayed for each run would be thousands.
        assertThat(after.cgroups).isLessThan(before.cgroups + 100);
        // The kernel gives some of its memory back late, and other programs live here; a leak of 32 kB a run is seen.
        assertThat(after.kernelKilobytes - before.kernelKilobytes).isLessThan(1900 * 32L);
    }

    private void runs(int times) {
        for (int i = 0; i < times; i++) {
            if (i % 10 == 0) {
                belljar.good("run", "-d", "--rm", "--network", "none", Shared.BUSYBOX, "busybox", "true");
            } else {
                belljar.good("run", "--rm", "--network", "none", Shared.BUSYBOX, "busybox", "true");
            }
        }
    }

    /** What the machine has of a few things. */
    private record Count(long mounts, long files, long cgroups, long kernelKilobytes) {}

    private Count count() throws IOException {
        long files;
        try (Stream<Path> root = Files.walk(belljar.root());
                Stream<Path> state = Files.walk(belljar.state())) {
            files = root.count()
                    + state.filter(path -> !path.toString().contains("events")).count();
        }
        long cgroups = 0;
        for (String line : Files.readAllLines(Path.of("/proc/cgroups"))) {
            cgroups += line.startsWith("#") ? 0 : Long.parseLong(line.split("\t", -1)[2]);
        }
        long slab = 0;
        for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
            if (line.startsWith("SUnreclaim:")) {
                slab = Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        return new Count(Files.readAllLines(Path.of("/proc/self/mountinfo")).size(), files, cgroups, slab);
    }
}
