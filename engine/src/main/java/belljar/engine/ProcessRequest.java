package belljar.engine;

import belljar.sandbox.RlimitSpec;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is asked of a container's first process.
 *
 * @param command the command and its arguments; empty for the image's
 * @param entrypoint replaces the image's entrypoint, by nothing when the list is empty; empty to keep the image's
 * @param env variables as {@code NAME=value}; a later one wins over an earlier one and over the image's
 * @param unsetEnv names of variables that the process shall not have by default
 * @param unsetAllEnv whether no variable of the image and no default one is set
 * @param user {@code name|uid[:group|gid]}; empty for the image's
 * @param groups more groups by name or number
 * @param workdir the working directory, absolute; empty for the image's
 * @param tty whether the process gets a terminal
 * @param interactive whether the caller's standard input is passed on
 * @param init whether an init process reaps orphans
 * @param stopSignal name or number of the signal that asks the process to end; empty for the image's
 * @param umask the file mode creation mask, 0 to 0777; empty for 022
 * @param oomScoreAdj adjustment of the out-of-memory score, -1000 to 1000; empty to leave it
 * @param rlimits resource limits
 * @param users which users are known beyond the image's
 * @param timeoutSeconds how long the process may run before it is killed; 0 for as long as it takes
 */
public record ProcessRequest(
        List<String> command,
        Optional<List<String>> entrypoint,
        List<String> env,
        List<String> unsetEnv,
        boolean unsetAllEnv,
        String user,
        List<String> groups,
        String workdir,
        boolean tty,
        boolean interactive,
        boolean init,
        String stopSignal,
        OptionalInt umask,
        OptionalInt oomScoreAdj,
        List<RlimitSpec> rlimits,
        UserEntries users,
        int timeoutSeconds) {
    /** What the image says, without terminal and input. */
    public static final ProcessRequest DEFAULT = new ProcessRequest(
            List.of(),
            Optional.empty(),
            List.of(),
            List.of(),
            false,
            "",
            List.of(),
            "",
            false,
            false,
            false,
            "",
            OptionalInt.empty(),
            OptionalInt.empty(),
            List.of());

    /**
     * A request that leaves users and time as they are by default.
     *
     * @param command the command and its arguments
     * @param entrypoint replaces the image's entrypoint
     * @param env variables
     * @param unsetEnv variables that the process shall not have
     * @param unsetAllEnv whether it has none by default
     * @param user whom it runs as
     * @param groups more groups
     * @param workdir the working directory
     * @param tty whether it gets a terminal
     * @param interactive whether the caller's standard input is passed on
     * @param init whether an init process reaps orphans
     * @param stopSignal the signal that asks it to end
     * @param umask the file mode creation mask
     * @param oomScoreAdj adjustment of the out-of-memory score
     * @param rlimits resource limits
     */
    public ProcessRequest(
            List<String> command,
            Optional<List<String>> entrypoint,
            List<String> env,
            List<String> unsetEnv,
            boolean unsetAllEnv,
            String user,
            List<String> groups,
            String workdir,
            boolean tty,
            boolean interactive,
            boolean init,
            String stopSignal,
            OptionalInt umask,
            OptionalInt oomScoreAdj,
            List<RlimitSpec> rlimits) {
        this(
                command,
                entrypoint,
                env,
                unsetEnv,
                unsetAllEnv,
                user,
                groups,
                workdir,
                tty,
                interactive,
                init,
                stopSignal,
                umask,
                oomScoreAdj,
                rlimits,
                UserEntries.DEFAULT,
                0);
    }

    /**
     * {@return the same with other users and another time}
     *
     * @param newUsers which users are known beyond the image's
     * @param newTimeoutSeconds how long the process may run; 0 for as long as it takes
     */
    public ProcessRequest with(UserEntries newUsers, int newTimeoutSeconds) {
        return new ProcessRequest(
                command,
                entrypoint,
                env,
                unsetEnv,
                unsetAllEnv,
                user,
                groups,
                workdir,
                tty,
                interactive,
                init,
                stopSignal,
                umask,
                oomScoreAdj,
                rlimits,
                newUsers,
                newTimeoutSeconds);
    }

    /** Copies the lists. */
    public ProcessRequest {
        command = List.copyOf(command);
        env = List.copyOf(env);
        unsetEnv = List.copyOf(unsetEnv);
        groups = List.copyOf(groups);
        rlimits = List.copyOf(rlimits);
    }
}
