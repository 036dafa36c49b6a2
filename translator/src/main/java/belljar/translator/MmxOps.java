package belljar.translator;

/** The operations on MMX registers. */
final class MmxOps {
    private MmxOps() {}

    /** Whether they are allowed now (SDM volume 3, section 12.1). */
    static void check(Cpu cpu) {
        if ((cpu.control.cr0 & Control.EM) != 0) {
            throw cpu.undefined();
        }
        if ((cpu.control.cr0 & Control.TS) != 0) {
            throw cpu.fault.of(Fault.NO_FPU, 0);
        }
        FpuOps.wait(cpu);
    }

    static void execute(Cpu cpu, Insn in) {
        check(cpu);
        if (in.op != Op.EMMS) {
            throw cpu.undefined();
        }
        cpu.fpu.tags = 0;
    }
}
