package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Health checks, which are made by a process that no command waits for. */
@ExtendWith(LeakCheck.class)
final class HealthTest {
    /** The image has no shell. */
    private static final String SHELL_FREE = "[\"busybox\", \"test\", \"!\", \"-e\", \"/ill\"]";

    private final Belljar belljar = Shared.belljar();

    @BeforeEach
    void needsRoot() {
        Machine.needsRoot();
    }

    private void checked(String name, String command, String... options) {
        List<String> words = new ArrayList<>(List.of("run", "-d", "--name", name, "--health-cmd", command));
        words.addAll(List.of(options));
        words.addAll(List.of(Shared.BUSYBOX, "busybox", "sleep", "86399"));
        assertThat(belljar.good(words.toArray(new String[0]))).hasSize(64);
    }

    private String health(String name) {
        return belljar.good("inspect", "-f", "{{.State.Health.Status}}", name);
    }

    private void end(String name) {
        belljar.good("rm", "-f", "-t", "0", name);
        // What made the checks goes when it has nothing to do; it must not be taken for a leak.
        Await.until("nobody makes checks any more", () -> helpers().isEmpty());
    }

    private List<ProcessHandle> helpers() {
        String state = belljar.state().toString();
        List<ProcessHandle> found = new ArrayList<>();
        for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
            if (commandLine(process).contains(state + "\0keep\0")) {
                found.add(process);
            }
        }
        return found;
    }

    /** Empty for a process that has ended. */
    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(
                    Path.of("/proc/" + process.pid() + "/cmdline"), java.nio.charset.StandardCharsets.ISO_8859_1);
        } catch (IOException ended) {
            return "";
        }
    }

    @Test
    void showsWhetherAContainerIsWell() {
        checked("well", SHELL_FREE, "--health-interval", "1s", "--health-retries", "1");
        try {
            Await.until("it is healthy", () -> health("well").equals("healthy"));
            assertThat(belljar.good("ps", "--format", "{{.Status}}")).endsWith("(healthy)");
            assertThat(belljar.good("healthcheck", "run", "well")).isEmpty();
            belljar.good("exec", "well", "busybox", "touch", "/ill");
            Await.until("it is unhealthy", () -> health("well").equals("unhealthy"));
            Program.Result now = belljar.run("healthcheck", "run", "well");
            assertThat(now.code()).isEqualTo(1);
            assertThat(now.out()).isEqualTo("unhealthy\n");
            assertThat(belljar.good(
                            "events", "--stream=false", "--filter", "event=health_status", "--format", "{{.Name}}"))
                    .contains("well");
        } finally {
            end("well");
        }
    }

    @Test
    void killsACheckThatHangsWhileOthersGoOn() {
        checked("slow", "[\"busybox\", \"sleep\", \"86398\"]", "--health-interval", "1s", "--health-timeout", "2s");
        checked("quick", "[\"busybox\", \"true\"]", "--health-interval", "1s");
        try {
            Await.until("the quick one is healthy", () -> health("quick").equals("healthy"));
            Await.until(
                    "the slow one was killed",
                    () -> belljar.good("inspect", "-f", "{{.State.Health.FailingStreak}}", "slow")
                            .equals("1"));
            assertThat(belljar.good("inspect", "-f", "{{json .State.Health.Log}}", "slow"))
                    .contains("-1")
                    .contains("took longer than 2000 ms");
        } finally {
            belljar.good("rm", "-f", "-t", "0", "slow");
            end("quick");
        }
    }

    @Test
    void goesOnAfterWhatMadeTheChecksWasKilled() {
        checked("kept", SHELL_FREE, "--health-interval", "1s", "--health-retries", "1");
        try {
            Await.until("it is healthy", () -> health("kept").equals("healthy"));
            List<ProcessHandle> helpers = helpers();
            assertThat(helpers).hasSize(1);
            helpers.get(0).destroyForcibly();
            Await.until("it is dead", () -> !helpers.get(0).isAlive());
            belljar.good("exec", "kept", "busybox", "touch", "/ill");
            Await.until("another one sees it", () -> health("kept").equals("unhealthy"));
        } finally {
            end("kept");
        }
    }

    @Test
    void doesWithAnUnhealthyContainerWhatWasAsked() {
        checked(
                "doomed",
                "[\"busybox\", \"false\"]",
                "--health-interval=1s",
                "--health-retries=1",
                "--health-on-failure=kill");
        try {
            Await.until(
                    "it was killed",
                    () -> belljar.good("ps", "-a", "--format", "{{.State}} {{.ExitCode}}")
                            .equals("exited 137"));
        } finally {
            end("doomed");
        }
    }

    @Test
    void refusesToCheckWhatHasNoCheck() {
        belljar.good("run", "-d", "--name", "plain", Shared.BUSYBOX, "busybox", "sleep", "86399");
        try {
            Program.Result result = belljar.run("healthcheck", "run", "plain");
            assertThat(result.code()).isEqualTo(125);
            assertThat(result.err()).contains("has no health check");
        } finally {
            belljar.good("rm", "-f", "-t", "0", "plain");
        }
    }
}
