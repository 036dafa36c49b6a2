package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class VsockDeviceTest {
    private static final int CID = 42;
    private static final int GUEST_ROOM = 100_000;
    private static final int RX_BUFFER = 4096 + VsockHeader.SIZE;

    /** A packet that the guest was sent. */
    private record Packet(int hostPort, int guestPort, int operation, int flags, int room, int passed, String data) {}

    @TempDir
    Path directory;

    private Path path;
    private VsockDevice device;
    private TestDriver driver;
    private final Map<Integer, Integer> guestPassed = new HashMap<>();

    @BeforeEach
    void open() {
        path = directory.resolve("v");
        device = new VsockDevice(CID, path);
        driver = new TestDriver(device, false);
    }

    @AfterEach
    void close() {
        driver.close();
        assertThat(path).doesNotExist();
    }

    private void start(boolean packed) {
        driver = new TestDriver(device, packed).start();
    }

    private static byte[] packet(
            long source,
            long destination,
            int guestPort,
            int hostPort,
            int type,
            int operation,
            int flags,
            int room,
            int passed,
            byte[] data) {
        ByteBuffer bytes = ByteBuffer.allocate(VsockHeader.SIZE + data.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(source)
                .putLong(destination)
                .putInt(guestPort)
                .putInt(hostPort)
                .putInt(data.length);
        bytes.putShort((short) type)
                .putShort((short) operation)
                .putInt(flags)
                .putInt(room)
                .putInt(passed)
                .put(data);
        return bytes.array();
    }

    private void give(int guestPort, int hostPort, int operation, int flags, byte[] data) {
        driver.send(
                VsockDevice.FROM_GUEST,
                driver.out(packet(
                        CID,
                        2,
                        guestPort,
                        hostPort,
                        1,
                        operation,
                        flags,
                        GUEST_ROOM,
                        guestPassed.getOrDefault(guestPort, 0),
                        data)));
    }

    private void give(int guestPort, int hostPort, int operation) {
        give(guestPort, hostPort, operation, 0, new byte[0]);
    }

    private Packet next() {
        TestRing.Piece piece = driver.in(RX_BUFFER);
        driver.rings.get(VsockDevice.TO_GUEST).add(piece);
        driver.kick(VsockDevice.TO_GUEST);
        int written = driver.await(VsockDevice.TO_GUEST).written();
        ByteBuffer bytes = ByteBuffer.wrap(driver.bytes(piece)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(bytes.getLong(0)).isEqualTo(2);
        assertThat(bytes.getLong(8)).isEqualTo(CID);
        assertThat(bytes.getShort(28)).isEqualTo((short) 1);
        assertThat(bytes.getInt(24)).isEqualTo(written - VsockHeader.SIZE);
        String data =
                new String(bytes.array(), VsockHeader.SIZE, written - VsockHeader.SIZE, StandardCharsets.ISO_8859_1);
        guestPassed.merge(bytes.getInt(20), data.length(), Integer::sum);
        return new Packet(
                bytes.getInt(16),
                bytes.getInt(20),
                bytes.getShort(30),
                bytes.getInt(32),
                bytes.getInt(36),
                bytes.getInt(40),
                data);
    }

    private Packet next(int operation) {
        Packet packet = next();
        assertThat(packet.operation()).isEqualTo(operation);
        return packet;
    }

    /** A stream from the host to a port of the guest. */
    private SocketChannel stream(int guestPort) throws IOException {
        SocketChannel host = HostSocket.connect(path);
        HostSocket.say(host, "CONNECT " + guestPort + "\n");
        Packet request = next(VsockHeader.REQUEST);
        assertThat(request.guestPort()).isEqualTo(guestPort);
        give(guestPort, request.hostPort(), VsockHeader.RESPONSE);
        String answer = "OK " + Integer.toUnsignedString(request.hostPort()) + "\n";
        assertThat(HostSocket.hear(host, answer.length())).isEqualTo(answer);
        hostPort = request.hostPort();
        return host;
    }

    private int hostPort;

    @Test
    void saysWhatItIs() throws Exception {
        assertThat(driver.get(8)).isEqualTo(19);
        assertThat(driver.mmio.read(0x100, 8)).isEqualTo(CID);
        assertThat(Files.getPosixFilePermissions(path)).hasSize(2);
    }

    @Test
    void refusesAPathThatIsTakenOrTooLong() {
        assertThatThrownBy(() -> new VsockDevice(3, path))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("there is a file already");
        Path longPath = directory.resolve("x".repeat(100));
        assertThatThrownBy(() -> new VsockDevice(3, longPath))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("too long");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void carriesAStreamFromTheHost(boolean packed) throws Exception {
        start(packed);
        try (SocketChannel host = stream(1234)) {
            HostSocket.say(host, "question");
            assertThat(next(VsockHeader.DATA).data()).isEqualTo("question");
            give(1234, hostPort, VsockHeader.DATA, 0, "answer".getBytes(StandardCharsets.UTF_8));
            assertThat(HostSocket.hear(host, 6)).isEqualTo("answer");
            give(1234, hostPort, VsockHeader.CREDIT_REQUEST);
            Packet credit = next(VsockHeader.CREDIT_UPDATE);
            assertThat(credit.passed()).isEqualTo(6);
            assertThat(credit.room()).isEqualTo(VsockConnection.ROOM);
            host.shutdownOutput();
            assertThat(next(VsockHeader.SHUTDOWN).flags()).isEqualTo(VsockHeader.NO_SEND);
            give(1234, hostPort, VsockHeader.SHUTDOWN, 3, new byte[0]);
            next(VsockHeader.RESET);
            assertThat(HostSocket.hear(host, 1)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void carriesAStreamFromTheGuest(boolean packed) throws Exception {
        start(packed);
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path + "_99"));
            give(5000, 99, VsockHeader.REQUEST);
            Packet response = next(VsockHeader.RESPONSE);
            assertThat(response.hostPort()).isEqualTo(99);
            assertThat(response.guestPort()).isEqualTo(5000);
            try (SocketChannel host = server.accept()) {
                give(5000, 99, VsockHeader.DATA, 0, new byte[] {'h', 'i'});
                assertThat(HostSocket.hear(host, 2)).isEqualTo("hi");
                give(5000, 99, VsockHeader.SHUTDOWN, VsockHeader.NO_SEND, new byte[0]);
                assertThat(HostSocket.hear(host, 1)).as("the end").isEmpty();
                HostSocket.say(host, "still here");
                assertThat(next(VsockHeader.DATA).data()).hasSize(10);
                give(5000, 99, VsockHeader.RESET);
                assertThat(HostSocket.hear(host, 1)).isEmpty();
            }
        }
    }

    @Test
    void resetsWhatNobodyWaitsFor() {
        start(false);
        give(5000, 98, VsockHeader.REQUEST);
        Packet reset = next(VsockHeader.RESET);
        assertThat(reset.hostPort()).isEqualTo(98);
        assertThat(reset.guestPort()).isEqualTo(5000);
        give(5000, 98, VsockHeader.DATA, 0, new byte[1]);
        next(VsockHeader.RESET);
        give(5000, 98, VsockHeader.RESET);
        give(5001, 98, VsockHeader.SHUTDOWN);
        assertThat(next(VsockHeader.RESET).guestPort())
                .as("a reset is not answered")
                .isEqualTo(5001);
    }

    @Test
    void aRefusalOfTheGuestEndsTheHostsConnection() throws Exception {
        start(false);
        try (SocketChannel host = HostSocket.connect(path)) {
            HostSocket.say(host, "CONNECT 7\n");
            Packet request = next(VsockHeader.REQUEST);
            give(7, request.hostPort(), VsockHeader.RESET);
            assertThat(HostSocket.hear(host, 1)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CONNECT \n",
                "CONNECT 4294967296\n",
                "CONNECT 1 \n",
                "connect 1\n",
                "\n",
                "CONNECT 12345678901234"
            })
    void closesConnectionsThatSayNothingSensible(String line) throws Exception {
        start(false);
        try (SocketChannel host = HostSocket.connect(path)) {
            HostSocket.say(host, line);
            assertThat(HostSocket.hear(host, 1)).isEmpty();
        }
    }

    @Test
    void aConnectionFromBeforeTheGuestsStartWaits() throws Exception {
        try (SocketChannel host = HostSocket.connect(path)) {
            HostSocket.say(host, "CONNECT 8\n");
            start(false);
            next(VsockHeader.REQUEST);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sendsNoMoreThanTheGuestHasRoomFor(boolean packed) throws Exception {
        start(packed);
        try (SocketChannel host = stream(9)) {
            byte[] much = new byte[250_000];
            for (int i = 0; i < much.length; i++) {
                much[i] = (byte) (i % 253);
            }
            Thread writer = Thread.ofPlatform().start(() -> {
                try {
                    host.write(ByteBuffer.wrap(much));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            ByteArrayOutputStream got = new ByteArrayOutputStream();
            int asked = 0;
            int sinceUpdate = 0;
            while (got.size() < much.length) {
                Packet packet = next();
                if (packet.operation() == VsockHeader.CREDIT_REQUEST) {
                    asked++;
                    sinceUpdate = 0;
                    give(9, hostPort, VsockHeader.CREDIT_UPDATE);
                } else {
                    assertThat(packet.operation()).isEqualTo(VsockHeader.DATA);
                    got.writeBytes(packet.data().getBytes(StandardCharsets.ISO_8859_1));
                    sinceUpdate += packet.data().length();
                    assertThat(sinceUpdate).isLessThanOrEqualTo(GUEST_ROOM);
                }
            }
            writer.join();
            assertThat(asked).isEqualTo(2);
            assertThat(got.toByteArray()).isEqualTo(much);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void keepsForASlowHostWhatItHasSaidThatItHasRoomFor(boolean packed) throws Exception {
        start(packed);
        try (SocketChannel host = stream(9)) {
            byte[] piece = new byte[4096];
            int given = 0;
            int passed = 0;
            // Until the host's socket and the room behind it are full.
            while (given - passed + piece.length <= VsockConnection.ROOM) {
                Arrays.fill(piece, (byte) (given / piece.length));
                give(9, hostPort, VsockHeader.DATA, 0, piece);
                given += piece.length;
                give(9, hostPort, VsockHeader.CREDIT_REQUEST);
                passed = next(VsockHeader.CREDIT_UPDATE).passed();
            }
            assertThat(given - passed).isEqualTo(VsockConnection.ROOM);
            byte[] got = new byte[given];
            ByteBuffer into = ByteBuffer.wrap(got);
            while (into.hasRemaining()) {
                assertThat(host.read(into)).isPositive();
            }
            for (int i = 0; i < given; i++) {
                assertThat(got[i]).isEqualTo((byte) (i / piece.length));
            }
            int told = passed;
            while (told < given) {
                // As room comes back, the guest is told without asking.
                Packet update = next(VsockHeader.CREDIT_UPDATE);
                assertThat(update.passed()).isGreaterThanOrEqualTo(told);
                told = update.passed();
                if (given - told < VsockConnection.ROOM / 4) {
                    break;
                }
            }
        }
    }

    @Test
    void resetsAGuestThatSendsMoreThanThereIsRoomFor() throws Exception {
        start(false);
        try (SocketChannel host = stream(9)) {
            byte[] piece = new byte[16384];
            boolean reset = false;
            for (int i = 0; i < 1000 && !reset; i++) {
                give(9, hostPort, VsockHeader.DATA, 0, piece);
                if (i % 8 == 7) {
                    TestRing.Piece in = driver.in(RX_BUFFER);
                    driver.rings.get(VsockDevice.TO_GUEST).add(in);
                    driver.kick(VsockDevice.TO_GUEST);
                    give(9, hostPort, VsockHeader.CREDIT_REQUEST);
                    driver.await(VsockDevice.TO_GUEST);
                    reset = driver.bytes(in)[30] == VsockHeader.RESET;
                }
            }
            assertThat(reset).isTrue();
            assertThat(driver.get(0x70)).isEqualTo(15);
            assertThat(host.isOpen()).isTrue();
        }
    }

    @Test
    void resetsStreamsOnPacketsThatShouldNotBe() throws Exception {
        start(false);
        int[] wrong = {VsockHeader.REQUEST, VsockHeader.RESPONSE, 0, 8, 0xFFFF};
        for (int i = 0; i < wrong.length; i++) {
            try (SocketChannel host = stream(100 + i)) {
                give(100 + i, hostPort, wrong[i]);
                Packet reset = next(VsockHeader.RESET);
                assertThat(reset.guestPort()).isEqualTo(100 + i);
                assertThat(HostSocket.hear(host, 1)).isEmpty();
            }
        }
        try (SocketChannel host = stream(200)) {
            byte[] lie = packet(CID, 2, 200, hostPort, 1, VsockHeader.DATA, 0, GUEST_ROOM, 0, new byte[4]);
            lie[24] = 5;
            driver.send(VsockDevice.FROM_GUEST, driver.out(lie));
            next(VsockHeader.RESET);
            assertThat(HostSocket.hear(host, 1)).isEmpty();
        }
    }

    @Test
    void answersPacketsOfUnknownTypesAndForOthersWithAReset() {
        start(false);
        ask(CID, 2, 50, 2);
        assertThat(next(VsockHeader.RESET).hostPort()).isEqualTo(50);
        ask(CID, 7, 51, 1);
        assertThat(next(VsockHeader.RESET).hostPort()).isEqualTo(51);
        // Of somebody else than the guest: nobody is there to be answered.
        ask(CID + 1, 2, 52, 1);
        driver.send(VsockDevice.FROM_GUEST, driver.out(new byte[VsockHeader.SIZE - 1]));
        ask(CID, 2, 53, 1);
        assertThat(next(VsockHeader.RESET).hostPort()).isEqualTo(53);
    }

    private void ask(long source, long destination, int hostPort, int type) {
        byte[] request = packet(source, destination, 1, hostPort, type, VsockHeader.REQUEST, 0, 0, 0, new byte[0]);
        driver.send(VsockDevice.FROM_GUEST, driver.out(request));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aGuestThatTakesNoAnswersWaitsWithItsQuestions(boolean packed) {
        start(packed);
        TestRing tx = driver.rings.get(VsockDevice.FROM_GUEST);
        int count = 500;
        int back = 0;
        for (int i = 0; i < count; i++) {
            if (!tx.hasRoom(1)) {
                driver.await(VsockDevice.FROM_GUEST);
                back++;
            }
            tx.add(driver.out(packet(CID, 2, i, 50, 1, VsockHeader.REQUEST, 0, 0, 0, new byte[0])));
            driver.kick(VsockDevice.FROM_GUEST);
        }
        while (back < 256) {
            driver.await(VsockDevice.FROM_GUEST);
            back++;
        }
        driver.mmio.pause();
        driver.mmio.resume();
        assertThat(tx.poll()).as("a question beyond those that are kept").isNull();
        for (int i = 0; i < count; i++) {
            assertThat(next(VsockHeader.RESET).guestPort()).isEqualTo(i);
        }
    }

    @Test
    void tellsTheDriverThatAllStreamsHaveEnded() throws Exception {
        start(false);
        try (SocketChannel host = stream(9)) {
            device.transportReset();
            TestRing.Piece event = driver.in(8);
            driver.memory.putInt(event.address(), -1);
            driver.rings.get(VsockDevice.EVENTS).add(event);
            driver.kick(VsockDevice.EVENTS);
            assertThat(driver.await(VsockDevice.EVENTS).written()).isEqualTo(4);
            assertThat(driver.memory.getInt(event.address())).isZero();
            assertThat(HostSocket.hear(host, 1)).isEmpty();
        }
        try (SocketChannel host = stream(10)) {
            assertThat(host.isConnected()).isTrue();
        }
    }

    @Test
    void aResetEndsAllStreams() throws Exception {
        start(false);
        try (SocketChannel host = stream(9)) {
            driver.set(0x70, 0);
            assertThat(HostSocket.hear(host, 1)).isEmpty();
        }
        driver.start();
        stream(10).close();
    }

    @Test
    void carriesManyStreamsAtOnce() throws Exception {
        start(false);
        int count = 50;
        SocketChannel[] hosts = new SocketChannel[count];
        int[] ports = new int[count];
        for (int i = 0; i < count; i++) {
            hosts[i] = stream(1000 + i);
            ports[i] = hostPort;
        }
        for (int i = 0; i < count; i++) {
            HostSocket.say(hosts[i], "to " + (1000 + i));
        }
        for (int i = 0; i < count; i++) {
            Packet packet = next(VsockHeader.DATA);
            assertThat(packet.data()).isEqualTo("to " + packet.guestPort());
        }
        for (int i = 0; i < count; i++) {
            give(1000 + i, ports[i], VsockHeader.DATA, 0, new byte[] {(byte) i});
            assertThat(HostSocket.hear(hosts[i], 1)).isEqualTo(String.valueOf((char) i));
            hosts[i].close();
            assertThat(next(VsockHeader.SHUTDOWN).guestPort()).isEqualTo(1000 + i);
        }
    }
}
