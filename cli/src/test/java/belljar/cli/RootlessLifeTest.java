package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.cli.OtherUser.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The life of an ordinary user's detached containers. */
final class RootlessLifeTest {
    @TempDir
    private static Path shared;

    private static OtherUser user;
    private static Path archive;

    @TempDir
    private Path tmp;

    private Path home = Path.of("/");

    @BeforeAll
    static void makesAUser() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root to make users");
        for (String program : List.of("/usr/bin/newuidmap", "/usr/sbin/useradd", "/usr/bin/setpriv", "/bin/busybox")) {
            assumeTrue(Files.isExecutable(Path.of(program)), "skipped: " + program + " is missing");
        }
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
        archive = shared.resolve("two.tar");
        TwoLayers.write(shared.resolve("scratch"), archive);
        Files.setPosixFilePermissions(archive, PosixFilePermissions.fromString("rw-r--r--"));
        user = OtherUser.make("l", shared).grant(200_000);
    }

    @AfterAll
    static void deletesIt() throws Exception {
        if (user != null) {
            user.delete();
        }
    }

    @BeforeEach
    void begins() throws Exception {
        home = user.home(tmp);
        good("load", "-q", "-i", archive.toString());
    }

    @AfterEach
    void removesAll() throws Exception {
        good("rm", "-f", "-a", "-t", "0");
        good("rmi", "-a", "-f");
    }

    private String good(String... args) throws Exception {
        Outcome outcome = user.belljar(home, "", args);
        assertThat(outcome.code())
                .as(String.join(" ", args) + ": " + outcome.err() + outcome.out())
                .isZero();
        return outcome.out().strip();
    }

    private void detached(String name, String script) throws Exception {
        assertThat(good("run", "-d", "--network", "none", "--name", name, "two", "sh", "-c", script))
                .hasSize(64);
    }

    private void until(String expected, String... args) throws Exception {
        String last = "";
        for (int i = 0; i < 60; i++) {
            last = good(args);
            if (last.contains(expected)) {
                return;
            }
            Thread.sleep(100);
        }
        assertThat(last).contains(expected);
    }

    @Test
    void leadsAContainerThroughItsLife() throws Exception {
        detached("one", "echo up; trap 'exit 4' TERM; while true; do busybox sleep 0.1; done");
        assertThat(good("ps", "--format", "{{.Names}} {{.State}}")).isEqualTo("one running");
        until("up", "logs", "one");
        assertThat(good("exec", "one", "busybox", "id", "-u")).isEqualTo("0");
        assertThat(user.belljar(home, "", "exec", "one", "sh", "-c", "exit 3").code())
                .isEqualTo(3);
        assertThat(good("stop", "one")).isEqualTo("one");
        assertThat(good("ps", "-a", "--format", "{{.State}} {{.ExitCode}}")).isEqualTo("exited 4");
        assertThat(good("start", "one")).isEqualTo("one");
        assertThat(good("restart", "-t", "0", "one")).isEqualTo("one");
        assertThat(good("kill", "one")).isEqualTo("one");
        assertThat(good("wait", "one")).isEqualTo("137");
        assertThat(good("rm", "one")).isEqualTo("one");
        assertThat(good("ps", "-aq")).isEmpty();
    }

    @Test
    void attachesToAContainerThatReads() throws Exception {
        good("create", "-i", "--network", "none", "--name", "reads", "two", "sh", "-c", "cat; exit 6");
        good("start", "reads");
        Outcome outcome = user.belljar(home, "typed\n", "attach", "reads");
        assertThat(outcome).isEqualTo(new Outcome(6, "typed\n", ""));
    }

    @Test
    void restartsWhatFails() throws Exception {
        good(
                "run",
                "-d",
                "--network",
                "none",
                "--name",
                "flaky",
                "--restart",
                "on-failure:2",
                "two",
                "sh",
                "-c",
                "exit 3");
        until("exited 3 2", "ps", "-a", "--format", "{{.State}} {{.ExitCode}} {{.Restarts}}");
    }

    @Test
    void removesByItselfWhatIsToGo() throws Exception {
        good("run", "-d", "--rm", "--network", "none", "--name", "short", "two", "busybox", "sleep", "0.5");
        for (int i = 0; i < 100 && !good("ps", "-aq").isEmpty(); i++) {
            Thread.sleep(100);
        }
        assertThat(good("ps", "-aq")).isEmpty();
    }

    @Test
    void keepsAVolumesContent() throws Exception {
        good("volume", "create", "data");
        good("run", "--rm", "--network", "none", "-v", "data:/data", "two", "sh", "-c", "echo kept > /data/file");
        assertThat(good("run", "--rm", "--network", "none", "-v", "data:/data", "two", "cat", "/data/file"))
                .isEqualTo("kept");
        assertThat(good("volume", "rm", "data")).isEqualTo("data");
    }
}
