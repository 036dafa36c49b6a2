package belljar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LogTimeTest {
    private static final DateTimeFormatter FORMAT =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final NativeFunction stamp = new NativeFunction(LogTime.function());
    private final Memory memory = HostKernel.INSTANCE.lend();
    private final long image = memory.allocate(8192);

    LogTimeTest() {
        KeeperImage content = new KeeperImage(image, 0);
        memory.bytes().put(memory.offset(image), content.finish());
    }

    @AfterEach
    void free() {
        stamp.close();
        memory.close();
    }

    private String stamp(long seconds, int nanos) {
        memory.putLong(image + KeeperImage.NOW, seconds);
        memory.putLong(image + KeeperImage.NOW + 8, nanos);
        stamp.call(image, 0);
        return memory.text(image + KeeperImage.STAMP, 30);
    }

    @Test
    void writesTheTimeWithNineDigits() {
        assertThat(stamp(0, 0)).isEqualTo("1970-01-01T00:00:00.000000000Z");
        assertThat(stamp(1_795_401_783, 123_456_789)).isEqualTo("2026-11-23T02:43:03.123456789Z");
    }

    @Test
    void knowsEveryDayOfFiveHundredYears() {
        for (long day = 0; day < 183_000; day++) {
            long first = day * 86_400;
            assertThat(stamp(first, 999_999_999)).isEqualTo(FORMAT.format(Instant.ofEpochSecond(first, 999_999_999)));
            assertThat(stamp(first + 86_399, 1)).startsWith(stamp(first, 1).substring(0, 10) + "T23:59:59.000000001Z");
        }
    }

    @Test
    void agreesWithJavaAtRandomInstants() {
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            Instant instant =
                    Instant.ofEpochSecond(random.nextLong(0, 250_000_000_000L), random.nextInt(1_000_000_000));
            assertThat(stamp(instant.getEpochSecond(), instant.getNano()).getBytes(StandardCharsets.US_ASCII))
                    .isEqualTo(FORMAT.format(instant).getBytes(StandardCharsets.US_ASCII));
        }
    }
}
