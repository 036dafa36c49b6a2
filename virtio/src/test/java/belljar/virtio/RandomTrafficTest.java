package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Network card, console and sockets for a driver that does anything. */
final class RandomTrafficTest {
    private static final int OPERATIONS = 100_000;
    private static final long CID = 3;

    @TempDir
    Path directory;

    private final long seed = System.nanoTime();

    private void run(VirtioDevice device, boolean packed, java.util.function.BiConsumer<Random, byte[]> shape) {
        try (RandomTraffic traffic = new RandomTraffic(device, packed, seed, shape)) {
            traffic.run(OPERATIONS);
            assertThat(traffic.restarts).isGreaterThan(10);
            assertThat(traffic.givenBack).as("seed %d: buffers come back", seed).isGreaterThan(RandomTraffic.FEW);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theNetworkCardStandsIt(boolean packed) {
        TestWire wire = new TestWire();
        run(new NetDevice(wire, new byte[] {2, 0, 0, 0, 0, 1}, 0), packed, (random, bytes) -> {
            if (bytes.length > 2) {
                bytes[0] = (byte) random.nextInt(6);
                bytes[1] = (byte) random.nextInt(2);
            }
            if (wire.waiting() < 10) {
                wire.come(new byte[NetBackend.HEADER + random.nextInt(NetBackend.LONGEST - NetBackend.HEADER)]);
            }
            wire.sent.clear();
            wire.offloads.clear();
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theConsoleStandsIt(boolean packed) {
        ConsoleDevice console = new ConsoleDevice(OutputStream.nullOutputStream());
        Thread typist = Thread.ofPlatform().start(() -> {
            // Closing ends this, as it ends the waiting.
            for (int i = 0; i < 2000; i++) {
                console.receive(new byte[1000], 1000);
                console.resize(i, i);
            }
        });
        run(console, packed, (random, bytes) -> {
            if (bytes.length > 6) {
                bytes[4] = (byte) random.nextInt(8);
                bytes[6] = (byte) random.nextInt(3);
            }
        });
        try {
            typist.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theSocketsStandIt(boolean packed) throws Exception {
        Path path = directory.resolve("v");
        Thread host;
        Thread caller;
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            VsockDevice device = new VsockDevice(CID, path);
            server.bind(UnixDomainSocketAddress.of(path + "_1"));
            host = Thread.ofPlatform().daemon().start(() -> answer(server));
            caller = Thread.ofPlatform().daemon().start(() -> call(path));
            run(device, packed, RandomTrafficTest::shapePacket);
        }
        host.join();
        caller.join();
    }

    private static void shapePacket(Random random, byte[] bytes) {
        if (bytes.length < VsockHeader.SIZE) {
            return;
        }
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(CID).putLong(2).putInt(random.nextInt(8)).putInt(1);
        header.putInt(random.nextInt(10) == 0 ? random.nextInt() : bytes.length - VsockHeader.SIZE);
        header.putShort((short) 1).putShort((short) random.nextInt(9)).putInt(random.nextInt(4));
        header.putInt(random.nextInt()).putInt(random.nextInt(1000));
        if (random.nextBoolean()) {
            // A stream from the host, whose ports begin there.
            header.putInt(20, (1 << 30) + random.nextInt(200));
        }
    }

    /** Programs of the host that say something and listen a little, or not at all. */
    private static void answer(ServerSocketChannel server) {
        try {
            for (int i = 0; ; i++) {
                SocketChannel channel = server.accept();
                channel.configureBlocking(false);
                talk(channel, i);
            }
        } catch (IOException e) {
            // The test is over.
            return;
        }
    }

    private static void talk(SocketChannel channel, int i) {
        try (channel) {
            channel.write(ByteBuffer.allocate(10_000));
            if (i % 2 == 0) {
                channel.read(ByteBuffer.allocate(50_000));
            }
        } catch (IOException e) {
            // The guest was faster.
            return;
        }
    }

    private static void call(Path path) {
        for (int i = 0; i < 200; i++) {
            try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
                channel.write(ByteBuffer.wrap(
                        ("CONNECT " + i % 8 + "\n").getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
                channel.configureBlocking(false);
                channel.write(ByteBuffer.allocate(5000));
                channel.read(ByteBuffer.allocate(50_000));
            } catch (IOException e) {
                // It was closed, or the device is.
            }
        }
    }
}
