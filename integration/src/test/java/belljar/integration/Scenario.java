package belljar.integration;

import java.util.List;

/**
 * A run that Belljar and Podman are both asked for in the same words, and what they do.
 *
 * @param options options of {@code run}
 * @param command what runs, as a script of busybox's shell; empty for none
 * @param input what it gets to read
 * @param ours what Belljar does where that is meant to differ; empty where both do the same
 * @param why why it is meant to differ
 */
record Scenario(List<String> options, String command, String input, String ours, String why) {
    /** {@return a run that both do alike} */
    static Scenario same(String options, String command) {
        return new Scenario(words(options), command, "", "", "");
    }

    /** {@return a run that both do alike, with something to read} */
    static Scenario reads(String options, String input, String command) {
        return new Scenario(words(options), command, input, "", "");
    }

    /** {@return a run that Belljar is meant to do in another way; {@code ours} is {@code CODE:OUTPUT}} */
    static Scenario differs(String why, String options, String command, String ours) {
        return new Scenario(words(options), command, "", ours, why);
    }

    private static List<String> words(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(" ", -1));
    }

    @Override
    public String toString() {
        return String.join(" ", options)
                + (command.isEmpty() ? "" : " '" + command + "'")
                + (why.isEmpty() ? "" : " (" + why + ")");
    }
}
