package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every verb beside Podman's: the same exit codes and the same output, or a difference that is meant. */
@ExtendWith(LeakCheck.class)
final class VerbsTest {
    private static final String IMAGE = "localhost/verbs:1";
    private static final Path OURS = Scratch.directory("verbs-ours");
    private static final Path THEIRS = Scratch.directory("verbs-theirs");
    private static Podman podman;
    private static Belljar belljar;

    /** What one command does: its exit code and its output. */
    private record Outcome(int code, String out) {}

    @BeforeAll
    static void sharesAnImage() {
        podman = Podman.fresh();
        belljar = Belljar.fresh();
        Belljar shared = Shared.belljar();
        shared.good("tag", Shared.BUSYBOX, IMAGE);
        String archive = OURS.resolve("image.tar").toString();
        shared.good("save", "-q", "-o", archive, IMAGE);
        podman.good("load", "-q", "-i", archive);
        belljar.good("load", "-q", "-i", archive);
    }

    @AfterAll
    static void ends() {
        if (podman != null) {
            podman.close();
        }
        if (belljar != null) {
            belljar.run("rm", "-f", "-a", "-t", "0");
        }
    }

    @Test
    @Tag("full")
    void leadsContainersThroughTheirLives() {
        assertThat(differences("life")).isEmpty();
    }

    @Test
    @Tag("full")
    void endsWithTheCodesOfWhatItRan() {
        assertThat(differences("codes")).isEmpty();
    }

    @Test
    @Tag("full")
    void handlesImages() {
        assertThat(differences("images")).isEmpty();
    }

    @Test
    void refusesWhatThereIsNot() {
        assertThat(differences("others")).isEmpty();
    }

    /** Plays one part of the table; a row that differs does not keep the others from being played. */
    private static List<String> differences(String part) {
        List<String> found = new ArrayList<>();
        Outcome meant = null;
        boolean within = false;
        int played = 0;
        for (String row : rows()) {
            if (row.startsWith("## ")) {
                within = row.equals("## " + part);
            } else if (row.startsWith("~ ") && within) {
                meant = meant(row);
            } else if (within && !row.isEmpty() && !row.startsWith("#")) {
                played++;
                Outcome theirs = outcome(podman.start(words(row, THEIRS)).end(""), THEIRS);
                Outcome ours = outcome(belljar.start(words(row, OURS)).end(""), OURS);
                if (!ours.equals(meant == null ? theirs : meant)) {
                    found.add(row + ": Podman " + theirs + ", Belljar " + ours);
                } else if (meant != null && theirs.equals(ours)) {
                    found.add(row + " is noted as a difference and is none: " + ours);
                }
                meant = null;
            }
        }
        assertThat(played).isPositive();
        return found;
    }

    /** {@code ~ CODE OUTPUT ~ REASON} */
    private static Outcome meant(String row) {
        String text = row.substring(2, row.indexOf(" ~ ", 2));
        int space = text.indexOf(' ');
        return new Outcome(
                Integer.parseInt(text.substring(0, space)),
                text.substring(space + 1).replace("\\n", "\n"));
    }

    private static List<String> rows() {
        try (InputStream in = Objects.requireNonNull(VerbsTest.class.getResourceAsStream("verbs.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Words between spaces; what stands between apostrophes is one. */
    private static String[] words(String row, Path directory) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean quoted = false;
        for (char c : (row + " ").toCharArray()) {
            if (c == '\'') {
                quoted = !quoted;
            } else if (c == ' ' && !quoted) {
                words.add(word.toString().replace("IMAGE", IMAGE).replace("DIR", directory.toString()));
                word.setLength(0);
            } else {
                word.append(c);
            }
        }
        if (words.get(0).equals("run") || words.get(0).equals("create")) {
            // Podman's own limits are above what a root without CAP_SYS_RESOURCE may set.
            words.addAll(
                    1, List.of("--network", "none", "--ulimit", "nofile=1024:4096", "--ulimit", "nproc=1024:4096"));
        }
        return words.toArray(new String[0]);
    }

    /** Ids are random, and columns are as wide as what is in them. */
    private static Outcome outcome(Program.Result result, Path directory) {
        String text = result.out()
                .replace(directory.toString(), "DIR")
                .replaceAll("\\b(sha256:)?[0-9a-f]{64}\\b", "ID")
                .replaceAll("\\b[0-9a-f]{12}\\b", "ID")
                .replaceAll(" +", " ")
                .replaceAll("(?m) $", "");
        return new Outcome(result.code(), text.strip());
    }
}
