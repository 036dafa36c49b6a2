package belljar.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ScratchTest {
    @TempDir
    Path dir;

    @Test
    void undoesWhatWasDoneLastFirstAndThenGoes() throws IOException {
        assumeTrue(Machine.isRoot(), "skipped: needs root");
        List<String> log = new ArrayList<>();
        Path made;
        try (Scratch scratch = Scratch.make(dir)) {
            made = scratch.path();
            Files.writeString(scratch.directory("a/b").resolve("file"), "text");
            scratch.atEnd(() -> log.add("first, " + Files.exists(made)));
            scratch.atEnd(() -> log.add("second"));
        }
        assertThat(log).containsExactly("second", "first, true");
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void undoesTheRestThoughSomeOfItFails() {
        assumeTrue(Machine.isRoot(), "skipped: needs root");
        List<String> log = new ArrayList<>();
        Scratch scratch = Scratch.make(dir);
        scratch.atEnd(() -> log.add("undone"));
        scratch.atEnd(() -> {
            throw new IllegalStateException("the second that fails");
        });
        scratch.atEnd(() -> {
            throw new IllegalStateException("the first that fails");
        });
        assertThatThrownBy(scratch::close)
                .hasMessage("the first that fails")
                .satisfies(e -> assertThat(e.getSuppressed())
                        .singleElement()
                        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.THROWABLE)
                        .hasMessage("the second that fails"));
        assertThat(log).containsExactly("undone");
        assertThat(dir).isEmptyDirectory();
    }
}
