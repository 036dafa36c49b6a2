package belljar.translator;

import belljar.machine.StateStream;

/**
 * What of a CPU outlives it in a snapshot: the registers that {@link CpuState} has, and what software sees of a CPU
 * only by what it does next. What is in memory anyway, such as decoded blocks and translations, is made anew.
 */
final class CpuTransfer {
    private static final int SEGMENT_ATTRIBUTES = 0xF0FF;
    private static final int WORD = 0xFFFF;

    private CpuTransfer() {}

    static void transfer(Cpu cpu, StateStream state) {
        CpuState registers = new CpuState();
        if (!state.isLoading()) {
            registers.leave(cpu);
        }
        registers.transfer(state);
        if (state.isLoading()) {
            tame(registers);
            registers.enter(cpu);
        }
        Fpu fpu = cpu.fpu;
        fpu.instructionSegment = state.number(fpu.instructionSegment) & WORD;
        fpu.dataSegment = state.number(fpu.dataSegment) & WORD;
        cpu.msrs.transfer(state);
        cpu.control.userKeys = state.number(cpu.control.userKeys);
        cpu.control.xcr0 = Xsave.possible(state.number(cpu.control.xcr0));
        cpu.control.supervisorKeys = state.number(cpu.control.supervisorKeys);
        cpu.halted = state.flag(cpu.halted);
        cpu.shadow = state.flag(cpu.shadow);
        cpu.nmiBlocked = state.flag(cpu.nmiBlocked);
        cpu.trapsNow = state.flag(cpu.trapsNow);
        if (state.isLoading()) {
            cpu.watch.update();
        }
    }

    /** Cuts off what no CPU has in its registers; what contradicts itself is for the guest to fail with. */
    private static void tame(CpuState registers) {
        for (int i = 0; i < CpuState.SEGMENTS; i++) {
            registers.selector[i] &= WORD;
            registers.attributes[i] &= SEGMENT_ATTRIBUTES;
        }
        registers.tableLimit[0] &= WORD;
        registers.tableLimit[1] &= WORD;
        long[] control = registers.control;
        control[CpuState.CR0] = ControlRegisters.possible0(control[CpuState.CR0]);
        control[CpuState.CR4] = ControlRegisters.possible4(control[CpuState.CR4]);
        control[CpuState.EFER] = Msrs.possibleEfer(control[CpuState.EFER], control[CpuState.CR0]);
        registers.registers[CpuState.RFLAGS] &= Cpu.RFLAGS_KNOWN;
        registers.fpu[2] &= 0xFF;
        registers.fpu[3] &= 0x7FF;
        registers.fpu[4] &= WORD;
        for (int i = 0; i < registers.exponent.length; i++) {
            registers.exponent[i] &= WORD;
        }
    }
}
