package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Keepers killed at states that can be seen from outside, and what is said afterwards of a program whose exit code, 42,
 * is no one's guess: what somebody wrote down is told, and what nobody can know any more is not.
 */
@ExtendWith(LeakCheck.class)
final class KeeperLossTest {
    private static final String NETWORK = "losing";
    private static final String UNKNOWN = "exited -1";
    private static final String PROGRAM =
            "trap 'echo ending; exit 42' TERM; echo ready; while :; do busybox sleep 86396 & wait $!; done";

    private final Belljar belljar = Shared.belljar();

    @BeforeEach
    void needsRoot() {
        Machine.needsRoot();
    }

    /** One that fails must not make the others fail. */
    @AfterEach
    void goes() {
        belljar.run("rm", "-f", "-t", "0", "victim");
        belljar.run("network", "rm", NETWORK);
    }

    private void make(String verb, String... options) {
        List<String> words = new ArrayList<>(List.of(verb, "--name", "victim"));
        words.addAll(List.of(options));
        words.addAll(List.of(Shared.BUSYBOX, "busybox", "sh", "-c", PROGRAM));
        belljar.good(words.toArray(new String[0]));
    }

    private void ready() {
        Await.until(
                "its trap is set",
                () -> belljar.good("logs", "--tail", "1", "victim").equals("ready"));
    }

    private String id() {
        String[] names = belljar.root().resolve("containers").toFile().list();
        assertThat(names).hasSize(1);
        return names[0];
    }

    private String state() {
        return belljar.good("ps", "-a", "--format", "{{.State}} {{.ExitCode}}");
    }

    private long keeper() {
        return Stubs.keeper(belljar, id());
    }

    private long first() {
        return Stubs.first(belljar, id());
    }

    /** It starts again, and what can be known is known again. */
    private void worksAgain() {
        belljar.good("start", "victim");
        Await.until(
                "its trap is set again",
                () -> belljar.good("logs", "victim")
                                .lines()
                                .filter("ready"::equals)
                                .count()
                        == 2);
        assertThat(belljar.good("exec", "victim", "busybox", "echo", "works")).isEqualTo("works");
        belljar.good("stop", "victim");
        assertThat(state()).isEqualTo("exited 42");
    }

    private void gone() {
        belljar.good("rm", "-f", "-t", "0", "victim");
        assertThat(belljar.good("ps", "-aq")).isEmpty();
        assertThat(Stubs.running("busybox sleep 86396")).isEmpty();
    }

    @Test
    void anEndThatNobodySawIsUnknown() {
        make("run", "-d");
        ready();
        Stubs.kill(keeper());
        belljar.good("stop", "victim");
        assertThat(state()).isEqualTo(UNKNOWN);
        assertThat(belljar.good("wait", "victim")).isEqualTo("-1");
        assertThat(belljar.good("inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", "victim"))
                .isEqualTo(UNKNOWN);
        worksAgain();
        gone();
    }

    /** Between the end of the program and the note of it lies the one instant at which the exit code can be lost. */
    @Test
    void anEndThatWasNotWrittenDownIsUnknown() {
        make("run", "-d");
        ready();
        long keeper = keeper();
        long first = first();
        Stubs.freeze(keeper);
        Program.run("kill", "-s", "TERM", String.valueOf(first)).good();
        Await.until("it has ended", () -> Stubs.ended(first));
        assertThat(state()).as("while its keeper could still tell").startsWith("running");
        Stubs.kill(keeper);
        assertThat(state()).isEqualTo(UNKNOWN);
        worksAgain();
        gone();
    }

    /** A keeper that has written down the end waits for its logger; held, that makes it stay for the blow. */
    @Test
    void anEndThatWasWrittenDownIsKnown() {
        make("run", "-d");
        ready();
        String id = id();
        long keeper = keeper();
        long logger = Stubs.logger(keeper);
        Stubs.freeze(logger);
        Program.run("kill", "-s", "TERM", String.valueOf(first())).good();
        Path exit = belljar.state().resolve("live/" + id + ".exit");
        Await.until("its end is written down", () -> Files.exists(exit));
        assertThat(Stubs.ended(keeper)).isFalse();
        Stubs.kill(keeper);
        Program.run("kill", "-s", "CONT", String.valueOf(logger)).good();
        Await.until("its logger has ended", () -> Stubs.ended(logger));
        assertThat(state()).isEqualTo("exited 42");
        assertThat(belljar.good("logs", "victim")).isEqualTo("ready\nending");
        worksAgain();
        gone();
    }

