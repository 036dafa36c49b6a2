package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.machine.GuestMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Sockets for a {@link HostileGuest}, with programs on the host that call, answer, talk and hang up. */
final class VsockVictim implements HostileGuest.Victim<VsockDevice>, AutoCloseable {
    private static final int CID = 3;
    private static final int MOST = 20;

    private final Path path;
    private final ServerSocketChannel server;
    private final List<SocketChannel> open = new ArrayList<>();

    VsockVictim(Path path) throws IOException {
        this.path = path;
        this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.configureBlocking(false);
        server.bind(UnixDomainSocketAddress.of(path + "_1"));
    }

    @Override
    public VsockDevice make() {
        return new VsockDevice(CID, path);
    }

    @Override
    public void shape(Random random, GuestMemory memory, long at) {
        memory.putLong(at, CID);
        memory.putLong(at + 8, 2);
        memory.putInt(at + 16, random.nextInt(8));
        memory.putInt(at + 20, random.nextBoolean() ? 1 : (1 << 30) + random.nextInt(50));
        memory.putInt(at + 24, random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(100));
        memory.putShort(at + 28, 1);
        memory.putShort(at + 30, random.nextInt(9));
        memory.putInt(at + 32, random.nextInt(4));
        memory.putInt(at + 36, random.nextInt());
        memory.putInt(at + 40, random.nextInt(1000));
    }

    @Override
    public void disturb(VsockDevice device, Random random) {
        try {
            if (random.nextInt(50) == 0) {
                device.transportReset();
            }
            while (open.size() > random.nextInt(MOST)) {
                open.remove(random.nextInt(open.size())).close();
            }
            SocketChannel called = random.nextBoolean() ? server.accept() : call(random);
            if (called != null) {
                called.configureBlocking(false);
                open.add(called);
            }
            for (SocketChannel each : open) {
                talk(each, random);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private SocketChannel call(Random random) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.configureBlocking(false);
        try {
            if (channel.connect(UnixDomainSocketAddress.of(path))) {
                String line = "CONNECT " + random.nextInt(8) + "\n";
                channel.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII)));
            }
        } catch (IOException e) {
            // Too many wait there already; it is closed with the others.
            return channel;
        }
        return channel;
    }

    private static void talk(SocketChannel channel, Random random) {
        try {
            switch (random.nextInt(4)) {
                case 0 -> channel.write(ByteBuffer.allocate(random.nextInt(5000)));
                case 1 -> channel.read(ByteBuffer.allocate(random.nextInt(5000)));
                case 2 -> channel.shutdownOutput();
                default -> assertThat(channel.isOpen()).isTrue();
            }
        } catch (IOException | java.nio.channels.NotYetConnectedException e) {
            // The guest has hung up, or never answered.
            return;
        }
    }

    @Override
    public void check(VsockDevice device, TestDriver guest) {
        byte[] request = new byte[VsockHeader.SIZE];
        request[0] = CID;
        request[8] = 2;
        request[16] = 9;
        request[20] = 77;
        request[28] = VsockHeader.STREAM;
        request[30] = VsockHeader.REQUEST;
        guest.send(VsockDevice.FROM_GUEST, guest.out(request));
        // Programs on the host may have called meanwhile.
        for (int i = 0; i < 2 * MOST; i++) {
            TestRing.Piece answer = guest.in(VsockHeader.SIZE);
            assertThat(guest.send(VsockDevice.TO_GUEST, answer)).isEqualTo(VsockHeader.SIZE);
            byte[] header = guest.bytes(answer);
            if (header[16] == 77) {
                assertThat(header[30]).isEqualTo((byte) VsockHeader.RESET);
                return;
            }
        }
        throw new AssertionError("the request is not answered");
    }

    @Override
    public void close() throws IOException {
        for (SocketChannel each : open) {
            each.close();
        }
        server.close();
    }
}
