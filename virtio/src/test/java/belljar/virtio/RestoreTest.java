package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A device that is saved and loaded at any point goes on as if nothing had happened. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RestoreTest {
    private TestRing.Piece piece = new TestRing.Piece(0, 0, false);

    /** Runs a script unbroken, and broken after each of its steps. */
    private static void compare(Script script, boolean packed, long features, Supplier<VirtioDevice> devices) {
        List<Object> whole = script.run(new TestDriver(devices.get(), packed).start(features));
        for (int i = 0; i < script.length(); i++) {
            TestDriver first = new TestDriver(devices.get(), packed).start(features);
            List<Object> broken = script.run(first, i, (state, memory) -> first.at(devices.get(), state, memory));
            assertThat(broken).as("saved after step %d", i).isEqualTo(whole);
        }
    }

    private static void compare(Script script, boolean packed, Supplier<VirtioDevice> devices) {
        compare(script, packed, -1, devices);
        compare(script, packed, ~(Features.EVENT_IDX | Features.INDIRECT_DESC), devices);
    }

    private static List<Object> sees(TestDriver driver, int queue, TestRing.Piece... pieces) {
        List<Object> seen = new ArrayList<>();
        seen.add(driver.send(queue, pieces));
        for (TestRing.Piece each : pieces) {
            seen.add(text(driver.bytes(each)));
        }
        return seen;
    }

    private static int add(TestDriver driver, int queue, TestRing.Piece... pieces) {
        int id = driver.rings.get(queue).add(pieces);
        driver.kick(queue);
        return id;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void queuesGoOnWhereTheyWere(boolean packed) {
        Script script = new Script();
        // Three rounds of a ring of 16, so that it is saved at every place of it.
        for (int i = 0; i < 24; i++) {
            byte number = (byte) i;
            script.given(driver -> {
                piece = driver.in(2);
                return add(driver, i(number), driver.out(new byte[] {number, 7}), piece);
            });
            script.then(driver -> List.of(driver.await(i(number)), driver.bytes(piece)[0], driver.get(0x70)));
        }
        compare(script, packed, EchoDevice::new);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static byte[] numbered(int length) {
        byte[] bytes = new byte[length];
        for (int i = NetBackend.HEADER; i < length; i++) {
            bytes[i] = (byte) (i * 7);
        }
        return bytes;
    }

    private static int i(byte number) {
        return number & 1;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void registersAreAsTheyWere(boolean packed) {
        Script script = new Script();
        script.then(driver -> driver.send(0, driver.out(new byte[4]), driver.in(4)));
        script.given(driver -> {
            driver.mmio.write(0x100, 8, 0x1234_5678_9ABC_DEF0L);
            driver.set(0x14, 1);
            driver.set(0x30, 1);
            return 0;
        });
        // In the middle of a new negotiation, with a queue that is ready.
        for (int value : new int[] {0, 1, 3}) {
            script.given(driver -> {
                driver.set(0x70, value);
                return driver.get(0x70);
            });
        }
        script.given(driver -> {
            driver.set(0x24, 1);
            driver.set(0x20, 1 | (packed ? 4 : 0));
            driver.set(0x70, 11);
            return driver.get(0x70);
        });
        script.given(driver -> {
            driver.set(0x30, 1);
            driver.describe(driver.rings.get(1), 16);
            return driver.get(0x44);
        });
        script.given(driver -> {
            driver.set(0x44, 1);
            return driver.get(0x44);
        });
        script.given(driver -> {
            driver.rings.set(1, new TestRing(driver.memory, driver.rings.get(1).descriptors, 16, packed));
            driver.set(0x70, 15);
            return 0;
        });
        script.then(driver -> driver.send(1, driver.out(new byte[4]), driver.in(4)));
        // A queue that is stopped, and a driver that gives up.
        script.given(driver -> {
            driver.set(0x44, 0);
            return driver.get(0x44);
        });
        script.given(driver -> {
            driver.set(0x70, 128);
            return driver.get(0x70);
        });
        script.given(driver -> List.of(driver.get(0x70), driver.get(0x44), driver.mmio.read(0x100, 8)));
        compare(script, packed, EchoDevice::new);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aDiskIsReadAndWritten(boolean packed) {
        byte[] data = numbered(1024);
        Script script = new Script();
        script.given(driver -> {
            piece = driver.in(1);
            return add(driver, 0, driver.out(request(1, 20)), driver.out(data), piece);
        });
        script.then(driver -> List.of(driver.await(0), driver.bytes(piece)[0]));
        script.then(driver -> sees(driver, 0, driver.out(request(0, 21)), driver.in(512), driver.in(1)));
        script.given(driver -> {
            piece = driver.in(512);
            add(driver, 0, driver.out(request(0, 20)), piece, driver.in(1));
            return add(driver, 0, driver.out(request(8, 0)), driver.in(20), driver.in(1));
        });
        script.then(driver -> List.of(driver.await(0), driver.await(0), driver.bytes(piece)[100]));
        byte[] content = new byte[64 * 512];
        compare(script, packed, () -> new BlockDevice(new MemoryDisk(content), "serial"));
    }

    private static byte[] request(int kind, int sector) {
        byte[] header = new byte[16];
        header[0] = (byte) kind;
        header[8] = (byte) sector;
        return header;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void randomBytesCome(boolean packed) {
        Script script = new Script();
        for (int i = 1; i < 5; i++) {
            int length = i * 3;
            script.given(driver -> add(driver, 0, driver.in(length)));
            script.then(driver -> driver.await(0));
        }
        compare(script, packed, () -> new EntropyDevice(new SecureRandom()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aBalloonKeepsItsSizes(boolean packed) {
        BalloonDevice[] balloon = new BalloonDevice[1];
        Script script = new Script();
        script.given(driver -> {
            balloon[0].inflateTo(5 * 4096);
            return driver.get(0x100);
        });
        script.then(driver -> sees(driver, 0, driver.out(new byte[] {9, 0, 0, 0})));
        script.given(driver -> {
            driver.set(0x104, 1);
            return balloon[0].size();
        });
        // The buffer of the statistics stands in the queue from now on.
        script.given(driver -> add(driver, 2, driver.out(new byte[] {4, 0, 77, 0, 0, 0, 0, 0, 0, 0})));
        script.then(driver -> {
            TestDriver.await(() -> balloon[0].stats().free() == 77);
            return driver.get(0x60) & 2;
        });
        script.given(driver -> {
            balloon[0].askForStats();
            return List.of(balloon[0].stats(), balloon[0].size(), driver.get(0x100));
        });
        script.then(driver -> List.of(driver.await(2), driver.get(0x100)));
        script.given(driver -> add(driver, 3, new TestRing.Piece(0x20_0000, 8192, true)));
        script.then(driver -> List.of(driver.await(3), balloon[0].size()));
        compare(script, packed, () -> {
            balloon[0] = new BalloonDevice(MemoryRelease.NONE);
            return balloon[0];
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aNetworkCardLosesNothing(boolean packed) {
        TestWire[] wire = new TestWire[1];
        Script script = new Script();
        byte[] frame = numbered(1000);
        script.then(driver -> {
            driver.send(NetDevice.CONTROL, driver.out(new byte[] {5, 0, 2, 0, 0, 0, 0, 0, 0, 0}), driver.in(1));
            return wire[0].offloads.getLast();
        });
        script.then(driver -> {
            driver.send(NetDevice.CONTROL, driver.out(new byte[] {1, 1, 2, 9, 9, 9, 9, 9}), driver.in(1));
            return driver.mmio.read(0x100, 4);
        });
        script.then(driver -> {
            // Half of the room that it needs: the device has it wait, and the buffer stays.
            piece = driver.in(500);
            add(driver, NetDevice.RECEIVE, piece);
            wire[0].come(frame);
            TestDriver.await(() -> wire[0].waiting() == 0);
            return 0;
        });
        script.given(driver -> add(driver, NetDevice.RECEIVE, driver.in(600)));
        script.then(driver ->
                List.of(driver.await(NetDevice.RECEIVE), driver.await(NetDevice.RECEIVE), text(driver.bytes(piece))));
        script.given(driver -> add(driver, NetDevice.TRANSMIT, driver.out(frame)));
        script.then(driver -> List.of(
                driver.await(NetDevice.TRANSMIT),
                Arrays.hashCode(wire[0].sent.getLast()),
                wire[0].offloads.getLast(),
                driver.mmio.read(0x100, 4)));
        compare(script, packed, () -> {
            wire[0] = new TestWire();
            return new NetDevice(wire[0], new byte[] {2, 1, 2, 3, 4, 5}, 1500);
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aConsoleKeepsItsPort(boolean packed) {
        ConsoleDevice[] console = new ConsoleDevice[1];
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        Script script = new Script();
        script.given(driver -> {
            output.reset();
            console[0].resize(80, 25);
            console[0].receive("early".getBytes(StandardCharsets.UTF_8), 5);
            return driver.mmio.read(0x100, 4);
        });
        script.given(driver -> add(driver, ConsoleDevice.FROM_DRIVER, driver.out(message(ConsolePort.DEVICE_READY))));
        script.then(driver ->
                List.of(driver.await(ConsoleDevice.FROM_DRIVER), sees(driver, ConsoleDevice.TO_DRIVER, driver.in(16))));
        script.then(driver -> driver.send(ConsoleDevice.FROM_DRIVER, driver.out(message(ConsolePort.PORT_READY))));
        for (int i = 0; i < 3; i++) {
            script.then(driver -> sees(driver, ConsoleDevice.TO_DRIVER, driver.in(16)));
        }
        script.given(driver -> {
            piece = driver.in(3);
            return add(driver, ConsoleDevice.INPUT, piece);
        });
        script.then(driver -> driver.send(ConsoleDevice.FROM_DRIVER, driver.out(message(ConsolePort.PORT_OPEN))));
        script.then(driver -> List.of(driver.await(ConsoleDevice.INPUT), text(driver.bytes(piece))));
        script.then(driver -> sees(driver, ConsoleDevice.INPUT, driver.in(30)));
        script.given(driver -> add(driver, ConsoleDevice.OUTPUT, driver.out(new byte[] {'a', 'b'})));
        script.then(driver -> driver.await(ConsoleDevice.OUTPUT));
        script.given(driver -> driver.mmio.read(0x100, 4));
        compare(script, packed, () -> {
            console[0] = new ConsoleDevice(output);
            return console[0];
        });
        assertThat(output.toString(StandardCharsets.UTF_8)).isEqualTo("ab");
    }

    private static byte[] message(int event) {
        return new byte[] {0, 0, 0, 0, (byte) event, 0, 1, 0};
    }
}
