package belljar.translator;

/** Leads an instruction to the class of its group. */
final class Groups {
    private Groups() {}

    static void execute(Cpu cpu, Insn in) {
        switch (in.op.group) {
            case ALU -> Alu.execute(cpu, in);
            case SHIFT -> Shifts.execute(cpu, in);
            case BITS -> Bits.execute(cpu, in);
            case MULTIPLY -> Multiply.execute(cpu, in);
            case DECIMAL -> Decimal.execute(cpu, in);
            case MOVE -> Moves.execute(cpu, in);
            case JUMP -> Jumps.execute(cpu, in);
            case STRING -> Strings.execute(cpu, in);
            case SYSTEM -> SystemOps.execute(cpu, in);
            case TABLE -> Tables.execute(cpu, in);
            case FPU -> FpuOps.execute(cpu, in);
            case SSE -> Sse.execute(cpu, in);
            case MMX -> MmxOps.execute(cpu, in);
        }
    }
}
