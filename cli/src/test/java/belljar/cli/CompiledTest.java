package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class CompiledTest {
    @Test
    void leavesOutWhatIsForABriefProcess() {
        assertThat(
                        compiled(
                                "java -XX:AOTCache=all -XX:-AOTReplayTraining -XX:AOTCache=run -Dbelljar.brief=1 -cp x Main run"))
                .isEqualTo("java -XX:AOTCache=all -cp x Main run");
    }

    @Test
    void keepsTheSameWordsForTheProgram() {
        assertThat(
                        compiled(
                                "java -XX:-AOTReplayTraining -Dbelljar.brief=1 Main run i java -XX:-AOTReplayTraining -Dbelljar.brief=1 x"))
                .isEqualTo("java Main run i java -XX:-AOTReplayTraining -Dbelljar.brief=1 x");
    }

    @Test
    void changesNothingWithoutTheMark() {
        assertThat(compiled("java -XX:-AOTReplayTraining Main run")).isEqualTo("java -XX:-AOTReplayTraining Main run");
    }

    @Test
    void keepsEmptyWords() {
        assertThat(compiled("java -XX:-AOTReplayTraining -Dbelljar.brief=1  Main "))
                .isEqualTo("java  Main ");
    }

    /** Words stand between blanks here and before NULs there. */
    private static String compiled(String line) {
        byte[] words = (line + ' ').replace(' ', '\0').getBytes(StandardCharsets.UTF_8);
        String compiled = new String(Compiled.compiled(words), StandardCharsets.UTF_8).replace('\0', ' ');
        return compiled.substring(0, compiled.length() - 1);
    }
}
