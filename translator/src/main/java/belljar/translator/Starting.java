package belljar.translator;

import belljar.machine.StartState;
import java.util.Arrays;

/** Gives a CPU the state in which a boot protocol wants it. */
final class Starting {
    private static final int CODE = 11;
    private static final int DATA = 3;

    private Starting() {}

    /**
     * Puts a CPU into the state after INIT (SDM volume 3, table 9-1). The FPU, SSE and most MSRs keep theirs.
     *
     * @param cpu the CPU
     */
    static void reset(Cpu cpu) {
        Control control = cpu.control;
        control.cr0 = Control.ET | Control.CD | Control.NW;
        control.cr2 = 0;
        control.cr3 = 0;
        control.cr4 = 0;
        control.efer = 0;
        Arrays.fill(cpu.r, 0);
        cpu.r[2] = CpuidLeaves.MODEL;
        cpu.rflags(2);
        Arrays.fill(cpu.debug, 0);
        cpu.debug[6] = 0xFFFF_0FF0L;
        cpu.debug[7] = 0x400;
        cpu.segments.reset();
        cpu.halted = false;
        cpu.shadow = false;
        cpu.nmiBlocked = false;
        cpu.trapsNow = false;
        cpu.level(0);
        cpu.watch.update();
        cpu.segments.update();
        cpu.mmu.flush();
    }

    /**
     * Has a CPU that was reset begin in real mode.
     *
     * @param cpu the CPU
     * @param vector the page it begins in, 0 to 255
     */
    static void startup(Cpu cpu, int vector) {
        cpu.segments.real(Insn.CS, vector << 8);
        cpu.rip = 0;
    }

    static void apply(Cpu cpu, StartState start) {
        Segments segments = cpu.segments;
        cpu.control.cr0 = Control.PE | Control.ET;
        if (start.longMode()) {
            cpu.control.cr4 = Control.PAE;
            cpu.control.cr3 = start.cr3();
            cpu.control.efer = Control.LME | Control.LMA;
            cpu.control.cr0 |= Control.PG;
        }
        segments.flat(Insn.CS, 0x10, CODE, 0, start.longMode());
        for (int segment : new int[] {Insn.DS, Insn.ES, Insn.SS, Insn.FS, Insn.GS}) {
            segments.flat(segment, 0x18, DATA, 0, false);
        }
        segments.update();
        cpu.level(0);
        cpu.rip = start.rip();
        cpu.r[0] = start.rax();
        cpu.r[3] = start.rbx();
        cpu.r[6] = start.rsi();
        cpu.r[4] = start.rsp();
    }
}
