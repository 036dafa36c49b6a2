package belljar.sandbox;

/**
 * The open file descriptors of this process that become a container's standard streams. They are borrowed until
 * {@link Isolation#create} returns; the caller closes its own copies. Without meaning when the process has a terminal.
 *
 * @param in standard input
 * @param out standard output
 * @param err standard error
 */
public record Stdio(int in, int out, int err) {}
