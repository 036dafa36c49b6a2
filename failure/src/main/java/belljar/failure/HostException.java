package belljar.failure;

import org.jspecify.annotations.Nullable;

/**
 * The host could not do what was needed: a system call, a helper program, a disk or a network failed. The operator of
 * the host must act. Carries the failing call and its errno where there was one.
 */
public final class HostException extends BelljarException {
    private static final long serialVersionUID = 1L;

    private final String call;
    private final int errno;

    /**
     * Creates the failure.
     *
     * @param message one sentence that names what failed and the mend if one is known
     * @param call the system call or program that failed, or the empty string when there was none
     * @param errno the positive errno as in errno(3), or 0 when the failure had none
     */
    public HostException(String message, String call, int errno) {
        super(message, null);
        this.call = call;
        this.errno = errno;
    }

    /**
     * Creates the failure from an exception of the JDK.
     *
     * @param message one sentence that names what failed and the mend if one is known
     * @param cause what the JDK threw
     */
    public HostException(String message, @Nullable Throwable cause) {
        super(message, cause);
        this.call = "";
        this.errno = 0;
    }

    /** {@return the system call or program that failed; empty when there was none} */
    public String call() {
        return call;
    }

    /** {@return the positive errno as in errno(3); 0 when the failure had none} */
    public int errno() {
        return errno;
    }
}
