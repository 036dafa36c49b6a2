package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AptRequestTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "apt:bash apt:bash",
                "apt:dash,bash apt:bash,dash",
                "apt:bash,bash apt:bash",
                "apt:g++,libstdc++6 apt:g++,libstdc++6",
                "apt:bash=5.2.15-2+b13,awk.x apt:awk.x,bash=5.2.15-2+b13",
                "apt:redis=5:7.0~rc1 apt:redis=5:7.0~rc1",
                "apt:0ad apt:0ad",
            })
    void hasOneNormalForm(String reference, String name) {
        assertThat(AptRequest.parse(reference).name()).isEqualTo(name);
    }

    @Test
    void knowsNamesWithoutVersions() {
        assertThat(AptRequest.parse("apt:bash=5,awk").packageNames()).containsExactly("awk", "bash");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bash",
                "apt:",
                "apt:,bash",
                "apt:bash,",
                "apt:a",
                "apt:Bash",
                "apt:-oDir=x",
                "apt:+x",
                "apt:bash dash",
                "apt:bash=",
                "apt:bash=x1",
                "apt:bash=1;rm",
                "apt:bash=1 2",
                "apt:bash=1,bash=2",
                "apt:bash,bash=2",
                "apt:bash-",
                "apt:lib.*",
                "apt:../x",
                "apt:bash/stable",
                "apt:bäsh",
            })
    void refusesWhatIsNoPackage(String reference) {
        assertThatThrownBy(() -> AptRequest.parse(reference))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("'");
    }

    @Test
    void saysHowToNameAPackageOfThisArchitecture() {
        assertThatThrownBy(() -> AptRequest.parse("apt:libc6:i386"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("amd64 only")
                .hasMessageContaining("write 'libc6'");
    }
}
