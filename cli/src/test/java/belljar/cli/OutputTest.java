package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OutputTest {
    @Test
    void alignsTables() {
        assertThat(listing().render("")).isEqualTo("""
                        ID       NAME
                        1        short
                        222222   long name
                        """);
    }

    @Test
    void rendersTemplatesAndJson() {
        assertThat(listing().render("{{.ID}}\\t<{{ .Name }}>")).isEqualTo("1\t<short>\n222222\t<long name>\n");
        assertThat(listing().render("table {{.Name}}\\t{{.ID}}")).isEqualTo("""
                        NAME        ID
                        short       1
                        long name   222222
                        """);
        assertThat(listing().render("json")).contains("\"ID\": \"1\"").contains("\"Name\": \"long name\"");
        assertThat(listing().only("ID")).isEqualTo("1\n222222\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{{.ID | is not understood at '{{.ID'",
                "{{ID}} | is not understood at '{{ID}}'",
                "{{range .}} | is not understood at '{{range .}}'",
                "{{.Nam}} | names the unknown field 'Nam'; there are ID, Name",
            })
    void refusesTemplates(String format, String message) {
        assertThatThrownBy(() -> listing().render(format))
                .isInstanceOf(UserException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0B",
        "999, 999B",
        "1000, 1.00kB",
        "1234, 1.23kB",
        "12345, 12.3kB",
        "123456, 123kB",
        "1500000, 1.50MB",
        "9223372036854775807, 9.22EB"
    })
    void writesSizesForPeople(long bytes, String text) {
        assertThat(Text.size(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, just now", "1000, 1 second ago", "7200000, 2 hours ago", "864000000, 1 week ago", "-5, just now"})
    void writesAges(long millis, String text) {
        assertThat(Text.ago(0, millis)).isEqualTo(text);
    }

    @Test
    void plainProgressWritesALineForEachThing() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PlainProgress progress = new PlainProgress(stream(bytes))) {
            progress.started("a", "layer a", 2_000_000);
            progress.advanced("a", 500);
            progress.message("note\u001b[2J");
            progress.finished("a", "done");
        }
        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("note [2J\nlayer a (2.00MB): done\n");
    }

    @Test
    void aTerminalShowsBarsAndKeepsWhatIsDone() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TerminalProgress progress = new TerminalProgress(stream(bytes), () -> 24 << 16 | 40)) {
            progress.started("a", "layer a", 100);
            progress.started("b", "layer b", -1);
            progress.finished("a", "done");
        }
        List<String> screen = screen(bytes.toString(StandardCharsets.UTF_8));
        assertThat(screen).containsExactly("layer a: done");
        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("[>").contains("layer b");
    }

    @Test
    void noLineIsWiderThanTheTerminalAndNoMoreLinesThanItHas() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        TerminalProgress progress = new TerminalProgress(stream(bytes), () -> 4 << 16 | 20);
        for (int i = 0; i < 9; i++) {
            progress.started("id" + i, "a label of some length " + i, 1000);
        }
        List<String> screen = screen(bytes.toString(StandardCharsets.UTF_8));
        assertThat(screen).hasSize(3).allMatch(line -> line.length() < 20);
        progress.close();
        assertThat(screen(bytes.toString(StandardCharsets.UTF_8))).isEmpty();
    }

    @Test
    void everyCommandHasHelp() {
        for (String name : Commands.NAMES) {
            for (List<String> args : List.of(List.of("help", name), List.of(name + " --help"))) {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                List<String> words = args.size() == 2 ? args : Text.split(args.get(0), ' ');
                int code = Main.run(words, Map.of(), stream(out), stream(new ByteArrayOutputStream()));
                assertThat(code).isZero();
                assertThat(out.toString(StandardCharsets.UTF_8))
                        .startsWith("Usage: belljar " + name)
                        .contains("--help");
            }
        }
    }

    @Test
    void helpNamesEveryCommandAndItsOptions() {
        assertThat(Help.overview()).contains(Commands.NAMES);
        assertThat(Help.of(new RunCommand())).contains("--cap-add CAPABILITY").contains("--publish");
    }

    @Test
    void saysItsVersion() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(Main.run(List.of("--version"), Map.of(), stream(out), stream(out)))
                .isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("belljar ");
    }

    /** {@return what a terminal would show, in a model that knows cursor up and erase} */
    private static List<String> screen(String text) {
        ArrayList<String> lines = new ArrayList<>(Text.split(text, '\n'));
        ArrayList<String> shown = new ArrayList<>();
        for (String line : lines) {
            String rest = line;
            if (rest.startsWith("\r\u001b[")) {
                int up = Integer.parseInt(rest.substring(3, rest.indexOf('A')));
                for (int i = 0; i < up; i++) {
                    shown.remove(shown.size() - 1);
                }
                rest = rest.substring(rest.indexOf('J') + 1);
            }
            shown.add(rest);
            if (rest.isEmpty()) {
                shown.remove(shown.size() - 1);
            }
        }
        return shown;
    }

    private static Listing listing() {
        Listing listing = new Listing("ID", "ID", "Name", "NAME");
        for (List<String> row : List.of(List.of("1", "short"), List.of("222222", "long name"))) {
            Map<String, String> fields = new LinkedHashMap<>();
            fields.put("ID", row.get(0));
            fields.put("Name", row.get(1));
            listing.add(fields);
        }
        return listing;
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
