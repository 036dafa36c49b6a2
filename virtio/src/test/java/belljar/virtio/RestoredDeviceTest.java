package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.BugException;
import belljar.failure.UserException;
import belljar.machine.GuestMemory;
import belljar.machine.StateReader;
import belljar.machine.StateWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a pause holds, and what is not as it was for who is loaded, since the world around it is another one. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RestoredDeviceTest {
    private static final byte[] MAC = {2, 1, 2, 3, 4, 5};

    @TempDir
    Path directory;

    private TestDriver driver = new TestDriver(new EchoDevice(), false);

    @AfterEach
    void close() {
        driver.close();
    }

    private TestDriver start(VirtioDevice device) {
        driver.close();
        driver = new TestDriver(device, false).start();
        return driver;
    }

    /** Saves what is there and loads it into another device. */
    private void move(VirtioDevice device) {
        driver.mmio.pause();
        byte[] state = driver.save();
        GuestMemory memory = driver.copyOfMemory();
        TestDriver last = driver;
        driver = driver.at(device, state, memory);
        last.close();
    }

    @Test
    void isSavedOnlyWhilePaused() {
        assertThatThrownBy(driver::save).isInstanceOf(BugException.class);
        driver.mmio.pause();
        assertThat(driver.save()).isNotEmpty();
    }

    @Test
    void aPauseHoldsForADriverThatComesOnlyThen() {
        EchoDevice device = new EchoDevice();
        driver = new TestDriver(device, false);
        driver.mmio.pause();
        driver.mmio.pause();
        driver.start();
        driver.rings.get(0).add(driver.out(new byte[] {1}), driver.in(1));
        driver.kick(0);
        driver.set(0x30, 1);
        driver.set(0x44, 0);
        assertThat(driver.get(0x44)).as("a queue is stopped meanwhile").isZero();
        assertThat(device.servings).hasValue(0);
        driver.mmio.resume();
        assertThat(driver.await(0).written()).isEqualTo(1);
    }

    @Test
    void nothingInterruptsWhilePausedAndNothingIsForgotten() {
        ConsoleDevice console = new ConsoleDevice(OutputStream.nullOutputStream());
        start(console);
        driver.mmio.pause();
        console.resize(90, 30);
        assertThat(driver.lineHigh).isFalse();
        assertThat(driver.get(0x60)).isZero();
        move(new ConsoleDevice(OutputStream.nullOutputStream()));
        assertThat(driver.lineHigh).isFalse();
        driver.mmio.resume();
        assertThat(driver.lineHigh).isTrue();
        assertThat(driver.get(0x60)).isEqualTo(2);
        assertThat(driver.mmio.read(0x100, 4)).isEqualTo(30 << 16 | 90);
    }

    @Test
    void aResetEndsWhatAPauseHeld() {
        EchoDevice device = new EchoDevice();
        start(device);
        driver.mmio.pause();
        device.config.announce();
        driver.mmio.reset();
        driver.mmio.resume();
        assertThat(driver.lineHigh).isFalse();
    }

    @Test
    void theWireIsAsHighAsItWas() {
        start(new EchoDevice());
        move(new EchoDevice());
        assertThat(driver.rises).hasValue(0);
        driver.mmio.resume();
        driver.send(0, driver.out(new byte[] {1}), driver.in(1));
        TestDriver.await(() -> driver.lineHigh);
        move(new EchoDevice());
        assertThat(driver.lineHigh).isTrue();
        assertThat(driver.rises).hasValue(1);
        driver.mmio.resume();
        driver.set(0x64, 1);
        assertThat(driver.lineHigh).isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void tellsOfNoBufferTwice(boolean packed) {
        driver.close();
        driver = new TestDriver(new EchoDevice(), packed).start();
        driver.send(0, driver.out(new byte[] {1}), driver.in(1));
        TestDriver.await(() -> driver.lineHigh);
        driver.set(0x64, 1);
        EchoDevice next = new EchoDevice();
        move(next);
        driver.mmio.resume();
        TestDriver.await(() -> next.servings.get() == next.queues());
        driver.mmio.pause();
        assertThat(driver.rises).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void asksToBeToldOfTheNextBufferWhereItWasStoppedInTheMiddle(boolean packed) throws InterruptedException {
        driver.close();
        driver = new TestDriver(new EchoDevice(), packed).start(~Features.EVENT_IDX);
        Thread pausing = Thread.ofPlatform().unstarted(driver.mmio::pause);
        TestRing.Piece in = driver.in(1);
        driver.memory.watch((offset, length) -> {
            if (offset == in.address()) {
                // A buffer has been taken, and the next is not to be looked for.
                pausing.start();
                TestDriver.await(() -> pausing.getState() == Thread.State.WAITING);
            }
        });
        TestRing ring = driver.rings.get(0);
        ring.add(driver.out(new byte[] {1}), in);
        driver.kick(0);
        TestDriver.await(() -> pausing.getState() != Thread.State.NEW);
        pausing.join();
        assertThat(ring.wantsNotification(false)).isFalse();
        move(new EchoDevice());
        driver.mmio.resume();
        driver.await(0);
        TestDriver.await(() -> driver.rings.get(0).wantsNotification(false));
        driver.send(0, driver.out(new byte[] {1}), driver.in(1));
    }

    @Test
    void aDeviceThatIsLoadedTwiceHasTheSecondState() {
        EchoDevice device = new EchoDevice();
        start(device);
        driver.mmio.pause();
        byte[] state = driver.save();
        driver.mmio.resume();
        driver.load(state);
        assertThat(driver.save()).isEqualTo(state);
        driver.mmio.resume();
        assertThat(driver.send(0, driver.out(new byte[] {1}), driver.in(1))).isEqualTo(1);
    }

    @Test
    void aBrokenDeviceStaysBrokenUntilItIsReset() {
        start(new EchoDevice());
        driver.rings.get(0).add(new TestRing.Piece(1L << 40, 8, false));
        driver.kick(0);
        TestDriver.await(() -> driver.get(0x70) == (15 | 64));
        driver.set(0x64, 3);
        String fault = driver.mmio.fault().orElseThrow();
        move(new EchoDevice());
        driver.mmio.resume();
        assertThat(driver.get(0x70)).isEqualTo(15 | 64);
        assertThat(driver.mmio.fault()).hasValue(fault);
        assertThat(driver.lineHigh).as("the driver has heard of it").isFalse();
        move(new EchoDevice());
        driver.mmio.resume();
        driver.start();
        assertThat(driver.send(0, driver.out(new byte[] {1}), driver.in(1))).isEqualTo(1);
    }

    @Test
    void refusesTheStateOfAnotherDevice() {
        start(new EchoDevice());
        assertThatThrownBy(() -> move(new BalloonDevice(MemoryRelease.NONE)))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("virtio device 63");
    }

    @Test
    void refusesFeaturesThatAreNotThere() {
        start(new NetDevice(new TestWire(), MAC, 1500));
        assertThatThrownBy(() -> move(new NetDevice(new TestWire(), MAC, 0)))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("features");
    }

    @Test
    void refusesADiskOfAnotherSize() {
        start(new BlockDevice(new MemoryDisk(new byte[8192]), "a"));
        assertThatThrownBy(() -> move(new BlockDevice(new MemoryDisk(new byte[4096]), "a")))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("8192")
                .hasMessageContaining("4096");
    }

    @Test
    void refusesQueuesOutsideMemory() {
        start(new EchoDevice());
        driver.mmio.pause();
        byte[] state = driver.save();
        assertThatThrownBy(() -> driver.at(new EchoDevice(), state, GuestMemory.allocate(4096)))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("a queue that cannot be");
    }

    private void flushThrice() {
        for (int i = 0; i < 3; i++) {
            driver.send(0, driver.out(new byte[] {4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), driver.in(1));
        }
    }

    @Test
    void aLimitIsNotNewForWhoIsLoaded() {
        RateLimit limit = new RateLimit(0, 3);
        start(new BlockDevice(new MemoryDisk(new byte[4096]), "slow", limit));
        flushThrice();
        RateLimiter used = new RateLimiter(limit, System.nanoTime());
        used.used(1L << 32);
        used.used(1);
        StateWriter state = new StateWriter();
        used.transfer(state);
        RateLimiter loaded = new RateLimiter(limit, System.nanoTime());
        loaded.transfer(new StateReader("test", state.toBytes()));
        loaded.used(1);
        loaded.used(1);
        assertThat(loaded.delay(System.nanoTime())).isPositive();
        BlockDevice next = new BlockDevice(new MemoryDisk(new byte[4096]), "slow", limit);
        move(next);
        driver.mmio.resume();
        flushThrice();
        assertThat(next.counts().delays()).isPositive();
    }

    @Test
    void aCardHasTheGuestAnnounceItself() {
        start(new NetDevice(new TestWire(), MAC, 0));
        move(new NetDevice(new TestWire(), MAC, 0));
        assertThat(driver.lineHigh).isFalse();
        driver.mmio.resume();
        assertThat(driver.mmio.read(0x106, 2)).isEqualTo(NetDevice.LINK_UP | NetDevice.ANNOUNCE);
        assertThat(driver.get(0x60)).isEqualTo(2);
    }

    @Test
    void aCardHasTheLinkThatIsThere() {
        TestWire wire = new TestWire();
        start(new NetDevice(wire, MAC, 0)).start(~NetDevice.GUEST_ANNOUNCE);
        wire.cutNow();
        TestDriver.await(() -> driver.mmio.read(0x106, 2) == 0);
        driver.set(0x64, 3);
        move(new NetDevice(new TestWire(), MAC, 0));
        driver.mmio.resume();
        assertThat(driver.mmio.read(0x106, 2)).isEqualTo(NetDevice.LINK_UP);
        assertThat(driver.get(0x60)).isEqualTo(2);
        TestWire cut = new TestWire();
        cut.cut = true;
        move(new NetDevice(cut, MAC, 0));
        driver.mmio.resume();
        assertThat(driver.mmio.read(0x106, 2)).isZero();
    }

    @Test
    void aCardTakesNoFrameWhilePaused() {
        TestWire wire = new TestWire();
        start(new NetDevice(wire, MAC, 0));
        driver.rings.get(NetDevice.RECEIVE).add(driver.in(200));
        driver.mmio.pause();
        wire.come(new byte[100]);
        assertThat(wire.waiting()).isEqualTo(1);
        assertThat(driver.rings.get(NetDevice.RECEIVE).poll()).isNull();
        driver.mmio.resume();
        assertThat(driver.await(NetDevice.RECEIVE).written()).isEqualTo(100);
    }

    @Test
    void aConsoleGoesOnInTheMiddleOfABuffer() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        ByteArrayOutputStream before = new ByteArrayOutputStream();
        OutputStream held = new OutputStream() {
            @Override
            public void write(int b) {
                before.write(b);
            }

            @Override
            public void write(byte[] from, int at, int length) throws IOException {
                begun.countDown();
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                before.write(from, at, length);
            }
        };
        start(new ConsoleDevice(held)).start(~ConsoleDevice.MULTIPORT);
        byte[] much = new byte[200_000];
        for (int i = 0; i < much.length; i++) {
            much[i] = (byte) (i % 251);
        }
        driver.rings.get(ConsoleDevice.OUTPUT).add(driver.out(much));
        driver.kick(ConsoleDevice.OUTPUT);
        // What fits goes to the host, which writes it sooner or later; the rest is for who comes.
        begun.await();
        driver.mmio.pause();
        byte[] state = driver.save();
        GuestMemory memory = driver.copyOfMemory();
        gate.countDown();
        ByteArrayOutputStream after = new ByteArrayOutputStream();
        TestDriver last = driver;
        driver = driver.at(new ConsoleDevice(after), state, memory);
        last.close();
        driver.mmio.resume();
        driver.await(ConsoleDevice.OUTPUT);
        driver.mmio.close();
        assertThat(before.size()).isBetween(1, much.length - 1);
        before.writeBytes(after.toByteArray());
        assertThat(before.toByteArray()).isEqualTo(much);
    }

    private byte[] packet() {
        TestRing.Piece room = driver.in(5000);
        int written = driver.send(VsockDevice.TO_GUEST, room);
        return Arrays.copyOf(driver.bytes(room), written);
    }

    private void call(SocketChannel host, int port) throws IOException {
        HostSocket.say(host, "CONNECT " + port + "\n");
        byte[] request = packet();
        assertThat(request[30]).isEqualTo((byte) VsockHeader.REQUEST);
        assertThat(request[20]).isEqualTo((byte) port);
        ByteBuffer answer = ByteBuffer.allocate(VsockHeader.SIZE).order(ByteOrder.LITTLE_ENDIAN);
        answer.putLong(3).putLong(2).putInt(port).put(request, 16, 4).putInt(0);
        answer.putShort((short) 1)
                .putShort((short) VsockHeader.RESPONSE)
                .putInt(0)
                .putInt(100_000);
        driver.send(VsockDevice.FROM_GUEST, driver.out(answer.array()));
        assertThat(HostSocket.hear(host, 3)).isEqualTo("OK ");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void streamsEndAndNewOnesBegin(boolean hasRoomForEvents) throws IOException {
        start(new VsockDevice(3, directory.resolve("v")));
        TestRing.Piece event = driver.in(4);
        driver.memory.putInt(event.address(), -1);
        if (hasRoomForEvents) {
            driver.rings.get(VsockDevice.EVENTS).add(event);
        }
        try (SocketChannel host = HostSocket.connect(directory.resolve("v"))) {
            call(host, 77);
            Path other = directory.resolve("w");
            move(new VsockDevice(3, other));
            HostSocket.hear(host, 1000);
            try (SocketChannel next = HostSocket.connect(other)) {
                assertThat(driver.rings.get(VsockDevice.EVENTS).poll()).isNull();
                driver.mmio.resume();
                if (hasRoomForEvents) {
                    assertThat(driver.await(VsockDevice.EVENTS).written()).isEqualTo(4);
                    assertThat(driver.memory.getInt(event.address())).isZero();
                }
                call(next, 78);
            }
        }
    }

    @Test
    void refusesAnotherContextId() {
        start(new VsockDevice(3, directory.resolve("v")));
        Path other = directory.resolve("w");
        assertThatThrownBy(() -> move(new VsockDevice(4, other)))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("context id is 3 and not 4");
        assertThat(List.of(other)).noneMatch(path -> path.toFile().exists());
    }
}
