package belljar.translator;

import belljar.machine.StartState;

/** Gives a CPU the state in which a boot protocol wants it. */
final class Starting {
    private static final int CODE = 11;
    private static final int DATA = 3;

    private Starting() {}

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
