package belljar.api;

import belljar.failure.UserException;
import belljar.linux.HostKernel;
import belljar.linux.Nr;
import java.nio.file.Path;

/** Where the command line keeps things by default, so that both see the same containers. */
final class Locations {
    private static final boolean ROOT = HostKernel.INSTANCE.call(Nr.GETEUID) == 0;

    private Locations() {}

    static Path root() {
        String asked = variable("BELLJAR_ROOT");
        if (!asked.isEmpty()) {
            return Path.of(asked);
        }
        return ROOT ? Path.of("/var/lib/belljar") : data().resolve("belljar");
    }

    static Path state() {
        String asked = variable("BELLJAR_STATE");
        if (!asked.isEmpty()) {
            return Path.of(asked);
        }
        if (ROOT) {
            return Path.of("/run/belljar");
        }
        String runtime = variable("XDG_RUNTIME_DIR");
        return runtime.startsWith("/") ? Path.of(runtime, "belljar") : data().resolve("belljar/run");
    }

    private static Path data() {
        String data = variable("XDG_DATA_HOME");
        if (data.startsWith("/")) {
            return Path.of(data);
        }
        String home = variable("HOME");
        if (!home.startsWith("/")) {
            throw new UserException("HOME is not set to an absolute path; set it, or open the engine on directories");
        }
        return Path.of(home, ".local", "share");
    }

    private static String variable(String name) {
        String value = System.getenv(name);
        return value == null ? "" : value;
    }
}
