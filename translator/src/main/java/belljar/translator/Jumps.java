package belljar.translator;

/** Jumps, calls and returns within a code segment, and software interrupts. */
final class Jumps {
    private Jumps() {}

    static void execute(Cpu cpu, Insn in) {
        int size = in.size;
        switch (in.op) {
            case JMP -> cpu.rip = in.target;
            case JCC -> cpu.rip = cpu.condition(in.code) ? in.target : in.next;
            case JMPE -> cpu.rip = checked(cpu, cpu.get(in, in.first, size));
            case CALL -> {
                cpu.push(size, in.next);
                cpu.rip = in.target;
            }
            case CALLE -> {
                long target = checked(cpu, cpu.get(in, in.first, size));
                cpu.push(size, in.next);
                cpu.rip = target;
            }
            case RET -> {
                long target = checked(cpu, cpu.peek(0, size));
                cpu.drop(size + (in.second == Insn.IMMEDIATE || in.first == Insn.IMMEDIATE ? in.immediate : 0));
                cpu.rip = target;
            }
            case LOOP, LOOPE, LOOPNE -> {
                long count = cpu.register(1, in.addressSize) - 1;
                cpu.register(1, in.addressSize, count);
                boolean more = (count & Cpu.mask(in.addressSize)) != 0
                        && (in.op == Op.LOOP || cpu.zf() == (in.op == Op.LOOPE));
                cpu.rip = more ? in.target : in.next;
            }
            case JCXZ -> cpu.rip = cpu.register(1, in.addressSize) == 0 ? in.target : in.next;
            case JMPF, CALLF, JMPFI, CALLFI, RETF -> FarJumps.execute(cpu, in);
            case INT -> {
                Virtual8086.needsPrivilege(cpu);
                Interrupts.software(cpu, (int) in.immediate & 0xFF, in);
            }
            case INT3 -> Interrupts.software(cpu, Fault.BREAKPOINT, in);
            case INTO -> {
                if (cpu.of()) {
                    Interrupts.software(cpu, Fault.OVERFLOW, in);
                }
            }
            case INT1 -> Interrupts.software(cpu, Fault.DEBUG, in);
            case IRET -> InterruptReturn.execute(cpu, size);
            case BOUND -> {
                long index = Cpu.extend(cpu.register(in.first, size), size);
                long address = cpu.linear(in);
                long low = Cpu.extend(cpu.mmu.load(address, size), size);
                long high = Cpu.extend(cpu.mmu.load(address + size, size), size);
                if (index < low || index > high) {
                    throw cpu.fault.of(Fault.BOUND, 0);
                }
            }
            default -> throw cpu.undefined();
        }
    }

    /** {@return a target that the mode allows} */
    static long checked(Cpu cpu, long target) {
        if (cpu.mode == Decoder.BITS64 && !Cpu.isCanonical(target)) {
            throw cpu.protection(0);
        }
        return target;
    }
}
