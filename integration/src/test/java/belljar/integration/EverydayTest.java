package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Options that people meet every day and that no other test is about. */
@ExtendWith(LeakCheck.class)
final class EverydayTest {
    private static final Belljar BELLJAR = Belljar.fresh();

    @BeforeAll
    static void makesAnImage() {
        SmallImage.into(BELLJAR, "small");
    }

    @AfterEach
    void nothingIsLeft() {
        BELLJAR.good("rm", "-f", "-t", "0", "-a");
        BELLJAR.good("network", "prune", "-f");
        BELLJAR.good("volume", "prune", "-f");
    }

    private static void refused(String part, String... command) {
        Program.Result result = BELLJAR.run(command);
        assertThat(result.code()).as(result.err()).isEqualTo(125);
        assertThat(result.err()).contains(part).hasLineCount(1);
    }

    @Test
    void networksAreChosenByFilters() {
        BELLJAR.good("network", "create", "--label", "use=test", "labelled");
        BELLJAR.good("network", "create", "bare");
        assertThat(BELLJAR.good("network", "ls", "-q", "--filter", "label=use=test"))
                .isEqualTo("labelled");
        assertThat(BELLJAR.good("network", "ls", "-q", "-f", "name=bare", "-f", "name=labelled"))
                .isEqualTo("bare\nlabelled");
        assertThat(BELLJAR.good("network", "ls", "-f", "name=^bare$", "--noheading"))
                .endsWith("bridge")
                .hasLineCount(1);
        assertThat(BELLJAR.good("network", "ls", "-f", "name=labelled", "--format", "{{.Name}} {{.Labels.use}}"))
                .isEqualTo("labelled test");
        assertThat(BELLJAR.good("network", "inspect", "-f", "{{.Name}} {{.Driver}}", "bare", "labelled"))
                .isEqualTo("bare bridge\nlabelled bridge");
        refused("KEY is one of", "network", "ls", "--filter", "colour=red");
        assertThat(BELLJAR.good("network", "prune", "-f", "--filter", "label=use"))
                .isEqualTo("labelled");
        assertThat(BELLJAR.run("network", "exists", "bare").code()).isZero();
    }

    @Test
    void aNetworkGoesWithItsContainersWhenThatIsWanted() {
        BELLJAR.good("network", "create", "used");
        BELLJAR.good("run", "-d", "--name", "user", "--network", "used", "small", "sleep", "1000");
        BELLJAR.good("run", "-d", "--name", "other", "--network", "none", "small", "sleep", "1000");
        refused("used", "network", "rm", "used");
        assertThat(BELLJAR.good("network", "rm", "-f", "-t", "0", "used")).isEqualTo("used");
        assertThat(BELLJAR.good("ps", "-a", "--format", "{{.Names}}")).isEqualTo("other");
    }

    @Test
    void spaceOfVolumesIsCountedAndFreed() {
        BELLJAR.good("run", "--rm", "-v", "full:/v", "small", "sh", "-c", "printf %1000000d 1 >/v/file");
        BELLJAR.good("create", "--name", "user", "-v", "used:/v", "small", "true");
        assertThat(BELLJAR.good(
                                "system",
                                "df",
                                "--format",
                                "{{.Type}}|{{.Total}}|{{.Active}}|{{.Size}}|{{.Reclaimable}}")
                        .lines()
                        .toList())
                .contains("Local Volumes|2|1|1.00MB|1.00MB (100%)");
        assertThat(BELLJAR.good("system", "df", "-v").lines().map(line -> line.replaceAll(" +", " ")))
                .contains("full 0 1.00MB", "used 1 0B");
        BELLJAR.good("tag", "small", "localhost/kept");
        assertThat(BELLJAR.good("system", "prune", "-f")).doesNotContain("full");
        assertThat(BELLJAR.good("volume", "ls", "-q")).isEqualTo("full\nused");
        assertThat(BELLJAR.good("system", "prune", "-f", "--volumes"))
                .contains("full", "used", "reclaimed space: 1.00MB");
        assertThat(BELLJAR.good("volume", "ls", "-q")).isEmpty();
    }

    @Test
    void pruningTheSystemTakesPodsAndNetworksThatNobodyUses() {
        BELLJAR.good("network", "create", "unused");
        BELLJAR.good("pod", "create", "--network", "none", "idle");
        String done = BELLJAR.good("pod", "create", "--network", "none", "done");
        BELLJAR.good("pod", "start", "done");
        BELLJAR.good("pod", "stop", "-t", "0", "done");
        BELLJAR.good("tag", "small", "localhost/kept");
        Program.Result pruned = BELLJAR.run("system", "prune", "-f");
        assertThat(pruned.err()).isEmpty();
        assertThat(pruned.good()).contains("Deleted Pods\n" + done, "Deleted Networks\nunused");
        assertThat(BELLJAR.run("pod", "exists", "done").code()).isEqualTo(1);
        assertThat(BELLJAR.run("pod", "exists", "idle").code()).isZero();
        BELLJAR.good("pod", "rm", "-f", "idle");
    }

    @Test
    void logsAreFoundWhereTheyAreAndRefusedWhereThereAreNone() {
        Path file = BELLJAR.tmp().resolve("log");
        BELLJAR.good("run", "-d", "--name", "elsewhere", "--log-opt", "path=" + file, "small", "sh", "-c", "echo said");
        BELLJAR.good("wait", "elsewhere");
        assertThat(BELLJAR.good("logs", "elsewhere")).isEqualTo("said");
        BELLJAR.good("run", "-d", "--name", "silent", "--log-driver", "none", "small", "sh", "-c", "echo said");
        refused("log driver none", "logs", "silent");
        assertThat(file.toFile().delete()).isTrue();
    }

