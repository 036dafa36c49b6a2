package belljar.translator;

import belljar.translator.FpuTable.Form;
import java.util.Objects;

/**
 * Decides whether an x87 instruction, or one of the few that belong to both x87 and SSE, may be executed now, and
 * passes it on (SDM volume 1, sections 8.6 and 8.7; volume 3, section 2.5).
 */
final class FpuOps {
    private FpuOps() {}

    static void execute(Cpu cpu, Insn in) {
        switch (in.op) {
            case FPU -> {
                available(cpu, Control.TS | Control.EM);
                x87(cpu, in, Objects.requireNonNull(FpuTable.form(in.code)));
            }
            case WAIT -> {
                long both = Control.MP | Control.TS;
                if ((cpu.control.cr0 & both) == both) {
                    throw cpu.fault.of(Fault.NO_FPU, 0);
                }
                wait(cpu);
            }
            case FXSAVE -> {
                available(cpu, Control.TS | Control.EM);
                FpuState.saveAll(cpu, in, aligned(cpu, in));
            }
            case FXRSTOR -> {
                available(cpu, Control.TS | Control.EM);
                FpuState.restoreAll(cpu, in, aligned(cpu, in));
            }
            case XSAVE, XRSTOR, XGETBV, XSETBV -> Xsave.execute(cpu, in);
            default -> mxcsr(cpu, in);
        }
    }

    private static void available(Cpu cpu, long forbidden) {
        if ((cpu.control.cr0 & forbidden) != 0) {
            throw cpu.fault.of(Fault.NO_FPU, 0);
        }
    }

    /**
     * Raises the exception that an earlier instruction left pending. Without CR0.NE it would go to an external
     * interrupt controller; there is none for it, and it is ignored.
     */
    static void wait(Cpu cpu) {
        if (cpu.fpu.isPending() && (cpu.control.cr0 & Control.NE) != 0) {
            throw cpu.fault.of(Fault.FPU, 0);
        }
    }

    private static long aligned(Cpu cpu, Insn in) {
        long address = cpu.linear(in);
        if ((address & 15) != 0) {
            throw cpu.protection(0);
        }
        return address;
    }

    private static void mxcsr(Cpu cpu, Insn in) {
        if ((cpu.control.cr0 & Control.EM) != 0 || (cpu.control.cr4 & Control.OSFXSR) == 0) {
            throw cpu.undefined();
        }
        available(cpu, Control.TS);
        if (in.op == Op.STMXCSR) {
            cpu.put(in, in.first, 4, cpu.mxcsr);
            return;
        }
        int value = (int) cpu.get(in, in.first, 4);
        FpuState.checkMxcsr(cpu, value);
        cpu.mxcsr = value;
    }

    private static void x87(Cpu cpu, Insn in, Form form) {
        if (form.op().group != X87.Group.UNCHECKED) {
            wait(cpu);
        }
        switch (form.op().group) {
            case ARITHMETIC -> FpuArithmetic.execute(cpu, in, form);
            case COMPARE -> FpuCompare.execute(cpu, in, form);
            case SCALE -> FpuScale.execute(cpu, form);
            case MOVE -> FpuMoves.execute(cpu, in, form);
            case CONTROL, UNCHECKED -> FpuState.execute(cpu, in, form);
            case TRANSCENDENTAL -> FpuTranscendental.execute(cpu, form);
        }
        if (!form.op().isControl()) {
            remember(cpu, in, form);
        }
    }

    private static void remember(Cpu cpu, Insn in, Form form) {
        Fpu fpu = cpu.fpu;
        fpu.opcode = in.opcode << 8 & 0x700 | in.reg;
        fpu.instruction = in.address;
        fpu.instructionSegment = cpu.segments.selector[Insn.CS];
        if (in.first == Insn.MEMORY && form.operand() != FpuTable.Operand.NONE) {
            fpu.data = cpu.offset(in);
            fpu.dataSegment =
                    in.segment == Insn.FLAT ? cpu.segments.selector[Insn.DS] : cpu.segments.selector[in.segment];
        }
    }
}
