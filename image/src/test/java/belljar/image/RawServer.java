package belljar.image;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server that reads a little, says one thing to everybody, and hangs up. */
final class RawServer implements AutoCloseable {
    /** The first byte of every connection. */
    final List<Byte> greetings = new CopyOnWriteArrayList<>();

    private final ServerSocket socket;

    RawServer(String answer) throws IOException {
        socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> serve(answer));
    }

    String name() {
        return "127.0.0.1:" + socket.getLocalPort();
    }

    private void serve(String answer) {
        while (!socket.isClosed()) {
            try (Socket connection = socket.accept();
                    InputStream in = connection.getInputStream()) {
                greetings.add(in.readNBytes(5)[0]);
                connection.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
                connection.shutdownOutput();
                in.skipNBytes(Long.MAX_VALUE);
            } catch (IOException e) {
                // The client hung up, or the test is over.
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
