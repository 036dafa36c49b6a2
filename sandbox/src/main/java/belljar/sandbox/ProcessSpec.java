package belljar.sandbox;

import java.util.List;
import java.util.OptionalInt;

/**
 * The first process of a container.
 *
 * @param args the program and its arguments; empty for a process that only waits to be told to end by SIGTERM. A
 *     program without a slash is looked for in {@code PATH} of {@code env}, inside the container
 * @param env the environment as {@code NAME=value}
 * @param cwd the working directory inside the container, absolute; made when it does not exist
 * @param uid the user id inside the container
 * @param gid the group id inside the container
 * @param additionalGids supplementary group ids
 * @param umask the file mode creation mask, 0 to 0777; empty to keep 022
 * @param terminal whether the process gets a pseudo-terminal as its controlling terminal
 * @param capabilities the capability sets the process starts with
 * @param rlimits resource limits of the process
 * @param noNewPrivileges whether execve(2) may never grant more privileges
 * @param oomScoreAdj adjustment of the out-of-memory score, -1000 to 1000; empty to leave it
 * @param init whether a minimal init runs as PID 1 and the program as its child, so that orphans are reaped
 */
public record ProcessSpec(
        List<String> args,
        List<String> env,
        String cwd,
        int uid,
        int gid,
        List<Integer> additionalGids,
        OptionalInt umask,
        boolean terminal,
        Capabilities capabilities,
        List<RlimitSpec> rlimits,
        boolean noNewPrivileges,
        OptionalInt oomScoreAdj,
        boolean init) {
    /** Copies the lists. */
    public ProcessSpec {
        args = List.copyOf(args);
        env = List.copyOf(env);
        additionalGids = List.copyOf(additionalGids);
        rlimits = List.copyOf(rlimits);
    }
}
