package belljar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The image commands on a real store, with an image made of one file. */
final class ImageCommandsTest {
    @TempDir
    Path tmp;

    private String id = "";

    private record Outcome(int code, String out, String err) {}

    @BeforeEach
    void importImage() throws IOException, InterruptedException {
        Path tree = Files.createDirectories(tmp.resolve("tree"));
        Files.writeString(tree.resolve("file"), "content");
        int tar = new ProcessBuilder("tar", "-C", tree.toString(), "-cf", tmp + "/root.tar", ".")
                .inheritIO()
                .start()
                .waitFor();
        assertThat(tar).isZero();
        id = good("import", "-q", "-c", "CMD [\"/file\"]", tmp + "/root.tar", "example/one:v1")
                .strip();
        assertThat(id).hasSize(64);
    }

    @Test
    void listsAndNamesImages() {
        good("tag", id, "example/two");
        assertThat(good("images"))
                .contains("REPOSITORY", "example/one", "v1", "example/two", "latest", id.substring(0, 12));
        assertThat(good("image", "ls", "-q")).isEqualTo(id.substring(0, 12) + "\n");
        assertThat(good("images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}", "example/one"))
                .isEqualTo("example/one:v1 sha256:" + id + "\n");
        assertThat(good("images", "example/one:v2")).doesNotContain("example");
        assertThat(good("images", "--digests")).contains("DIGEST", "sha256:");
        assertThat(good("images", "--format", "json")).contains("\"Repository\": \"example/two\"");
    }

    @Test
    void inspectsImages() {
        assertThat(good("image", "inspect", "example/one:v1")).startsWith("[").contains("sha256:" + id, "\"/file\"");
    }

    @Test
    void savesAndLoads() {
        good("save", "-q", "-o", tmp + "/saved.tar", "example/one:v1");
        good("rmi", "example/one:v1");
        assertThat(good("images")).doesNotContain("example");
        assertThat(good("load", "-q", "-i", tmp + "/saved.tar")).contains("Loaded image: docker.io/example/one:v1");
        assertThat(good("images", "-q")).isEqualTo(id.substring(0, 12) + "\n");
    }

    @Test
    void pushesAndPullsALayout() {
        good("push", "-q", "example/one:v1", "oci:" + tmp + "/layout:v1");
        good("rmi", "example/one:v1");
        assertThat(good("pull", "-q", "oci:" + tmp + "/layout:v1").strip()).isEqualTo(id);
    }

    @Test
    void removesWhatItCanAndSaysWhatItCannot() {
        Outcome outcome = run("rmi", "none", "example/one:v1", "absent");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.out()).contains("Untagged: docker.io/example/one:v1", "Deleted: " + id);
        assertThat(outcome.err().lines()).hasSize(2).allMatch(line -> line.startsWith("belljar: "));
    }

    @Test
    void prunesWithoutAskingOnlyWhenForced() {
        assertThat(good("image", "prune", "-f")).contains("Freed: 0B");
        assertThat(good("image", "prune", "--all", "--force")).contains("Deleted: " + id);
    }

    @Test
    void refusesInOneSentence() {
        refused("there is no image 'none'", "image", "inspect", "none");
        refused("'belljar tag' needs an image and a name", "tag", id);
        refused("does not exist; correct its path", "load", "-i", tmp + "/none");
        refused("is a directory; name an archive", "load", "-i", tmp.toString());
        refused("must have the form os/architecture", "pull", "--platform", "x", "example");
        refused("--creds must have the form USER:PASSWORD", "pull", "--creds", "x", "example");
        refused("--format names the unknown field 'Nope'", "images", "--format", "{{.Nope}}");
        refused("unknown command 'image wat'", "image", "wat");
    }

    private void refused(String message, String... args) {
        Outcome outcome = run(args);
        assertThat(outcome.code()).as(outcome.err()).isEqualTo(125);
        assertThat(outcome.err()).startsWith("belljar: ").contains(message);
        assertThat(outcome.err().lines()).hasSize(1);
    }

    private String good(String... args) {
        Outcome outcome = run(args);
        assertThat(outcome.code()).as(outcome.err()).isZero();
        return outcome.out();
    }

    private Outcome run(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(
                Arrays.asList(args),
                Map.of("BELLJAR_ROOT", tmp + "/store", "BELLJAR_STATE", tmp + "/state"),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Outcome(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
