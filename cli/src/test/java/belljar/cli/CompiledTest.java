package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class CompiledTest {
    @Test
    void leavesOutWhatIsForAnInterpretedProcess() {
        assertThat(compiled("java -XX:AOTCache=all -Xint -XX:AOTCache=run -Dbelljar.interpreted=1 -cp x Main run"))
                .isEqualTo("java -XX:AOTCache=all -cp x Main run");
    }

    @Test
    void keepsTheSameWordsForTheProgram() {
        assertThat(compiled("java -Xint -Dbelljar.interpreted=1 Main run i java -Xint -Dbelljar.interpreted=1 x"))
                .isEqualTo("java Main run i java -Xint -Dbelljar.interpreted=1 x");
    }

    @Test
    void changesNothingWithoutTheMark() {
        assertThat(compiled("java -Xint Main run")).isEqualTo("java -Xint Main run");
    }

    @Test
    void keepsEmptyWords() {
        assertThat(compiled("java -Xint -Dbelljar.interpreted=1  Main ")).isEqualTo("java  Main ");
    }

    /** Words stand between blanks here and before NULs there. */
    private static String compiled(String line) {
        byte[] words = (line + ' ').replace(' ', '\0').getBytes(StandardCharsets.UTF_8);
        String compiled = new String(Compiled.compiled(words), StandardCharsets.UTF_8).replace('\0', ' ');
        return compiled.substring(0, compiled.length() - 1);
    }
}
