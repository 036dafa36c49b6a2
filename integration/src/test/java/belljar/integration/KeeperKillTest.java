package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The processes that keep a container killed at any point of its life: nothing is lost, guessed or left behind. */
@ExtendWith(LeakCheck.class)
final class KeeperKillTest {
    private final Belljar belljar = Shared.belljar();

    @BeforeEach
    void needsRoot() {
        Machine.needsRoot();
    }

    private String id() {
        return belljar.good("ps", "-aq", "--no-trunc");
    }

    private String state() {
        return belljar.good("ps", "-a", "--format", "{{.State}} {{.ExitCode}}");
    }

    private void gone() {
        belljar.good("rm", "-f", "-t", "0", "victim");
        assertThat(belljar.good("ps", "-aq")).isEmpty();
    }

    /** Kills what appears first of a start that goes on, after a while. */
    private static boolean killFirst(Set<Long> before, Program start, int delay) {
        while (start.process().isAlive()) {
            Set<Long> now = Stubs.since(before);
            if (!now.isEmpty()) {
                Await.nap(delay);
                Stubs.since(before).stream().min(Comparator.naturalOrder()).ifPresent(Stubs::kill);
                return true;
            }
        }
        return false;
    }

    @Test
    void whileTheContainerIsMadeAndStarted() {
        boolean failed = false;
        for (int point = 0; point < 10; point++) {
            Set<Long> before = Stubs.all();
            String[] run = {"run", "-d", "--name", "victim", "-p", "127.0.0.1::80", Shared.BUSYBOX, "busybox", "sleep"};
            List<String> words = new ArrayList<>(List.of(run));
            words.add("86397");
            Program start = belljar.start(words.toArray(new String[0]));
            killFirst(before, start, 3 * point);
            Program.Result result = start.end("");
            if (result.code() != 0) {
                failed = true;
                assertThat(result.err().strip().lines())
                        .as("one clear sentence")
                        .hasSize(1);
            }
            String left = state();
            assertThat(left).as("killed after " + 3 * point + " ms").matches("|created 0|running 0|exited -1");
            if (!left.isEmpty()) {
                belljar.good("start", "victim");
                assertThat(state()).startsWith("running");
                assertThat(belljar.good("exec", "victim", "busybox", "echo", "works"))
                        .isEqualTo("works");
                gone();
            }
        }
        assertThat(failed).as("at least one start was hit").isTrue();
    }

    @Test
    void whileItHasATerminal() {
        belljar.good(
                "run", "-dt", "--name", "victim", Shared.BUSYBOX, "busybox", "sh", "-c", "while :; do sleep 1; done");
        String pid = belljar.good("ps", "--format", "{{.Pid}}");
        Stubs.kill(Stubs.keeper(belljar, id()));
        assertThat(belljar.good("ps", "--format", "{{.State}} {{.Pid}}")).isEqualTo("running " + pid);
        assertThat(belljar.good("exec", "victim", "busybox", "echo", "works")).isEqualTo("works");
        belljar.good("stop", "-t", "0", "victim");
        assertThat(state()).isEqualTo("exited -1");
        gone();
    }

    @Test
    void whileItIsToBeRestarted() {
        belljar.good(
                "run", "-d", "--name", "victim", "--restart", "always", Shared.BUSYBOX, "busybox", "sleep", "86397");
        for (int i = 0; i < 3; i++) {
            String pid = belljar.good("ps", "--format", "{{.Pid}}");
            Stubs.kill(Stubs.keeper(belljar, id()));
            // The next command finds out and adopts it.
            assertThat(belljar.good("ps", "--format", "{{.State}} {{.Pid}}")).isEqualTo("running " + pid);
            Stubs.kill(Long.parseLong(pid));
            Await.until("another runs", () -> {
                String now = belljar.good("ps", "--format", "{{.Pid}}");
                return !now.isEmpty() && !now.equals(pid) && !now.equals("0");
            });
        }
        gone();
    }

    @Test
    void whileItIsStoppedRestartedAndRemoved() {
        belljar.good("network", "create", "keepers");
        String[] verbs = {"stop -t 0", "restart -t 0", "rm -f -t 0", "kill", "pause"};
        for (String verb : verbs) {
            for (int delay : new int[] {0, 60}) {
                belljar.good(
                        "run",
                        "-d",
                        "--name",
                        "victim",
                        "--network",
                        "keepers",
                        Shared.BUSYBOX,
                        "busybox",
                        "sleep",
                        "86397");
                long keeper = Stubs.keeper(belljar, id());
                Program program = belljar.start((verb + " victim").split(" ", -1));
                Await.nap(150 + delay);
                Stubs.kill(keeper);
                Program.Result result = program.end("");
                String now = state();
                assertThat(now)
                        .as(verb + " " + result)
                        .matches(verb.startsWith("rm") ? "" : "running 0|stopping 0|paused 0|exited (-1|137)");
                if (!now.isEmpty()) {
                    if (now.startsWith("paused")) {
                        belljar.good("unpause", "victim");
                    }
                    belljar.good("start", "victim");
                    assertThat(belljar.good("exec", "victim", "busybox", "cat", "/proc/net/route"))
                            .contains("eth0");
                    gone();
                }
            }
        }
        belljar.good("network", "rm", "keepers");
    }

    /** What a logger has read and not yet written dies with it; what it wrote stays, and another goes on. */
    @Test
    void losesNoLineThatWasWritten() throws IOException {
        belljar.good(
                "run",
                "-d",
                "--name",
                "victim",
                Shared.BUSYBOX,
                "busybox",
                "sh",
                "-c",
                "i=0; while :; do i=$((i+1)); echo line $i; busybox usleep 2000; done");
        Path log = belljar.root().resolve("containers/" + id() + "/ctr.log");
        for (int i = 0; i < 5; i++) {
            List<String> before = Files.readAllLines(log);
            Stubs.kill(Stubs.logger(Stubs.keeper(belljar, id())));
            belljar.good("ps");
            Await.until("the log grows", () -> lines(log) > before.size() + 3);
            assertThat(Files.readAllLines(log).subList(0, Math.max(0, before.size() - 1)))
                    .isEqualTo(before.subList(0, Math.max(0, before.size() - 1)));
        }
        belljar.good("stop", "-t", "0", "victim");
        long last = 0;
        for (String line : belljar.good("logs", "victim").split("\n", -1)) {
            long number = Long.parseLong(line.substring("line ".length()));
            assertThat(number).isGreaterThan(last);
            last = number;
        }
        assertThat(state()).isEqualTo("exited 137");
        gone();
    }

    private static int lines(Path file) {
        try {
            return Files.readAllLines(file).size();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
