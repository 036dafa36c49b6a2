package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which ids a container of root's has; those of ordinary users are tested with the commands. */
final class UserIdsTest {
    private static final String MAPS = "busybox cat /proc/self/uid_map /proc/self/gid_map | busybox tr -s ' '";

    private static String run(Belljar belljar, String script, String... options) {
        Machine.needsRoot();
        List<String> words = new ArrayList<>(List.of("run", "--rm"));
        words.addAll(List.of(options));
        words.addAll(List.of(Shared.BUSYBOX, "busybox", "sh", "-c", script));
        return belljar.good(words.toArray(String[]::new)).strip();
    }

    @Test
    void mapsToTheHostsIds() {
        Belljar belljar = Shared.belljar();
        assertThat(run(belljar, MAPS, "--uidmap", "0:700000:1000", "--uidmap", "1000:800000:1"))
                .isEqualTo("0 700000 1000\n 1000 800000 1\n 0 700000 1000\n 1000 800000 1");
        assertThat(run(belljar, MAPS, "--gidmap", "5:700000:1", "--gidmap", "0:600000:5"))
                .isEqualTo("5 700000 1\n 0 600000 5\n 5 700000 1\n 0 600000 5");
        assertThat(run(
                        belljar,
                        "busybox stat -c %u:%g / /etc/passwd; busybox touch /f; busybox chown 1000 /f;"
                                + " busybox stat -c %u /f",
                        "--uidmap",
                        "1000:800000:1",
                        "--uidmap",
                        "0:700000:1000"))
                .isEqualTo("0:0\n0:0\n1000");
    }

    /** Those of a container that is only made count too; when it is gone its ids are free again. */
    @Test
    void noTwoContainersHaveTheSameIds() {
        Machine.needsRoot();
        Belljar belljar = Shared.belljar();
        String id = belljar.good(
                        "create", "--userns", "auto:size=2000", Shared.BUSYBOX, "busybox", "cat", "/proc/self/uid_map")
                .strip();
        try {
            String other = run(belljar, MAPS, "--userns", "auto:size=2000,uidmapping=5:700000:1");
            String own = belljar.good("start", "-a", id).strip().replaceAll(" +", " ");
            long first = Long.parseLong(own.substring(2, own.lastIndexOf(' ')));
            assertThat(own).isEqualTo("0 " + first + " 2000");
            assertThat(other.lines().map(String::strip))
                    .containsExactly(
                            "5 700000 1",
                            "0 " + (first + 2000) + " 5",
                            "6 " + (first + 2005) + " 1994",
                            "0 " + (first + 2000) + " 2000");
        } finally {
            belljar.good("rm", "-f", id);
        }
    }

    @Test
    void filesOfAMappedContainerHaveTheMappedIdsOutside() throws Exception {
        Path shared = Files.createDirectory(Scratch.directory("maps").resolve("shared"));
        Files.setAttribute(shared, "unix:uid", 700_000);
        run(Shared.belljar(), "busybox touch /m/f", "--uidmap", "0:700000:10", "-v", shared + ":/m");
        assertThat((int) Files.getAttribute(shared.resolve("f"), "unix:uid")).isEqualTo(700_000);
    }

    @Test
    void aRootWithAnyCharacterWorks() {
        Machine.needsRoot();
        Belljar odd = Belljar.at(Scratch.directory("a,b:c\\\\d=e"));
        odd.good("pull", "-q", Shared.BUSYBOX);
        assertThat(run(odd, "busybox touch /f && busybox echo works")).isEqualTo("works");
        assertThat(run(odd, "busybox touch /f && busybox echo works", "--userns", "private"))
                .isEqualTo("works");
    }
}
