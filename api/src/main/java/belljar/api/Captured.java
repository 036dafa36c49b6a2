package belljar.api;

import java.nio.charset.StandardCharsets;

/**
 * What a program said and how it ended.
 *
 * @param exit how it ended
 * @param stdout all that it wrote to its standard output; not copied
 * @param stderr all that it wrote to its standard error; not copied
 */
@SuppressWarnings("ArrayRecordComponent")
public record Captured(Exit exit, byte[] stdout, byte[] stderr) {
    /** {@return the standard output, read as UTF-8} */
    public String output() {
        return new String(stdout, StandardCharsets.UTF_8);
    }

    /** {@return the standard error, read as UTF-8} */
    public String error() {
        return new String(stderr, StandardCharsets.UTF_8);
    }
}
