package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class DebControlTest {
    @Test
    void readsTheFieldsThatMatter() throws IOException {
        DebControl control = DebControl.parse("""
                Package: mawk
                version:1:1.3
                Architecture: amd64
                Replaces: old-awk (<< 1.0), other:any | third,
                 fourth
                Description: a pattern scanner
                 in two
                 .
                 paragraphs
                """);

        assertThat(control.name()).isEqualTo("mawk");
        assertThat(control.version()).isEqualTo("1:1.3");
        assertThat(control.architecture()).isEqualTo("amd64");
        assertThat(control.replaces()).containsExactlyInAnyOrder("old-awk", "other", "third", "fourth");
    }

    @Test
    void readsOneStanzaOnly() throws IOException {
        assertThat(DebControl.fields("\nA: 1\n# comment\nB: 2\n\nC: 3\n")).containsOnlyKeys("a", "b");
    }

    @Test
    void refusesWhatIsNoControlFile() {
        assertThatThrownBy(() -> DebControl.parse("Package: x\nVersion: 1\n")).hasMessageContaining("architecture");
        assertThatThrownBy(() -> DebControl.parse(" continued\n")).hasMessageContaining("continued");
        assertThatThrownBy(() -> DebControl.parse("no field\n")).hasMessageContaining("no field");
        assertThatThrownBy(() -> DebControl.parse("A: 1\na: 2\n")).hasMessageContaining("twice");
        assertThatThrownBy(() -> DebControl.parse("")).hasMessageContaining("package");
    }
}
