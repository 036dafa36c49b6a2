package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** What a program of the host does with a Unix socket. */
final class HostSocket {
    private HostSocket() {}

    static SocketChannel connect(Path to) throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(to));
    }

    static void say(SocketChannel channel, String text) throws IOException {
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    static String hear(SocketChannel channel, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        try {
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                // Whole or at its end.
            }
        } catch (SocketException e) {
            // What was not read when it was closed makes it a reset.
            assertThat(e).hasMessageContaining("reset");
        }
        return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    }
}
