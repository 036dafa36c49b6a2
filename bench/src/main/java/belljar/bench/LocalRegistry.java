package belljar.bench;

import belljar.failure.HostException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A docker-registry that only this machine reaches, with everything in one directory. */
final class LocalRegistry implements AutoCloseable {
    private final Process process;
    private final String name;

    /**
     * Starts one and waits until it answers.
     *
     * @param program docker-registry
     * @param directory where it keeps everything
     */
    LocalRegistry(Path program, Path directory) {
        try {
            int port = freePort();
            name = "127.0.0.1:" + port;
            Path config = Files.writeString(
                    directory.resolve("registry.yml"), """
                    version: 0.1
                    log: {level: warn, accesslog: {disabled: true}}
                    storage: {filesystem: {rootdirectory: %s}}
                    http: {addr: '%s'}
                    """.formatted(directory.resolve("content"), name));
            Path log = directory.resolve("log");
            process = new ProcessBuilder(program.toString(), "serve", config.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            for (int tries = 0; !answers(port); tries++) {
                if (tries == 200 || !process.isAlive()) {
                    close();
                    throw new HostException("docker-registry did not start: " + Files.readString(log), null);
                }
                TimeUnit.MILLISECONDS.sleep(50);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HostException("interrupted while docker-registry started", e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static boolean answers(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** {@return its name in references, {@code HOST:PORT}} */
    String name() {
        return name;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
