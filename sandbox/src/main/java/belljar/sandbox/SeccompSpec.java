package belljar.sandbox;

/** Which system calls a container may make. */
public sealed interface SeccompSpec {
    /** The strict default of Belljar's own, adapted to the capabilities that are granted. */
    record Default() implements SeccompSpec {}

    /** No filter. */
    record Unconfined() implements SeccompSpec {}

    /**
     * A filter in Docker's JSON format.
     *
     * @param name where it came from, for messages
     * @param json its text
     */
    record Profile(String name, String json) implements SeccompSpec {}
}
