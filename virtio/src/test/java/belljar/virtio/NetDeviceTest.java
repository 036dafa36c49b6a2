package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.BugException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NetDeviceTest {
    private static final byte[] MAC = {2, 1, 2, 3, 4, 5};
    private final TestWire wire = new TestWire();
    private final NetDevice device = new NetDevice(wire, MAC, 1500);
    private TestDriver driver = new TestDriver(device, false);

    @AfterEach
    void close() {
        driver.close();
        assertThat(wire.closed).isTrue();
    }

    private TestDriver driver(boolean packed) {
        driver = new TestDriver(device, packed);
        return driver;
    }

    private static byte[] frame(int length, int seed) {
        byte[] frame = new byte[length];
        for (int i = NetBackend.HEADER; i < length; i++) {
            frame[i] = (byte) (i * 31 + seed);
        }
        return frame;
    }

    @Test
    void saysWhatItIs() {
        assertThat(driver.get(8)).isEqualTo(1);
        assertThat(driver.mmio.read(0x100, 4)).isEqualTo(0x03020102L);
        assertThat(driver.mmio.read(0x104, 2)).isEqualTo(0x0504);
        assertThat(driver.mmio.read(0x106, 2)).as("link is up").isEqualTo(1);
        assertThat(driver.mmio.read(0x10A, 2)).isEqualTo(1500);
        assertThat(driver.offered() & NetDevice.MRG_RXBUF).isNotZero();
    }

    @Test
    void refusesWhatIsNoCard() {
        assertThatThrownBy(() -> new NetDevice(wire, new byte[] {1, 0, 0, 0, 0, 0}, 0))
                .isInstanceOf(BugException.class);
        assertThatThrownBy(() -> new NetDevice(wire, MAC, 67)).isInstanceOf(BugException.class);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sendsFramesFromManyPieces(boolean packed) {
        driver(packed).start();
        byte[] header = new byte[NetBackend.HEADER];
        header[0] = 1;
        byte[] head = frame(100, 1);
        byte[] tail = frame(1200, 2);
        driver.send(NetDevice.TRANSMIT, driver.out(header), driver.out(head), driver.out(tail));
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes(header);
        whole.writeBytes(head);
        whole.writeBytes(tail);
        assertThat(wire.sent).hasSize(1);
        assertThat(wire.sent.getFirst()).isEqualTo(whole.toByteArray());
        assertThat(device.metrics()).isEqualTo(new NetMetrics(0, 0, 1, 1300, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void receivesALargeFrameInManyBuffers(boolean packed) {
        driver(packed).start();
        List<TestRing.Piece> buffers = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            buffers.add(driver.in(1536));
            driver.rings.get(NetDevice.RECEIVE).add(buffers.get(i));
        }
        driver.kick(NetDevice.RECEIVE);
        byte[] large = frame(NetBackend.LONGEST, 3);
        wire.come(large);
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        int used = (NetBackend.LONGEST + 1535) / 1536;
        for (int i = 0; i < used; i++) {
            TestRing.Used back = driver.await(NetDevice.RECEIVE);
            got.write(driver.bytes(buffers.get(i)), 0, back.written());
        }
        large[10] = (byte) used;
        assertThat(got.toByteArray()).isEqualTo(large);
        TestDriver.await(() -> driver.lineHigh);
        assertThat(driver.rings.get(NetDevice.RECEIVE).poll()).isNull();
        // The buffers that were not needed serve the next.
        wire.come(frame(60, 4));
        assertThat(driver.await(NetDevice.RECEIVE).written()).isEqualTo(60);
        assertThat(driver.bytes(buffers.get(used))[10]).isEqualTo((byte) 1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void framesWaitForRoomAndNoneIsLost(boolean packed) {
        driver(packed).start();
        for (int i = 0; i < 500; i++) {
            wire.come(frame(1000, i));
        }
        // The frame that waits needs two buffers: one is not enough, and is kept.
        TestDriver.await(() -> wire.waiting() == 499);
        for (int i = 0; i < 500; i++) {
            TestRing.Piece first = driver.in(700);
            TestRing.Piece second = driver.in(700);
            driver.rings.get(NetDevice.RECEIVE).add(first);
            driver.kick(NetDevice.RECEIVE);
            driver.rings.get(NetDevice.RECEIVE).add(second);
            driver.kick(NetDevice.RECEIVE);
            assertThat(driver.await(NetDevice.RECEIVE).written()).isEqualTo(700);
            assertThat(driver.await(NetDevice.RECEIVE).written()).isEqualTo(300);
            assertThat(driver.bytes(first)[20]).as("frame %d", i).isEqualTo((byte) (20 * 31 + i));
        }
        assertThat(device.metrics().dropped()).isZero();
        assertThat(device.metrics().received()).isEqualTo(500);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void losesAFrameForWhichTheWholeQueueIsTooSmall(boolean packed) {
        driver(packed).start();
        for (int i = 0; i < 256; i++) {
            driver.rings.get(NetDevice.RECEIVE).add(driver.in(100));
        }
        wire.come(frame(NetBackend.LONGEST, 1));
        wire.come(frame(90, 2));
        driver.kick(NetDevice.RECEIVE);
        assertThat(driver.await(NetDevice.RECEIVE).written()).isEqualTo(90);
        assertThat(device.metrics().dropped()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void withoutMergingAFrameIsInOneBuffer(boolean packed) {
        driver(packed).start(~NetDevice.MRG_RXBUF);
        TestRing.Piece header = driver.in(NetBackend.HEADER);
        TestRing.Piece data = driver.in(1514);
        driver.rings.get(NetDevice.RECEIVE).add(header, data);
        driver.kick(NetDevice.RECEIVE);
        wire.come(frame(5000, 1));
        wire.come(frame(1526, 2));
        assertThat(driver.await(NetDevice.RECEIVE).written()).isEqualTo(1526);
        assertThat(driver.bytes(header)[10]).isEqualTo((byte) 1);
        assertThat(driver.bytes(data)[0]).isEqualTo(frame(20, 2)[NetBackend.HEADER]);
        assertThat(device.metrics().dropped()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 12, 25, NetBackend.LONGEST + 1})
    void dropsFramesThatAreNone(int length) {
        driver.start();
        driver.send(NetDevice.TRANSMIT, driver.out(new byte[length]));
        wire.full = true;
        driver.send(NetDevice.TRANSMIT, driver.out(new byte[100]));
        assertThat(wire.sent).isEmpty();
        assertThat(device.metrics().dropped()).isEqualTo(2);
    }

    @Test
    void tellsTheWireWhatTheGuestDoesItself() {
        driver.start();
        assertThat(wire.offloads.getLast())
                .isEqualTo(NetBackend.CHECKSUM | NetBackend.TSO4 | NetBackend.TSO6 | NetBackend.TSO_ECN);
        assertThat(control(5, 0, 2, 0, 0, 0, 0, 0, 0, 0)).isZero();
        assertThat(wire.offloads.getLast()).isEqualTo(NetBackend.CHECKSUM);
        assertThat(control(5, 0, 0x80, 0, 0, 0, 0, 0, 0, 0)).isZero();
        assertThat(wire.offloads.getLast()).as("without checksums").isZero();
        driver.start(~(NetDevice.GUEST_TSO6 | NetDevice.GUEST_ECN));
        assertThat(wire.offloads.getLast()).isEqualTo(NetBackend.CHECKSUM | NetBackend.TSO4);
        assertThat(control(5, 0, 0, 1, 0, 0, 0, 0, 0, 0)).as("not agreed to").isEqualTo(1);
        driver.set(0x70, 0);
        assertThat(wire.offloads.getLast()).isZero();
    }

    private int control(int... bytes) {
        byte[] command = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            command[i] = (byte) bytes[i];
        }
        TestRing.Piece answer = driver.in(1);
        assertThat(driver.send(NetDevice.CONTROL, driver.out(command), answer)).isEqualTo(1);
        return driver.bytes(answer)[0];
    }

    @Test
    void takesAHardwareAddressUntilReset() {
        driver.start();
        assertThat(control(1, 1, 6, 5, 4, 3, 2, 1)).isZero();
        assertThat(driver.mmio.read(0x100, 4)).isEqualTo(0x03040506L);
        assertThat(control(1, 1, 6, 5, 4, 3, 2)).isEqualTo(1);
        assertThat(control(0, 0, 1)).isZero();
        assertThat(control(1, 0, 0, 0, 0, 0, 0, 0, 0, 0)).isZero();
        assertThat(control(0, 7, 1)).isEqualTo(1);
        assertThat(control(9, 0, 1)).isEqualTo(1);
        assertThat(control(1)).isEqualTo(1);
        driver.set(0x70, 0);
        assertThat(driver.mmio.read(0x100, 4)).isEqualTo(0x03020102L);
    }

    @Test
    void hasTheGuestAnnounceItself() {
        driver.start();
        device.announceGuest();
        assertThat(driver.mmio.read(0x106, 2)).isEqualTo(3);
        assertThat(driver.get(0x60) & 2).isEqualTo(2);
        assertThat(control(3, 0)).isZero();
        assertThat(driver.mmio.read(0x106, 2)).isEqualTo(1);
    }

    @Test
    void aCutWireTakesTheLinkDownAndNothingElse() {
        driver.start();
        wire.cutNow();
        TestDriver.await(device::isCut);
        TestDriver.await(() -> (driver.get(0x60) & 2) != 0);
        assertThat(driver.mmio.read(0x106, 2)).isZero();
        driver.send(NetDevice.TRANSMIT, driver.out(new byte[100]));
        assertThat(driver.get(0x70)).isEqualTo(15);
        driver.start();
        assertThat(driver.get(0x70)).isEqualTo(15);
        assertThat(driver.mmio.read(0x106, 2)).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void carriesManyFramesBothWaysAtOnce(boolean packed) {
        driver(packed).start();
        int total = 3000;
        int sent = 0;
        int sentBack = 0;
        int received = 0;
        int given = 0;
        long end = System.nanoTime() + 60_000_000_000L;
        TestRing rx = driver.rings.get(NetDevice.RECEIVE);
        TestRing tx = driver.rings.get(NetDevice.TRANSMIT);
        while ((sentBack < total || received < total) && System.nanoTime() < end) {
            if (sent < total && tx.hasRoom(1)) {
                tx.add(driver.out(frame(200, sent++)));
                driver.kick(NetDevice.TRANSMIT);
            }
            if (given < total && rx.hasRoom(1)) {
                rx.add(driver.in(200));
                driver.kick(NetDevice.RECEIVE);
                wire.come(frame(200, given++));
            }
            sentBack += tx.poll() == null ? 0 : 1;
            received += rx.poll() == null ? 0 : 1;
        }
        assertThat(sentBack).isEqualTo(total);
        assertThat(received).isEqualTo(total);
        assertThat(wire.sent).hasSize(total);
        assertThat(wire.sent.get(total - 1)).isEqualTo(frame(200, total - 1));
    }

    @Test
    void isHeldToItsLimits() {
        TestWire other = new TestWire();
        NetDevice card = new NetDevice(other, MAC, 0, new RateLimit(0, 20), new RateLimit(10_000, 0));
        try (TestDriver guest = new TestDriver(card, false)) {
            guest.start();
            for (int i = 0; i < 30; i++) {
                other.come(frame(100, i));
                guest.rings.get(NetDevice.RECEIVE).add(guest.in(200));
                guest.kick(NetDevice.RECEIVE);
                guest.rings.get(NetDevice.TRANSMIT).add(guest.out(frame(500, i)));
                guest.kick(NetDevice.TRANSMIT);
            }
            for (int i = 0; i < 30; i++) {
                guest.await(NetDevice.RECEIVE);
                guest.await(NetDevice.TRANSMIT);
            }
            // A second's worth of both goes at once, and ten frames of either have to wait.
            assertThat(card.metrics().delays()).isGreaterThanOrEqualTo(2);
            assertThat(card.metrics().dropped()).isZero();
            assertThat(other.sent).hasSize(30);
        }
    }
}
