package belljar.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ApicBusTest {
    private static final int LDR = 0xD0;
    private static final int DFR = 0xE0;
    private static final int SVR = 0xF0;
    private static final int ICR_LOW = 0x300;
    private static final int ICR_HIGH = 0x310;

    private final Clock clock = new Clock();
    private final ApicBus bus = new ApicBus();
    private final List<LocalApic> apics = new ArrayList<>();
    private final List<CpuProbe> cpus = new ArrayList<>();

    ApicBusTest() {
        for (int id = 0; id < 4; id++) {
            LocalApic apic = new LocalApic(id, clock, bus);
            CpuProbe cpu = new CpuProbe();
            apic.attach(cpu);
            apic.write(SVR, 4, 0x1FF);
            apics.add(apic);
            cpus.add(cpu);
        }
    }

    @AfterEach
    void stopTheClock() {
        clock.close();
    }

    /** Who has an interrupt now, which is done with thereby. */
    private String takers() {
        StringBuilder takers = new StringBuilder();
        for (LocalApic apic : apics) {
            if (apic.acknowledge() >= 0) {
                takers.append(apic.id());
                apic.write(0xB0, 4, 0);
                apic.writeMsr(0x80B, 0);
            }
        }
        return takers.toString();
    }

    private void command(int from, int high, int low) {
        apics.get(from).write(ICR_HIGH, 4, (long) high << 24);
        apics.get(from).write(ICR_LOW, 4, low);
    }

    @Test
    void physicalDestinationsAreIds() {
        command(0, 2, 0x4050);
        assertThat(cpus.get(2).told()).containsExactly("interrupt");
        assertThat(takers()).isEqualTo("2");
        command(3, 0xFF, 0x4050);
        assertThat(takers()).isEqualTo("0123");
        assertThat(bus.deliver(9, false, 0, 0x50, false)).isFalse();
    }

    @Test
    void logicalDestinationsAreBitsInTheFlatModel() {
        for (int i = 0; i < 4; i++) {
            apics.get(i).write(LDR, 4, 1L << 24 + i);
        }
        command(0, 0b1010, 0x4850);
        assertThat(takers()).isEqualTo("13");
        command(0, 0xFF, 0x4850);
        assertThat(takers()).isEqualTo("0123");
    }

    @Test
    void logicalDestinationsAreClustersAndBitsInTheClusterModel() {
        int[] destinations = {0x11, 0x12, 0x21, 0x22};
        for (int i = 0; i < 4; i++) {
            apics.get(i).write(DFR, 4, 0x0FFF_FFFFL);
            apics.get(i).write(LDR, 4, (long) destinations[i] << 24);
        }
        command(0, 0x13, 0x4850);
        assertThat(takers()).isEqualTo("01");
        command(0, 0x22, 0x4850);
        assertThat(takers()).isEqualTo("3");
    }

    @Test
    void logicalDestinationsOfX2apicsFollowFromTheirIds() {
        for (LocalApic apic : apics) {
            assertThat(apic.setBase(apic.base() | 1 << 10)).isTrue();
        }
        LocalApic first = apics.getFirst();
        assertThat(first.writeMsr(0x830, 0b0110L << 32 | 0x4850)).isTrue();
        assertThat(takers()).isEqualTo("12");
        assertThat(first.writeMsr(0x830, 0x1_0006L << 32 | 0x4850)).isTrue();
        assertThat(takers()).as("another cluster").isEmpty();
        assertThat(first.writeMsr(0x830, 0xFFFF_FFFFL << 32 | 0x4050)).isTrue();
        assertThat(takers()).isEqualTo("0123");
        assertThat(bus.deliver(0b1100, true, 0, 0x50, false)).isTrue();
        assertThat(takers()).as("of a device").isEqualTo("23");
        assertThat(bus.deliver(0xFF, false, 0, 0x50, false)).isTrue();
        assertThat(takers()).as("of a device, to all").isEqualTo("0123");
    }

    @Test
    void shorthandsNeedNoDestination() {
        command(1, 0, 0x44050);
        assertThat(takers()).isEqualTo("1");
        command(1, 0, 0x84050);
        assertThat(takers()).isEqualTo("0123");
        command(1, 0, 0xC4050);
        assertThat(takers()).isEqualTo("023");
    }

    @Test
    void lowestPriorityGoesToOneThatIsLeastBusy() {
        for (int i = 0; i < 4; i++) {
            apics.get(i).write(LDR, 4, 1L << 24 + i);
            apics.get(i).setTaskPriority(4 - i);
        }
        assertThat(bus.deliver(0b0111, true, 1, 0x90, false)).isTrue();
        assertThat(takers()).isEqualTo("2");
        apics.get(2).write(SVR, 4, 0xFF);
        assertThat(bus.deliver(0b0111, true, 1, 0x90, false)).isTrue();
        assertThat(takers()).as("2 takes no interrupts").isEqualTo("1");
        assertThat(bus.deliver(0b0100, true, 1, 0x90, false)).isFalse();
    }

    @Test
    void nmiInitAndStartUpGoToTheCpu() {
        apics.get(1).accept(0x60, false);
        cpus.get(1).told();
        command(0, 1, 0x4400);
        command(0, 1, 0xC500);
        command(0, 1, 0x8500);
        command(0, 1, 0x4608);
        assertThat(cpus.get(1).told()).containsExactly("nmi", "init", "startup 8");
        assertThat(apics.get(1).pending()).as("after INIT").isFalse();
        assertThat(apics.get(1).read(SVR, 4)).isEqualTo(0xFF);
        assertThat(cpus.get(0).told()).isEmpty();
    }

    @Test
    void devicesSendMessages() {
        assertThat(bus.message(0xFEE0_3000L, 0x41)).isTrue();
        assertThat(takers()).isEqualTo("3");
        assertThat(bus.message(0xFED0_3000L, 0x41)).isFalse();
        assertThat(bus.message(0xFEE0_3000L, 0x8041)).as("a level taken back").isFalse();
        assertThat(takers()).isEmpty();
    }

    @Test
    void aDisabledApicHearsNothing() {
        assertThat(apics.get(2).setBase(0xFEE0_0000L)).isTrue();
        command(0, 2, 0x4400);
        assertThat(cpus.get(2).told()).isEmpty();
    }
}
