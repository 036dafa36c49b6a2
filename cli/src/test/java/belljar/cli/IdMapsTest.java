package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.cli.OtherUser.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mappings of ids that an ordinary user chooses. */
final class IdMapsTest {
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
        user = OtherUser.make("k", shared).grant(0).grant(200_000);
    }

    @AfterAll
    static void deletesThem() throws Exception {
        if (user != null) {
            user.delete();
        }
    }

    @BeforeEach
    void hasAnImage() throws Exception {
        home = user.home(tmp);
        // Only the user may enter it, so a container without the user's id has no way to it by itself.
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx------"));
        assertThat(good("load", "-q", "-i", archive.toString())).contains("two");
    }

    private String good(String... args) throws Exception {
        Outcome outcome = user.belljar(home, "", args);
        assertThat(outcome.code()).as(outcome.err() + outcome.out()).isZero();
        assertThat(outcome.err()).isEmpty();
        return outcome.out();
    }

    private String shell(String script, String... options) throws Exception {
        return good(words(List.of(options), "two", "sh", "-c", script));
    }

    private static String[] words(List<String> options, String... rest) {
        List<String> words = new ArrayList<>(List.of("run", "--rm", "-q", "--network=none"));
        words.addAll(options);
        words.addAll(List.of(rest));
        return words.toArray(String[]::new);
    }

    private String refusal(String... options) throws Exception {
        Outcome outcome = user.belljar(home, "", words(List.of(options), "two", "true"));
        assertThat(outcome.code()).isEqualTo(125);
        assertThat(outcome.err()).startsWith("belljar: ").hasLineCount(1);
        return outcome.err().strip();
    }

    @Test
    void allLinesOfSubuidCount() throws Exception {
        assertThat(shell("cat /proc/self/uid_map | tr -s ' '"))
                .isEqualTo(" 0 " + user.uid() + " 1\n 1 " + OtherUser.FIRST_ID + " 65536\n 65537 "
                        + (OtherUser.FIRST_ID + 200_000) + " 65536\n");
        assertThat(shell("touch /f; busybox chown 100000 /f; stat -c %u /f")).isEqualTo("100000\n");
    }

    /** They are counted among the user's own; 1024 suffice for most images and leave room for other containers. */
    @Test
    void idsThatNobodyElseHasAreChosen() throws Exception {
        good("create", "-q", "--name=first", "--network=none", "--userns=auto", "two", "cat", "/proc/self/uid_map");
        assertThat(shell("cat /proc/self/uid_map | tr -s ' '; stat -c %u /home/app", "--userns=auto:size=500"))
                .isEqualTo(" 0 1025 500\n100\n");
        assertThat(good("start", "-a", "first").replaceAll(" +", " ")).isEqualTo(" 0 1 1024\n");
        good("rm", "first");
        assertThat(refusal("--userns=auto:size=200000")).contains("200000 ids in one piece");
    }

    @Test
    void theUserKeepsTheirIds() throws Exception {
        String id = user.uid() + "";
        assertThat(shell("id -u; id -g; id -un; stat -c '%u %g %a' /bin/busybox / /home/app", "--userns=keep-id"))
                .isEqualTo(id + "\n" + user.gid() + "\n" + user.name() + "\n0 0 755\n0 0 755\n100 101 700\n");
        assertThat(shell(
                        "id -u; su app -c 'id -u; cat /home/app/secret'; stat -c %u:%g /etc/hosts",
                        "--userns=keep-id", "-u=0"))
                .isEqualTo("0\n100\nmine\n0:0\n");
    }

    @Test
    void keptIdsOwnTheUsersFiles() throws Exception {
        String bind = home.resolve("run") + ":/mnt";
        assertThat(shell("echo x > /mnt/f; stat -c %u /mnt/f; echo $HOME", "--userns=keep-id", "-v", bind))
                .isEqualTo(user.uid() + "\n/\n");
        assertThat(home.resolve("run/f")).hasContent("x");
        assertThat((int) Files.getAttribute(home.resolve("run/f"), "unix:uid")).isEqualTo(user.uid());
    }

    @Test
    void theUserBecomesAnotherOne() throws Exception {
        String bind = home.resolve("run") + ":/mnt";
        String[] options = {"--userns=keep-id:uid=100,gid=101", "-v", bind};
        assertThat(shell("id -un; cat ~/secret; echo x > /mnt/g; echo $HOME", options))
                .isEqualTo("app\nmine\n/home/app\n");
        assertThat((int) Files.getAttribute(home.resolve("run/g"), "unix:uid")).isEqualTo(user.uid());
    }

    @Test
    void containersWithoutTheUsersIdReachNothingOfTheirs() throws Exception {
        Files.writeString(home.resolve("run/secret"), "secret");
        Files.setPosixFilePermissions(home.resolve("run/secret"), PosixFilePermissions.fromString("rw-------"));
        for (String option : List.of("--userns=nomap", "--uidmap=0:1:65536", "--subuidname=" + user.name())) {
            Outcome outcome = user.belljar(
                    home,
                    "",
                    words(
                            List.of(option, "-v", home.resolve("run") + ":/mnt"),
                            "two",
                            "sh",
                            "-c",
                            "id -u; stat -c %u / /home/app/secret /mnt; echo hi > /dev/stdout; cat /mnt/secret"));
            assertThat(outcome.out()).as(option + outcome.err()).isEqualTo("0\n0\n100\n65534\nhi\n");
            assertThat(outcome.err()).contains("Permission denied");
        }
    }

    @Test
    void mapsAsPodmanDoes() throws Exception {
        String[] options = {"--uidmap=0:1:100", "--uidmap", "100:0:1", "--uidmap=101:200:5", "--gidmap", "0:0:1000"};
        assertThat(shell("cat /proc/self/uid_map /proc/self/gid_map | tr -s ' '", options))
                .isEqualTo(" 0 1 100\n 100 0 1\n 101 200 5\n 0 0 1\n 1 1 999\n");
        assertThat(shell("stat -c '%u %g' /home/app/secret; touch /home/app/n; stat -c %u /home/app/n", options))
                .isEqualTo("100 101\n0\n");
    }

    @Test
    void refusesWhatTheUserDoesNotHave() throws Exception {
        assertThat(refusal("--uidmap=0:0:200000"))
                .contains("--uidmap 0:0:200000 needs ids up to 199999 of your own, and you have 0 to 131072");
        assertThat(refusal("--uidmap=0:0:65536", "--gidmap=0:131073:1")).contains("--gidmap 0:131073:1 needs");
        assertThat(refusal("--uidmap=1:0:10")).contains("maps nothing to the container's id 0");
        assertThat(refusal("--uidmap=0:0:10", "--uidmap=5:100:1")).contains("both map the same ids of the container");
        assertThat(refusal("--uidmap=0:0:10", "--uidmap=10:9:1")).contains("both map the same ids outside");
        assertThat(refusal("--uidmap=0:2147483647:10")).contains("goes beyond the id 2147483647");
        assertThat(refusal("--uidmap=0:0:50")).contains("which the container's id map leaves out; map more ids");
        assertThat(refusal("--subuidname=daemon")).contains("--subuidname 'daemon' is not you");
        assertThat(refusal("--userns=host")).contains("--userns host needs root");
        assertThat(refusal("--userns=keep-id", "-u=200000")).contains("user 200000 has no id");
    }

    @Test
    void leavesNothingOfAMapping() throws Exception {
        good(
                "run",
                "-q",
                "--network=none",
                "--userns=keep-id",
                "--name=kept",
                "--user=0",
                "two",
                "sh",
                "-c",
                "mkdir /home/x; echo x > /dev/shm/f");
        good(
                "run",
                "-q",
                "--network=none",
                "--userns=nomap",
                "--name=none",
                "two",
                "sh",
                "-c",
                "mkdir -p /d/e; busybox chmod 0 /d");
        good("rm", "kept", "none");
        good("rmi", "two");
        try (var layers = Files.list(home.resolve("data/belljar/layers"))) {
            assertThat(layers.map(path -> path.getFileName().toString())).containsExactly("meta");
        }
        assertThat(home.resolve("data/belljar/containers")).isEmptyDirectory();
    }

    @Test
    void runsOnATerminalAndWithVolumes() throws Exception {
        for (String option : List.of("--userns=keep-id", "--userns=nomap")) {
            assertThat(shell("tty; stat -c %u $(tty)", option, "-t")).startsWith("/dev/pts/0");
            String data = "v" + option.length();
            String[] run = {option, "-v", data + ":/home/app:nocopy", "--user", "app"};
            assertThat(shell("echo 1 >> ~/file; stat -c '%u %g %a' ~", run)).isEqualTo("100 101 700\n");
            assertThat(shell("cat ~/file", run)).isEqualTo("1\n");
            assertThat(shell("stat -c '%u' /new", option, "-v", "/new", "--user=0"))
                    .isEqualTo("0\n");
        }
    }

    @Test
    void looksIntoDirectoriesOfTheImagesUsers() throws Exception {
        // Belljar looks whether there is something to copy.
        assertThat(shell("stat -c %u /home/app; ls /home/app/closed", "--tmpfs", "/home/app/closed"))
                .isEqualTo("100\ndeep\n");
    }
}
