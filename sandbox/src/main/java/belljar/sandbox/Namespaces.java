package belljar.sandbox;

/**
 * Where each of a container's namespaces (namespaces(7)) comes from. The mount namespace is always its own.
 *
 * @param pid process ids
 * @param ipc System V IPC and POSIX message queues
 * @param uts host and domain name
 * @param network network devices, addresses, ports
 * @param user user and group ids, capabilities
 * @param cgroup the root of the cgroup hierarchy as seen inside
 * @param time the boot and monotonic clocks
 */
public record Namespaces(Origin pid, Origin ipc, Origin uts, Origin network, Origin user, Origin cgroup, Origin time) {

    /** Where a namespace comes from. */
    public sealed interface Origin {}

    /** A new namespace for this container. */
    public record Private() implements Origin {}

    /** The namespace that Belljar itself is in. */
    public record Host() implements Origin {}

    /**
     * An existing namespace.
     *
     * @param path a namespace file such as {@code /proc/PID/ns/net}
     */
    public record Join(String path) implements Origin {}

    /** A new namespace. */
    public static final Origin PRIVATE = new Private();

    /** The host's namespace. */
    public static final Origin HOST = new Host();
}
