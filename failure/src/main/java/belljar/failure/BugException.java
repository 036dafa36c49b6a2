package belljar.failure;

import org.jspecify.annotations.Nullable;

/** Belljar contradicted itself. Nobody but its authors can act, so the stack trace is worth keeping. */
public final class BugException extends BelljarException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message what was found and what should have been
     * @param cause what revealed it, or null
     */
    public BugException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
