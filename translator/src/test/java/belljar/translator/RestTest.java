package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.machine.ApicBus;
import belljar.machine.Bus;
import belljar.machine.Clock;
import belljar.machine.GuestMemory;
import belljar.machine.LocalApic;
import belljar.machine.StartState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A CPU that does next to nothing gives up what it has decoded. */
@Timeout(60)
final class RestTest {
    private static final long SECOND = 1_000_000_000;

    @Test
    void isToldOfOnceItLastedLongEnough() {
        Rest rest = new Rest(0);
        assertThat(rest.slept(0, SECOND)).isFalse();
        assertThat(rest.slept(SECOND, 2 * SECOND)).isTrue();
        assertThat(rest.slept(2 * SECOND, 3 * SECOND)).isFalse();
    }

    /** {@return how many naps of a CPU that is awake for some time before each are a rest; 0 if so many are none} */
    private static int napsToRest(long awake, int most) {
        Rest rest = new Rest(0);
        for (int i = 0; i < most; i++) {
            if (rest.slept(SECOND / 10 * i + awake, SECOND / 10 * (i + 1))) {
                return i + 1;
            }
        }
        return 0;
    }

    @Test
    void maySometimesBeInterrupted() {
        assertThat(napsToRest(SECOND / 200, 100)).isEqualTo(20);
    }

    @Test
    void isNoneWhereMuchIsDone() {
        assertThat(napsToRest(SECOND / 50, 100)).isZero();
    }

    /** Code in which every instruction is a block: each jumps to the next. */
    private static GuestMemory jumps(int count) {
        GuestMemory memory = GuestMemory.allocate(1 << 16);
        for (int i = 0; i < count; i++) {
            memory.write(0x1000 + 2 * i, new byte[] {(byte) 0xEB, 0});
        }
        memory.write(0x1000 + 2 * count, new byte[] {(byte) 0xF4, (byte) 0xEB, (byte) 0xFD}); // hlt; jmp to it
        return memory;
    }

    private static int blocksAtRest(int jumps) throws InterruptedException {
        try (Clock clock = new Clock()) {
            CpuHost host = new CpuHost(jumps(jumps), new Bus(), new Bus(), clock);
            StartState start = new StartState(0x1000, false, 0, 0, 0, 0, 0x8000);
            SoftwareCpu cpu = SoftwareCpu.boot(host, new LocalApic(0, clock, new ApicBus()), start, () -> {});
            Thread thread = Thread.ofPlatform().start(cpu::run);
            while (cpu.executed() <= jumps || !cpu.rested()) {
                Thread.sleep(10);
            }
            cpu.stop();
            thread.join();
            return cpu.blocks();
        }
    }

    @Test
    void givesUpMuch() throws InterruptedException {
        assertThat(blocksAtRest(6000)).isZero();
    }

    @Test
    void keepsLittle() throws InterruptedException {
        assertThat(blocksAtRest(100)).isEqualTo(101);
    }
}
