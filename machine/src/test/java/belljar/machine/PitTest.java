package belljar.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class PitTest {
    private static final double TICK = 1e9 / 1_193_182;

    private final Clock clock = new Clock();
    private final Semaphore rises = new Semaphore(0);
    private final Pit pit = new Pit(high -> rises.release(high ? 1 : 0), clock);
    private final Device speaker = pit.speaker();

    @AfterEach
    void stopTheClock() {
        clock.close();
    }

    private void count(int channel, int control, int count) {
        pit.out(3, control);
        pit.out(channel, count & 0xFF);
        pit.out(channel, count >> 8);
    }

    private int latched(int channel) {
        pit.out(3, channel << 6);
        int low = pit.in(channel);
        return low | pit.in(channel) << 8;
    }

    @Test
    @Timeout(60)
    void counter2TakesItsTimeAndThenRaisesItsOutput() {
        speaker.write(0, 1, 1);
        long before = clock.nanos();
        count(2, 0xB0, 5966);
        while ((speaker.read(0, 1) & 0x20) == 0) {
            assertThat(latched(2)).isBetween(0, 0xFFFF);
        }
        assertThat(clock.nanos() - before).isGreaterThanOrEqualTo((long) (5966 * TICK));
    }

    @Test
    @Timeout(60)
    void countsDownAtItsFrequency() {
        speaker.write(0, 1, 1);
        count(2, 0xB0, 0xFFFF);
        long before = clock.nanos();
        int first = latched(2);
        int second = first;
        while (second == first) {
            second = latched(2);
        }
        assertThat((first - second & 0xFFFF) * TICK).isBetween(TICK, clock.nanos() - before + TICK);
    }

    @Test
    void theGateHoldsCounter2() {
        count(2, 0xB0, 1000);
        assertThat(latched(2)).isEqualTo(1000);
        assertThat(latched(2)).isEqualTo(1000);
        assertThat(speaker.read(0, 1) & 0x21).isZero();
        speaker.write(0, 1, 3);
        speaker.write(0, 1, 2);
        int held = latched(2);
        assertThat(latched(2)).isEqualTo(held);
        assertThat(speaker.read(0, 1) & 3).isEqualTo(2);
    }

    @Test
    void theRefreshBitChangesWithEveryRead() {
        long first = speaker.read(0, 1);
        long second = speaker.read(0, 1);
        assertThat((first ^ second) & 0x10).isEqualTo(0x10);
    }

    @Test
    void readBackTellsStatusAndThenTheCount() {
        count(2, 0xB6, 1000);
        pit.out(3, 0xC8);
        assertThat(pit.in(2)).as("output high, mode 3, both bytes").isEqualTo(0xB6);
        assertThat(pit.in(2)).isEqualTo(1000 & 0xFF);
        assertThat(pit.in(2)).isEqualTo(1000 >> 8);
        pit.out(3, 0x90);
        pit.out(3, 0xE8);
        assertThat(pit.in(2)).as("no count yet, low byte only, mode 0").isEqualTo(0x50);
    }

    @Test
    void counter0InterruptsOnceOrPeriodically() throws InterruptedException {
        count(0, 0x38, 1000);
        assertThat(rises.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        count(0, 0x34, 1193);
        assertThat(rises.tryAcquire(3, 20, TimeUnit.SECONDS)).isTrue();
        pit.out(3, 0x30);
        rises.drainPermits();
        assertThat(rises.tryAcquire()).as("it waits for a count").isFalse();
    }
}
