package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class VirtioMmioTest {
    private final EchoDevice device = new EchoDevice();
    private final TestDriver split = new TestDriver(device, false);

    @AfterEach
    void close() {
        split.close();
    }

    @Test
    void saysWhatItIs() {
        assertThat(split.get(0)).isEqualTo(0x74726976);
        assertThat(split.get(4)).isEqualTo(2);
        assertThat(split.get(8)).isEqualTo(63);
        assertThat(split.get(0xB0)).isEqualTo(-1);
        assertThat(split.get(0xBC)).isEqualTo(-1);
        assertThat(split.offered()).isEqualTo(0b101 | Features.TRANSPORT);
        split.set(0x14, 2);
        assertThat(split.get(0x10)).isZero();
    }

    @Test
    void answersOnlyWholeRegisters() {
        assertThat(split.mmio.read(0, 2)).isZero();
        assertThat(split.mmio.read(1, 4)).isZero();
        assertThat(split.mmio.read(0, 8)).isZero();
        split.mmio.write(0x70, 1, 1);
        assertThat(split.get(0x70)).isZero();
    }

    /** Section 3.1.1 as a table: each bit needs those before it, and FEATURES_OK also features that fit. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void takesStatusBitsOnlyInTheirOrder(boolean featuresFit) {
        int[] order = {1, 2, 8, 4};
        for (int first = 1; first < 256; first++) {
            for (int second = 1; second < 256; second++) {
                split.set(0x70, 0);
                split.set(0x24, 1);
                split.set(0x20, featuresFit ? 1 : 0);
                split.set(0x70, first);
                split.set(0x70, second);
                assertThat(split.get(0x70))
                        .as("after %d and %d", first, second)
                        .isEqualTo(expected(expected(0, first, order, featuresFit), second, order, featuresFit));
            }
        }
    }

    private static int expected(int before, int written, int[] order, boolean featuresFit) {
        if (written == 0) {
            return 0;
        }
        int status = before | written & 0x80;
        for (int bit : order) {
            if ((written & bit) == 0 || (status & 0x80) != 0 || bit == 8 && !featuresFit) {
                break;
            }
            status |= bit;
        }
        return status;
    }

    @Test
    void refusesFeaturesThatItDoesNotOffer() {
        for (int word = 0; word < 4; word++) {
            split.set(0x70, 0);
            split.set(0x70, 3);
            split.set(0x24, 1);
            split.set(0x20, 1);
            split.set(0x24, word);
            split.set(0x20, word == 1 ? 1 | 1 << 6 : 2);
            split.set(0x70, 11);
            assertThat(split.get(0x70)).as("word %d", word).isEqualTo(3);
        }
    }

    @Test
    void keepsFeaturesAndQueuesOnceTheDriverIsThere() {
        split.start();
        split.set(0x24, 0);
        split.set(0x20, -1);
        split.set(0x30, 0);
        split.set(0x38, 32768);
        split.set(0x80, -16);
        assertThat(split.send(0, split.out(new byte[] {1, 2, 3}), split.in(3))).isEqualTo(3);
        assertThat(split.get(0x70)).isEqualTo(15);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x80, 0x90, 0xA0})
    void breaksOnQueuesThatCannotBe(int register) {
        for (int address : new int[] {TestDriver.MEMORY - 4, -4, 1, 0x7FFF_FFF0}) {
            split.begin(-1);
            split.set(0x30, 0);
            split.set(0x38, 16);
            split.set(0x80, 0x10000);
            split.set(0x90, 0x11000);
            split.set(0xA0, 0x12000);
            split.set(register, address);
            split.set(0x44, 1);
            split.set(0x70, 15);
            assertThat(split.get(0x70)).as("0x%x", address).isEqualTo(15 | 64);
            assertThat(split.lineHigh).isTrue();
        }
        split.start();
        assertThat(split.send(1, split.out(new byte[] {7}), split.in(1))).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 32, -1, 65536})
    void breaksOnSizesThatCannotBe(int size) {
        split.begin(-1);
        split.set(0x30, 0);
        split.describe(new TestRing(split.memory, 0x10000, 16, false), size);
        split.set(0x44, 1);
        split.set(0x70, 15);
        assertThat(split.get(0x70)).isEqualTo(15 | 64);
    }

    @Test
    void hasNoQueueBeyondTheLast() {
        split.set(0x30, 2);
        assertThat(split.get(0x34)).isZero();
        split.set(0x44, 1);
        assertThat(split.get(0x44)).isZero();
        split.set(0x30, -1);
        assertThat(split.get(0x34)).isZero();
        split.start();
        split.kick(2);
        split.kick(-1);
        assertThat(split.get(0x70)).isEqualTo(15);
    }

    @Test
    void interruptsUntilAcknowledged() {
        split.start();
        split.send(0, split.out(new byte[] {1}), split.in(1));
        TestDriver.await(() -> split.lineHigh);
        assertThat(split.get(0x60)).isEqualTo(1);
        device.config.announce();
        assertThat(split.get(0x60)).isEqualTo(3);
        split.set(0x64, 1);
        assertThat(split.lineHigh).isTrue();
        split.set(0x64, 2);
        assertThat(split.lineHigh).isFalse();
    }

    @Test
    void changesTheGenerationWithTheConfiguration() {
        int before = split.get(0xFC);
        split.mmio.write(0x102, 2, 0x1234);
        assertThat(split.get(0xFC)).isNotEqualTo(before);
        assertThat(split.mmio.read(0x102, 1)).isEqualTo(0x34);
        assertThat(split.mmio.read(0x100, 8)).isEqualTo(0x1234_0000);
        assertThat(split.mmio.read(0x107, 8)).isZero();
        assertThat(split.mmio.read(0x1FF, 1)).isZero();
        split.mmio.write(0x1FF, 8, -1);
    }

    @Test
    void forgetsEverythingAtReset() {
        split.start();
        split.send(0, split.out(new byte[] {1}), split.in(1));
        split.set(0x70, 0);
        assertThat(split.get(0x70)).isZero();
        assertThat(split.get(0x60)).isZero();
        assertThat(split.lineHigh).isFalse();
        split.set(0x30, 0);
        assertThat(split.get(0x44)).isZero();
        int servings = device.servings.get();
        split.kick(0);
        assertThat(device.servings.get()).isEqualTo(servings);
    }

    @Test
    void stopsAQueueThatIsNotReadyAnyMore() {
        split.start();
        split.set(0x30, 0);
        split.set(0x44, 0);
        assertThat(split.get(0x44)).isZero();
        split.rings.get(0).add(split.out(new byte[] {1}), split.in(1));
        split.kick(0);
        assertThat(split.send(1, split.out(new byte[] {1}), split.in(1))).isEqualTo(1);
        assertThat(split.rings.get(0).poll()).isNull();
        split.set(0x44, 1);
        assertThat(split.get(0x44)).isZero();
    }

    @Test
    void restsWhilePausedAndGoesOnAfterwards() {
        split.start();
        split.mmio.pause();
        int servings = device.servings.get();
        split.rings.get(0).add(split.out(new byte[] {1}), split.in(1));
        split.kick(0);
        assertThat(device.servings.get()).isEqualTo(servings);
        assertThat(split.rings.get(0).poll()).isNull();
        split.mmio.resume();
        assertThat(split.await(0).written()).isEqualTo(1);
    }

    @Test
    void tellsWhoWatchesMemoryWhatItWrote() {
        List<long[]> writes = new CopyOnWriteArrayList<>();
        split.memory.watch((offset, length) -> writes.add(new long[] {offset, length}));
        split.start();
        TestRing.Piece in = split.in(3);
        split.send(0, split.out(new byte[] {1, 2, 3}), in);
        assertThat(writes).anyMatch(write -> Arrays.equals(write, new long[] {in.address(), 3}));
    }

    @Test
    void waitsAtResetUntilTheDeviceHasLetGoOfMemory() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        split.start();
        TestDriver.await(() -> device.servings.get() >= 2);
        device.before = () -> {
            begun.countDown();
            awaitQuietly(mayEnd);
        };
        split.rings.get(0).add(split.out(new byte[] {1}), split.in(1));
        split.kick(0);
        begun.await();
        Thread cpu = Thread.ofPlatform().start(() -> split.set(0x70, 0));
        TestDriver.await(() -> cpu.getState() == Thread.State.WAITING);
        split.kick(0);
        split.mmio.notifyQueue(1);
        mayEnd.countDown();
        cpu.join();
        assertThat(split.get(0x70)).isZero();
        assertThat(split.rings.get(0).poll())
                .as("nothing is begun with any more")
                .isNull();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void breaksADeviceThatThrowsAndNothingElse() {
        device.before = () -> {
            throw new IllegalStateException("a fault of ours");
        };
        split.start();
        TestDriver.await(() -> split.get(0x70) == (15 | 64));
        assertThat(split.mmio.fault().orElseThrow()).contains("a fault of ours");
        assertThat(split.mmio.metrics().faults()).isEqualTo(1);
        device.before = () -> {};
        split.start();
        assertThat(split.send(0, split.out(new byte[] {1}), split.in(1))).isEqualTo(1);
        assertThat(split.mmio.metrics().activations()).isEqualTo(2);
        assertThat(split.mmio.metrics().notifications()).isEqualTo(1);
    }

    @Test
    void closesItsDeviceOnce() {
        TestDriver other = new TestDriver(new EchoDevice(), true).start();
        other.close();
        assertThat(other.get(0x70)).isZero();
        assertThat(device.closed).isFalse();
    }
}
