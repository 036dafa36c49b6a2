package belljar.container;

import java.util.List;

/**
 * A process of a container, as procfs shows it on the host (proc_pid_stat(5), proc_pid_status(5)).
 *
 * @param hostPid its id on the host
 * @param pid its id in its own PID namespace
 * @param parent the id of its parent there; 0 for the first process and for what was started from outside
 * @param group its process group there; 0 when the group's leader is gone or outside
 * @param command the program's short name, at most 15 characters
 * @param args the program's arguments; empty for one that has ended and waits for its parent
 * @param state a letter of ps(1), such as {@code R} or {@code S}
 * @param uid the effective user id in the container
 * @param gid the effective group id in the container
 * @param realUid the real user id in the container
 * @param realGid the real group id in the container
 * @param hostUid the effective user id on the host
 * @param hostGid the effective group id on the host
 * @param groups supplementary group ids in the container
 * @param terminal the name of the controlling terminal as ps(1) shows it, such as {@code pts/0}; {@code ?} for none
 * @param nice the nice value, -20 to 19
 * @param cpuMillis milliseconds of CPU time so far
 * @param elapsedMillis milliseconds since it was started
 * @param startedMillis when it was started, in milliseconds since the epoch
 * @param virtualBytes size of its address space in bytes
 * @param capabilities masks of {@code CapInh CapPrm CapEff CapBnd CapAmb} in this order
 * @param seccomp how its system calls are filtered: 0 not, 1 strict, 2 by a filter
 */
public record ContainerProcess(
        long hostPid,
        long pid,
        long parent,
        long group,
        String command,
        List<String> args,
        char state,
        long uid,
        long gid,
        long realUid,
        long realGid,
        long hostUid,
        long hostGid,
        List<Long> groups,
        String terminal,
        int nice,
        long cpuMillis,
        long elapsedMillis,
        long startedMillis,
        long virtualBytes,
        List<Long> capabilities,
        int seccomp) {
    /** Copies the lists. */
    public ContainerProcess {
        args = List.copyOf(args);
        groups = List.copyOf(groups);
        capabilities = List.copyOf(capabilities);
    }
}
