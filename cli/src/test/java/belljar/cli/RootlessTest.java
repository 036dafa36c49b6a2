package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.cli.OtherUser.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Belljar as ordinary users run it: one with subordinate ids and one without. */
final class RootlessTest {
    private static final String NOTICE = "no subordinate ids are configured for this user";

    @TempDir
    private static Path shared;

    private static OtherUser many;
    private static OtherUser single;
    private static Path archive;

    @TempDir
    private Path tmp;

    private Path home = Path.of("/");

    @BeforeAll
    static void makesUsers() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root to make users");
        for (String program : List.of("/usr/bin/newuidmap", "/usr/sbin/useradd", "/usr/bin/setpriv", "/bin/busybox")) {
            assumeTrue(Files.isExecutable(Path.of(program)), "skipped: " + program + " is missing");
        }
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
        archive = shared.resolve("two.tar");
        TwoLayers.write(shared.resolve("scratch"), archive);
        Files.setPosixFilePermissions(archive, PosixFilePermissions.fromString("rw-r--r--"));
        many = OtherUser.make("m", shared).grant(0);
        single = OtherUser.make("s", shared);
    }

    @AfterAll
    static void deletesThem() throws Exception {
        for (OtherUser user : new OtherUser[] {many, single}) {
            if (user != null) {
                user.delete();
            }
        }
    }

    @BeforeEach
    void isNobodyYet() {
        home = Path.of("/");
    }

    private void begin(OtherUser user) throws Exception {
        home = user.home(tmp);
        assertThat(good(user, "load", "-q", "-i", archive.toString())).contains("two");
    }

    private String good(OtherUser user, String... args) throws Exception {
        Outcome outcome = user.belljar(home, "", args);
        assertThat(outcome.code()).as(outcome.err() + outcome.out()).isZero();
        return outcome.out();
    }

    private String shell(OtherUser user, String script) throws Exception {
        return good(user, "run", "--rm", "two", "sh", "-c", script);
    }

    private List<String> below(String directory) throws Exception {
        try (var entries = Files.list(home.resolve("data/belljar").resolve(directory))) {
            return entries.map(path -> path.getFileName().toString()).toList();
        }
    }

    private int owner(String pattern) throws Exception {
        try (var paths = Files.walk(home.resolve("data/belljar"))) {
            Path found = paths.filter(path -> path.toString().endsWith(pattern))
                    .findFirst()
                    .orElseThrow();
            return (int) Files.getAttribute(found, "unix:uid");
        }
    }

    @Test
    void filesOfAnImageBelongToItsUsers() throws Exception {
        begin(many);
        assertThat(shell(
                        many,
                        "stat -c '%u %g %a' /bin/busybox /bin/setuid /home/app /home/app/secret; su app -c 'id -u;"
                                + " cat /home/app/secret'"))
                .isEqualTo("0 0 755\n100 101 4755\n100 101 700\n100 101 600\n100\nmine\n");
        assertThat(owner("home/app/secret")).isEqualTo(OtherUser.FIRST_ID + 99);
        assertThat(good(many, "run", "--rm", "--user", "app", "--workdir", "/home/app/closed", "two", "ls"))
                .isEqualTo("deep\n");
    }

    @Test
    void upperLayersHideWhatTheyRemove() throws Exception {
        for (OtherUser user : List.of(many, single)) {
            begin(user);
            assertThat(shell(user, "ls / | cat; ls /var/opaque; ls /home/app"))
                    .doesNotContain("gone", "below")
                    .contains("above", "added", "secret");
            OtherUser.command("rm", "-rf", home.toString());
        }
    }

    @Test
    void leavesNothingOfContainersAndImages() throws Exception {
        begin(many);
        String change = "touch /home/app/new; chown 100:101 /home/app/new; mkdir -p /d/e; chown -R 500:500 /d;"
                + " busybox chmod 0 /d";
        good(many, "run", "--name", "kept", "two", "sh", "-c", change);
        assertThat(owner("upper/home/app/new")).isEqualTo(OtherUser.FIRST_ID + 99);
        Outcome used = many.belljar(home, "", "rmi", "two");
        assertThat(used.err()).contains("is used by the container kept");
        good(many, "rm", "kept");
        good(many, "rmi", "two");
        assertThat(below("containers")).isEmpty();
        assertThat(below("layers")).containsExactly("meta");
        assertThat(below("images/blobs/sha256")).isEmpty();
    }

    @Test
    void withoutSubordinateIdsAllBelongsToRoot() throws Exception {
        begin(single);
        Outcome outcome = single.belljar(
                home, "", "run", "--rm", "two", "stat", "-c", "%u %g %a", "/bin/setuid", "/home/app/secret");
        assertThat(outcome.out()).isEqualTo("0 0 4755\n0 0 600\n");
        assertThat(outcome.err()).contains(NOTICE);
        assertThat(single.belljar(home, "", "run", "--rm", "--user", "app", "two", "id")
                        .err())
                .contains("user 100 has no id");
        good(single, "run", "--name", "kept", "two", "sh", "-c", "mkdir -p /d/e; busybox chmod 0 /d");
        good(single, "rm", "kept");
        good(single, "rmi", "two");
        assertThat(below("containers")).isEmpty();
        assertThat(below("layers")).containsExactly("meta");
    }

    @Test
    void unpacksAgainWhenOtherIdsAreGranted() throws Exception {
        OtherUser user = OtherUser.make("c", shared).grant(0);
        try {
            begin(user);
            shell(user, "id");
            user.revoke(0);
            user.grant(100_000);
            assertThat(shell(user, "stat -c '%u %g' /home/app/secret")).isEqualTo("100 101\n");
            Outcome refused = user.belljar(home, "", "image", "prune", "--all", "--force");
            assertThat(refused.code()).isEqualTo(125);
            assertThat(refused.err().strip())
                    .contains("it belongs to ids that /etc/subuid")
                    .hasLineCount(1);
            // What cannot be deleted stands in nobody's way, and goes when the ids are there again.
            assertThat(good(user, "load", "-q", "-i", archive.toString())).contains("two");
            assertThat(shell(user, "cat /home/app/secret")).isEqualTo("mine\n");
            assertThat(user.belljar(home, "", "rmi", "two").err()).contains("it belongs to ids");
            user.revoke(100_000);
            user.grant(0);
            good(user, "image", "prune", "--all", "--force");
            assertThat(below("layers")).containsExactly("meta");
        } finally {
            user.delete();
        }
    }

    @Test
    void rootAddsNothingToAUsersStore() throws Exception {
        begin(many);
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream stderr = new PrintStream(err, true, StandardCharsets.UTF_8);
        String store = home.resolve("data/belljar").toString();
        List<String> load = List.of("--root", store, "--state", tmp + "/state", "load", "-q", "-i", archive.toString());
        assertThat(Main.run(load, Map.of(), stderr, stderr)).isEqualTo(125);
        assertThat(err.toString(StandardCharsets.UTF_8).strip())
                .contains("the images in " + store + " belong to the user with the id ")
                .hasLineCount(1);
        good(many, "rmi", "two");
    }

    @Test
    void newVolumesBelongToTheImagesUser() throws Exception {
        begin(many);
        for (int i = 0; i < 2; i++) {
            String[] run = {"run", "--rm", "--user", "app", "-v", "data:/home/app:nocopy", "two", "sh", "-c"};
            String[] args = java.util.Arrays.copyOf(run, run.length + 1);
            args[run.length] = "echo " + i + " >> ~/file; cat ~/file; stat -c '%u %g %a' ~";
            assertThat(good(many, args)).isEqualTo(i == 0 ? "0\n100 101 700\n" : "0\n1\n100 101 700\n");
        }
    }

    @Test
    void bindsDirectoriesOfTheUser() throws Exception {
        begin(many);
        String bind = home.resolve("run") + ":/mnt";
        assertThat(good(many, "run", "--rm", "-v", bind, "two", "sh", "-c", "echo x > /mnt/f; stat -c %u /mnt/f"))
                .isEqualTo("0\n");
        assertThat(home.resolve("run/f")).hasContent("x");
        Outcome readonly = many.belljar(home, "", "run", "--rm", "-v", bind + ":ro", "two", "touch", "/mnt/g");
        assertThat(readonly.err()).contains("Read-only");
    }

    @Test
    void aUserMayOpenTheStandardStreamsByName() throws Exception {
        begin(many);
        Outcome outcome = many.belljar(
                home,
                "typed\n",
                "run",
                "--rm",
                "-i",
                "--network",
                "none",
                "--user",
                "app",
                "two",
                "sh",
                "-c",
                "cat /dev/stdin; echo out > /dev/stdout; echo err > /dev/stderr");
        assertThat(outcome).isEqualTo(new Outcome(0, "typed\nout\n", "err\n"));
    }

    @Test
    void runsOnTheHostsNetworkAndWithAReadonlyRoot() throws Exception {
        begin(many);
        String devices = "cat /proc/net/dev";
        assertThat(good(many, "run", "--rm", "--network", "host", "two", "sh", "-c", devices)
                        .lines()
                        .count())
                .isEqualTo(Files.readAllLines(Path.of("/proc/net/dev")).size());
        Outcome readonly = many.belljar(home, "", "run", "--rm", "--read-only", "two", "touch", "/file");
        assertThat(readonly.code()).isEqualTo(1);
        assertThat(readonly.err()).contains("Read-only file system");
    }
}
