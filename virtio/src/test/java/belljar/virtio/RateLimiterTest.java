package belljar.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.UserException;
import org.junit.jupiter.api.Test;

final class RateLimiterTest {
    private static final long SECOND = 1_000_000_000;

    /** How many requests of a size begin in some seconds. */
    private static long begun(RateLimit limit, long length, int seconds) {
        RateLimiter limiter = new RateLimiter(limit, 0);
        long count = 0;
        long now = 0;
        while (now < seconds * SECOND) {
            long delay = limiter.delay(now);
            now += delay;
            if (delay == 0) {
                limiter.used(length);
                count++;
                assertThat(count).isLessThan(1_000_000);
            }
        }
        return count;
    }

    @Test
    void letsThroughWhatTheLimitSaysAndOneSecondInAdvance() {
        assertThat(begun(new RateLimit(0, 100), 1 << 30, 10)).isBetween(1090L, 1101L);
        assertThat(begun(new RateLimit(1 << 20, 0), 4096, 10)).isBetween(256 * 11 - 5L, 256 * 11 + 5L);
        assertThat(begun(new RateLimit(1 << 20, 10), 4096, 10)).isBetween(109L, 111L);
    }

    @Test
    void letsThroughRequestsThatAreLargerThanASecondHasRoomFor() {
        assertThat(begun(new RateLimit(1000, 0), 5000, 100)).isBetween(20L, 22L);
    }

    @Test
    void limitsNothingWithoutALimit() {
        RateLimiter limiter = new RateLimiter(RateLimit.NONE, 0);
        for (int i = 0; i < 1000; i++) {
            assertThat(limiter.delay(0)).isZero();
            limiter.used(Integer.MAX_VALUE);
        }
    }

    @Test
    void doesNotTakeLessThanNothing() {
        assertThatThrownBy(() -> new RateLimit(-1, 0))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("less than nothing");
    }

    @Test
    void makesADiskWait() {
        MemoryDisk disk = new MemoryDisk(new byte[4096]);
        BlockDevice device = new BlockDevice(disk, "slow", new RateLimit(0, 50));
        try (TestDriver guest = new TestDriver(device, true)) {
            guest.start();
            for (int i = 0; i < 55; i++) {
                TestRing.Piece status = guest.in(1);
                guest.send(0, guest.out(new byte[] {4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), status);
                assertThat(guest.bytes(status)).containsExactly(0);
            }
            assertThat(device.counts().delays()).isPositive();
        }
    }
}
