package belljar.sandbox;

/**
 * A limit of setrlimit(2).
 *
 * @param type the resource's name with its prefix, such as {@code RLIMIT_NOFILE}
 * @param soft the limit in force, in the resource's own unit; -1 for none
 * @param hard the most that the process may raise it to; -1 for none
 */
public record RlimitSpec(String type, long soft, long hard) {}
