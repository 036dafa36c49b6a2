package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class DigestTest {
    private static final String ABC = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @Test
    void hashesBytesAndStreamsAlike() throws Exception {
        byte[] abc = "abc".getBytes(StandardCharsets.US_ASCII);

        assertThat(Digest.sha256(abc)).hasToString(ABC);
        assertThat(Digest.sha256(new ByteArrayInputStream(abc))).hasToString(ABC);
    }

    @Test
    void hashesWithTheAlgorithmOfTheExpectedDigest() {
        Digest expected = Digest.parse("sha512:" + "0".repeat(128));
        Digest.Hasher hasher = expected.hasher();
        hasher.update("abc".getBytes(StandardCharsets.US_ASCII), 0, 3);

        assertThat(hasher.finish().toString()).startsWith("sha512:ddaf35a193617abacc417349ae204131");
    }

    @Test
    void refusesWhatItCannotCheck() {
        assertThatThrownBy(() -> Digest.parse("md5:0123")).isInstanceOf(UserException.class);
        assertThatThrownBy(() -> Digest.parse("sha256:BA" + "0".repeat(62))).hasMessageContaining("lower-case");
        assertThatThrownBy(() -> Digest.parse("sha256")).hasMessageContaining("sha256:<64");
        assertThatThrownBy(() -> Digest.parse("sha256:../../etc/passwd")).hasMessageContaining("64");
    }
}
