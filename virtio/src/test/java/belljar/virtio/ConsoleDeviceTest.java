package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ConsoleDeviceTest {
    /** Output that holds up and fails when the test says so. */
    private static final class Terminal extends OutputStream {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final CountDownLatch gate = new CountDownLatch(1);
        volatile boolean held;
        volatile boolean broken;

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] from, int at, int length) throws IOException {
            if (held) {
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
            if (broken) {
                throw new IOException("broken");
            }
            synchronized (bytes) {
                bytes.write(from, at, length);
            }
        }

        byte[] content() {
            synchronized (bytes) {
                return bytes.toByteArray();
            }
        }
    }

    private final Terminal terminal = new Terminal();
    private final ConsoleDevice device = new ConsoleDevice(terminal);
    private TestDriver driver = new TestDriver(device, false);

    @AfterEach
    void close() {
        terminal.gate.countDown();
        driver.close();
    }

    private void start(boolean packed, long features) {
        driver = new TestDriver(device, packed).start(features);
    }

    private byte[] message() {
        TestRing.Piece piece = driver.in(16);
        driver.rings.get(ConsoleDevice.TO_DRIVER).add(piece);
        driver.kick(ConsoleDevice.TO_DRIVER);
        int length = driver.await(ConsoleDevice.TO_DRIVER).written();
        return java.util.Arrays.copyOf(driver.bytes(piece), length);
    }

    private void tell(int id, int event, int value) {
        driver.send(
                ConsoleDevice.FROM_DRIVER,
                driver.out(new byte[] {(byte) id, 0, 0, 0, (byte) event, 0, (byte) value, 0}));
    }

    private String input(int most) {
        TestRing.Piece piece = driver.in(most);
        driver.rings.get(ConsoleDevice.INPUT).add(piece);
        driver.kick(ConsoleDevice.INPUT);
        int n = driver.await(ConsoleDevice.INPUT).written();
        return new String(driver.bytes(piece), 0, n, StandardCharsets.UTF_8);
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void opensItsPortAsAConsole(boolean packed) {
        device.resize(100, 40);
        start(packed, -1);
        device.receive(text("typed early"), 11);
        tell(0, ConsolePort.DEVICE_READY, 1);
        assertThat(message()).containsExactly(0, 0, 0, 0, ConsolePort.PORT_ADD, 0, 1, 0);
        tell(0, ConsolePort.PORT_READY, 1);
        assertThat(message()).containsExactly(0, 0, 0, 0, ConsolePort.CONSOLE_PORT, 0, 1, 0);
        assertThat(message()).containsExactly(0, 0, 0, 0, ConsolePort.RESIZE, 0, 0, 0, 40, 0, 100, 0);
        assertThat(message()).containsExactly(0, 0, 0, 0, ConsolePort.PORT_OPEN, 0, 1, 0);
        TestRing.Piece early = driver.in(64);
        driver.rings.get(ConsoleDevice.INPUT).add(early);
        driver.kick(ConsoleDevice.INPUT);
        tell(0, 99, 1);
        assertThat(driver.rings.get(ConsoleDevice.INPUT).poll())
                .as("the port is not open yet")
                .isNull();
        tell(0, ConsolePort.PORT_OPEN, 1);
        assertThat(driver.await(ConsoleDevice.INPUT).written()).isEqualTo(11);
        device.resize(0x123, 0x45);
        assertThat(message()).containsExactly(0, 0, 0, 0, ConsolePort.RESIZE, 0, 0, 0, 0x45, 0, 0x23, 1);
        assertThat(driver.mmio.read(0x100, 4)).isEqualTo(0x0045_0123);
    }

    @Test
    void ignoresMessagesAboutOtherPorts() {
        start(false, -1);
        tell(1, ConsolePort.PORT_READY, 1);
        tell(1, ConsolePort.PORT_OPEN, 1);
        driver.send(ConsoleDevice.FROM_DRIVER, driver.out(new byte[] {1, 2, 3}));
        tell(7, ConsolePort.DEVICE_READY, 1);
        assertThat(message()[4]).isEqualTo((byte) ConsolePort.PORT_ADD);
        TestRing.Piece piece = driver.in(16);
        driver.rings.get(ConsoleDevice.TO_DRIVER).add(piece);
        tell(0, ConsolePort.PORT_READY, 0);
        assertThat(driver.rings.get(ConsoleDevice.TO_DRIVER).poll()).isNull();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void worksForADriverOfOnePort(boolean packed) {
        start(packed, ~ConsoleDevice.MULTIPORT);
        device.receive(text("hello"), 5);
        assertThat(input(3)).isEqualTo("hel");
        assertThat(input(3)).isEqualTo("lo");
        driver.send(ConsoleDevice.OUTPUT, driver.out(text("to the ")), driver.out(text("terminal\n")));
        TestDriver.await(() -> terminal.content().length == 16);
        assertThat(terminal.content()).isEqualTo(text("to the terminal\n"));
        device.resize(80, 25);
        assertThat(driver.get(0x60) & 2).isEqualTo(2);
        assertThat(driver.mmio.read(0x100, 4)).isEqualTo(25 << 16 | 80);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theGuestWaitsForASlowTerminal(boolean packed) {
        terminal.held = true;
        start(packed, ~ConsoleDevice.MULTIPORT);
        byte[] piece = new byte[30_000];
        for (int i = 0; i < piece.length; i++) {
            piece[i] = (byte) (i % 251);
        }
        int pieces = 10;
        for (int i = 0; i < pieces; i++) {
            driver.rings.get(ConsoleDevice.OUTPUT).add(driver.out(piece));
        }
        driver.kick(ConsoleDevice.OUTPUT);
        driver.await(ConsoleDevice.OUTPUT);
        driver.await(ConsoleDevice.OUTPUT);
        // 64 KiB wait and 8 KiB are being written: a third buffer goes nowhere while that is so.
        driver.mmio.pause();
        driver.mmio.resume();
        assertThat(driver.rings.get(ConsoleDevice.OUTPUT).poll()).isNull();
        terminal.gate.countDown();
        for (int i = 2; i < pieces; i++) {
            driver.await(ConsoleDevice.OUTPUT);
        }
        driver.close();
        byte[] content = terminal.content();
        assertThat(content).hasSize(pieces * piece.length);
        for (int i = 0; i < content.length; i++) {
            assertThat(content[i]).isEqualTo(piece[i % piece.length]);
        }
    }

    @Test
    void whoTypesWaitsForASlowGuest() throws Exception {
        start(false, ~ConsoleDevice.MULTIPORT);
        byte[] much = new byte[50_000];
        for (int i = 0; i < much.length; i++) {
            much[i] = (byte) ('a' + i % 26);
        }
        Thread typist = Thread.ofPlatform().start(() -> device.receive(much, much.length));
        StringBuilder got = new StringBuilder();
        while (got.length() < much.length) {
            got.append(input(1000));
        }
        typist.join();
        assertThat(got.toString()).isEqualTo(new String(much, StandardCharsets.UTF_8));
    }

    @Test
    void closingEndsTheWaitingOfWhoTypes() throws Exception {
        Thread typist = Thread.ofPlatform().start(() -> device.receive(new byte[100_000], 100_000));
        TestDriver.await(() -> typist.getState() == Thread.State.WAITING);
        driver.close();
        typist.join();
    }

    @Test
    void losesOutputOnceTheTerminalIsGone() {
        terminal.broken = true;
        start(false, ~ConsoleDevice.MULTIPORT);
        for (int i = 0; i < 100; i++) {
            driver.send(ConsoleDevice.OUTPUT, driver.out(new byte[10_000]));
        }
        TestDriver.await(device::hasFailed);
        assertThat(terminal.content()).isEmpty();
        assertThat(driver.get(0x70)).isEqualTo(15);
    }

    @Test
    void startsAnewAfterAReset() {
        start(false, -1);
        tell(0, ConsolePort.PORT_OPEN, 1);
        driver.start();
        device.receive(text("kept"), 4);
        TestRing.Piece piece = driver.in(16);
        driver.rings.get(ConsoleDevice.INPUT).add(piece);
        driver.kick(ConsoleDevice.INPUT);
        tell(0, 99, 0);
        assertThat(driver.rings.get(ConsoleDevice.INPUT).poll()).isNull();
        tell(0, ConsolePort.PORT_OPEN, 1);
        assertThat(driver.await(ConsoleDevice.INPUT).written()).isEqualTo(4);
    }
}
