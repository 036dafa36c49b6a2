package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Belljar killed as nothing that it can prepare for: whoever comes next cleans up and works. */
@ExtendWith(LeakCheck.class)
final class KillTest {
    private static final int POINTS = 20;

    @BeforeEach
    void needsRoot() {
        Machine.needsRoot();
    }

    @Test
    void cleansUpAfterARunThatWasKilledAtAnyPoint() {
        Belljar belljar = Shared.belljar();
        boolean ran = false;
        for (int i = 0; i < POINTS; i++) {
            // A volume, a limit and a name, so that there is something of every kind to be left behind.
            Program run = belljar.start(
                    "run",
                    "--rm",
                    "--init",
                    "--name",
                    "victim",
                    "-m",
                    "64m",
                    "-v",
                    belljar.home() + ":/x",
                    "--tmpfs",
                    "/y",
                    Shared.BUSYBOX,
                    "busybox",
                    "sleep",
                    "86399");
            Await.nap(100 + 22 * i);
            run.kill();
            ran |= LeakCheck.look().stream().anyMatch(line -> line.contains("sleep 86399"));
            assertThat(belljar.good("run", "--rm", "--name", "victim", Shared.BUSYBOX, "busybox", "echo", "works"))
                    .isEqualTo("works");
            assertThat(belljar.good("ps", "-aq")).isEmpty();
        }
        assertThat(ran)
                .as("at least the last point lies after the program's start")
                .isTrue();
    }

    /** Five verbs, each killed at four points, of a container with a network and a volume. */
    @Test
    void goesOnAfterAnyVerbThatWasKilledAtAnyPoint() {
        Belljar belljar = Shared.belljar();
        belljar.good("network", "create", "killed");
        String[] create = {
            "create",
            "--name",
            "victim",
            "--network",
            "killed",
            "-v",
            "killed:/data",
            "-p",
            "127.0.0.1::80",
            Shared.BUSYBOX,
            "busybox",
            "sleep",
            "86399"
        };
        for (int point = 0; point < POINTS / 5; point++) {
            int delay = 120 + 50 * point;
            kill(belljar, delay, create);
            belljar.good("rm", "-f", "victim");
            belljar.good(create);
            for (String verb : List.of("start", "restart -t 0", "stop -t 0")) {
                kill(belljar, delay, (verb + " victim").split(" ", -1));
                belljar.good("start", "victim");
                assertThat(belljar.good("ps", "--format", "{{.Names}} {{.State}}"))
                        .as("after " + verb + " was killed at " + delay + " ms")
                        .isEqualTo("victim running");
                assertThat(belljar.good("exec", "victim", "busybox", "cat", "/proc/net/route"))
                        .contains("eth0");
            }
            kill(belljar, delay, "rm", "-f", "-t", "0", "victim");
            belljar.good("rm", "-f", "-t", "0", "victim");
            assertThat(belljar.good("ps", "-aq")).isEmpty();
        }
        for (int point = 0; point < POINTS / 5; point++) {
            int delay = 90 + 30 * point;
            kill(belljar, delay, "network", "create", "half");
            kill(belljar, delay, "network", "rm", "half");
            goes(belljar, "network");
            kill(belljar, delay, "volume", "create", "half");
            kill(belljar, delay, "volume", "rm", "half");
            goes(belljar, "volume");
        }
        belljar.good("volume", "rm", "killed");
        belljar.good("network", "rm", "killed");
    }

    /** What runs in a container goes with it, also when the command that started it was killed. */
    @Test
    void leavesNothingOfAProgramThatWasBeingExecuted() {
        Belljar belljar = Shared.belljar();
        belljar.good("run", "-d", "--name", "victim", Shared.BUSYBOX, "busybox", "sleep", "86399");
        for (int point = 0; point < 6; point++) {
            int delay = 120 + 40 * point;
            kill(belljar, delay, "exec", "victim", "busybox", "sleep", "86399");
            kill(belljar, delay, "exec", "-d", "victim", "busybox", "sleep", "86399");
            kill(belljar, delay, "exec", "-t", "victim", "busybox", "sleep", "86399");
            assertThat(belljar.good("exec", "victim", "busybox", "echo", "works"))
                    .isEqualTo("works");
        }
        belljar.good("rm", "-f", "-t", "0", "victim");
    }

    private static void goes(Belljar belljar, String kind) {
        if (belljar.run(kind, "exists", "half").code() == 0) {
            belljar.good(kind, "rm", "half");
        }
        belljar.good(kind, "create", "half");
        belljar.good(kind, "rm", "half");
    }

    private static void kill(Belljar belljar, int delay, String... command) {
        Program program = belljar.start(command);
        Await.nap(delay);
        program.kill();
    }

    @Test
    void keepsAContainerWhoseEngineWasKilled() {
        Belljar belljar = Shared.belljar();
        Program run = belljar.start(
                "run", "--name", "kept", Shared.BUSYBOX, "busybox", "sh", "-c", "echo on; busybox sleep 86399");
        Await.until(
                "the container runs",
                () -> belljar.good("ps", "--format", "{{.Names}} {{.State}}").equals("kept running"));
        run.kill();
        try {
            assertThat(belljar.good("ps", "-a", "--format", "{{.Names}} {{.State}}"))
                    .isEqualTo("kept exited");
        } finally {
            belljar.good("rm", "kept");
        }
    }
}
