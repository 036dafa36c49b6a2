package belljar.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class LogTimeTest {
    private static long parse(String text) {
        byte[] bytes = ("x" + text + "y").getBytes(StandardCharsets.UTF_8);
        return LogTime.parse(bytes, 1, bytes.length - 1);
    }

    private static long nanos(Instant instant) {
        return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }

    @Test
    void writesAndReadsTheSameMomentAsTheJdk() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            Instant instant = Instant.ofEpochSecond(
                    random.nextLong(-5_000_000_000L, 7_000_000_000L), random.nextInt(1_000_000_000));
            String text = LogTime.text(nanos(instant));
            assertThat(text).hasSize(LogTime.LENGTH);
            assertThat(Instant.parse(text)).isEqualTo(instant);
            assertThat(parse(text)).isEqualTo(nanos(instant));
        }
    }

    @Test
    void readsOffsetsAndAnyNumberOfDigits() {
        long noon = nanos(Instant.parse("2026-11-23T12:00:00Z"));
        assertThat(parse("2026-11-23T13:00:00+01:00")).isEqualTo(noon);
        assertThat(parse("2026-11-23T08:30:00.5-03:30")).isEqualTo(noon + 500_000_000);
        assertThat(parse("2026-11-23T12:00:00.0000000019Z")).isEqualTo(noon + 1);
    }

    @Test
    void refusesWhatIsNoTime() {
        for (String text : new String[] {
            "",
            "2026-11-23",
            "2026-11-23 12:00:00Z",
            "2026-13-23T12:00:00Z",
            "2026-11-23T12:00:00",
            "2026-1x-23T12:00:00Z",
            "2026-11-23T12:00:00+0100",
            "not a time but long enough"
        }) {
            assertThat(parse(text)).as(text).isEqualTo(LogTime.NONE);
        }
    }

    @Test
    void nowIsNow() {
        long before = nanos(Instant.now()) / 1_000_000;
        assertThat(LogTime.now() / 1_000_000).isBetween(before, before + 60_000);
    }
}
