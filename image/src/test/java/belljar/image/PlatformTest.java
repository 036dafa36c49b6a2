package belljar.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PlatformTest {
    @ParameterizedTest
    @CsvSource({
        "linux/amd64, linux/amd64, true",
        "linux/x86_64, linux/amd64, true",
        "linux/amd64/v3, linux/amd64, false",
        "linux/amd64, linux/amd64/v3, true",
        "linux/arm64/v8, linux/arm64, true",
        "linux/aarch64, linux/arm64/v8, true",
        "linux/arm/v6, linux/arm, true",
        "linux/arm/v7, linux/arm/v6, false",
        "linux/arm64, linux/amd64, false",
        "windows/amd64, linux/amd64, false",
        "unknown/unknown, linux/amd64, false",
    })
    void runsWhereItsArchitectureAndVariantAreThere(String image, String host, boolean runs) {
        assertThat(Platform.parse(image).runsOn(Platform.parse(host))).isEqualTo(runs);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "linux", "linux/", "/amd64", "linux/arm/", "linux/arm/v7/x", "Linux/amd64", "a b/c"})
    void refusesOtherForms(String text) {
        assertThatThrownBy(() -> Platform.parse(text))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("'" + text + "'")
                .hasMessageContaining("os/architecture");
    }

    @Test
    void selectsTheBestVariantAndPassesOverAttestations() {
        Index index = new Index(
                MediaTypes.OCI_INDEX,
                List.of(
                        entry("unknown/unknown", 1),
                        entry("linux/arm/v5", 2),
                        entry("linux/arm/v7", 3),
                        entry("linux/arm/v6", 4),
                        entry("linux/amd64", 5)),
                Map.of());

        assertThat(index.select(Platform.HOST, "x").size()).isEqualTo(5);
        assertThat(index.select(Platform.parse("linux/arm"), "x").size()).isEqualTo(3);
        assertThat(index.select(Platform.parse("linux/arm/v6"), "x").size()).isEqualTo(4);
        assertThatThrownBy(() -> index.select(Platform.parse("linux/s390x"), "the image x"))
                .hasMessageContaining("the image x has no image for linux/s390x")
                .hasMessageContaining("linux/arm/v5, linux/arm/v7, linux/arm/v6, linux/amd64")
                .hasMessageNotContaining("unknown");
    }

    @Test
    void takesAnEntryWithoutPlatformOnlyWhereNothingFitsBetter() {
        Descriptor bare = Descriptor.of(MediaTypes.OCI_MANIFEST, Digest.sha256(new byte[9]), 9);
        Index index = new Index(MediaTypes.OCI_INDEX, List.of(bare, entry("linux/amd64", 5)), Map.of());

        assertThat(index.select(Platform.HOST, "x").size()).isEqualTo(5);
        assertThat(index.select(Platform.parse("linux/riscv64"), "x")).isEqualTo(bare);
    }

    private static Descriptor entry(String platform, int size) {
        return new Descriptor(
                MediaTypes.OCI_MANIFEST,
                Digest.sha256(new byte[size]),
                size,
                List.of(),
                Map.of(),
                Optional.of(Platform.parse(platform)));
    }
}
