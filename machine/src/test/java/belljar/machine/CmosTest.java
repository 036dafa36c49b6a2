package belljar.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

final class CmosTest {
    private Instant now = Instant.parse("2026-11-22T15:07:09.5Z");
    private final Cmos cmos = new Cmos(((InstantSource) () -> now).withZone(ZoneOffset.UTC));

    private int get(int register) {
        cmos.out(0, register);
        return cmos.in(1);
    }

    private void set(int register, int value) {
        cmos.out(0, register);
        cmos.out(1, value);
    }

    private String time() {
        return String.format(
                "%02x%02x-%02x-%02x %02x:%02x:%02x", get(0x32), get(9), get(8), get(7), get(4), get(2), get(0));
    }

    @Test
    void tellsTheTimeInBcd() {
        assertThat(time()).isEqualTo("2026-11-22 15:07:09");
        assertThat(get(6)).as("Sunday").isEqualTo(1);
        assertThat(get(0xD)).isEqualTo(0x80);
        assertThat(get(0xB)).isEqualTo(0x02);
        cmos.out(0, 0x84);
        assertThat(cmos.in(1)).as("with the NMI bit").isEqualTo(0x15);
    }

    @Test
    void tellsTheTimeInBinaryAndInTwelveHours() {
        set(0xB, 0x06);
        assertThat(get(4)).isEqualTo(15);
        assertThat(get(9)).isEqualTo(26);
        set(0xB, 0x04);
        assertThat(get(4)).isEqualTo(0x83);
        now = Instant.parse("2026-11-22T00:07:09Z");
        assertThat(get(4)).isEqualTo(12);
        now = Instant.parse("2026-11-22T12:07:09Z");
        set(0xB, 0x00);
        assertThat(get(4)).isEqualTo(0x92);
    }

    @Test
    void warnsShortlyBeforeTheTimeChanges() {
        assertThat(get(0xA)).isEqualTo(0x26);
        now = Instant.parse("2026-11-22T15:07:09.999756Z");
        assertThat(get(0xA)).isEqualTo(0xA6);
        set(0xB, 0x82);
        assertThat(get(0xA)).as("stopped").isEqualTo(0x26);
    }

    @Test
    void standsStillWhileItIsSetAndGoesOnFromThere() {
        set(0xB, 0x82);
        now = now.plusSeconds(30);
        assertThat(get(0)).isEqualTo(0x09);
        set(0, 0x58);
        set(2, 0x59);
        set(4, 0x23);
        set(7, 0x31);
        set(8, 0x12);
        set(9, 0x99);
        set(0x32, 0x19);
        set(0xB, 0x02);
        assertThat(time()).isEqualTo("1999-12-31 23:59:58");
        now = now.plusSeconds(3);
        assertThat(time()).isEqualTo("2000-01-01 00:00:01");
    }

    @Test
    void survivesAnyNonsenseOfAGuest() {
        for (int value = 0; value < 256; value += 5) {
            for (int mode : new int[] {0x80, 0x84, 0x82, 0x86, 0, 4, 2, 6}) {
                set(0xB, mode);
                for (int register = 0; register < 128; register++) {
                    if (register != 0xB) {
                        set(register, value);
                        assertThat(get(register)).isBetween(0, 0xFF);
                    }
                }
            }
        }
        set(0xB, 0);
        set(0x40, 0xAB);
        assertThat(get(0x40)).isEqualTo(0xAB);
        assertThat(get(0xC)).isZero();
    }
}
