package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import belljar.sandbox.IdMaps;
import belljar.sandbox.IdMaps.Range;
import belljar.sandbox.MountSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UserIdsTest {
    private static final IdMaps OWN = new IdMaps(
            List.of(new Range(0, 1000, 1), new Range(1, 100_000, 10), new Range(11, 300_000, 10)),
            List.of(new Range(0, 1000, 1), new Range(1, 100_000, 10)));

    @TempDir
    private Path tmp;

    private static IdMaps keep(int uid, int gid) {
        return UserIds.ofUser(new IdChoice.KeepId(uid, gid), OWN);
    }

    private static IdMaps given(Range... ranges) {
        return new IdMaps(List.of(ranges), List.of(new Range(0, 0, 1)));
    }

    @Test
    void subordinateIdsFillThePlacesAroundAKeptOne() {
        IdMaps maps = keep(5, 0);
        assertThat(maps.uids())
                .containsExactly(new Range(0, 1, 5), new Range(5, 0, 1), new Range(6, 6, 5), new Range(11, 11, 10));
        assertThat(maps.gids()).containsExactly(new Range(0, 0, 1), new Range(1, 1, 10));
        assertThat(maps.within()).hasValue(OWN);
    }

    @Test
    void aKeptIdBeyondAllOthersStandsAlone() {
        assertThat(keep(20, 1000).uids())
                .containsExactly(new Range(0, 1, 10), new Range(10, 11, 10), new Range(20, 0, 1));
        assertThat(keep(5000, 2_147_483_646).gids())
                .containsExactly(new Range(0, 1, 10), new Range(2_147_483_646, 0, 1));
    }

    @Test
    void choosesTheFirstIdsThatNobodyHas() {
        List<Range> available = List.of(new Range(0, 100, 50), new Range(0, 1000, 100));
        assertThat(AutoIds.choose(20, List.of(), available, List.of())).containsExactly(new Range(0, 100, 20));
        List<Range> used = List.of(new Range(0, 130, 5), new Range(0, 90, 12), new Range(7, 1010, 1));
        assertThat(AutoIds.choose(20, List.of(), available, used)).containsExactly(new Range(0, 102, 20));
        assertThat(AutoIds.choose(40, List.of(), available, used)).containsExactly(new Range(0, 1011, 40));
        assertThatThrownBy(() -> AutoIds.choose(90, List.of(), available, used))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("90 ids in one piece");
    }

    @Test
    void leavesRoomForWhatTheCallerMaps() {
        List<Range> available = List.of(new Range(0, 100, 50));
        List<Range> extra = List.of(new Range(3, 100, 2), new Range(8, 700, 5));
        assertThat(AutoIds.choose(10, extra, available, List.of()))
                .containsExactly(
                        new Range(3, 100, 2), new Range(8, 700, 5), new Range(0, 102, 3), new Range(5, 105, 3));
    }

    @Test
    void withoutMapTheUserIsNobody() {
        IdMaps maps = UserIds.ofUser(new IdChoice.NoMap(), OWN);
        assertThat(maps.uids()).containsExactly(new Range(0, 1, 10), new Range(10, 11, 10));
        assertThat(maps.gids()).containsExactly(new Range(0, 1, 10));
    }

    @Test
    void mapsOfOnesOwnStayWithinOnesIds() {
        assertThat(UserIds.ofUser(new IdChoice.Given(given(new Range(0, 1, 20))), OWN)
                        .uids())
                .containsExactly(new Range(0, 1, 10), new Range(10, 11, 10));
        refuses("needs ids up to 21 of your own, and you have 0 to 20", new Range(0, 1, 21));
        refuses("needs ids up to 2147483646", new Range(0, 2_147_483_640, 7));
    }

    @Test
    void refusesWhatTheKernelWouldRefuse() {
        refuses("maps nothing to the container's id 0", new Range(1, 0, 10));
        refuses("both map the same ids of the container", new Range(0, 0, 5), new Range(4, 10, 1));
        refuses("both map the same ids outside", new Range(0, 0, 5), new Range(10, 4, 1));
        refuses("goes beyond the id 2147483647", new Range(0, 0, 1), new Range(2_147_483_647, 1, 1));
        List<Range> many = new ArrayList<>();
        for (int i = 0; i < 341; i++) {
            many.add(new Range(i, i, 1));
        }
        refuses("is given 341 times, and the kernel takes at most 340", many.toArray(Range[]::new));
    }

    private static void refuses(String message, Range... ranges) {
        assertThatThrownBy(() -> UserIds.ofUser(new IdChoice.Given(given(ranges)), OWN))
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith("--uidmap ")
                .hasMessageContaining(message);
    }

    @Test
    void aUserWithOneIdHasNoneToSpare() {
        IdMaps single = new IdMaps(List.of(new Range(0, 1000, 1)), List.of(new Range(0, 1000, 1)));
        for (IdChoice choice : List.of(new IdChoice.KeepId(-1, -1), new IdChoice.NoMap())) {
            assertThatThrownBy(() -> UserIds.ofUser(choice, single))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("needs subordinate ids, and this user has none");
        }
    }

    @Test
    void rootHasNoIdToKeep() {
        NamespaceRequest n = NamespaceRequest.DEFAULT;
        for (IdChoice choice : List.of(new IdChoice.KeepId(-1, -1), new IdChoice.NoMap())) {
            NamespaceRequest asked =
                    new NamespaceRequest(n.pid(), n.ipc(), n.uts(), n.cgroup(), NamespaceMode.PRIVATE, choice);
            assertThatThrownBy(() -> UserIds.of(asked, false))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining("is for ordinary users");
        }
    }

    @Test
    void allGrantsOfAUserCount() {
        String text =
                "joe:100000:10\nann:5:5\n\nbroken\njoe:x:1\njoe:200000:0\n1000:300000:20\njoe:100005:10\njoe:0:9\n"
                        + "joe:2147483647:2\njoe:400000:1";
        assertThat(IdMapping.parse(text, "joe", "1000"))
                .containsExactly(new Range(1, 100_000, 10), new Range(11, 300_000, 20), new Range(31, 400_000, 1));
        assertThat(IdMapping.parse(text, "ann", "")).containsExactly(new Range(1, 5, 5));
        assertThat(IdMapping.parse(text, "", "7")).isEmpty();
    }

    @Test
    void theKeptUserIsAddedWhereTheImageLacksThem() throws Exception {
        Users image = new Users("root:x:0:0::/root:/bin/sh", "root:x:0:\n");
        KeptUser kept = KeptUser.of(new IdChoice.KeepId(4242, 4343), image, tmp, "/work", true);
        // The name is the caller's; where the image has it for another id, the image's stays.
        if (image.knowsUser(IdMapping.userName(), 4242)) {
            assertThat(kept.users().passwd()).isEqualTo(image.passwd());
            assertThat(kept.mounts()).isEmpty();
        } else {
            assertThat(kept.users().resolve("4242", List.of()).home()).isEqualTo("/work");
        }
        Users other = new Users("x:x:5:5::/:/bin/sh", "");
        KeptUser added = KeptUser.of(new IdChoice.KeepId(4242, 4343), other, tmp, "/a:b", true);
        assertThat(added.users().resolve("4242", List.of())).isEqualTo(new Users.User(4242, 4343, List.of(), "/"));
        assertThat(added.mounts())
                .containsExactly(
                        new MountSpec("/etc/passwd", "bind", tmp + "/passwd", List.of("bind", "rprivate", "ro")),
                        new MountSpec("/etc/group", "bind", tmp + "/group", List.of("bind", "rprivate", "ro")));
        assertThat(Files.readString(tmp.resolve("passwd")))
                .startsWith("x:x:5:5::/:/bin/sh\n")
                .endsWith(":*:4242:4343::/:/bin/sh\n");
        assertThat(Files.readString(tmp.resolve("group"))).endsWith(":x:4343:\n");
    }
}
