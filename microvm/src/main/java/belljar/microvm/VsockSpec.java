package belljar.microvm;

import java.nio.file.Path;

/**
 * Sockets between a machine and its host.
 *
 * @param cid the guest's number, 3 or more
 * @param path the Unix socket on the host at which {@code CONNECT PORT} and a newline lead to the guest's port; a
 *     guest's own connections lead to {@code PATH_PORT}
 */
public record VsockSpec(long cid, Path path) {
    /** The lowest number that a guest may have; those below mean hosts. */
    public static final long LEAST_CID = 3;
}
