package belljar.api;

import java.util.OptionalInt;

/**
 * How a program ended.
 *
 * @param status its exit code, 0 to 255: its own, or 128 + the signal that ended it; empty when nobody saw the end,
 *     because the keeper of its container was killed
 */
public record Exit(OptionalInt status) {
    static Exit of(int code) {
        return new Exit(code < 0 ? OptionalInt.empty() : OptionalInt.of(code));
    }

    /** {@return whether it is known that the program ended with 0} */
    public boolean isSuccess() {
        return status.isPresent() && status.getAsInt() == 0;
    }

    /** {@return the exit code, 0 to 255; -1 when it is not known} */
    public int code() {
        return status.orElse(-1);
    }
}
