package belljar.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class IoApicTest {
    private static final int LEVEL = 0x8000;
    private static final int MASKED = 0x10000;

    private final Clock clock = new Clock();
    private final ApicBus bus = new ApicBus();
    private final LocalApic apic = new LocalApic(0, clock, bus);
    private final CpuProbe cpu = new CpuProbe();
    private final IoApic io = new IoApic(bus);

    IoApicTest() {
        apic.attach(cpu);
        apic.write(0xF0, 4, 0x1FF);
    }

    @AfterEach
    void stopTheClock() {
        clock.close();
    }

    private void set(int register, int value) {
        io.write(0, 4, register);
        io.write(0x10, 4, value);
    }

    private long get(int register) {
        io.write(0, 4, register);
        return io.read(0x10, 4);
    }

    private void end() {
        apic.write(0xB0, 4, 0);
    }

    @Test
    void tellsItsVersionAndPins() {
        assertThat(get(1)).isEqualTo(0x0017_0020);
        assertThat(get(0x10)).isEqualTo(MASKED);
        assertThat(get(0x3F)).isZero();
        assertThat(get(0x40)).as("beyond the pins").isZero();
        set(0, 0x0500_0000);
        assertThat(get(0)).isEqualTo(0x0500_0000);
    }

    @Test
    void keepsWhatIsDefinedOfAnEntry() {
        set(0x12, 0xFFFF_FFFF);
        set(0x13, 0xFFFF_FFFF);
        assertThat(get(0x12)).isEqualTo(0x1AFFFL);
        assertThat(get(0x13)).isEqualTo(0xFF00_0000L);
    }

    @Test
    void anEdgeInterruptsOnce() {
        set(0x10 + 8, 0x44);
        InterruptLine line = io.line(4);
        line.set(true);
        line.set(true);
        assertThat(cpu.told()).containsExactly("interrupt");
        assertThat(apic.acknowledge()).isEqualTo(0x44);
        end();
        assertThat(apic.pending()).isFalse();
        line.set(false);
        line.set(true);
        assertThat(apic.acknowledge()).isEqualTo(0x44);
    }

    @Test
    void aMaskedEdgeIsLost() {
        InterruptLine line = io.line(4);
        line.set(true);
        set(0x10 + 8, 0x44);
        assertThat(apic.pending()).isFalse();
    }

    @Test
    void aLevelInterruptsAgainAfterItsEndWhileItIsHigh() {
        set(0x10 + 10, LEVEL | 0x45);
        InterruptLine line = io.line(5);
        line.set(true);
        assertThat(get(0x10 + 10)).as("remote IRR").isEqualTo(LEVEL | 0x4000 | 0x45);
        assertThat(apic.acknowledge()).isEqualTo(0x45);
        line.set(false);
        line.set(true);
        assertThat(apic.acknowledge()).as("not before its end").isEqualTo(-1);
        end();
        assertThat(apic.acknowledge()).isEqualTo(0x45);
        line.set(false);
        end();
        assertThat(apic.acknowledge()).isEqualTo(-1);
        assertThat(get(0x10 + 10)).isEqualTo(LEVEL | 0x45);
    }

    @Test
    void aLevelThatWasMaskedInterruptsWhenUnmasked() {
        set(0x10 + 10, LEVEL | MASKED | 0x45);
        io.line(5).set(true);
        assertThat(apic.pending()).isFalse();
        set(0x10 + 10, LEVEL | 0x45);
        assertThat(apic.acknowledge()).isEqualTo(0x45);
    }

    @Test
    void wiresShareAPin() {
        set(0x10 + 10, LEVEL | 0x45);
        InterruptLine first = io.line(5);
        InterruptLine second = io.line(5);
        first.set(true);
        second.set(true);
        first.set(false);
        assertThat(apic.acknowledge()).isEqualTo(0x45);
        end();
        assertThat(apic.acknowledge()).as("the second is high").isEqualTo(0x45);
        second.set(false);
        end();
        assertThat(apic.pending()).isFalse();
    }

    @Test
    void theEoiRegisterEndsAnInterruptWhoseBroadcastIsWithheld() {
        apic.write(0xF0, 4, 0x11FF);
        set(0x10 + 10, LEVEL | 0x45);
        io.line(5).set(true);
        assertThat(apic.acknowledge()).isEqualTo(0x45);
        end();
        assertThat(apic.pending()).isFalse();
        assertThat(get(0x10 + 10) & 0x4000).isNotZero();
        io.write(0x40, 4, 0x45);
        assertThat(apic.acknowledge()).isEqualTo(0x45);
    }

    @Test
    void makingAPinEdgeTriggeredClearsItsRemoteIrr() {
        set(0x10 + 10, LEVEL | 0x45);
        io.line(5).set(true);
        set(0x10 + 10, MASKED | 0x45);
        set(0x10 + 10, MASKED | LEVEL | 0x45);
        assertThat(get(0x10 + 10)).isEqualTo(MASKED | LEVEL | 0x45);
    }

    @Test
    void aPinCanSendNmis() {
        set(0x10 + 10, 0x400);
        io.line(5).set(true);
        assertThat(cpu.told()).containsExactly("nmi");
    }

    @Test
    void resetMasksThePinsAndKeepsTheWires() {
        set(0x10 + 10, LEVEL | 0x45);
        InterruptLine line = io.line(5);
        io.reset();
        line.set(true);
        assertThat(apic.pending()).isFalse();
        set(0x10 + 10, LEVEL | 0x46);
        assertThat(apic.acknowledge()).isEqualTo(0x46);
    }
}
