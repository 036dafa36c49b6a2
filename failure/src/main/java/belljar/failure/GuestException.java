package belljar.failure;

/**
 * What runs inside the sandbox is at fault: the image or its program. The author of the image must act; Belljar and the
 * host are well.
 */
public final class GuestException extends BelljarException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    /**
     * Creates the failure.
     *
     * @param message one sentence that names the program or file in the image
     * @param exitCode the exit code that Docker gives this failure: 126 (cannot be executed) or 127 (not found)
     */
    public GuestException(String message, int exitCode) {
        super(message, null);
        this.exitCode = exitCode;
    }

    /** {@return the exit code for this failure as Docker defines it: 126 or 127} */
    public int exitCode() {
        return exitCode;
    }
}
