package belljar.integration;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Debian's docker-registry on a loopback port, with everything in one directory. */
final class Registry implements AutoCloseable {
    private final Path directory;
    private final int port;
    private final Program program;

    private Registry(Path directory, int port, String more) {
        Machine.needs("docker-registry");
        this.directory = directory;
        this.port = port;
        Path config = Scratch.write(
                directory.resolve("registry.yml"), """
                version: 0.1
                log: {level: warn, accesslog: {disabled: true}}
                storage: {filesystem: {rootdirectory: %s}}
                http: {addr: '%s'}
                %s
                """.formatted(directory.resolve("content"), name(), more));
        program = Program.start(List.of("docker-registry", "serve", config.toString()), Map.of(), directory);
        awaitAnswer();
    }

    /** Starts one that anybody may use, over plain HTTP. */
    static Registry open() {
        return new Registry(Scratch.directory("registry"), Machine.freePort(), "");
    }

    /** Starts one that asks for a password: {@code user} and {@code secret}. */
    static Registry closed() {
        Path directory = Scratch.directory("registry");
        // bcrypt of "secret"; the registry takes no other kind.
        Path users = Scratch.write(
                directory.resolve("htpasswd"), "user:$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n");
        return new Registry(directory, Machine.freePort(), "auth: {htpasswd: {realm: tests, path: '" + users + "'}}");
    }

    private void awaitAnswer() {
        for (int tries = 0; !answers(); tries++) {
            if (tries == 400 || !program.process().isAlive()) {
                program.kill();
                throw new AssertionError(
                        "docker-registry did not start: " + program.err().join());
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** {@return its name in references} */
    String name() {
        return "127.0.0.1:" + port;
    }

    /** {@return the file that holds a blob, to be damaged} */
    Path blob(String hex) {
        Path file = directory.resolve(
                "content/docker/registry/v2/blobs/sha256/" + hex.substring(0, 2) + "/" + hex + "/data");
        if (!Files.exists(file)) {
            throw new AssertionError("the registry has no blob " + file);
        }
        return file;
    }

    @Override
    public void close() {
        program.kill();
    }
}
