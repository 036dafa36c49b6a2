package belljar.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;

/**
 * How Belljar says no: Docker's exit code, nothing on standard output, and one sentence on standard error that names
 * what is wrong and shows nothing of Java.
 *
 * @param code 125 when Belljar refuses or fails, 126 and 127 when the image's program cannot be run or found
 * @param says what the sentence has to name
 * @param arguments the command
 */
record Refusal(int code, String says, List<String> arguments) {
    private static final Pattern JAVA = Pattern.compile(
            "Exception|\\bat (java|belljar)\\.|\\b(java|jdk|sun|belljar)\\.[a-z]+\\.|(?<!/dev/)\\bnull\\b|@[0-9a-f]{6}");

    /** {@return a refusal by a command line with a space between its words} */
    static Refusal of(int code, String says, String arguments) {
        return new Refusal(code, says, List.of(arguments.split(" ", -1)));
    }

    /** {@return a refusal of {@code belljar run} with an option, on an image that is there} */
    static Refusal run(String says, String options) {
        return of(125, says, "run --rm " + options + " " + Shared.BUSYBOX + " busybox true");
    }

    void check(Program.Result result) {
        assertThat(result.err()).startsWith("belljar: ").endsWith("\n").contains(says);
        assertThat(result.err().lines()).as(result.err()).hasSize(1);
        assertThat(result.err()).doesNotContainPattern(JAVA);
        assertThat(result.code()).as(result.err()).isEqualTo(code);
        assertThat(result.out()).isEmpty();
    }

    @Override
    public String toString() {
        return String.join(" ", arguments);
    }
}
