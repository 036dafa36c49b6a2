package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Commands that run a further program in a container, killed at states of it that can be seen from outside. */
@ExtendWith(LeakCheck.class)
final class ExecKillTest {
    private static final String FIRST = "busybox sleep 86395";
    private static final String FURTHER = "busybox sleep 86394";

    private final Belljar belljar = Shared.belljar();
    private String first = "";

    @BeforeEach
    void runs() {
        Machine.needsRoot();
        List<String> words = new ArrayList<>(List.of("run", "-d", "--name", "victim", Shared.BUSYBOX));
        words.addAll(List.of(FIRST.split(" ", -1)));
        belljar.good(words.toArray(new String[0]));
        first = belljar.good("ps", "--format", "{{.State}} {{.Pid}}");
        assertThat(first).startsWith("running ");
    }

    @AfterEach
    void goesWithAllThatRunsInIt() {
        belljar.good("rm", "-f", "-t", "0", "victim");
        assertThat(belljar.good("ps", "-aq")).isEmpty();
        assertThat(Stubs.running(FIRST)).isEmpty();
        assertThat(Stubs.running(FURTHER)).isEmpty();
    }

    private String[] exec(String... options) {
        List<String> words = new ArrayList<>(List.of("exec"));
        words.addAll(List.of(options));
        words.add("victim");
        words.addAll(List.of(FURTHER.split(" ", -1)));
        return words.toArray(new String[0]);
    }

    /** The container is none the worse, and says so. */
    private void stays(String when) {
        assertThat(belljar.good("ps", "-a", "--format", "{{.State}} {{.Pid}}"))
                .as(when)
                .isEqualTo(first);
        assertThat(belljar.good("exec", "victim", "busybox", "echo", "works"))
                .as(when)
                .isEqualTo("works");
    }

    @Test
    void whileItIsMadeAndWhileItRuns() {
        for (String option : List.of("--env=A=b", "-d", "-t", "-i")) {
            for (int delay = 0; delay < 3; delay++) {
                Set<Long> before = Stubs.all();
                int running = Stubs.running(FURTHER).size();
                Program exec = belljar.start(exec(option));
                // Who looks too seldom sees no more of a process before its program than the program.
                exec.until(() ->
                        !Stubs.since(before).isEmpty() || Stubs.running(FURTHER).size() > running);
                Await.nap(2 * delay);
                exec.kill();
            }
            stays(option + ", killed while its program was made");
            Set<Long> before = Stubs.running(FURTHER);
            Program exec = belljar.start(exec(option));
            Await.until("it runs", () -> Stubs.running(FURTHER).size() > before.size());
            exec.kill();
            stays(option + ", killed while its program ran");
        }
    }

    /** What was started in the background is nobody's child but its keeper's, and outlives that too. */
    @Test
    void theKeeperOfWhatRunsInTheBackground() {
        Set<Long> before = Stubs.all();
        belljar.good(exec("-d"));
        assertThat(Stubs.running(FURTHER)).hasSize(1);
        for (long stub : Stubs.since(before)) {
            Stubs.kill(stub);
        }
        stays("its keeper was killed");
        assertThat(Stubs.running(FURTHER)).hasSize(1);
    }

    /** A terminal hangs up when nobody is left in front of it. */
    @Test
    void whileSomebodySitsInFrontOfIt() {
        for (String typed : List.of("", "busybox yes\r", FURTHER + "\r", "exec " + FURTHER + "\r")) {
            try (Pty pty = Pty.open(24, 80)) {
                pty.run(belljar.command("exec", "-it", "victim", "busybox", "sh"));
                pty.type("echo rea''dy\r");
                pty.shows("ready");
                pty.type(typed);
                if (typed.contains("yes")) {
                    pty.shows("y\r\ny\r\n");
                } else if (!typed.isEmpty()) {
                    Await.until("it runs", () -> !Stubs.running(FURTHER).isEmpty());
                }
                pty.signal("KILL");
                assertThat(pty.code()).isEqualTo(137);
                stays("killed at a shell in which was typed '" + typed.strip() + "'");
                Await.until(
                        "its programs have gone",
                        () -> Stubs.running(FURTHER).isEmpty()
                                && Stubs.running("busybox yes").isEmpty()
                                && Stubs.running("busybox sh").isEmpty());
            }
        }
    }
}
