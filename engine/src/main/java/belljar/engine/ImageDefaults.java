package belljar.engine;

import java.util.List;

/**
 * What an image says about containers made from it, as of the OCI image specification's configuration. Nothing in it
 * can be trusted.
 *
 * @param entrypoint the program and its first arguments; may be empty
 * @param command further arguments, or the program where the entrypoint is empty; may be empty
 * @param env variables as {@code NAME=value}
 * @param user {@code name|uid[:group|gid]}; empty for root
 * @param workdir the working directory; empty for the root
 * @param volumes paths of volumes
 * @param stopSignal the signal that asks the program to end, by name or number; empty for SIGTERM
 * @param exposedPorts the ports that the program serves, as {@code PORT[/PROTOCOL]}
 */
public record ImageDefaults(
        List<String> entrypoint,
        List<String> command,
        List<String> env,
        String user,
        String workdir,
        List<String> volumes,
        String stopSignal,
        List<String> exposedPorts) {
    /** An image that says nothing, such as a plain directory. */
    public static final ImageDefaults NONE =
            new ImageDefaults(List.of(), List.of(), List.of(), "", "", List.of(), "", List.of());

    /** Copies the lists. */
    public ImageDefaults {
        entrypoint = List.copyOf(entrypoint);
        command = List.copyOf(command);
        env = List.copyOf(env);
        volumes = List.copyOf(volumes);
        exposedPorts = List.copyOf(exposedPorts);
    }

    /**
     * What an image says that names no stop signal.
     *
     * @param entrypoint the program and its first arguments
     * @param command further arguments
     * @param env variables
     * @param user the user; empty for root
     * @param workdir the working directory; empty for the root
     * @param volumes paths of volumes
     */
    public ImageDefaults(
            List<String> entrypoint,
            List<String> command,
            List<String> env,
            String user,
            String workdir,
            List<String> volumes) {
        this(entrypoint, command, env, user, workdir, volumes, "", List.of());
    }
}
