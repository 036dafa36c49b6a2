package belljar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class UsersTest {
    private static final String PASSWD = """
            root:x:0:0:root:/root:/bin/sh
            # a comment
            broken:x:12
            evil:x:-1:0::/:
            huge:x:99999999999:0::/:
            web:x:33:33:www:/var/www:/bin/false
            web:x:34:34:second:/other:/bin/false
            1000:x:7:7:a number for a name:/odd:/bin/sh
            rel:x:40:40::relative:/bin/sh
            last:x:50:51::/last:/bin/sh""";
    private static final String GROUP = """
            root:x:0:
            web:x:33:
            video:x:44:web,last
            audio:x:45: web ,other
            bad:x:x:web
            staff:x:50:
            """;

    private final Users users = new Users(PASSWD, GROUP);

    @ParameterizedTest
    @CsvSource({
        "'',        0,    0, /root",
        "root,      0,    0, /root",
        "0,         0,    0, /root",
        "web,      33,   33, /var/www",
        "33,       33,   33, /var/www",
        "34,       34,   34, /other",
        "web:staff,33,   50, /var/www",
        "web:7,    33,    7, /var/www",
        "5555,   5555,    0, /",
        "5555:6, 5555,    6, /",
        "1000,      7,    7, /odd",
        "rel,      40,   40, /",
        "last,     50,   51, /last",
    })
    void findsUsers(String spec, int uid, int gid, String home) {
        Users.User user = users.resolve(spec, List.of());
        assertThat(user.uid()).isEqualTo(uid);
        assertThat(user.gid()).isEqualTo(gid);
        assertThat(user.home()).isEqualTo(home);
    }

    @Test
    void addsMembershipsUnlessAGroupIsNamed() {
        assertThat(users.resolve("web", List.of()).groups()).containsExactly(44, 45);
        assertThat(users.resolve("web:web", List.of()).groups()).isEmpty();
        assertThat(users.resolve("web", List.of("staff", "99", "video")).groups())
                .containsExactly(44, 45, 50, 99);
    }

    @ParameterizedTest
    @CsvSource({
        "nobody,     the image's /etc/passwd has no user 'nobody'; name one it has or give a number",
        "web:nobody, the image's /etc/group has no group 'nobody'; name one it has or give a number",
        "web:bad,    the image's /etc/group has no group 'bad'; name one it has or give a number",
        "evil,       the image's /etc/passwd has no user 'evil'; name one it has or give a number",
        "huge,       the image's /etc/passwd has no user 'huge'; name one it has or give a number",
        "-1,         the image's /etc/passwd has no user '-1'; name one it has or give a number",
        "4294967295, the image's /etc/passwd has no user '4294967295'; name one it has or give a number",
        ":5,         user ':5' is incomplete; write it as user or user:group",
        "web:,       user 'web:' is incomplete; write it as user or user:group",
    })
    void refusesWhatIsNotThere(String spec, String message) {
        assertThatThrownBy(() -> users.resolve(spec, List.of()))
                .isInstanceOf(UserException.class)
                .hasMessage(message);
    }

    @Test
    void knowsOnlyIdsWhereTheImageHasNoFiles() {
        Users none = new Users("", "");
        assertThat(none.resolve("", List.of())).isEqualTo(new Users.User(0, 0, List.of(), "/"));
        assertThat(none.resolve("5:6", List.of("7"))).isEqualTo(new Users.User(5, 6, List.of(7), "/"));
        assertThatThrownBy(() -> none.resolve("root", List.of())).isInstanceOf(UserException.class);
    }

    @Test
    void survivesALineOfNothingButColons() {
        Users hostile = new Users(":".repeat(1 << 20) + "\n" + PASSWD, ":".repeat(1 << 20));
        assertThat(hostile.resolve("web", List.of()).uid()).isEqualTo(33);
    }
}
