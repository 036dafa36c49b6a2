package belljar.engine;

import java.util.List;

/**
 * What is asked of a further program in a container that runs. What is left empty is as for the container's first
 * process.
 *
 * @param command the program and its arguments, at least one
 * @param env more variables as {@code NAME=value}
 * @param user {@code name|uid[:group|gid]}, looked up in the container as it is now; empty for the container's
 * @param workdir the working directory, absolute; empty for the container's
 * @param tty whether it gets a terminal
 * @param interactive whether the caller's standard input is passed on
 * @param privileged whether it gets every capability
 */
public record ExecRequest(
        List<String> command,
        List<String> env,
        String user,
        String workdir,
        boolean tty,
        boolean interactive,
        boolean privileged) {
    /** Copies the lists. */
    public ExecRequest {
        command = List.copyOf(command);
        env = List.copyOf(env);
    }

    /**
     * {@return a request for a program as the container's own user, without terminal and input}
     *
     * @param command the program and its arguments
     */
    public static ExecRequest of(String... command) {
        return new ExecRequest(List.of(command), List.of(), "", "", false, false, false);
    }
}
