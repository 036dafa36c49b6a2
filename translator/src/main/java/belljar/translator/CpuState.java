package belljar.translator;

import belljar.machine.StateStream;
import belljar.machine.Stateful;

/**
 * The registers of a CPU, on their way to {@link StandIn} and back where somebody else executes it, and to a snapshot
 * and back. All arrays are to be read and written. For one thread at a time.
 */
public final class CpuState implements Stateful {
    /** Where the instruction pointer and the flags stand among the {@link #registers}. */
    public static final int RIP = 16;

    /** See {@link #RIP}. */
    public static final int RFLAGS = 17;

    /** How many segments there are: ES, CS, SS, DS, FS, GS, and those of the LDT and of the task. */
    public static final int SEGMENTS = 8;

    /** Where CR0 stands in {@link #control}; then follow the others. */
    public static final int CR0 = 0;

    /** See {@link #CR0}. */
    public static final int CR2 = 1;

    /** See {@link #CR0}. */
    public static final int CR3 = 2;

    /** See {@link #CR0}. */
    public static final int CR4 = 3;

    /** See {@link #CR0}. */
    public static final int EFER = 4;

    /**
     * The numbers of {@link #msrs}: SYSENTER_CS, SYSENTER_ESP, SYSENTER_EIP, STAR, LSTAR, CSTAR, SFMASK,
     * KERNEL_GS_BASE, TSC_AUX.
     */
    private static final int[] MSR_NUMBERS = {
        0x174, 0x175, 0x176, 0xC000_0081, 0xC000_0082, 0xC000_0083, 0xC000_0084, 0xC000_0102, 0xC000_0103
    };

    /** RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15, RIP, RFLAGS. */
    public final long[] registers = new long[18];

    /** The selectors of the {@link #SEGMENTS}. */
    public final int[] selector = new int[SEGMENTS];

    /** Their bases. */
    public final long[] base = new long[SEGMENTS];

    /** Their limits in bytes. */
    public final int[] limit = new int[SEGMENTS];

    /** Their attributes, as in bits 8 to 23 of a descriptor's second word; 0 in bits 8 to 11. */
    public final int[] attributes = new int[SEGMENTS];

    /** The bases of the global descriptor table and of the interrupt descriptor table. */
    public final long[] tableBase = new long[2];

    /** Their limits. */
    public final int[] tableLimit = new int[2];

    /** CR0, CR2, CR3, CR4 and the MSR EFER. */
    public final long[] control = new long[5];

    /** Debug registers 0 to 7. */
    public final long[] debug = new long[8];

    /** The MSRs of {@link #msrNumber}. */
    public final long[] msrs = new long[MSR_NUMBERS.length];

    /** The x87 unit: control word, status word, which registers are in use (one bit each), last opcode, MXCSR. */
    public final int[] fpu = new int[5];

    /** The places of the x87 unit's last instruction and its operand. */
    public final long[] fpuPointers = new long[2];

    /** The significands of ST(0) to ST(7). */
    public final long[] significand = new long[8];

    /** Their signs (bit 15) and biased exponents. */
    public final int[] exponent = new int[8];

    /** The XMM registers, two numbers each, the low one first. */
    public final long[] xmm = new long[32];

    /** Makes a state that is all zero. */
    public CpuState() {}

    /** {@return the number of one of the {@link #msrs}} */
    public static int msrNumber(int index) {
        return MSR_NUMBERS[index];
    }

    @Override
    public void transfer(StateStream state) {
        state.section("registers");
        state.numbers(registers);
        state.numbers(selector);
        state.numbers(base);
        state.numbers(limit);
        state.numbers(attributes);
        state.numbers(tableBase);
        state.numbers(tableLimit);
        state.numbers(control);
        state.numbers(debug);
        state.numbers(msrs);
        state.numbers(fpu);
        state.numbers(fpuPointers);
        state.numbers(significand);
        state.numbers(exponent);
        state.numbers(xmm);
    }

