package belljar.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchRule;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the rules on this repository. */
final class ArchitectureTest {
    private static final Repository REPOSITORY = Repository.current();
    private static final JavaClasses CLASSES = REPOSITORY.classes();

    static Stream<ArchRule> rules() {
        return Stream.of(
                Rules.arrows(),
                Rules.noCycles(),
                Rules.nullMarked(),
                Rules.noLogging(),
                Rules.noUnsafe(),
                Rules.signalsOnlyInCli(),
                Rules.noFieldInjection());
    }

    @ParameterizedTest
    @MethodSource("rules")
    void isKept(ArchRule rule) {
        rule.check(CLASSES);
    }

    @Test
    void looksAtEveryModule() {
        TreeSet<String> seen = new TreeSet<>();
        for (JavaClass type : CLASSES) {
            if (!type.getPackageName().isEmpty()) {
                seen.add(type.getPackageName());
            }
        }
        assertThat(seen)
                .containsExactlyInAnyOrderElementsOf(REPOSITORY.modules().stream()
                        .map(module -> "belljar." + module)
                        .toList());
    }

    @Test
    void keepsFilesShort() {
        assertThat(REPOSITORY.sources()).isNotEmpty();
        assertThat(Rules.tooLong(REPOSITORY)).isEmpty();
    }
}
