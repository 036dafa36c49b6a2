package belljar.api;

import belljar.engine.ExecRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * A further program to run in a container. Immutable; each {@code with} method gives a changed copy.
 *
 * @param args the program and its arguments, at least one
 * @param env more variables as {@code NAME=value}; a later one wins
 * @param user {@code name|uid[:group|gid]}; empty for the container's own
 * @param directory the working directory, absolute; empty for the container's own
 * @param input whether the program gets a standard input that the caller writes to; otherwise it is empty
 */
public record Command(List<String> args, List<String> env, String user, String directory, boolean input) {
    /** Copies the lists. */
    public Command {
        args = List.copyOf(args);
        env = List.copyOf(env);
    }

    /**
     * {@return a command as the container's own user, without input}
     *
     * @param args the program and its arguments, at least one
     */
    public static Command of(String... args) {
        return new Command(List.of(args), List.of(), "", "", false);
    }

    /**
     * {@return the same with a further variable}
     *
     * @param name its name
     * @param value its value
     */
    public Command withEnv(String name, String value) {
        List<String> more = new ArrayList<>(env);
        more.add(name + "=" + value);
        return new Command(args, more, user, directory, input);
    }

    /**
     * {@return the same as another user}
     *
     * @param newUser {@code name|uid[:group|gid]}; names are looked up in the container
     */
    public Command withUser(String newUser) {
        return new Command(args, env, newUser, directory, input);
    }

    /**
     * {@return the same in another working directory}
     *
     * @param path absolute, in the container
     */
    public Command withDirectory(String path) {
        return new Command(args, env, user, path, input);
    }

    /** {@return the same with a standard input, which {@link Execution#stdin()} writes to} */
    public Command withInput() {
        return new Command(args, env, user, directory, true);
    }

    ExecRequest request() {
        return new ExecRequest(args, env, user, directory, false, input, false);
    }
}
