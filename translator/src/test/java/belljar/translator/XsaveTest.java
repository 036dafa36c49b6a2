package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import belljar.machine.ApicBus;
import belljar.machine.Bus;
import belljar.machine.Clock;
import belljar.machine.GuestMemory;
import belljar.machine.LocalApic;
import java.util.HexFormat;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** XSAVE and XRSTOR (SDM volume 1, chapter 13), and protection keys, which they save (volume 3, section 4.6.2). */
final class XsaveTest {
    private static final long AREA = 0x10_0000;
    private static final long PARTS = AREA + 512;

    /** In a page of user mode with the key 1. */
    private static final long KEYED = 0x20_0000;

    private static final int CLOSED = 1 << 2;
    private static final int READ_ONLY = 1 << 3;
    private static final int KEY_FAULT = 32 | 1;

    private static final String XSAVE = "0fae23"; // [rbx]
    private static final String XRSTOR = "0fae2b";
    private static final String XGETBV = "0f01d0";
    private static final String XSETBV = "0f01d1";
    private static final String RDPKRU = "0f01ee";
    private static final String WRPKRU = "0f01ef";

    private final Clock clock = new Clock();
    private final GuestMemory memory = GuestMemory.allocate(8 << 20);
    private Cpu cpu;

    @BeforeEach
    void prepare() {
        Bus nothing = new Bus();
        LocalApic apic = new LocalApic(0, clock, new ApicBus());
        cpu = new Cpu(0, new CpuHost(memory, nothing, nothing, clock), apic, new CodePages(memory.size()));
        memory.putLong(0x1000, 0x2007);
        memory.putLong(0x2000, 0x3007);
        memory.putLong(0x3000, 0x83);
        memory.putLong(0x3008, KEYED | 1L << 59 | 0x87);
        cpu.control.cr0 = Control.PE | Control.PG | Control.WP;
        cpu.control.cr3 = 0x1000;
        cpu.control.cr4 = Control.PAE | Control.OSFXSR | Control.OSXSAVE | Control.PKE;
        cpu.control.efer = Control.LME | Control.LMA;
        cpu.segments.flat(Insn.CS, 8, 11, 0, true);
        cpu.segments.update();
        cpu.r[3] = AREA;
        select(Xsave.KNOWN);
        run(XSETBV);
    }

    @AfterEach
    void end() {
        clock.close();
    }

    private void select(long parts) {
        cpu.r[0] = parts;
        cpu.r[1] = 0;
        cpu.r[2] = 0;
    }

    private void run(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        Insn in = Objects.requireNonNull(new Decoder().decode(bytes, 0, bytes.length, 0, Decoder.BITS64));
        Interpreter.run(cpu, new Block(new Insn[] {in}, 0, 0, Decoder.BITS64, 0, 0));
    }

    private void refuses(Runnable action, int vector, int code) {
        assertThatThrownBy(action::run).isInstanceOf(Fault.class);
        assertThat(cpu.fault.vector).isEqualTo(vector);
        assertThat(cpu.fault.code).isEqualTo(code);
    }

    private void fill() {
        cpu.fpu.reset();
        cpu.fpu.control(0x27F);
        cpu.fpu.significand[cpu.fpu.number(0)] = 1L << 63;
        cpu.fpu.exponent[cpu.fpu.number(0)] = 0x3FFF;
        cpu.fpu.tags = 0x80;
        cpu.mxcsr = 0x1FA0;
        for (int i = 0; i < 32; i++) {
            cpu.xmm[i] = 100L + i;
        }
        cpu.userKeys(CLOSED);
    }

    @Test
    void whatWasSavedComesBack() {
        fill();
        select(Xsave.KNOWN);
        run(XSAVE);
        assertThat(memory.getLong(PARTS)).isEqualTo(Xsave.KNOWN);
        cpu.fpu.reset();
        cpu.mxcsr = 0x1F80;
        cpu.xmm[31] = 0;
        cpu.userKeys(0);
        run(XRSTOR);
        assertThat(cpu.fpu.control).isEqualTo(0x27F);
        assertThat(cpu.fpu.tags).isEqualTo(0x80);
        assertThat(cpu.fpu.significand[cpu.fpu.number(0)]).isEqualTo(1L << 63);
        assertThat(cpu.mxcsr).isEqualTo(0x1FA0);
        assertThat(cpu.xmm[31]).isEqualTo(131);
        assertThat(cpu.control.userKeys).isEqualTo(CLOSED);
    }

