package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ReferenceTest {
    private static final String HEX = "0123456789abcdef".repeat(4);

    @ParameterizedTest
    @CsvSource({
        "busybox, docker.io/library/busybox:latest, busybox",
        "busybox:1.36, docker.io/library/busybox:1.36, busybox:1.36",
        "library/busybox, docker.io/library/busybox:latest, busybox",
        "docker.io/busybox, docker.io/library/busybox:latest, busybox",
        "index.docker.io/library/busybox, docker.io/library/busybox:latest, busybox",
        "someone/app, docker.io/someone/app:latest, someone/app",
        "library/a/b, docker.io/library/a/b:latest, library/a/b",
        "localhost/app, localhost/app:latest, localhost/app",
        "localhost:5000/app, localhost:5000/app:latest, localhost:5000/app",
        "host:5000/team/app:1.2, host:5000/team/app:1.2, host:5000/team/app:1.2",
        "example.org/app, example.org/app:latest, example.org/app",
        "127.0.0.1:5000/a__b/c--d.e_f, 127.0.0.1:5000/a__b/c--d.e_f:latest, 127.0.0.1:5000/a__b/c--d.e_f",
        "[::1]:5000/app, [::1]:5000/app:latest, [::1]:5000/app",
        "UPPER/app, UPPER/app:latest, UPPER/app",
        "localhost:5000, docker.io/library/localhost:5000, localhost:5000",
        "app:_x.y-Z, docker.io/library/app:_x.y-Z, app:_x.y-Z",
    })
    void completesNamesAsDockerDoes(String text, String canonical, String familiar) {
        Reference reference = Reference.parse(text);

        assertThat(reference).hasToString(canonical);
        assertThat(reference.familiar()).isEqualTo(familiar);
        assertThat(Reference.parse(canonical)).isEqualTo(reference);
        assertThat(Reference.parse(reference.familiar())).isEqualTo(reference);
    }

    @Test
    void keepsDigestWithAndWithoutTag() {
        Reference bare = Reference.parse("busybox@sha256:" + HEX);
        assertThat(bare.tag()).isEmpty();
        assertThat(bare).hasToString("docker.io/library/busybox@sha256:" + HEX);
        assertThat(bare.manifestName()).isEqualTo("sha256:" + HEX);

        Reference both = Reference.parse("host:1/a:1@sha256:" + HEX);
        assertThat(both.tag()).hasValue("1");
        assertThat(both).hasToString("host:1/a:1@sha256:" + HEX);
        assertThat(both.manifestName()).isEqualTo("sha256:" + HEX);
        assertThat(both.withTag("2")).hasToString("host:1/a:2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|empty",
                "Busybox|lower case",
                "host:5000/App|lower case",
                "a//b|empty part",
                "a/|empty part",
                "/a|empty part",
                ":latest|missing",
                "a:|tag after the colon is missing",
                "a:.x|tag",
                "a:-x|tag",
                "a:x y|tag",
                "a:b:c|tag",
                "a...b|part 'a...b'",
                "a___b|part 'a___b'",
                "a-|part 'a-'",
                "-a|part '-a'",
                "a._b|part 'a._b'",
                "a b|part 'a b'",
                "host:99999/a|port",
                "host:/a|port",
                "-host.x/a|registry",
                "ho..st/a|registry",
                "https://host.x/a|port",
                "a@sha256:12|64 lower-case",
                "a@md5:12|unknown algorithm",
                "a@|must have the form",
                "ümlaut|part",
            })
    void namesTheRuleThatIsBroken(String text, String part) {
        assertThatThrownBy(() -> Reference.parse(text))
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith("'" + text + "' is not an image name: ")
                .hasMessageContaining(part);
    }

    @Test
    void boundsLengths() {
        assertThat(Reference.parse("a:" + "t".repeat(128)).tag()).hasValue("t".repeat(128));
        assertThatThrownBy(() -> Reference.parse("a:" + "t".repeat(129))).hasMessageContaining("128");
        assertThat(Reference.parse("h.x/" + "r".repeat(255)).repository()).hasSize(255);
        assertThatThrownBy(() -> Reference.parse("h.x/" + "r".repeat(256))).hasMessageContaining("255");
    }

    @Test
    void refusesAnIdAsName() {
        assertThatThrownBy(() -> Reference.parse(HEX)).hasMessageContaining("id");
    }
}
