package belljar.cli;

import belljar.failure.UserException;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import java.nio.file.Path;
import java.util.Map;

/**
 * Which directories Belljar works in: what is asked for, else the system's for root, else those of the XDG Base
 * Directory Specification. Root's are not taken from XDG variables, which sudo(8) may pass on from another user.
 */
final class Locations {
    private Locations() {}

    /**
     * {@return where images and containers are kept}
     *
     * @param option the value of {@code --root}; empty when it was not given
     * @param env the environment
     */
    static Path root(String option, Map<String, String> env) {
        String asked = option.isEmpty() ? env.getOrDefault("BELLJAR_ROOT", "") : option;
        if (!asked.isEmpty()) {
            return Path.of(asked).toAbsolutePath();
        }
        return isRoot() ? Path.of("/var/lib/belljar") : dataHome(env).resolve("belljar");
    }

    /**
     * {@return where is kept what does not outlive a boot}
     *
     * @param option the value of {@code --state}; empty when it was not given
     * @param env the environment
     */
    static Path state(String option, Map<String, String> env) {
        String asked = option.isEmpty() ? env.getOrDefault("BELLJAR_STATE", "") : option;
        if (!asked.isEmpty()) {
            return Path.of(asked).toAbsolutePath();
        }
        if (isRoot()) {
            return Path.of("/run/belljar");
        }
        String runtime = env.getOrDefault("XDG_RUNTIME_DIR", "");
        // Without a runtime directory nothing below /tmp would do: anybody could have made it first.
        return runtime.startsWith("/")
                ? Path.of(runtime, "belljar")
                : dataHome(env).resolve("belljar/run");
    }

    private static Path dataHome(Map<String, String> env) {
        String data = env.getOrDefault("XDG_DATA_HOME", "");
        if (data.startsWith("/")) {
            return Path.of(data);
        }
        String home = env.getOrDefault("HOME", "");
        if (!home.startsWith("/")) {
            throw new UserException("HOME is not set to an absolute path; set it, or give --root and --state");
        }
        return Path.of(home, ".local", "share");
    }

    private static boolean isRoot() {
        return HostKernel.INSTANCE.call(Nr.GETEUID) == 0;
    }
}
