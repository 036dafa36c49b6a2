package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.machine.ApicBus;
import belljar.machine.Bus;
import belljar.machine.Clock;
import belljar.machine.GuestMemory;
import belljar.machine.LocalApic;
import belljar.machine.StartState;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Whatever a guest does, its CPUs stop when they are told to. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
final class StopTest {
    private static final int CODE = 0x1000;
    private static final int GDT = 0x2000;
    private static final int IDT = 0x3000;

    /** A stack and handlers where there is no memory. */
    private static final long NOWHERE = 0x8000_0000L;

    private final GuestMemory memory = GuestMemory.allocate(1 << 16);

    /** Runs code on a CPU that is stopped at a time of its own clock; {@return how many instructions it executed}. */
    private long executed(long nanos, String code) {
        memory.write(CODE, HexFormat.of().parseHex(code));
        try (Clock clock = Clock.counted()) {
            CpuHost host = new CpuHost(memory, new Bus(), new Bus(), clock);
            StartState start = new StartState(CODE, false, 0, 0, 0, 0, NOWHERE);
            SoftwareCpu cpu = SoftwareCpu.boot(host, new LocalApic(0, clock, new ApicBus()), start, () -> {});
            clock.alarm(cpu::stop).set(nanos);
            cpu.run();
            return cpu.executed();
        }
    }

    @Test
    void aStopThatComesBetweenTwoInstructionsIsNotLost() {
        assertThat(executed(0, "ebfe")).isZero();
    }

    @Test
    void aGuestThatLoopsStops() {
        assertThat(executed(1000, "ebfe")).isEqualTo(100);
    }

    @Test
    void aGuestThatOnlyMeetsExceptionsStops() {
        memory.putLong(0x800, 0xF | (long) GDT << 16);
        memory.putLong(0x810, 0x7FF | (long) IDT << 16);
        memory.putLong(GDT + 8, 0x00CF_9B00_0000_FFFFL);
        memory.putLong(IDT + 8 * Fault.PROTECTION, 0x0008_0000L | 0x8E00L << 32 | NOWHERE >>> 16 << 48);
        // lgdt [800h]; lidt [810h]; int 1, for which there is no gate
        assertThat(executed(1_000_000, "0f011500080000" + "0f011d10080000" + "cd01"))
                .isEqualTo(100_000);
    }
}
