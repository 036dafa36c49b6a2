package belljar.engine;

/**
 * What a container shares with the host or with others.
 *
 * @param pid process ids
 * @param ipc System V IPC, POSIX message queues and {@code /dev/shm}; {@link NamespaceMode#NONE} for a private one
 *     without {@code /dev/shm}
 * @param uts the host name
 * @param cgroup the view of the cgroup hierarchy
 * @param user user ids; {@link NamespaceMode#DEFAULT} for the host's when Belljar runs as root
 * @param ids which ids it has, where {@code user} is private
 */
public record NamespaceRequest(
        NamespaceMode pid,
        NamespaceMode ipc,
        NamespaceMode uts,
        NamespaceMode cgroup,
        NamespaceMode user,
        IdChoice ids) {
    /** Everything but the user ids private. */
    public static final NamespaceRequest DEFAULT = new NamespaceRequest(
            NamespaceMode.DEFAULT,
            NamespaceMode.DEFAULT,
            NamespaceMode.DEFAULT,
            NamespaceMode.DEFAULT,
            NamespaceMode.DEFAULT,
            IdChoice.DEFAULT);

    /** {@return the same with other ids} */
    NamespaceRequest withIds(IdChoice newIds) {
        return new NamespaceRequest(pid, ipc, uts, cgroup, user, newIds);
    }
}
