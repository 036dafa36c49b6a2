package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

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
