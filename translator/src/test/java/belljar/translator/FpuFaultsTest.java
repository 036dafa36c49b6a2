package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When x87 and MMX instructions may not be executed, and how their state is laid out, where no program can try it. */
final class FpuFaultsTest {
    private static final String FLD1 = "D9E8";
    private static final String FLDZ = "D9EE";
    private static final String FDIVP = "DEF9";
    private static final String FNSTSW_AX = "DFE0";
    private static final String WAIT = "9B";
    private static final String PADDB = "0FFCC1";
    private static final int NONE = -1;

    private static TwoProcessors both;

    private Cpu cpu;

    @BeforeAll
    static void prepare() {
        both = new TwoProcessors();
    }

    @AfterAll
    static void end() {
        both.close();
    }

    @BeforeEach
    void reset() {
        cpu = both.cpu();
        cpu.control.cr0 = Control.PE | Control.PG | Control.WP | Control.NE;
        cpu.control.cr4 = Control.PAE | Control.OSFXSR | Control.OSXMMEXCPT;
        cpu.flags = 2;
        cpu.fpu.reset();
        cpu.r[Sample.POINTER] = both.pointer();
    }

    /** {@return the vector of the exception that an instruction raises} */
    private int run(String code) {
        byte[] bytes = HexFormat.of().parseHex(code);
        Insn in = new Decoder().decode(bytes, 0, bytes.length, NativeCode.BASE + 0x100, Decoder.BITS64);
        if (in == null) {
            throw new AssertionError(code + ": is not decoded");
        }
        try {
            Interpreter.run(cpu, new Block(new Insn[] {in}, in.address, 0, Decoder.BITS64, 0, 0));
            return NONE;
        } catch (Fault fault) {
            return fault.vector;
        }
    }

    private long stored(int distance, int size) {
        return cpu.mmu.load(both.pointer() + distance, size);
    }

    @Test
    void hasNoUnitAfterATaskSwitch() {
        cpu.control.cr0 |= Control.TS;
        assertThat(run(FLD1)).isEqualTo(Fault.NO_FPU);
        assertThat(run(FNSTSW_AX)).isEqualTo(Fault.NO_FPU);
        assertThat(run(PADDB)).isEqualTo(Fault.NO_FPU);
        assertThat(run("0FAE03")).as("FXSAVE").isEqualTo(Fault.NO_FPU);
        assertThat(run("0FAE1B")).as("STMXCSR").isEqualTo(Fault.NO_FPU);
        assertThat(run(WAIT)).isEqualTo(NONE);
        cpu.control.cr0 |= Control.MP;
        assertThat(run(WAIT)).isEqualTo(Fault.NO_FPU);
    }

    @Test
    void hasNoUnitThatIsEmulated() {
        cpu.control.cr0 |= Control.EM;
        assertThat(run(FLD1)).isEqualTo(Fault.NO_FPU);
        assertThat(run(WAIT)).isEqualTo(NONE);
        assertThat(run(PADDB)).isEqualTo(Fault.UNDEFINED);
        assertThat(run("0F77")).as("EMMS").isEqualTo(Fault.UNDEFINED);
        assertThat(run("0FAE13")).as("LDMXCSR").isEqualTo(Fault.UNDEFINED);
    }

    @Test
    void needsTheSystemsLeaveForSse() {
        cpu.control.cr4 &= ~Control.OSFXSR;
        assertThat(run("0FAE1B")).as("STMXCSR").isEqualTo(Fault.UNDEFINED);
        assertThat(run("0F2AC1")).as("CVTPI2PS").isEqualTo(Fault.UNDEFINED);
        assertThat(run(PADDB)).isEqualTo(NONE);
        assertThat(run("0FAE03")).as("FXSAVE").isEqualTo(NONE);
    }

