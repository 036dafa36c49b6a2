package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Short commands that another process carries out than the one that was started for them. */
@ExtendWith(LeakCheck.class)
final class StandbyTest {
    /** Where it is not handed over a command fails: no JVM starts with this. */
    private static final String NO_JVM = "-XX:NoSuchOption";

    private static Path courier;

    private final Belljar belljar = Shared.belljar();
    private final Path socket = belljar.state().resolve("standby");

    @BeforeAll
    static void assemble() {
        Path directory = Scratch.directory("courier");
        courier = directory.resolve("courier");
        Program.run(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "belljar.linux.NativeLibrary",
                        directory.resolve("libbelljar.so").toString(),
                        courier.toString())
                .good();
    }

    @BeforeEach
    void start() throws IOException {
        Machine.needsRoot();
        Files.deleteIfExists(belljar.state().resolve("standby.lock"));
        for (int i = 0; i < 3 && !Files.exists(socket); i++) {
            assertThat(belljar.start(with(List.of(), "-Dbelljar.short=1", "ps"))
                            .end("")
                            .code())
                    .isZero();
            assertThat(i > 0 || !Files.exists(socket))
                    .as("one command alone starts nothing")
                    .isTrue();
        }
        Await.until("somebody listens", () -> Files.exists(socket));
    }

    /** Without its socket's file it ends. */
    @AfterEach
    void end() throws IOException {
        Files.deleteIfExists(socket);
        Await.until("the process has gone", () -> LeakCheck.look().stream().noneMatch(StandbyTest::isOne));
    }

    private static boolean isOne(String line) {
        return line.startsWith("process ") && line.contains(" belljar.cli.Main ") && line.contains(" standby ");
    }

    private List<String> with(List<String> before, String option, String... arguments) {
        List<String> command = new ArrayList<>(before);
        for (String word : belljar.command(arguments)) {
            if (word.equals("-cp")) {
                command.add(option);
            }
            command.add(word);
        }
        return command;
    }

    private Program handOver(String... arguments) {
        return belljar.start(with(List.of(courier.toString(), socket.toString()), NO_JVM, arguments));
    }

    private static void isNotTaken(Program program) {
        Program.Result result = program.end("");
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err() + result.out()).contains("NoSuchOption");
    }

    @Test
    void carriesOutTheLifeOfAContainer() {
        belljar.good(
                "create",
                "--name",
                "lived",
                "--network",
                "none",
                Shared.BUSYBOX,
                "busybox",
                "sh",
                "-c",
                "echo out; echo err >&2; exec busybox sleep 86399");
        assertThat(handOver("start", "lived").end("").good()).isEqualTo("lived");
        assertThat(handOver("ps", "--format", "{{.Names}} {{.State}}").end("").good())
                .isEqualTo("lived running");
        Await.until("it has written", () -> {
            Program.Result logs = handOver("logs", "lived").end("");
            return logs.out().equals("out\n") && logs.err().equals("err\n");
        });
        assertThat(handOver("inspect", "lived").end("").good()).isEqualTo(belljar.good("inspect", "lived"));
        assertThat(handOver("restart", "-t", "0", "lived").end("").good()).isEqualTo("lived");
        Program.Result running = handOver("rm", "lived").end("");
        assertThat(running.code()).isEqualTo(2);
        assertThat(running.err()).isEqualTo(belljar.run("rm", "lived").err());
        assertThat(handOver("stop", "-t", "0", "lived").end("").good()).isEqualTo("lived");
        assertThat(handOver("rm", "lived").end("").good()).isEqualTo("lived");
        Program.Result gone = handOver("rm", "lived").end("");
        assertThat(gone.code()).isEqualTo(1);
        assertThat(gone.err()).isEqualTo(belljar.run("rm", "lived").err());
    }

    @Test
    void sendsAwayWhatItCannotDoAsTheCallerWould() {
        assertThat(handOver("ps").end("").code()).isZero();
        isNotTaken(handOver("run", "--rm", Shared.BUSYBOX, "true"));
        isNotTaken(handOver("logs", "-f", "x"));
        isNotTaken(handOver("rm", "--cidfile", "x"));
        isNotTaken(handOver("start", "-a", "x"));
        isNotTaken(handOver("no-such-command"));
        isNotTaken(handOver("ps", "--no-such-option"));
    }

    @Test
    void sendsAwayWhoIsNotAsItIs() {
        List<List<String>> others = List.of(
                List.of("/bin/sh", "-c", "umask 077; exec \"$@\"", "sh"),
                List.of("/bin/sh", "-c", "ulimit -c 0; ulimit -n 100; exec \"$@\"", "sh"),
                List.of("/usr/bin/nice", "-n", "5"),
                List.of("/usr/bin/unshare", "-m"),
                List.of("/usr/bin/setpriv", "--no-new-privs"),
                List.of("/usr/bin/setpriv", "--bounding-set=-chown"),
                List.of("/usr/bin/env", "HTTP_PROXY=http://localhost:1"));
        for (List<String> other : others) {
            List<String> before = new ArrayList<>(other);
            before.addAll(List.of(courier.toString(), socket.toString()));
            isNotTaken(belljar.start(with(before, NO_JVM, "ps")));
        }
        assertThat(belljar.start(with(
                                List.of("/usr/bin/env", "-C", "/", courier.toString(), socket.toString()),
                                NO_JVM,
                                "ps"))
                        .end("")
                        .code())
                .as("the directory does not matter")
                .isZero();
    }

    /** {@return a command that waits for an hour, carried out by the other process} */
    private Program stopOfAStubbornOne() {
        belljar.good(
                "run",
                "-d",
                "--name",
                "stubborn",
                "--network",
                "none",
                Shared.BUSYBOX,
                "busybox",
                "sh",
                "-c",
                "trap '' TERM; while :; do busybox sleep 1; done");
        Program stop = handOver("stop", "-t", "3600", "stubborn");
        Await.until(
                "it waits",
                () -> belljar.good("ps", "-a", "--format", "{{.State}}").equals("stopping"));
        return stop;
    }

    @Test
    void letsGoOfACommandWhoseCallerHasEnded() {
        Program stop = stopOfAStubbornOne();
        stop.signal("INT");
        assertThat(stop.end("").code()).isNotZero();
        Await.until(
                "another can have it",
                () -> handOver("rm", "-f", "-t", "0", "stubborn").end("").code() == 0);
        assertThat(belljar.good("ps", "-aq")).isEmpty();
    }

    @Test
    void mayBeKilledAtAnyTime() {
        Program stop = stopOfAStubbornOne();
        for (String line : LeakCheck.look()) {
            if (isOne(line)) {
                String pid = line.substring("process ".length(), line.indexOf(':'));
                ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
        Program.Result lost = stop.end("");
        assertThat(lost.code()).isEqualTo(125);
        assertThat(lost.err()).contains("has vanished");
        assertThat(belljar.good("rm", "-f", "-t", "0", "stubborn")).isEqualTo("stubborn");
        isNotTaken(handOver("ps"));
    }
}
