package belljar.engine;

import java.util.OptionalInt;

/**
 * How a container is removed.
 *
 * @param force whether it is stopped first when it runs
 * @param volumes whether its volumes without a name go with it
 * @param timeoutSeconds how long stopping waits before it kills; empty for what the container was made with
 */
public record RemoveOptions(boolean force, boolean volumes, OptionalInt timeoutSeconds) {
    /** Only what does not run. */
    public static final RemoveOptions DEFAULT = new RemoveOptions(false, false, OptionalInt.empty());

    /** Whatever it does, at once. */
    public static final RemoveOptions FORCE = new RemoveOptions(true, true, OptionalInt.of(0));
}
