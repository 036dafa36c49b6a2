package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.machine.ApicBus;
import belljar.machine.Bus;
import belljar.machine.Clock;
import belljar.machine.GuestMemory;
import belljar.machine.LocalApic;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Paging as the tables say (SDM volume 3, chapter 4), and what is remembered of them. */
final class MmuTest {
    private static final long DIRECTORY = 0x3000;
    private static final long TABLE = 0x4000;

    /** Addresses in 2 MiB of their own: a large page, and pages of 4 KiB. */
    private static final long LARGE = 0x40_0000;

    private static final long SMALL = 0x60_0000;
    private static final int PRESENT = 1;
    private static final int RESERVED = 8;
    private static final int FETCH = 16;
    private static final int KERNEL_PAGE = 3;
    private static final int USER_PAGE = 7;

    private final Clock clock = new Clock();
    private final GuestMemory memory = GuestMemory.allocate(8 << 20);
    private Cpu cpu;

    @BeforeEach
    void prepare() {
        Bus nothing = new Bus();
        LocalApic apic = new LocalApic(0, clock, new ApicBus());
        cpu = new Cpu(0, new CpuHost(memory, nothing, nothing, clock), apic, new CodePages(memory.size()));
        memory.putLong(0x1000, 0x2000 | USER_PAGE);
        memory.putLong(0x2000, DIRECTORY | USER_PAGE);
        directory(LARGE, LARGE | 0x80 | USER_PAGE);
        directory(SMALL, TABLE | USER_PAGE);
        cpu.control.cr0 = Control.PE | Control.PG | Control.WP;
        cpu.control.cr3 = 0x1000;
        cpu.control.cr4 = Control.PAE;
        cpu.control.efer = Control.LME | Control.LMA;
        cpu.level(0);
    }

    @AfterEach
    void end() {
        clock.close();
    }

    private void directory(long linear, long entry) {
        memory.putLong(DIRECTORY + (linear >>> 21) * 8, entry);
    }

    private void page(long entry) {
        memory.putLong(TABLE, entry);
    }

    private void control4(long bits) {
        ControlRegisters.write(cpu, 4, cpu.control.cr4 | bits);
    }

    private void refuses(Runnable access, int vector, int code) {
        assertThatThrownBy(access::run).isInstanceOf(Fault.class);
        assertThat(cpu.fault.vector).isEqualTo(vector);
        assertThat(cpu.fault.code).isEqualTo(code);
    }

    @Test
    void bitsBeyondThePhysicalAddressesAreReserved() {
        page(0x7000 | 1L << 45 | USER_PAGE);
        refuses(() -> cpu.mmu.load4(SMALL), Fault.PAGE, PRESENT | RESERVED);
        page(0x7000 | 1L << 53 | USER_PAGE);
        assertThat(cpu.mmu.load4(SMALL)).isZero();
    }

    @Test
    void bitsBelowTheAddressOfALargePageAreReserved() {
        directory(LARGE, LARGE | 1 << 14 | 0x80 | USER_PAGE);
        refuses(() -> cpu.mmu.load4(LARGE), Fault.PAGE, PRESENT | RESERVED);
        directory(LARGE, LARGE | 1 << 12 | 0x80 | USER_PAGE);
        assertThat(cpu.mmu.load4(LARGE)).isZero();
    }

    @Test
    void noExecuteIsReservedUntilItIsEnabled() {
        page(0x7000 | Long.MIN_VALUE | USER_PAGE);
        refuses(() -> cpu.mmu.load4(SMALL), Fault.PAGE, PRESENT | RESERVED);
        cpu.control.efer |= Control.NXE;
        assertThat(cpu.mmu.load4(SMALL)).isZero();
        refuses(() -> cpu.mmu.codeOffset(SMALL), Fault.PAGE, PRESENT | FETCH);
    }

    @Test
    void invalidatingAnAddressForgetsAllOfItsLargePage() {
        memory.putInt(LARGE + 0x1000, 1);
        memory.putInt(0x20_1000, 2);
        assertThat(cpu.mmu.load4(LARGE + 0x1000)).isEqualTo(1);
        directory(LARGE, 0x20_0000 | 0x80 | USER_PAGE);
        assertThat(cpu.mmu.load4(LARGE + 0x1000)).isEqualTo(1);

        cpu.mmu.flush(LARGE + 0x1F_F000);

        assertThat(cpu.mmu.load4(LARGE + 0x1000)).isEqualTo(2);
    }

    @Test
    void theKernelNeitherReadsNorExecutesUsersPagesWhereItSaysSo() {
        page(0x7000 | USER_PAGE);
        control4(Control.SMAP | Control.SMEP);

        refuses(() -> cpu.mmu.load4(SMALL), Fault.PAGE, PRESENT);
        refuses(() -> cpu.mmu.codeOffset(SMALL), Fault.PAGE, PRESENT | FETCH);
        cpu.rflags(Cpu.AC);
        assertThat(cpu.mmu.load4(SMALL)).isZero();
        refuses(() -> cpu.mmu.codeOffset(SMALL), Fault.PAGE, PRESENT | FETCH);
        cpu.rflags(0);
        refuses(() -> cpu.mmu.load4(SMALL), Fault.PAGE, PRESENT);
        page(0x7000 | KERNEL_PAGE);
        assertThat(cpu.mmu.load4(SMALL)).isZero();
        assertThat(cpu.mmu.codeOffset(SMALL)).isEqualTo(0x7000);
    }

    @Test
    void usersMustAlignNumbersWhereTheySaySo() {
        page(0x7000 | USER_PAGE);
        cpu.level(3);
        cpu.rflags(Cpu.AC);
        assertThat(cpu.mmu.load4(SMALL + 1)).isZero();
        cpu.control.cr0 |= Control.AM;
        cpu.access();
        assertThat(cpu.mmu.load4(SMALL + 4)).isZero();
        refuses(() -> cpu.mmu.load4(SMALL + 1), Fault.ALIGNMENT, 0);
        refuses(() -> cpu.mmu.store8(SMALL + 4, 0), Fault.ALIGNMENT, 0);
        cpu.level(0);
        assertThat(cpu.mmu.load4(SMALL + 1)).isZero();
    }

    @Test
    void bitsOfControlRegistersThatNothingStandsForAreRefused() {
        refuses(() -> ControlRegisters.write(cpu, 4, Control.PAE | 1), Fault.PROTECTION, 0);
        refuses(() -> ControlRegisters.write(cpu, 3, 1L << 40), Fault.PROTECTION, 0);
        refuses(() -> ControlRegisters.write(cpu, 4, 0), Fault.PROTECTION, 0);
    }
}
