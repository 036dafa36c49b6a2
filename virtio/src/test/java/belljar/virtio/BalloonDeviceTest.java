package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class BalloonDeviceTest {
    private static final int PAGE = 4096;
    private static final long STATS = 1L << 1;

    private record Range(long offset, long length) {}

    private final List<Range> released = new CopyOnWriteArrayList<>();
    private final BalloonDevice balloon =
            new BalloonDevice((offset, length) -> released.add(new Range(offset, length)));
    private final TestDriver guest = new TestDriver(balloon, false);

    @AfterEach
    void close() {
        guest.close();
    }

    private TestRing.Piece pages(int... numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int number : numbers) {
            bytes.putInt(number);
        }
        return guest.out(bytes.array());
    }

    private TestRing.Piece stats(long free, long total) {
        ByteBuffer bytes = ByteBuffer.allocate(30).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putShort((short) 4).putLong(free).putShort((short) 5).putLong(total);
        bytes.putShort((short) 999).putLong(1);
        return guest.out(bytes.array());
    }

    @Test
    void asksTheGuestForPagesAndHearsOfThem() {
        guest.start();
        balloon.inflateTo(10 * PAGE + 5);
        assertThat(guest.get(0x60)).isEqualTo(2);
        assertThat(guest.get(0x100)).isEqualTo(10);
        guest.set(0x104, 7);
        assertThat(balloon.size()).isEqualTo(7 * PAGE);
        guest.set(0x100, 99);
        assertThat(guest.get(0x100)).isEqualTo(10);
    }

    @Test
    void givesPagesBackTogetherWhereTheyFollowOneAnother() {
        guest.start();
        guest.send(0, pages(5, 6, 7, 20, 19, 18, 40));
        assertThat(released)
                .containsExactly(
                        new Range(5 * PAGE, 3 * PAGE), new Range(18 * PAGE, 3 * PAGE), new Range(40 * PAGE, PAGE));
        guest.send(1, pages(5, 6));
        assertThat(balloon.counts().inflatedPages()).isEqualTo(7);
        assertThat(balloon.counts().deflatedPages()).isEqualTo(2);
    }

    @Test
    void givesBackNothingThatIsNotTheGuests() {
        guest.start();
        guest.send(0, pages(-1, TestDriver.MEMORY / PAGE, Integer.MAX_VALUE));
        assertThat(released).isEmpty();
        assertThat(balloon.counts().refused()).isEqualTo(3);
    }

    @Test
    void givesBackWholePagesThatAreReportedFree() {
        guest.start();
        guest.send(
                3,
                new TestRing.Piece(0x20_0000, 2 * PAGE, true),
                new TestRing.Piece(0x30_0001, 2 * PAGE, true),
                new TestRing.Piece(0x30_8001, PAGE, true));
        assertThat(released).containsExactly(new Range(0x20_0000, 2 * PAGE), new Range(0x30_1000, PAGE));
        assertThat(balloon.counts().reportedBytes()).isEqualTo(3 * PAGE);
    }

    @Test
    void numbersItsQueuesByTheFeaturesThatAreOn() {
        guest.start(~STATS);
        guest.send(2, new TestRing.Piece(0x20_0000, PAGE, true));
        assertThat(released).containsExactly(new Range(0x20_0000, PAGE));
    }

    @Test
    void hearsOfMemoryAndAsksAgain() {
        guest.start();
        TestRing ring = guest.rings.get(2);
        int first = ring.add(stats(100, 200));
        guest.kick(2);
        TestDriver.await(() -> balloon.stats().free() == 100);
        assertThat(balloon.stats().total()).isEqualTo(200);
        assertThat(balloon.stats().availableBytes()).isEmpty();
        for (int i = 0; i < 20; i++) {
            balloon.askForStats();
            assertThat(guest.await(2).id()).isEqualTo(first);
            assertThat(ring.poll()).isNull();
            TestDriver.await(() -> ring.wantsNotification(true));
            first = ring.add(stats(300L + i, 200));
            guest.kick(2);
            long expected = 300L + i;
            TestDriver.await(() -> balloon.stats().free() == expected);
        }
    }

    @Test
    void forgetsWhatTheGuestSaidWhenItResets() {
        guest.start();
        guest.set(0x104, 7);
        balloon.inflateTo(PAGE);
        guest.set(0x70, 0);
        assertThat(balloon.size()).isZero();
        assertThat(guest.get(0x100)).as("the host still wants it").isEqualTo(1);
        assertThat(balloon.stats()).isEqualTo(BalloonStats.UNKNOWN);
    }
}
