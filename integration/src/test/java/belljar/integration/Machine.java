package belljar.integration;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this machine has. Whoever lacks it skips, and says what is missing. */
final class Machine {
    private Machine() {}

    static void needsRoot() {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root");
    }

    /** Needs programs; {@code apt-get install} of their packages brings them. */
    static void needs(String... programs) {
        for (String program : programs) {
            assumeTrue(has(program), "skipped: the program " + program + " is missing");
        }
    }

    /** Needs Debian's package lists, which images of packages are made from. */
    static void needsPackageLists() {
        assumeTrue(has("apt-get"), "skipped: apt-get is missing, so images of Debian packages cannot be made");
    }

    static boolean has(String program) {
        for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            if (!directory.isEmpty() && Files.isExecutable(Path.of(directory, program))) {
                return true;
            }
        }
        return false;
    }

    /** {@return a port of the loopback interface that nobody listens on} */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
