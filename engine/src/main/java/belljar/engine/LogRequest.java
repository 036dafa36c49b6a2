package belljar.engine;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What becomes of a container's output.
 *
 * @param driver the format
 * @param path the log file, absolute; empty for one beside the container's record
 * @param maxSize bytes after which the file is rotated; empty for never
 * @param maxFiles how many files there are at most, the current one included, 1 to 99; empty for two where there is a
 *     {@code maxSize}
 */
public record LogRequest(Driver driver, String path, OptionalLong maxSize, OptionalInt maxFiles) {
    /** Formats of log files. */
    public enum Driver {
        /** Lines of the Kubernetes container runtime interface: time, stream, {@code F} or {@code P}, text. */
        CRI("k8s-file"),
        /** Docker's, a JSON object each line. */
        JSON("json-file"),
        /** Nothing is kept for reading. */
        NONE("none");

        private final String text;

        Driver(String text) {
            this.text = text;
        }

        /** {@return Podman's name for it} */
        public String text() {
            return text;
        }
    }

    /** Beside the container's record, in CRI's format, without a limit. */
    public static final LogRequest DEFAULT = new LogRequest(Driver.CRI, "", OptionalLong.empty(), OptionalInt.empty());
}
