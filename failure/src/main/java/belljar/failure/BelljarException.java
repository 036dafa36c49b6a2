package belljar.failure;

import org.jspecify.annotations.Nullable;

/**
 * The root of every failure that Belljar reports. The four kinds say who must act, because that is what a caller has to
 * decide on: correct the request, mend the host, look at the guest, or send us a report.
 *
 * <p>The message is one sentence for a person: it names the thing at fault and, where one is known, the mend. Instances
 * are immutable and may be passed between threads.
 */
public abstract sealed class BelljarException extends RuntimeException
        permits UserException, HostException, GuestException, BugException {
    private static final long serialVersionUID = 1L;

    BelljarException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** {@return the message: never null, one sentence without a trailing newline} */
    @Override
    public String getMessage() {
        String message = super.getMessage();
        return message == null ? "" : message;
    }
}
