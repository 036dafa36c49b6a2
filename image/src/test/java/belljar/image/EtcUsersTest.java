package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EtcUsersTest {
    private static EtcUsers.Files declared(String sysusers) {
        EtcUsers users = new EtcUsers("/bin/bash");
        EtcSysusers.read(sysusers, users);
        return users.files();
    }

    @Test
    void startsWithDebiansFixedUsers() {
        EtcUsers.Files files = declared("");

        assertThat(files.passwd().lines())
                .startsWith("root:*:0:0:root:/root:/bin/bash", "daemon:*:1:1:daemon:/usr/sbin:/usr/sbin/nologin")
                .contains("www-data:*:33:33:www-data:/var/www:/usr/sbin/nologin")
                .endsWith("nobody:*:65534:65534:nobody:/nonexistent:/usr/sbin/nologin");
        assertThat(files.group().lines())
                .startsWith("root:*:0:", "daemon:*:1:")
                .contains("shadow:*:42:", "users:*:100:");
    }

    @Test
    void readsEveryFormOfSysusers() {
        EtcUsers.Files files = declared("""
                # comment
                u messagebus - "System Message Bus" / -
                u  httpd 404 "HTTP: not sound"
                u! locked 405:tape 'A User' /var/lib/locked /bin/sh
                u authd /usr/bin/authd
                g input -
                g render 106
                m authd input
                r - 500-900
                x unknown
                """);

        assertThat(files.passwd().lines())
                .contains(
                        "messagebus:*:102:102:System Message Bus:/:/usr/sbin/nologin",
                        "httpd:*:404:404::/:/usr/sbin/nologin",
                        "locked:*:405:26:A User:/var/lib/locked:/bin/sh",
                        "authd:*:101:101::/:/usr/sbin/nologin");
        assertThat(files.group().lines())
                .contains("messagebus:*:102:", "httpd:*:404:", "render:*:106:", "input:*:103:authd");
    }

    @Test
    void givesTheSameNumbersWhateverTheOrder() {
        String one = "u zebra -\nu ant -\ng middle -\nu ant -\n";
        String other = "g middle -\nu ant -\nu zebra -\n";

        assertThat(declared(one).passwd()).isEqualTo(declared(other).passwd());
        assertThat(declared(one).group()).isEqualTo(declared(other).group());
    }

    @Test
    void letsNoDeclarationForgeALine() {
        EtcUsers.Files files = declared("u \"evil:*:0:0::/:/bin/sh\" -\nu good - \"a:b\" \"/x:/y\"\n");

        assertThat(files.passwd()).doesNotContain("evil").doesNotContain("/x:/y");
    }

    @Test
    void keepsTheBaseUsersAsTheyAre() {
        assertThat(declared("u root 5 - /elsewhere /bin/false\ng root 7\n").passwd())
                .startsWith("root:*:0:0:root:/root:/bin/bash\n");
    }

    @ParameterizedTest
    @CsvSource({"0,0", "65534,65534", "4294967295,-1", "-1,-1", "12a,-1", "99999999999,-1", "'',-1"})
    void readsNumbersInRangeOnly(String word, int id) {
        assertThat(EtcUsers.idOf(word)).isEqualTo(id);
    }

    @Test
    void splitsWordsLikeSystemd() {
        assertThat(EtcSysusers.words("u\t a  \"b c\" 'd \"e' f\\ g \"\""))
                .containsExactly("u", "a", "b c", "d \"e", "f g", "");
    }
}
