package belljar.failure;

/** What was asked for cannot be done as asked: the caller must change the request. */
public final class UserException extends BelljarException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message one sentence that names the offending input and how to mend it
     */
    public UserException(String message) {
        super(message, null);
    }

    /**
     * Creates the failure with what revealed it.
     *
     * @param message one sentence that names the offending input and how to mend it
     * @param cause what revealed it
     */
    public UserException(String message, Throwable cause) {
        super(message, cause);
    }
}
