package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The life of detached containers, each step by another process. */
@ExtendWith(LeakCheck.class)
final class LifeTest {
    private final Belljar belljar = Shared.belljar();

    @BeforeEach
    void needsRoot() {
        Machine.needsRoot();
    }

    private String state(String name) {
        return belljar.good("ps", "-a", "--filter", "name=^" + name + "$", "--format", "{{.State}} {{.ExitCode}}");
    }

    private void detached(String name, String... command) {
        List<String> words = new java.util.ArrayList<>(List.of("run", "-d", "--name", name, Shared.BUSYBOX, "busybox"));
        words.addAll(List.of(command));
        assertThat(belljar.good(words.toArray(new String[0]))).hasSize(64);
    }

    @Test
    void keepsItsFilesFromOneStartToTheNext() {
        detached("files", "sh", "-c", "echo x >> /kept; exec busybox sleep 86399");
        try {
            assertThat(state("files")).startsWith("running");
            assertThat(belljar.good("stop", "-t", "0", "files")).isEqualTo("files");
            assertThat(state("files")).isEqualTo("exited 137");
            assertThat(belljar.good("start", "files")).isEqualTo("files");
            Path kept = belljar.root().resolve("containers/" + belljar.good("ps", "-q", "--no-trunc") + "/upper/kept");
            Await.until("it has run twice", () -> lines(kept) == 2);
            assertThat(belljar.good("restart", "-t", "0", "files")).isEqualTo("files");
            Await.until("it has run three times", () -> lines(kept) == 3);
        } finally {
            belljar.good("rm", "-f", "-t", "0", "files");
        }
        assertThat(belljar.good("ps", "-aq")).isEmpty();
    }

