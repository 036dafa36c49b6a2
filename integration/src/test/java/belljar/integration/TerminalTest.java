package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Containers in front of which somebody sits: each test on a terminal of its own. */
@ExtendWith(LeakCheck.class)
final class TerminalTest {
    private static final String DETACH = "\u0010\u0011";

    /** Writes the size whenever there is word of a new one; the shell itself listens only to draw its prompt anew. */
    private static final String WATCH = "busybox sh -c \"trap 'busybox stty size' WINCH; echo watch''ing;"
            + " while true; do busybox sleep 0.1; done\"\r";

    private final Belljar belljar = Shared.belljar();

    @BeforeEach
    void needsRoot() {
        Machine.needsRoot();
    }

    private List<String> shell(String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of(Shared.BUSYBOX, "busybox", "sh"));
        return belljar.command(all.toArray(new String[0]));
    }

    /** Types a line into a shell and waits for what it makes of it, which is not what the terminal echoes. */
    private static void talks(Pty pty, String word) {
        pty.type("echo " + word.charAt(0) + "''" + word.substring(1) + "\r");
        pty.shows(word);
    }

    @Test
    void runsAShellAndRestoresTheModeAfterIt() {
        try (Pty pty = Pty.open(33, 77)) {
            String mode = pty.mode();
            pty.run(shell("run", "-it", "--rm"));
            talks(pty, "ready");
            assertThat(pty.mode()).isNotEqualTo(mode);
            pty.type("busybox stty size\r");
            pty.shows("33 77");
            pty.type(WATCH);
            pty.shows("watching");
            pty.resize(20, 50);
            pty.shows("20 50");
            pty.type("\u0003");
            pty.type("exit 7\r");
            assertThat(pty.code()).isEqualTo(7);
            assertThat(pty.mode()).isEqualTo(mode);
        }
    }

    @Test
    void endsAProgramByTypedKeys() {
        try (Pty pty = Pty.open(24, 80)) {
            String mode = pty.mode();
            // The first process of a container ignores signals that it has no handler for, so that a child is it.
            pty.run(belljar.command(
                    "run",
                    "-it",
                    "--rm",
                    Shared.BUSYBOX,
                    "busybox",
                    "sh",
                    "-c",
                    "busybox sh -c 'echo begun; exec busybox sleep 86399'; echo not reached"));
            pty.shows("begun");
            pty.type("\u0003");
            assertThat(pty.code()).isEqualTo(130);
            assertThat(pty.mode()).isEqualTo(mode);
            assertThat(pty.text()).doesNotContain("not reached");
        }
    }

    @Test
    void letsGoByKeysAndComesBack() {
        try (Pty pty = Pty.open(24, 80)) {
            String mode = pty.mode();
            pty.run(shell("run", "-it", "--name", "away"));
            talks(pty, "ready");
            pty.type("value=kept\r");
            pty.type(DETACH);
            assertThat(pty.code()).isZero();
            assertThat(pty.mode()).isEqualTo(mode);
            assertThat(belljar.good("ps", "--format", "{{.State}}")).isEqualTo("running");
            pty.resize(30, 90);
            pty.run(belljar.command("attach", "away"));
            pty.type("\r");
            pty.type("echo is-$value\r");
            pty.shows("is-kept");
            pty.type("busybox stty size\r");
            pty.shows("30 90");
            // Half of the keys, and something else: the program gets both.
            pty.type("busybox sh -c 'echo o\"\"d; exec busybox od -c'\r");
            pty.shows("od\r\n");
            pty.type("\u0010x\u0004\u0004");
            pty.shows("020");
            talks(pty, "alive");
            pty.type(DETACH);
            assertThat(pty.code()).isZero();
            pty.run(belljar.command("attach", "--detach-keys", "ctrl-a,x", "away"));
            pty.type("\r");
            talks(pty, "third");
            pty.type("\u0001x");
            assertThat(pty.code()).isZero();
            assertThat(pty.mode()).isEqualTo(mode);
            pty.run(belljar.command("attach", "away"));
            talks(pty, "fourth");
            pty.type("exit 3\r");
            assertThat(pty.code()).isEqualTo(3);
            pty.run(belljar.command("start", "-ai", "away"));
            talks(pty, "again");
            pty.type("exit 4\r");
            assertThat(pty.code()).isEqualTo(4);
            assertThat(pty.mode()).isEqualTo(mode);
        } finally {
            belljar.good("rm", "-f", "-t", "0", "away");
        }
    }

    @Test
    void restoresTheModeWhenItIsEnded() {
        belljar.good("run", "-dit", "--name", "stays", Shared.BUSYBOX, "busybox", "sh");
        try (Pty pty = Pty.open(24, 80)) {
            String mode = pty.mode();
            for (String command : List.of("attach --sig-proxy=false stays")) {
                pty.run(belljar.command(command.split(" ", -1)));
                talks(pty, "ready");
                assertThat(pty.mode()).isNotEqualTo(mode);
                pty.signal("TERM");
                int code = pty.code();
                assertThat(pty.mode()).as(command + " ended with " + code).isEqualTo(mode);
                assertThat(belljar.good("ps", "--format", "{{.State}}")).isEqualTo("running");
            }
        } finally {
            belljar.good("rm", "-f", "-t", "0", "stays");
        }
    }

    @Test
    void runsFurtherShells() {
        belljar.good("run", "-d", "--name", "host", Shared.BUSYBOX, "busybox", "sleep", "86399");
        try (Pty pty = Pty.open(33, 77)) {
            String mode = pty.mode();
            pty.run(belljar.command("exec", "-it", "host", "busybox", "sh"));
            talks(pty, "ready");
            pty.type("busybox stty size\r");
            pty.shows("33 77");
            pty.type(WATCH);
            pty.shows("watching");
            pty.resize(20, 50);
            pty.shows("20 50");
            pty.type("\u0003");
            pty.type("busybox sleep 86399\r");
            pty.type("\u0003");
            talks(pty, "interrupted");
            pty.type("exit 9\r");
            assertThat(pty.code()).isEqualTo(9);
            assertThat(pty.mode()).isEqualTo(mode);
        } finally {
            belljar.good("rm", "-f", "-t", "0", "host");
        }
    }

    @Test
    void showsTwoWhoAreAttachedTheSame() {
        belljar.good("run", "-dit", "--name", "both", Shared.BUSYBOX, "busybox", "sh");
        try (Pty one = Pty.open(24, 80);
                Pty two = Pty.open(24, 80)) {
            one.run(belljar.command("attach", "both"));
            talks(one, "first");
            two.run(belljar.command("attach", "both"));
            talks(two, "second");
            one.shows("second");
            two.type(DETACH);
            assertThat(two.code()).isZero();
            talks(one, "third");
            one.type("exit 5\r");
            assertThat(one.code()).isEqualTo(5);
        } finally {
            belljar.good("rm", "-f", "-t", "0", "both");
        }
    }

    @Test
    void passesNoInputOnWhereNoneIsAskedFor() {
        belljar.good("run", "-dit", "--name", "deaf", Shared.BUSYBOX, "busybox", "sh");
        try (Pty pty = Pty.open(24, 80)) {
            String mode = pty.mode();
            pty.run(belljar.command("attach", "--no-stdin", "--sig-proxy=false", "deaf"));
            try (Pty other = Pty.open(24, 80)) {
                other.run(belljar.command("attach", "deaf"));
                talks(other, "heard");
                Await.until("the other is attached", () -> pty.text().contains("heard") || poke(other));
                pty.type("echo un''heard\r");
                talks(other, "after");
                assertThat(other.text()).doesNotContain("unheard");
                pty.shows("after");
                pty.signal("INT");
                pty.code();
                assertThat(pty.mode()).isEqualTo(mode);
                talks(other, "last");
                other.type(DETACH);
                assertThat(other.code()).isZero();
            }
        } finally {
            belljar.good("rm", "-f", "-t", "0", "deaf");
        }
    }

    /** Has something written for who came too late for what was written before. */
    private static boolean poke(Pty pty) {
        pty.type("echo he''ard\r");
        return false;
    }

    /** The same typed into the same programs, with exit codes as the outcome. */
    @Test
    @Tag("full")
    void doesAsPodmanDoes() {
        Podman podman = Podman.fresh();
        String archive = podman.home().resolve("image.tar").toString();
        belljar.good("save", "-q", "-o", archive, Shared.BUSYBOX);
        try {
            String loaded = podman.good("load", "-q", "-i", archive);
            String image = loaded.substring(loaded.lastIndexOf(' ') + 1);
            for (String script : List.of(
                    "busybox stty size; echo read''y; read line; exit $line",
                    "busybox sh -c 'echo ready; exec busybox sleep 86399'; echo not reached",
                    "trap 'exit 5' TERM; echo read''y; while true; do busybox sleep 0.1; done")) {
                String keys = script.contains("$line") ? "7\r" : script.startsWith("trap") ? "" : "\u0003";
                String ours = spoken(belljar.command(words(Shared.BUSYBOX, script)), keys);
                String theirs = spoken(podman.command(words(image, script)), keys);
                assertThat(ours).as(script).isEqualTo(theirs);
            }
        } finally {
            podman.close();
        }
    }

    private static String[] words(String image, String script) {
        return Podman.run(List.of("-it"), image, List.of("busybox", "sh", "-c", script))
                .toArray(new String[0]);
    }

    private static String spoken(List<String> command, String keys) {
        try (Pty pty = Pty.open(33, 77)) {
            pty.run(command);
            pty.shows("ready\r\n");
            if (keys.isEmpty()) {
                pty.signal("TERM");
            }
            pty.type(keys);
            return pty.code() + " " + pty.text();
        }
    }

    @Test
    void endsTheInputOfWhatReadsItToItsEnd() {
        for (String start : List.of("run -i --rm", "run -i --rm -a stdin -a stdout -a stderr")) {
            List<String> words = new ArrayList<>(List.of(start.split(" ", -1)));
            words.addAll(List.of(Shared.BUSYBOX, "busybox", "sh", "-c", "busybox cat; echo end; exit 6"));
            Program.Result result = belljar.start(words.toArray(new String[0])).end("some\n");
            assertThat(result.out()).as(start).isEqualTo("some\nend\n");
            assertThat(result.code()).isEqualTo(6);
        }
        belljar.good(
                "create",
                "-i",
                "--name",
                "reads",
                Shared.BUSYBOX,
                "busybox",
                "sh",
                "-c",
                "busybox cat; echo end; exit 6");
        try {
            for (int i = 0; i < 2; i++) {
                Program.Result result = belljar.start("start", "-ai", "reads").end("some\n");
                assertThat(result.out()).isEqualTo("some\nend\n");
                assertThat(result.code()).isEqualTo(6);
            }
            belljar.good("start", "reads");
            Program.Result result = belljar.start("attach", "reads").end("more\n");
            assertThat(result.out()).isEqualTo("more\nend\n");
            assertThat(result.code()).isEqualTo(6);
        } finally {
            belljar.good("rm", "-f", "-t", "0", "reads");
        }
    }
}
