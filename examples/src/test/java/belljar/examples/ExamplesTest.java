package belljar.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import belljar.api.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples do what they say, and the README shows them as they are. */
final class ExamplesTest {
    private static final Path SOURCES = Path.of("src/main/java/belljar/examples");

    @TempDir
    Path dir;

    private Engine open() {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root");
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/apt-get")),
                "skipped: apt-get is missing, so images of Debian packages cannot be made");
        return Engine.open(dir.resolve("root"), dir.resolve("state"));
    }

    @Test
    void capturesWhatACommandWrites() throws Exception {
        try (Engine engine = open()) {
            assertThat(RunCommand.run(engine)).isEqualTo("the name is Belljar\n");
            assertThat(engine.containers()).isEmpty();
        }
    }

    @Test
    void talksToRedis() throws Exception {
        try (Engine engine = open()) {
            List<String> said = TalkToRedis.talk(engine);
            assertThat(said).hasSize(3);
            assertThat(said.get(0)).contains("Ready to accept connections");
            assertThat(said.subList(1, 3)).containsExactly("+OK $5 hello", "exit code 0");
            assertThat(engine.containers()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RunCommand", "TalkToRedis"})
    void isShownInTheReadmeAsItIs(String example) throws IOException {
        List<String> source = Files.readAllLines(SOURCES.resolve(example + ".java"));
        // Package and imports say nothing to a reader.
        int start = 0;
        while (!source.get(start).startsWith("/**")) {
            start++;
        }
        String shown = "```java\n" + String.join("\n", source.subList(start, source.size())) + "\n```\n";
        assertThat(Files.readString(Path.of("../README.md"))).contains(shown);
    }
}