    private static long lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file).size() : 0;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void tellsTheExitCodeToWhoeverWaits() {
        detached("coded", "sh", "-c", "busybox sleep 1; exit 7");
        try {
            assertThat(belljar.good("wait", "coded")).isEqualTo("7");
            assertThat(belljar.good("wait", "coded")).isEqualTo("7");
            assertThat(state("coded")).isEqualTo("exited 7");
        } finally {
            belljar.good("rm", "coded");
        }
    }

    @Test
    void writesALog() throws IOException {
        detached("logged", "sh", "-c", "echo out; echo err >&2");
        try {
            belljar.good("wait", "logged");
            String id = belljar.good("ps", "-aq", "--no-trunc");
            List<String> log = Files.readAllLines(belljar.root().resolve("containers/" + id + "/ctr.log"));
            assertThat(log).anyMatch(line -> line.endsWith(" stdout F out"));
            assertThat(log).anyMatch(line -> line.endsWith(" stderr F err"));
        } finally {
            belljar.good("rm", "logged");
        }
    }

    @Test
    void writesTheLogOfAForegroundRun() {
        assertThat(belljar.good(
                        "run", "--name", "front", Shared.BUSYBOX, "busybox", "sh", "-c", "echo out; echo -n more"))
                .isEqualTo("out\nmore");
        try {
            assertThat(belljar.good("logs", "front")).isEqualTo("out\nmore");
        } finally {
            belljar.good("rm", "front");
        }
    }

    @Test
    void removesItselfWhenAsked() {
        assertThat(belljar.good("run", "-d", "--rm", Shared.BUSYBOX, "busybox", "sleep", "0.5"))
                .hasSize(64);
        // By a process that the keeper becomes: no command of ours comes by.
        Path containers = belljar.root().resolve("containers");
        Await.until("it is gone", () -> containers.toFile().list().length == 0);
        assertThat(belljar.good("run", "-d", "--rm", "--name", "again", Shared.BUSYBOX, "busybox", "sleep", "86399"))
                .hasSize(64);
        belljar.good("stop", "-t", "0", "again");
        assertThat(belljar.good("ps", "-aq")).isEmpty();
    }

    @Test
    void restartsWhatFailsAsOftenAsAsked() {
        assertThat(belljar.good(
                        "run",
                        "-d",
                        "--name",
                        "flaky",
                        "--restart",
                        "on-failure:2",
                        Shared.BUSYBOX,
                        "busybox",
                        "sh",
                        "-c",
                        "echo x >> /runs; exit 3"))
                .hasSize(64);
        try {
            Await.until(
                    "it was restarted twice",
                    () -> belljar.good("ps", "-a", "--format", "{{.State}} {{.ExitCode}} {{.Restarts}}")
                            .equals("exited 3 2"));
            Path runs = belljar.root().resolve("containers/" + belljar.good("ps", "-aq", "--no-trunc") + "/upper/runs");
            assertThat(lines(runs)).isEqualTo(3);
        } finally {
            belljar.good("rm", "-f", "flaky");
        }
    }

    @Test
    void doesNotRestartWhatAUserStopped() {
        belljar.good(
                "run", "-d", "--name", "always", "--restart", "always", Shared.BUSYBOX, "busybox", "sleep", "86399");
        try {
            String first = belljar.good("ps", "--format", "{{.Pid}}");
            belljar.good("kill", "-s", "TERM", "always");
            // Its first process ignores signals that it has no handler for; the host's root has one that it cannot.
            ProcessHandle.of(Long.parseLong(first)).orElseThrow().destroyForcibly();
            Await.until("another runs", () -> {
                String pid = belljar.good("ps", "--format", "{{.Pid}}");
                return !pid.isEmpty() && !pid.equals(first) && !pid.equals("0");
            });
            belljar.good("stop", "-t", "0", "always");
            assertThat(state("always")).isEqualTo("exited 137");
            Await.nap(1000);
            assertThat(state("always")).isEqualTo("exited 137");
        } finally {
            belljar.good("rm", "-f", "-t", "0", "always");
        }
    }

    @Test
    void losesNoContainerWithItsKeeper() throws Exception {
        detached("orphan", "sh", "-c", "while true; do echo tick; busybox sleep 0.1; done");
        try {
            String id = belljar.good("ps", "-q", "--no-trunc");
            String pid = belljar.good("ps", "--format", "{{.Pid}}");
            String claim = Files.readString(belljar.state().resolve("live/" + id));
            long keeper = Long.parseLong(claim.split(" ", -1)[2]);
            ProcessHandle.of(keeper).orElseThrow().destroyForcibly();
            Await.until("the keeper is dead", () -> ProcessHandle.of(keeper).isEmpty());
            assertThat(belljar.good("ps", "--format", "{{.State}} {{.Pid}}")).isEqualTo("running " + pid);
            String after = Files.readString(belljar.state().resolve("live/" + id));
            assertThat(after.split(" ", -1)[2]).isNotEqualTo(String.valueOf(keeper));
            Path log = belljar.root().resolve("containers/" + id + "/ctr.log");
            long before = Files.size(log);
            Await.until("the log grows", () -> log.toFile().length() > before);
            belljar.good("stop", "-t", "0", "orphan");
            // Its new keeper is not its parent, so nobody knows its exit code, and none is made up.
            assertThat(state("orphan")).isEqualTo("exited -1");
        } finally {
            belljar.good("rm", "-f", "-t", "0", "orphan");
        }
    }

    @Test
    void survivesTheDeathOfTheCommandThatStartsOrStopsIt() {
        belljar.good("create", "--name", "victim", Shared.BUSYBOX, "busybox", "sleep", "86399");
        try {
            for (int i = 0; i < 20; i++) {
                Program start = belljar.start(i % 2 == 0 ? "start" : "stop", "victim");
                Await.nap(60 + 20 * i);
                start.kill();
                // Whatever it had done by then, the next commands find the container and can do all with it.
                assertThat(belljar.good("ps", "-a", "--format", "{{.Names}}")).isEqualTo("victim");
                belljar.good("start", "victim");
                assertThat(state("victim")).matches("(running|stopping) .*");
                belljar.good("stop", "-t", "0", "victim");
                assertThat(state("victim")).startsWith("exited");
            }
        } finally {
            belljar.good("rm", "-f", "-t", "0", "victim");
        }
    }

    @Test
    void twoCommandsAtOnceDoNotGetInEachOthersWay() {
        for (int i = 0; i < 5; i++) {
            belljar.good("create", "--name", "shared", Shared.BUSYBOX, "busybox", "sleep", "86399");
            Program one = belljar.start("start", "shared");
            Program two = belljar.start("start", "shared");
            one.end("").good();
            two.end("").good();
            assertThat(state("shared")).startsWith("running");
            Program stop = belljar.start("stop", "-t", "0", "shared");
            Program remove = belljar.start("rm", "-f", "-t", "0", "shared");
            stop.end("");
            remove.end("").good();
            assertThat(belljar.good("ps", "-aq")).isEmpty();
        }
    }

    @Test
    void refusesAFieldThatThereIsNot() {
        Program.Result result = belljar.run("ps", "--format", "{{.Colour}}");
        assertThat(result.code()).isEqualTo(125);
        assertThat(result.err()).contains("unknown field 'Colour'");
    }

    /** What is in /dev/shm belongs to POSIX shared memory as much as the namespace does. */
    @Test
    void sharesMemoryWithAnotherContainer() {
        Machine.needsRoot();
        Belljar jar = Shared.belljar();
        String look = "cat /dev/shm/note; readlink /proc/self/ns/ipc";
        jar.good(
                "run",
                "-d",
                "--name",
                "owner",
                Shared.BUSYBOX,
                "busybox",
                "sh",
                "-c",
                "echo shared > /dev/shm/note; exec busybox sleep 86391");
        try {
            Await.until(
                    "it is written",
                    () -> jar.run("exec", "owner", "busybox", "cat", "/dev/shm/note")
                                    .code()
                            == 0);
            String theirs = jar.good("exec", "owner", "busybox", "sh", "-c", look);
            assertThat(theirs).startsWith("shared\nipc:");
            for (String users : List.of("host", "private")) {
                assertThat(jar.good(
                                "run",
                                "--rm",
                                "--userns",
                                users,
                                "--ipc",
                                "container:owner",
                                Shared.BUSYBOX,
                                "busybox",
                                "sh",
                                "-c",
                                look + "; echo more >> /dev/shm/" + users))
                        .isEqualTo(theirs);
            }
            assertThat(jar.good("exec", "owner", "busybox", "cat", "/dev/shm/host"))
                    .isEqualTo("more");
            assertThat(jar.good("run", "--rm", "--ipc", "shareable", Shared.BUSYBOX, "busybox", "ls", "/dev/shm"))
                    .isEmpty();
        } finally {
            jar.good("rm", "-f", "-t", "0", "owner");
        }
        assertThat(jar.run("run", "--rm", "--ipc", "container:owner", Shared.BUSYBOX, "busybox", "true")
                        .code())
                .isEqualTo(125);
    }
}