    /** What a stop, a restart and a removal wait for is the keeper's note; it dies while they wait. */
    @Test
    void verbsThatWaitForItGoOn() {
        belljar.good("network", "create", NETWORK);
        for (String verb : List.of("stop", "restart", "rm -f", "kill")) {
            // A policy must bring back nothing that was stopped.
            String policy = verb.equals("restart") ? "no" : "always";
            make("run", "-d", "--restart", policy, "--network", NETWORK, "-p", "127.0.0.1::80");
            ready();
            String id = id();
            long keeper = Stubs.keeper(belljar, id);
            long first = Stubs.first(belljar, id);
            Stubs.freeze(keeper);
            Program program = belljar.start((verb + " victim").split(" ", -1));
            Await.until("it has ended", () -> Stubs.ended(first));
            Stubs.kill(keeper);
            Program.Result result = program.end("");
            String what = verb + " with policy " + policy;
            assertThat(result.code()).as(what + " " + result).isZero();
            switch (verb) {
                case "restart" -> assertThat(state()).as(what).startsWith("running");
                case "rm -f" -> assertThat(state()).as(what).isEmpty();
                default -> assertThat(state()).as(what).isEqualTo(UNKNOWN);
            }
            if (!verb.equals("rm -f")) {
                belljar.good("start", "victim");
                assertThat(belljar.good("exec", "victim", "busybox", "cat", "/proc/net/route"))
                        .contains("eth0");
            }
            gone();
        }
        belljar.good("network", "rm", NETWORK);
    }

    /** There is no keeper to be killed before the first start. */
    @Test
    void nobodyKeepsWhatWasOnlyCreated() {
        Set<Long> before = Stubs.all();
        Program create = belljar.start("create", "--name", "victim", Shared.BUSYBOX, "busybox", "true");
        create.until(() -> !Stubs.since(before).isEmpty());
        create.end("").good();
        assertThat(Stubs.since(before)).isEmpty();
        assertThat(state()).isEqualTo("created 0");
        gone();
    }

    /** As soon as the claim names a keeper, and a little later. */
    @Test
    void startsThatLoseItLeaveNothingHalf() {
        belljar.good("network", "create", NETWORK);
        for (int delay = 0; delay < 3; delay++) {
            boolean terminal = delay % 2 == 1;
            make("create", terminal ? "-t" : "-i", "--network", NETWORK);
            String id = id();
            Program start = belljar.start("start", "victim");
            start.until(() -> Stubs.keeper(belljar, id) != 0);
            Await.nap(5 * delay);
            Stubs.kill(keeper());
            Program.Result result = start.end("");
            String now = state();
            assertThat(now).as(delay + " " + result).matches("created 0|running 0|exited -1");
            if (result.code() != 0) {
                assertThat(result.err().strip().lines()).hasSize(1);
                assertThat(now).as(result.err()).isNotEqualTo("running 0");
            }
            belljar.good("start", "victim");
            assertThat(belljar.good("exec", "victim", "busybox", "cat", "/proc/net/route"))
                    .contains("eth0");
            gone();
        }
        belljar.good("network", "rm", NETWORK);
    }

    /** With both, what the program writes has nowhere to go; the rest stays as it is. */
    @Test
    void itsLoggerAndItAtOnce() {
        make("run", "-d");
        ready();
        String id = id();
        long keeper = Stubs.keeper(belljar, id);
        long logger = Stubs.logger(keeper);
        long first = Stubs.first(belljar, id);
        Stubs.freeze(logger);
        Stubs.kill(keeper);
        Stubs.kill(logger);
        assertThat(belljar.good("ps", "--format", "{{.State}} {{.Pid}}")).isEqualTo("running " + first);
        assertThat(belljar.good("logs", "victim")).isEqualTo("ready");
        assertThat(belljar.good("exec", "victim", "busybox", "echo", "works")).isEqualTo("works");
        belljar.good("stop", "victim");
        assertThat(state()).isEqualTo(UNKNOWN);
        worksAgain();
        gone();
    }
}
