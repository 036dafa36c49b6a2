package belljar.image;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Debian's docker-registry on a loopback port, with everything in one directory. */
final class DockerRegistry implements AutoCloseable {
    private final Process process;
    private final int port;
    private final String name;

    /**
     * Starts one and waits until it answers.
     *
     * @param directory where it keeps everything
     * @param lines more lines of its configuration
     */
    DockerRegistry(Path directory, String... lines) throws IOException, InterruptedException {
        this(directory, freePort(), lines);
    }

    private DockerRegistry(Path directory, int port, String... lines) throws IOException, InterruptedException {
        this.port = port;
        name = "127.0.0.1:" + port;
        Path config = directory.resolve("registry.yml");
        Files.writeString(config, """
                version: 0.1
                log:
                  level: warn
                  accesslog:
                    disabled: true
                storage:
                  filesystem:
                    rootdirectory: %s
                http:
                  addr: %s
                """.formatted(directory.resolve("registry"), name) + String.join("\n", lines) + "\n");
        process = new ProcessBuilder("docker-registry", "serve", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("registry.log").toFile())
                .start();
        for (int tries = 0; !answers(); tries++) {
            if (tries == 200 || !process.isAlive()) {
                close();
                throw new IOException(Files.readString(directory.resolve("registry.log")));
            }
            Thread.sleep(50);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** {@return whether every program is on the path} */
    static boolean installed(String... programs) {
        for (String program : programs) {
            boolean found = false;
            for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
                found |= Files.isExecutable(Path.of(directory, program));
            }
            if (!found) {
                return false;
            }
        }
        return true;
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    String name() {
        return name;
    }

    /** Runs a program to its end and returns what it says; fails with that where it fails. */
    static String run(String... command) throws IOException, InterruptedException {
        Process program = new ProcessBuilder(command).redirectErrorStream(true).start();
        program.getOutputStream().close();
        String said = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (program.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said);
        }
        return said.strip();
    }

    /** Runs skopeo with its own temporary files kept in a directory. */
    static String skopeo(Path directory, String... arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of("skopeo", "--insecure-policy", "--tmpdir", directory.toString()));
        command.addAll(List.of(arguments));
        return run(command.toArray(String[]::new));
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
