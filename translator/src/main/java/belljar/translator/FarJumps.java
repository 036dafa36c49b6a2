package belljar.translator;

/** Jumps, calls and returns to other code segments (SDM volume 3, section 5.8). */
final class FarJumps {
    private FarJumps() {}

    static void execute(Cpu cpu, Insn in) {
        switch (in.op) {
            case JMPFI, CALLFI -> {
                int width = in.code;
                long both = in.immediate;
                // The immediate holds the offset; the selector follows it in the instruction.
                transfer(cpu, in, (int) in.displacement, both & Cpu.mask(width), width);
            }
            case JMPF, CALLF -> {
                long address = cpu.linear(in);
                long offset = cpu.mmu.load(address, in.size);
                transfer(cpu, in, cpu.mmu.load2(address + in.size), offset, in.size);
            }
            default -> back(cpu, in);
        }
    }

    private static void transfer(Cpu cpu, Insn in, int selector, long offset, int size) {
        boolean call = in.op == Op.CALLF || in.op == Op.CALLFI;
        Segments segments = cpu.segments;
        if (cpu.realSegments()) {
            if (call) {
                Stacks.reserve(cpu, size, 2);
                cpu.push(size, segments.selector[Insn.CS]);
                cpu.push(size, in.next);
            }
            segments.real(Insn.CS, selector);
            cpu.rip = offset;
            return;
        }
        if ((selector & 0xFFFC) == 0) {
            throw cpu.protection(0);
        }
        long descriptor = segments.read(selector, Fault.PROTECTION);
        int bits = Segments.attributesOf(descriptor);
        if ((bits & Segments.NOT_SYSTEM) == 0) {
            CallGates.transfer(cpu, in, selector, descriptor, call);
            return;
        }
        check(cpu, selector, bits);
        if (call) {
            Stacks.reserve(cpu, size, 2);
            cpu.push(size, segments.selector[Insn.CS]);
            cpu.push(size, in.next);
        }
        segments.setCode(selector, descriptor, cpu.level);
        cpu.rip = cpu.wrap(offset);
    }

    private static void check(Cpu cpu, int selector, int bits) {
        int code = Segments.NOT_SYSTEM | Segments.CODE;
        int dpl = Segments.privilege(bits);
        boolean conforming = (bits & Segments.CONFORMING) != 0;
        boolean wrong = (bits & code) != code
                || (conforming ? dpl > cpu.level : dpl != cpu.level || (selector & 3) > cpu.level)
                || cpu.control.longMode() && (bits & (Segments.LONG | Segments.BIG)) == (Segments.LONG | Segments.BIG);
        if (wrong) {
            throw cpu.protection(selector & 0xFFFC);
        }
        if ((bits & Segments.PRESENT) == 0) {
            throw cpu.fault.of(Fault.NOT_PRESENT, selector & 0xFFFC);
        }
    }

    private static void back(Cpu cpu, Insn in) {
        int size = in.size;
        long offset = cpu.peek(0, size);
        int selector = (int) cpu.peek(size, size) & 0xFFFF;
        long more = in.second == Insn.IMMEDIATE ? in.immediate : 0;
        Segments segments = cpu.segments;
        if (cpu.realSegments()) {
            cpu.drop(2L * size + more);
            segments.real(Insn.CS, selector);
            cpu.rip = offset;
            return;
        }
        long sp = cpu.peek(2L * size + more, size);
        int ss = (selector & 3) > cpu.level ? (int) cpu.peek(3L * size + more, size) & 0xFFFF : -1;
        InterruptReturn.code(cpu, selector, ss);
        cpu.rip = cpu.wrap(offset);
        if (ss < 0) {
            cpu.drop(2L * size + more);
        } else {
            cpu.register(4, cpu.stackSize(), sp + more);
            segments.dropPrivileged();
        }
    }
}
