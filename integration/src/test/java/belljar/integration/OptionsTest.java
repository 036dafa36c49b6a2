package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Option by option: what {@code podman COMMAND --help} lists is also listed by {@code belljar COMMAND --help}, or
 * docs/compatibility.md says why not. A row of an option that has come since is one too many.
 */
final class OptionsTest {
    private static final Pattern OPTION = Pattern.compile("^ +(?:-\\w, )?--([a-z0-9-]+)", Pattern.MULTILINE);
    private static final Pattern COMMAND = Pattern.compile("^  ([a-z]+(?: [a-z]+)?)  ", Pattern.MULTILINE);
    private static final Pattern QUOTED = Pattern.compile("`([^`]*)`");

    private final Belljar belljar = Belljar.fresh();

    private static Set<String> options(String help) {
        return all(OPTION, help);
    }

    private static Set<String> all(Pattern pattern, String text) {
        Set<String> found = new TreeSet<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }

    private static List<String> words(String first, String command) {
        List<String> words = new ArrayList<>(List.of(first));
        words.addAll(List.of(command.split(" ", -1)));
        words.add("--help");
        return words;
    }

    /** {@return by command, the options that the table gives a reason for} */
    private static Map<String, Set<String>> table() throws IOException {
        String page = Files.readString(Path.of("../docs/compatibility.md"), StandardCharsets.UTF_8);
        int start = page.indexOf("## Options that are not there");
        Map<String, Set<String>> reasons = new TreeMap<>();
        for (String line : page.substring(start, page.indexOf("\n## ", start)).split("\n", -1)) {
            String[] cells = line.split("\\|", -1);
            if (cells.length == 5 && cells[1].contains("`")) {
                assertThat(cells[3]).as("the reason in: %s", line).isNotBlank();
                for (String command : all(QUOTED, cells[1])) {
                    Set<String> options = reasons.computeIfAbsent(command, _ -> new TreeSet<>());
                    for (String option : all(QUOTED, cells[2])) {
                        assertThat(option).startsWith("--");
                        assertThat(options.add(option.substring(2))).as(line).isTrue();
                    }
                }
            }
        }
        return reasons;
    }

    @Test
    void everyOptionOfPodmansIsThereOrHasAReason() throws IOException {
        Machine.needs("podman");
        Map<String, Set<String>> reasons = table();
        Map<String, Set<String>> without = new TreeMap<>();
        Map<String, Set<String>> needless = new TreeMap<>();
        Set<String> commands = all(COMMAND, belljar.good("--help"));
        assertThat(commands).contains("run", "network create").hasSizeGreaterThan(60);
        for (String command : commands) {
            Program.Result theirs = Program.run(words("podman", command).toArray(new String[0]));
            // Podman answers for a group that it does not know with its own help.
            if (theirs.code() != 0 || command.startsWith("vm ")) {
                continue;
            }
            List<String> ours = words("", command);
            Set<String> accepted =
                    options(belljar.good(ours.subList(1, ours.size()).toArray(new String[0])));
            Set<String> known = reasons.getOrDefault(command, Set.of());
            Set<String> missing = options(theirs.out());
            assertThat(missing.isEmpty() && command.equals("run")).isFalse();
            missing.removeAll(accepted);
            Set<String> stale = new TreeSet<>(known);
            stale.retainAll(accepted);
            missing.removeAll(known);
            if (!missing.isEmpty()) {
                without.put(command, missing);
            }
            if (!stale.isEmpty()) {
                needless.put(command, stale);
            }
        }
        assertThat(without).as("neither accepted nor explained").isEmpty();
        assertThat(needless).as("explained although accepted").isEmpty();
    }
}