    @Test
    void containersArePausedByFilter() {
        BELLJAR.good("run", "-d", "--name", "one", "-l", "kind=a", "--network", "none", "small", "sleep", "1000");
        BELLJAR.good("run", "-d", "--name", "two", "-l", "kind=b", "--network", "none", "small", "sleep", "1000");
        BELLJAR.good("pause", "--filter", "label=kind=a");
        assertThat(BELLJAR.good("ps", "-a", "--filter", "status=paused", "--format", "{{.Names}}"))
                .isEqualTo("one");
        BELLJAR.good("unpause", "-f", "name=one");
        assertThat(BELLJAR.good("ps", "--format", "{{.Names}}")).isEqualTo("one\ntwo");
    }

    @Test
    void aRunMayRemoveItsImage() {
        BELLJAR.good("tag", "small", "localhost/once");
        assertThat(BELLJAR.good("run", "--rm", "--rmi", "localhost/once", "sh", "-c", "echo ran"))
                .isEqualTo("ran");
        assertThat(BELLJAR.run("image", "exists", "localhost/once").code()).isEqualTo(1);
        refused("needs --rm", "run", "--rmi", "small", "true");
    }

    @Test
    void aDirectoryMayBeTheRoot() throws IOException {
        Path root = Scratch.directory("rootfs");
        Files.createDirectories(root.resolve("bin"));
        Files.copy(Path.of("/bin/busybox"), root.resolve("bin/busybox"));
        String directory = root.toString();
        BELLJAR.good("run", "--rm", "--rootfs", directory, "/bin/busybox", "sh", "-c", "echo in place >/file");
        assertThat(root.resolve("file")).hasContent("in place");
        BELLJAR.good("create", "--name", "again", "--rootfs", directory, "/bin/busybox", "cat", "/file");
        assertThat(BELLJAR.good("start", "-a", "again")).isEqualTo("in place");
        BELLJAR.good("rm", "again");
        assertThat(root.resolve("file")).exists();
    }

    @Test
    void aTimeZoneIsGiven() {
        Machine.needs("date");
        List<String> zone = List.of("Asia/Tokyo", "JST");
        org.junit.jupiter.api.Assumptions.assumeTrue(
                Files.exists(Path.of("/usr/share/zoneinfo", zone.get(0))), "skipped: the package tzdata is missing");
        assertThat(BELLJAR.good("run", "--rm", "--tz", zone.get(0), "small", "/bin/busybox", "date", "+%Z"))
                .isEqualTo(zone.get(1));
    }

    @Test
    void inspectionShowsWhatWasWritten() {
        BELLJAR.good("run", "--name", "writer", "small", "sh", "-c", "printf %5000d 1 >/file");
        assertThat(BELLJAR.good("inspect", "--size", "--format", "{{.SizeRw}}", "writer"))
                .isEqualTo("5000");
        assertThat(BELLJAR.good("diff", "-l")).contains("A /file");
    }

    @Test
    void aUserWhomTheImageDoesNotKnowHasAName() {
        String show = "cat /etc/passwd /etc/group; echo $HOME";
        assertThat(BELLJAR.good("run", "--rm", "--user", "1234:77", "-w", "/old", "small", "sh", "-c", show))
                .contains("app:x:100:101", "\n1234:*:1234:77:container user:/old:/bin/sh\n", "\n77:x:77:1234\n")
                .endsWith("\n/old");
        String line = "$USERNAME:x:$UID:$GID:me:$HOME:/bin/ls";
        assertThat(BELLJAR.good("run", "--rm", "--user", "5", "--passwd-entry", line, "small", "cat", "/etc/passwd"))
                .endsWith("\n5:x:5:0:me:/:/bin/ls");
        assertThat(BELLJAR.good("run", "--rm", "--hostuser", "daemon", "small", "cat", "/etc/passwd"))
                .contains("\ndaemon:*:1:1:");
        assertThat(BELLJAR.good("run", "--rm", "--user", "5", "--passwd=false", "small", "cat", "/etc/passwd"))
                .doesNotContain("container user");
        assertThat(BELLJAR.good("run", "--rm", "--user", "app", "small", "cat", "/etc/passwd"))
                .doesNotContain("container user");
        refused("no user of this host", "run", "--rm", "--hostuser", "nobody-at-all", "small", "true");
        refused("passwd(5)", "run", "--rm", "--passwd-entry", "me", "small", "true");
        BELLJAR.good("run", "--name", "named", "--user", "1234", "--network", "none", "small", "true");
        assertThat(BELLJAR.good("diff", "named")).doesNotContain("passwd");
    }

    @Test
    void aContainerEndsInTime() {
        String[] sleep = {"--network", "none", "--timeout", "1", "small", "sleep", "1000"};
        assertThat(BELLJAR.run(words("run", "--rm", sleep)).code()).isEqualTo(137);
        BELLJAR.good(words("run", "-d", words("--name", "timed", sleep)));
        assertThat(BELLJAR.good("wait", "timed")).isEqualTo("137");
        BELLJAR.good("start", "timed");
        assertThat(BELLJAR.good("wait", "timed")).isEqualTo("137");
        BELLJAR.good(words("create", "--name=again", sleep));
        assertThat(BELLJAR.run("start", "-a", "again").code()).isEqualTo(137);
        assertThat(BELLJAR.good("run", "--rm", "--timeout", "100", "small", "sh", "-c", "echo in time"))
                .isEqualTo("in time");
    }

    private static String[] words(String command, String option, String... more) {
        List<String> words = new ArrayList<>(List.of(command));
        words.add(option);
        words.addAll(List.of(more));
        return words.toArray(new String[0]);
    }
}
