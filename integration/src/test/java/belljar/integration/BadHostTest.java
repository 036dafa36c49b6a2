package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Places where Belljar cannot work, and resources that others hold: one sentence, and nothing left behind. */
@ExtendWith(LeakCheck.class)
final class BadHostTest {
    @BeforeEach
    void needsRoot() {
        Machine.needsRoot();
    }

    private static void refused(String says, Program.Result result) {
        new Refusal(125, says, List.of()).check(result);
    }

    @Test
    void refusesARootThatIsAFile() {
        Path home = Scratch.directory("file-root");
        Scratch.write(home.resolve("root"), "");
        refused(home + "/root", Belljar.at(home).run("run", "--rm", Shared.BUSYBOX, "busybox"));
        refused(home + "/root", Belljar.at(home).run("pull", "-q", Shared.BUSYBOX));
    }

    @Test
    void refusesAStateThatIsAFile() {
        Path home = Scratch.directory("file-state");
        Scratch.write(home.resolve("state"), "");
        refused(home + "/state", Belljar.at(home).run("ps"));
    }

    @Test
    void saysWhereTheDiskIsFull() {
        Path home = Scratch.directory("full");
        Path root = home.resolve("root");
        Belljar belljar = Belljar.at(home);
        Path archive = home.resolve("image.tar");
        Shared.belljar().good("save", "-q", "-o", archive.toString(), Shared.BUSYBOX);
        assertThat(root.toFile().mkdir()).isTrue();
        Program.run("mount", "-t", "tmpfs", "-o", "size=1600k", "tmpfs", root.toString())
                .good();
        try {
            Program.Result result = belljar.run("load", "-q", "-i", archive.toString());
            refused("is full", result);
            assertThat(belljar.good("images", "-q")).isEmpty();
            assertThat(belljar.good("ps", "-aq")).isEmpty();
            Program.run("mount", "-o", "remount,size=64m", root.toString()).good();
            belljar.good("load", "-q", "-i", archive.toString());
        } finally {
            Program.run("umount", root.toString()).good();
        }
    }

    @Test
    void refusesARootThatIsReadOnly() {
        Path home = Scratch.directory("read-only");
        Path root = home.resolve("root");
        Belljar belljar = Belljar.at(home);
        assertThat(root.toFile().mkdir()).isTrue();
        Program.run("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", root.toString())
                .good();
        try {
            refused(root.toString(), belljar.run("pull", "-q", Shared.BUSYBOX));
            refused(root.toString(), belljar.run("run", "--rm", Shared.BUSYBOX, "busybox"));
        } finally {
            Program.run("umount", root.toString()).good();
        }
    }

    @Test
    void runsWithoutAnyStandardStream() {
        Belljar belljar = Shared.belljar();
        Path file = Scratch.directory("closed");
        List<String> command = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh"));
        command.addAll(belljar.command(
                "run",
                "--rm",
                "-i",
                "-v",
                file + ":/out",
                Shared.BUSYBOX,
                "busybox",
                "sh",
                "-c",
                "cat; echo x >/out/x"));
        assertThat(belljar.start(command).end("").code()).isZero();
        assertThat(file.resolve("x")).hasContent("x\n");
    }

    @Test
    void refusesANameAndAnImageThatAreInUse() {
        Belljar belljar = Shared.belljar();
        Path tree = Scratch.directory("tree");
        Path archive = tree.resolveSibling("used.tar");
        Scratch.write(tree.resolve("file"), "");
        Program.run("cp", "/bin/busybox", tree.toString()).good();
        Program.run("tar", "-cf", archive.toString(), "-C", tree.toString(), ".")
                .good();
        belljar.good("import", "-q", archive.toString(), "used/image:1");
        belljar.good("run", "--name", "taken", "used/image:1", "/busybox", "true");
        try {
            refused("'taken' is in use", belljar.run("run", "--name", "taken", Shared.BUSYBOX, "busybox", "true"));
            new Refusal(2, "used/image:1", List.of()).check(belljar.run("rmi", "used/image:1"));
        } finally {
            belljar.good("rm", "taken");
            belljar.good("rmi", "used/image:1");
        }
    }

    @Test
    void refusesToRemoveWhatRuns() {
        Belljar belljar = Shared.belljar();
        Program running =
                belljar.start("run", "--rm", "--init", "--name", "busy", Shared.BUSYBOX, "busybox", "sleep", "300");
        try {
            Await.until(
                    "busy runs",
                    () -> belljar.good("ps", "--format", "{{.Names}}").equals("busy"));
            new Refusal(2, "'busy' is running", List.of()).check(belljar.run("rm", "busy"));
        } finally {
            running.signal("TERM");
            assertThat(running.end("").code()).isEqualTo(143);
        }
    }

    @Test
    void goesOnWithAPullThatWasKilled() {
        Machine.needs("docker-registry");
        Belljar belljar = Belljar.fresh();
        String tag;
        try (Registry registry = Registry.open()) {
            tag = registry.name() + "/tools:1";
            Shared.belljar().good("push", "-q", "--tls-verify=false", Shared.BUSYBOX, tag);
            for (int i = 0; i < 6; i++) {
                Program pull = belljar.start("pull", "-q", "--tls-verify=false", tag);
                Await.nap(150 + 120 * i);
                pull.kill();
                assertThat(belljar.run("images", "-q").good())
                        .satisfiesAnyOf(
                                ids -> assertThat(ids).isEmpty(),
                                ids -> assertThat(ids).hasSize(12));
            }
            assertThat(belljar.good("run", "--rm", "-q", "--tls-verify=false", tag, "busybox", "echo", "whole"))
                    .isEqualTo("whole");
            assertThat(belljar.root().resolve("images/ingest")).isEmptyDirectory();
        }
        refused(tag.substring(0, tag.indexOf('/')), belljar.run("pull", "-q", "--tls-verify=false", tag));
    }
}
