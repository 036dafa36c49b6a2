package belljar.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.failure.BugException;
import org.junit.jupiter.api.Test;

final class BusTest {
    /** Remembers what was done. */
    private static final class Probe implements Device {
        private String last = "";

        @Override
        public long read(long offset, int size) {
            last = "read " + offset + " " + size;
            return 0x1122334455667788L;
        }

        @Override
        public void write(long offset, int size, long value) {
            last = "write " + offset + " " + size + " " + Long.toHexString(value);
        }
    }

    @Test
    void leadsToTheDeviceAtAnAddress() {
        Bus bus = new Bus();
        Probe high = new Probe();
        Probe low = new Probe();
        bus.attach(0x2000, 0x100, high);
        bus.attach(0x1000, 0x10, low);
        assertThat(bus.read(0x1004, 4)).isEqualTo(0x55667788L);
        assertThat(low.last).isEqualTo("read 4 4");
        bus.write(0x20FF, 1, 0x1FF);
        assertThat(high.last).isEqualTo("write 255 1 ff");
        assertThat(bus.read(0x2000, 8)).isEqualTo(0x1122334455667788L);
    }

    @Test
    void readsOnesWhereNothingIs() {
        Bus bus = new Bus();
        Probe probe = new Probe();
        bus.attach(0x1000, 0x10, probe);
        assertThat(bus.read(0, 1)).isEqualTo(0xFF);
        assertThat(bus.read(0x1010, 2)).isEqualTo(0xFFFF);
        assertThat(bus.read(-8, 8)).isEqualTo(-1);
        bus.write(0x100E, 4, 1);
        assertThat(probe.last)
                .as("an access that goes beyond a device is nobody's")
                .isEmpty();
    }

    @Test
    void refusesTwoDevicesAtOneAddress() {
        Bus bus = new Bus();
        bus.attach(0x1000, 0x10, new Probe());
        for (long base : new long[] {0x1000, 0x100F, 0xFFF}) {
            assertThatThrownBy(() -> bus.attach(base, 2, new Probe())).isInstanceOf(BugException.class);
        }
        bus.attach(0x1010, 2, new Probe());
        bus.attach(0xFFE, 2, new Probe());
    }
}
