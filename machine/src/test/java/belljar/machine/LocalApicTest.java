package belljar.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LocalApicTest {
    private static final int TPR = 0x80;
    private static final int PPR = 0xA0;
    private static final int EOI = 0xB0;
    private static final int SVR = 0xF0;
    private static final int ESR = 0x280;
    private static final int ICR = 0x300;
    private static final int LVT_TIMER = 0x320;
    private static final int LVT_LINT0 = 0x350;
    private static final int LVT_LINT1 = 0x360;
    private static final int LVT_ERROR = 0x370;
    private static final int INITIAL_COUNT = 0x380;
    private static final int CURRENT_COUNT = 0x390;
    private static final int DIVIDE = 0x3E0;

    private final Clock clock = new Clock();
    private final ApicBus bus = new ApicBus();
    private final LocalApic apic = enabled(0);
    private final CpuProbe cpu = new CpuProbe();

    LocalApicTest() {
        apic.attach(cpu);
    }

    @AfterEach
    void stopTheClock() {
        clock.close();
    }

    private LocalApic enabled(int id) {
        LocalApic made = new LocalApic(id, clock, bus);
        made.write(SVR, 4, 0x1FF);
        return made;
    }

    private static boolean toX2apic(LocalApic apic) {
        return apic.setBase(apic.base() | 1 << 10);
    }

    @Test
    void isAnXapicAtReset() {
        LocalApic second = new LocalApic(1, clock, bus);
        assertThat(new LocalApic(0, clock, bus).base()).isEqualTo(0xFEE00900L);
        assertThat(second.base()).isEqualTo(0xFEE00800L);
        assertThat(second.read(0x20, 4)).isEqualTo(0x0100_0000);
        assertThat(second.read(0x30, 4) & 0xFF).isEqualTo(0x14);
        assertThat(second.read(0x30, 4) >> 16 & 0xFF).isEqualTo(5);
        assertThat(second.read(SVR, 4)).isEqualTo(0xFF);
        assertThat(second.read(LVT_TIMER, 4)).isEqualTo(0x10000);
        assertThat(second.read(0x31, 1)).as("a byte of a register").isZero();
    }

    @Test
    void takesNoInterruptsUntilSoftwareEnablesIt() {
        LocalApic fresh = new LocalApic(1, clock, bus);
        fresh.accept(0x40, false);
        assertThat(fresh.pending()).isFalse();
        fresh.write(LVT_TIMER, 4, 0x40);
        assertThat(fresh.read(LVT_TIMER, 4)).as("stays masked").isEqualTo(0x10040);
        fresh.write(SVR, 4, 0x1FF);
        fresh.accept(0x40, false);
        assertThat(fresh.pending()).isTrue();
    }

    @Test
    void deliversTheHighestVectorFirstAndLowerOnesAfterItsEnd() {
        apic.accept(0x41, false);
        apic.accept(0x62, false);
        apic.accept(0x65, false);
        assertThat(cpu.told()).contains("interrupt");
        assertThat(apic.acknowledge()).isEqualTo(0x65);
        assertThat(apic.pending()).as("0x62 is of the same class").isFalse();
        assertThat(apic.acknowledge()).isEqualTo(-1);
        assertThat(apic.read(PPR, 4)).isEqualTo(0x60);
        assertThat(apic.read(0x130, 4)).as("in service").isEqualTo(1 << 5);
        assertThat(apic.read(0x230, 4)).as("requested").isEqualTo(1 << 2);
        apic.accept(0x80, false);
        assertThat(apic.acknowledge()).as("a higher class nests").isEqualTo(0x80);
        apic.write(EOI, 4, 0);
        apic.write(EOI, 4, 0);
        assertThat(apic.acknowledge()).isEqualTo(0x62);
        apic.write(EOI, 4, 0);
        assertThat(apic.acknowledge()).isEqualTo(0x41);
    }

    @Test
    void holdsBackInterruptsThatTheTaskPriorityMasks() {
        apic.setTaskPriority(5);
        assertThat(apic.read(TPR, 4)).isEqualTo(0x50);
        apic.accept(0x5F, false);
        assertThat(apic.pending()).isFalse();
        assertThat(cpu.told()).isEmpty();
        apic.accept(0x60, false);
        assertThat(apic.acknowledge()).isEqualTo(0x60);
        apic.write(EOI, 4, 0);
        cpu.told();
        apic.write(TPR, 4, 0x40);
        assertThat(apic.taskPriority()).isEqualTo(4);
        assertThat(cpu.told()).containsExactly("interrupt");
        assertThat(apic.acknowledge()).isEqualTo(0x5F);
    }

    @Test
    void endsWithoutAnInterruptInServiceDoNothing() {
        apic.write(EOI, 4, 0);
        assertThat(apic.pending()).isFalse();
        assertThat(cpu.told()).isEmpty();
    }

    @Test
    void notesIllegalVectorsAndInterruptsForThem() {
        apic.write(LVT_ERROR, 4, 0xFE);
        apic.accept(3, false);
        assertThat(apic.acknowledge()).isEqualTo(0xFE);
        assertThat(apic.read(ESR, 4)).as("before it is latched").isZero();
        apic.write(ESR, 4, 0);
        assertThat(apic.read(ESR, 4)).isEqualTo(1 << 6);
        apic.write(ICR, 4, 7);
        apic.write(ESR, 4, 0);
        assertThat(apic.read(ESR, 4)).isEqualTo(1 << 5);
    }

    @Test
    void theLocalPinsInterruptAsTheirEntriesSay() {
        InterruptLine lint0 = apic.lint(0);
        lint0.set(true);
        assertThat(cpu.told()).as("masked at reset").isEmpty();
        lint0.set(false);
        apic.write(LVT_LINT1, 4, 0x400);
        apic.lint(1).set(true);
        assertThat(cpu.told()).containsExactly("nmi");
        apic.write(LVT_LINT0, 4, 0x8050);
        lint0.set(true);
        assertThat(apic.acknowledge()).isEqualTo(0x50);
        assertThat(apic.read(LVT_LINT0, 4)).as("remote IRR").isEqualTo(0xC050);
        apic.write(EOI, 4, 0);
        assertThat(apic.acknowledge()).as("still high").isEqualTo(0x50);
        lint0.set(false);
        apic.write(EOI, 4, 0);
        assertThat(apic.acknowledge()).isEqualTo(-1);
        assertThat(apic.read(LVT_LINT0, 4)).isEqualTo(0x8050);
    }

    @Test
    void x2apicModeIsEnteredAndLeftAsTheManualSays() {
        assertThat(apic.isReadable(0x802)).isFalse();
        assertThat(apic.writeMsr(0x808, 0)).isFalse();
        assertThat(apic.setBase(0xFEE00500L)).as("x2APIC, disabled").isFalse();
        assertThat(apic.setBase(0xFEE00901L)).as("a reserved bit").isFalse();
        assertThat(toX2apic(apic)).isTrue();
        assertThat(apic.base()).isEqualTo(0xFEE00D00L);
        assertThat(apic.read(0x30, 4)).as("the page is gone").isEqualTo(-1);
        assertThat(apic.setBase(0xFEE00900L)).as("back to xAPIC").isFalse();
        assertThat(apic.setBase(0xFEE00100L)).isTrue();
        assertThat(toX2apic(apic)).as("straight from disabled").isFalse();
        assertThat(apic.setBase(0xFEE00900L)).isTrue();
        assertThat(apic.read(SVR, 4)).as("its state was lost").isEqualTo(0xFF);
    }

    @Test
    void x2apicRegistersAreMsrsWithStrictRights() {
        LocalApic other = enabled(0x23);
        assertThat(toX2apic(other)).isTrue();
        assertThat(other.readMsr(0x802)).isEqualTo(0x23);
        assertThat(other.readMsr(0x80D)).isEqualTo(0x0002_0008L);
        for (int msr : new int[] {0x800, 0x80B, 0x80E, 0x831, 0x83F, 0x82F, 0x83A}) {
            assertThat(other.isReadable(msr)).as(Integer.toHexString(msr)).isFalse();
        }
        for (int msr : new int[] {0x802, 0x803, 0x80A, 0x80D, 0x810, 0x831, 0x839}) {
            assertThat(other.writeMsr(msr, 0)).as(Integer.toHexString(msr)).isFalse();
        }
        assertThat(other.writeMsr(0x80B, 1)).as("EOI takes 0 only").isFalse();
        assertThat(other.writeMsr(0x808, 0x100)).isFalse();
        assertThat(other.writeMsr(0x838, 1L << 32)).isFalse();
        assertThat(other.writeMsr(0x832, 0x400EF)).isTrue();
        assertThat(other.readMsr(0x832)).isEqualTo(0x400EF);
        assertThat(other.writeMsr(0x83F, 0x77)).isTrue();
        assertThat(other.acknowledge()).as("self IPI").isEqualTo(0x77);
        assertThat(other.writeMsr(0x80B, 0)).isTrue();
        assertThat(other.writeMsr(0x830, 0x23L << 32 | 0x44)).isTrue();
        assertThat(other.readMsr(0x830)).isEqualTo(0x23L << 32 | 0x44);
        assertThat(other.acknowledge()).isEqualTo(0x44);
    }

    @Test
    void theOneShotTimerFiresOnce() throws InterruptedException {
        apic.write(LVT_TIMER, 4, 0x30);
        apic.write(DIVIDE, 4, 0b1011);
        apic.write(INITIAL_COUNT, 4, 1_000_000);
        assertThat(apic.read(CURRENT_COUNT, 4)).isBetween(0L, 1_000_000L);
        assertThat(cpu.next()).isEqualTo("interrupt");
        assertThat(apic.acknowledge()).isEqualTo(0x30);
        apic.write(EOI, 4, 0);
        assertThat(apic.read(CURRENT_COUNT, 4)).isZero();
        assertThat(apic.pending()).isFalse();
    }

    @Test
    void theTimerCountsMoreSlowlyByItsDivider() {
        apic.write(DIVIDE, 4, 0b1010);
        apic.write(INITIAL_COUNT, 4, 0xFFFF_FFFFL);
        assertThat(apic.read(INITIAL_COUNT, 4)).isEqualTo(0xFFFF_FFFFL);
        long before = clock.nanos();
        long first = apic.read(CURRENT_COUNT, 4);
        long second = apic.read(CURRENT_COUNT, 4);
        while (second == first) {
            second = apic.read(CURRENT_COUNT, 4);
        }
        long passed = clock.nanos() - before;
        assertThat(first - second).isBetween(1L, passed / 128 + 1);
        apic.write(INITIAL_COUNT, 4, 0);
        assertThat(apic.read(CURRENT_COUNT, 4)).as("stopped").isZero();
    }

    @Test
    void thePeriodicTimerFiresAgainAndAgain() throws InterruptedException {
        apic.write(LVT_TIMER, 4, 0x20030);
        apic.write(DIVIDE, 4, 0b1011);
        apic.write(INITIAL_COUNT, 4, 500_000);
        for (int i = 0; i < 3; i++) {
            assertThat(cpu.next()).isEqualTo("interrupt");
            if (apic.acknowledge() == 0x30) {
                apic.write(EOI, 4, 0);
            }
        }
        assertThat(apic.read(CURRENT_COUNT, 4)).isBetween(1L, 500_000L);
    }

    @Test
    void theDeadlineTimerFiresByTheTimeStampCounter() throws InterruptedException {
        apic.setTscDeadline(1);
        assertThat(apic.tscDeadline()).as("not in deadline mode").isZero();
        apic.write(LVT_TIMER, 4, 0x400EC);
        apic.setTscOffset(1_000_000_000_000L);
        long deadline = clock.nanos() + 1_000_000_000_000L + 600_000_000_000L;
        apic.setTscDeadline(deadline);
        assertThat(apic.tscDeadline()).isEqualTo(deadline);
        assertThat(cpu.told()).isEmpty();
        apic.setTscDeadline(clock.nanos() + 1_000_000_000_000L + 2_000_000L);
        assertThat(cpu.next()).isEqualTo("interrupt");
        assertThat(apic.tscDeadline()).as("disarmed").isZero();
        assertThat(apic.acknowledge()).isEqualTo(0xEC);
        apic.write(EOI, 4, 0);
        apic.setTscDeadline(5);
        assertThat(cpu.told()).as("a deadline that is past fires at once").containsExactly("interrupt");
        apic.setTscDeadline(-1);
        assertThat(apic.tscDeadline()).as("the far future").isEqualTo(-1);
        apic.write(LVT_TIMER, 4, 0xEC);
        assertThat(apic.tscDeadline()).as("another mode disarms").isZero();
    }

    @Test
    void aMaskedTimerDoesNotInterrupt() {
        apic.write(LVT_TIMER, 4, 0x500EC);
        apic.setTscDeadline(1);
        assertThat(apic.tscDeadline()).isZero();
        assertThat(apic.pending()).isFalse();
    }

    @Test
    void resetForgetsEverything() {
        assertThat(toX2apic(apic)).isTrue();
        apic.accept(0x40, true);
        apic.reset();
        assertThat(apic.pending()).isFalse();
        assertThat(apic.base()).isEqualTo(0xFEE00900L);
        assertThat(apic.read(0x220, 4)).isZero();
        assertThat(apic.read(SVR, 4)).isEqualTo(0xFF);
    }
}