    @Test
    void onlyTheChosenPartsAreTouched() {
        fill();
        memory.putLong(PARTS, Xsave.X87);
        select(Xsave.SSE);
        run(XSAVE);
        assertThat(memory.getLong(PARTS)).isEqualTo(Xsave.X87 | Xsave.SSE);
        assertThat(memory.getShort(AREA)).isZero();
        assertThat(memory.getLong(AREA + 160)).isEqualTo(100);
        assertThat(memory.getInt(AREA + Xsave.KEYS_AT)).isZero();
        memory.putLong(PARTS, 0);
        cpu.xmm[0] = 7;
        run(XRSTOR);
        assertThat(cpu.xmm[0]).isZero(); // what the area has not is as after a reset
        assertThat(cpu.mxcsr).isEqualTo(0x1FA0); // but for MXCSR
        assertThat(cpu.fpu.control).isEqualTo(0x27F);
        select(Xsave.X87 | Xsave.KEYS);
        run(XRSTOR);
        assertThat(cpu.fpu.control).isEqualTo(0x37F);
        assertThat(cpu.fpu.tags).isZero();
        assertThat(cpu.control.userKeys).isZero();
    }

    @Test
    void refusesWhatIsNotThere() {
        select(Xsave.SSE);
        refuses(() -> run(XSETBV), Fault.PROTECTION, 0);
        select(Xsave.X87 | 4);
        refuses(() -> run(XSETBV), Fault.PROTECTION, 0);
        cpu.r[1] = 1;
        refuses(() -> run(XGETBV), Fault.PROTECTION, 0);
        select(Xsave.KNOWN);
        memory.putLong(PARTS, 4);
        refuses(() -> run(XRSTOR), Fault.PROTECTION, 0);
        memory.putLong(PARTS, 0);
        memory.putLong(PARTS + 8, 1L << 63);
        refuses(() -> run(XRSTOR), Fault.PROTECTION, 0);
        cpu.r[3] = AREA + 16;
        refuses(() -> run(XSAVE), Fault.PROTECTION, 0);
        cpu.control.cr0 |= Control.TS;
        refuses(() -> run(XSAVE), Fault.NO_FPU, 0);
        cpu.control.cr4 &= ~(Control.OSXSAVE | Control.PKE);
        for (String each : new String[] {XSAVE, XRSTOR, XGETBV, XSETBV, RDPKRU, WRPKRU}) {
            refuses(() -> run(each), Fault.UNDEFINED, 0);
        }
    }

    @Test
    void keysCloseThePagesOfUserMode() {
        assertThat(cpu.mmu.load4(KEYED)).isZero();
        select(CLOSED);
        run(WRPKRU);
        refuses(() -> cpu.mmu.load4(KEYED), Fault.PAGE, KEY_FAULT);
        cpu.level(3);
        refuses(() -> cpu.mmu.store4(KEYED, 1), Fault.PAGE, KEY_FAULT | 2 | 4);
        assertThat(cpu.mmu.codeOffset(KEYED)).isEqualTo(KEYED);
        select(READ_ONLY);
        run(WRPKRU);
        select(0);
        run(RDPKRU);
        assertThat(cpu.r[0]).isEqualTo(READ_ONLY);
        assertThat(cpu.mmu.load4(KEYED)).isZero();
        refuses(() -> cpu.mmu.store4(KEYED, 1), Fault.PAGE, KEY_FAULT | 2 | 4);
        cpu.level(0);
        refuses(() -> cpu.mmu.store4(KEYED, 1), Fault.PAGE, KEY_FAULT | 2);
        ControlRegisters.write(cpu, 0, cpu.control.cr0 & ~Control.WP);
        cpu.mmu.store4(KEYED, 1);
        assertThat(memory.getInt(KEYED)).isEqualTo(1);
    }
}