    @Test
    void raisesAnExceptionAtTheNextInstructionThatWaits() {
        cpu.fpu.control(0x37F & ~Fpu.ZE);
        assertThat(run(FLD1)).isEqualTo(NONE);
        assertThat(run(FLDZ)).isEqualTo(NONE);
        assertThat(run(FDIVP)).isEqualTo(NONE);
        assertThat(run(FNSTSW_AX)).isEqualTo(NONE);
        assertThat(cpu.r[0] & 0x80FF).isEqualTo(Fpu.PENDING | Fpu.ZE);
        assertThat(run(FLD1)).isEqualTo(Fault.FPU);
        assertThat(run(WAIT)).isEqualTo(Fault.FPU);
        assertThat(run(PADDB)).isEqualTo(Fault.FPU);
        assertThat(run("0F77")).as("EMMS").isEqualTo(Fault.FPU);
        cpu.control.cr0 &= ~Control.NE;
        assertThat(run(WAIT)).isEqualTo(NONE);
        cpu.control.cr0 |= Control.NE;
        assertThat(run("DBE2")).as("FNCLEX").isEqualTo(NONE);
        assertThat(run(FLD1)).isEqualTo(NONE);
    }

    @Test
    void keepsTheStackWhenAStoreFaults() {
        run(FLD1);
        cpu.r[Sample.POINTER] = 0x40_0000;
        for (String store : new String[] {"D91B", "DD1B", "DB3B", "DF1B", "DB1B", "DF3B", "DF33", "DB0B"}) {
            assertThat(run(store)).as(store).isEqualTo(Fault.PAGE);
            assertThat(cpu.fpu.top).as(store).isEqualTo(7);
            assertThat(cpu.fpu.tags).as(store).isEqualTo(0x80);
            assertThat(cpu.fpu.status()).as(store).isEqualTo(0x3800);
        }
        assertThat(run("D903")).as("FLD").isEqualTo(Fault.PAGE);
        assertThat(cpu.fpu.tags).isEqualTo(0x80);
    }

    @Test
    void savesSelectorsWithoutRexW() {
        cpu.segments.selector[Insn.CS] = 0x10;
        cpu.segments.selector[Insn.DS] = 0x18;
        assertThat(run("D903")).isEqualTo(NONE); // FLD
        assertThat(run("0FAE03")).isEqualTo(NONE);
        assertThat(stored(6, 2)).isEqualTo(0x103);
        assertThat(stored(8, 4)).isEqualTo(NativeCode.BASE + 0x100 & 0xFFFF_FFFFL);
        assertThat(stored(12, 4)).isEqualTo(0x10);
        assertThat(stored(16, 4)).isEqualTo(both.pointer() & 0xFFFF_FFFFL);
        assertThat(stored(20, 4)).isEqualTo(0x18);
        assertThat(run("480FAE03")).isEqualTo(NONE);
        assertThat(stored(8, 8)).isEqualTo(NativeCode.BASE + 0x100);
        assertThat(stored(16, 8)).isEqualTo(both.pointer());
    }

    @Test
    void savesLinearAddressesInVirtual8086Mode() {
        cpu.segments.selector[Insn.CS] = 0x1234;
        cpu.segments.selector[Insn.DS] = 0x5678;
        cpu.fpu.opcode = 0x103;
        cpu.fpu.instruction = 0x4321;
        cpu.fpu.instructionSegment = 0x1234;
        cpu.fpu.data = 0x8765;
        cpu.fpu.dataSegment = 0x5678;
        cpu.flags |= Cpu.VM;
        assertThat(run("D933")).as("FNSTENV").isEqualTo(NONE);
        assertThat(stored(12, 4)).isEqualTo(0x6661);
        assertThat(stored(16, 4)).isEqualTo(0x1103);
        assertThat(stored(20, 4)).isEqualTo(0xEEE5);
        assertThat(stored(24, 4)).isEqualTo(0x5000);
        assertThat(run("66D933")).as("FNSTENV").isEqualTo(NONE);
        assertThat(stored(6, 8)).isEqualTo(0x5000_EEE5_1103_6661L);
    }

    @Test
    void sharesItsRegistersWithMmx() {
        assertThat(run("0FEFC0")).as("PXOR").isEqualTo(NONE);
        assertThat(cpu.fpu.tags).isEqualTo(0xFF);
        assertThat(cpu.fpu.exponent[0]).isEqualTo(0xFFFF);
        assertThat(run(FLD1)).as("the stack is full").isEqualTo(NONE);
        assertThat(cpu.fpu.status() & (Fpu.IE | Fpu.STACK | Fpu.C1)).isEqualTo(Fpu.IE | Fpu.STACK | Fpu.C1);
        assertThat(run("0F77")).as("EMMS").isEqualTo(NONE);
        assertThat(cpu.fpu.tags).isZero();
    }
}
