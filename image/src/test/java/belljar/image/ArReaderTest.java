package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ArReaderTest {
    private static ArReader reader(byte[] archive) throws IOException {
        return new ArReader(new ByteArrayInputStream(archive));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void givesMembersInOrderWithTheirContent() throws IOException {
        ArReader ar = reader(TestDeb.ar(TestDeb.member("one", ascii("odd")), TestDeb.member("two/", ascii("even"))));

        assertThat(ar.next()).isEqualTo(new ArReader.Member("one", 3));
        assertThat(ar.content().readAllBytes()).isEqualTo(ascii("odd"));
        assertThat(ar.next()).isEqualTo(new ArReader.Member("two", 4));
        assertThat(ar.content().readAllBytes()).isEqualTo(ascii("even"));
        assertThat(ar.next()).isNull();
    }

    @Test
    void skipsWhatWasNotReadOfAMember() throws IOException {
        ArReader ar = reader(TestDeb.ar(TestDeb.member("one", new byte[1001]), TestDeb.member("two", ascii("x"))));

        ar.next();
        assertThat(ar.content().readNBytes(10)).hasSize(10);
        assertThat(ar.next()).isEqualTo(new ArReader.Member("two", 1));
    }

    @Test
    void refusesAnotherFormat() {
        assertThatThrownBy(() -> reader(ascii("PK\3\4 this is a zip"))).hasMessageContaining("ar archive");
        assertThatThrownBy(() -> reader(new byte[0])).hasMessageContaining("ar archive");
    }

    @Test
    void refusesAnArchiveThatEndsTooEarly() throws IOException {
        byte[] whole = TestDeb.ar(TestDeb.member("one", new byte[100]));
        ArReader inContent = reader(Arrays.copyOf(whole, whole.length - 50));
        inContent.next();
        assertThatThrownBy(inContent::next).hasMessageContaining("ends inside a member");

        ArReader inHeader = reader(Arrays.copyOf(whole, 30));
        assertThatThrownBy(inHeader::next).hasMessageContaining("ends inside an ar header");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "", "1e3", "99999999999"})
    void refusesASizeThatIsNoNumber(String size) throws IOException {
        byte[] archive = TestDeb.ar(TestDeb.member("one", ascii("abcd")));
        byte[] field = Arrays.copyOf(ascii(size + "          "), 10);
        System.arraycopy(field, 0, archive, 8 + 48, 10);

        if (size.length() > 10) {
            // Eleven digits do not fit: the field then holds ten, far more than there is.
            ArReader ar = reader(archive);
            ar.next();
            assertThatThrownBy(ar::next).hasMessageContaining("ends inside a member");
        } else {
            assertThatThrownBy(reader(archive)::next).hasMessageContaining("size");
        }
    }

    @Test
    void refusesGnuLongNames() throws IOException {
        assertThatThrownBy(reader(TestDeb.ar(TestDeb.member("//", ascii("name"))))::next)
                .hasMessageContaining("name");
        assertThatThrownBy(reader(TestDeb.ar(TestDeb.member("/12", ascii("name"))))::next)
                .hasMessageContaining("name");
    }

    @Test
    void refusesAHeaderWithoutItsEndMark() throws IOException {
        byte[] archive = TestDeb.ar(TestDeb.member("one", ascii("abcd")));
        archive[8 + 58] = 'x';

        assertThatThrownBy(reader(archive)::next).hasMessageContaining("end mark");
    }
}