    void enter(Cpu cpu) {
        System.arraycopy(registers, 0, cpu.r, 0, 16);
        cpu.rip = registers[RIP];
        cpu.rflags((int) registers[RFLAGS]);
        cpu.halted = false;
        Segments segments = cpu.segments;
        for (int i = 0; i < SEGMENTS; i++) {
            int to = i < 6 ? i : i + 1;
            segments.selector[to] = selector[i];
            segments.base[to] = base[i];
            segments.limit[to] = limit[i];
            segments.attributes[to] = attributes[i];
        }
        segments.gdtBase = tableBase[0];
        segments.gdtLimit = tableLimit[0];
        segments.idtBase = tableBase[1];
        segments.idtLimit = tableLimit[1];
        cpu.control.cr0 = control[CR0];
        cpu.control.cr2 = control[CR2];
        cpu.control.cr3 = control[CR3];
        cpu.control.cr4 = control[CR4];
        cpu.control.efer = control[EFER];
        System.arraycopy(debug, 0, cpu.debug, 0, 8);
        Msrs to = cpu.msrs;
        to.sysenterCs = msrs[0];
        to.sysenterEsp = msrs[1];
        to.sysenterEip = msrs[2];
        to.star = msrs[3];
        to.lstar = msrs[4];
        to.cstar = msrs[5];
        to.syscallMask = msrs[6];
        to.kernelGsBase = msrs[7];
        to.tscAux = msrs[8];
        enterFpu(cpu);
        // The level stands nowhere but in the stack segment's descriptor (SDM volume 3, 5.5).
        cpu.level(Segments.privilege(attributes[Insn.SS]));
        segments.update();
        cpu.mapApic();
    }

    private void enterFpu(Cpu cpu) {
        Fpu to = cpu.fpu;
        to.control(fpu[0]);
        to.status(fpu[1]);
        to.tags = fpu[2];
        to.opcode = fpu[3];
        cpu.mxcsr = fpu[4];
        to.instruction = fpuPointers[0];
        to.data = fpuPointers[1];
        for (int i = 0; i < 8; i++) {
            to.significand[to.number(i)] = significand[i];
            to.exponent[to.number(i)] = exponent[i];
        }
        System.arraycopy(xmm, 0, cpu.xmm, 0, 32);
    }

    void leave(Cpu cpu) {
        System.arraycopy(cpu.r, 0, registers, 0, 16);
        registers[RIP] = cpu.rip;
        registers[RFLAGS] = cpu.rflags();
        Segments segments = cpu.segments;
        for (int i = 0; i < SEGMENTS; i++) {
            int from = i < 6 ? i : i + 1;
            selector[i] = segments.selector[from];
            base[i] = segments.base[from];
            limit[i] = segments.limit[from];
            attributes[i] = segments.attributes[from];
        }
        attributes[Insn.SS] = attributes[Insn.SS] & ~0x60 | cpu.level << 5;
        tableBase[0] = segments.gdtBase;
        tableLimit[0] = segments.gdtLimit;
        tableBase[1] = segments.idtBase;
        tableLimit[1] = segments.idtLimit;
        control[CR0] = cpu.control.cr0;
        control[CR2] = cpu.control.cr2;
        control[CR3] = cpu.control.cr3;
        control[CR4] = cpu.control.cr4;
        control[EFER] = cpu.control.efer;
        System.arraycopy(cpu.debug, 0, debug, 0, 8);
        Msrs from = cpu.msrs;
        long[] now = {
            from.sysenterCs,
            from.sysenterEsp,
            from.sysenterEip,
            from.star,
            from.lstar,
            from.cstar,
            from.syscallMask,
            from.kernelGsBase,
            from.tscAux
        };
        System.arraycopy(now, 0, msrs, 0, now.length);
        leaveFpu(cpu);
    }

    private void leaveFpu(Cpu cpu) {
        Fpu from = cpu.fpu;
        fpu[0] = from.control;
        fpu[1] = from.status();
        fpu[2] = from.tags;
        fpu[3] = from.opcode;
        fpu[4] = cpu.mxcsr;
        fpuPointers[0] = from.instruction;
        fpuPointers[1] = from.data;
        for (int i = 0; i < 8; i++) {
            significand[i] = from.significand[from.number(i)];
            exponent[i] = from.exponent[from.number(i)];
        }
        System.arraycopy(cpu.xmm, 0, xmm, 0, 32);
    }
}
