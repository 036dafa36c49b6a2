package belljar.translator;

/** Moves, the stack, conditional moves, and flags. */
final class Moves {
    /** What POPF changes in user mode. */
    private static final int USER_FLAGS = Cpu.ARITHMETIC | Cpu.TF | Cpu.DF | Cpu.NT | Cpu.AC | 0x20_0000;

    private Moves() {}

    static void execute(Cpu cpu, Insn in) {
        int size = in.size;
        switch (in.op) {
            case MOV, MOVNTI -> cpu.put(in, in.first, size, cpu.get(in, in.second, size));
            case MOVZX8 -> cpu.register(in.first, size, cpu.get(in, in.second, 1));
            case MOVZX16 -> cpu.register(in.first, size, cpu.get(in, in.second, 2));
            case MOVSX8 -> cpu.register(in.first, size, cpu.signed(in, in.second, 1));
            case MOVSX16 -> cpu.register(in.first, size, cpu.signed(in, in.second, 2));
            case MOVSXD -> cpu.register(in.first, size, cpu.signed(in, in.second, 4));
            case MOVBE -> swapped(cpu, in);
            case LEA -> cpu.register(in.first, size, cpu.offset(in));
            case PUSH -> cpu.push(size, cpu.get(in, in.first, size));
            case POP -> pop(cpu, in);
            case PUSHA -> pushAll(cpu, size);
            case POPA -> popAll(cpu, size);
            case PUSHF -> {
                Virtual8086.needsPrivilege(cpu);
                cpu.push(size, cpu.rflags() & ~(Cpu.RF | Cpu.VM));
            }
            case POPF -> popFlags(cpu, size);
            case CMOV -> {
                long value = cpu.get(in, in.second, size);
                boolean holds = cpu.condition(in.code);
                if (holds || size == 4) {
                    cpu.register(in.first, size, holds ? value : cpu.register(in.first, size));
                }
            }
            case SETCC -> cpu.put(in, in.first, 1, cpu.condition(in.code) ? 1 : 0);
            case ENTER -> enter(cpu, in);
            case LEAVE -> leave(cpu, size);
            case LAHF -> cpu.register(Insn.HIGH_BYTES, 1, cpu.arithmetic() & ~Cpu.OF | 2);
            case SAHF -> cpu.arithmetic(cpu.arithmetic() & Cpu.OF | (int) cpu.register(Insn.HIGH_BYTES, 1) & ~Cpu.OF);
            case XLAT -> {
                long offset = cpu.r[3] + (cpu.r[0] & 0xFF) & Cpu.mask(in.addressSize);
                cpu.register(0, 1, cpu.mmu.load1(cpu.linear(in.segment, offset)));
            }
            case CLC -> cpu.arithmetic(Cpu.CF, false);
            case STC -> cpu.arithmetic(Cpu.CF, true);
            case CMC -> cpu.arithmetic(cpu.arithmetic() ^ Cpu.CF);
            case CLD -> cpu.flags &= ~Cpu.DF;
            case STD -> cpu.flags |= Cpu.DF;
            default -> {
                return; // NOP
            }
        }
    }

    private static void swapped(Cpu cpu, Insn in) {
        int size = in.size;
        boolean store = in.code == 1;
        long value = store ? cpu.register(in.first, size) : cpu.mmu.load(cpu.linear(in), size);
        long swapped = Long.reverseBytes(value) >>> 64 - 8 * size;
        if (store) {
            cpu.mmu.store(cpu.linear(in), size, swapped);
        } else {
            cpu.register(in.first, size, swapped);
        }
    }

    private static void pop(Cpu cpu, Insn in) {
        long value = cpu.peek(0, in.size);
        if (in.first >= 0) {
            cpu.drop(in.size);
            cpu.register(in.first, in.size, value);
            return;
        }
        // The address is computed with the stack pointer as it is afterwards.
        long before = cpu.r[4];
        cpu.drop(in.size);
        long address = cpu.linear(in);
        long after = cpu.r[4];
        cpu.r[4] = before;
        cpu.mmu.store(address, in.size, value);
        cpu.r[4] = after;
    }

    private static void pushAll(Cpu cpu, int size) {
        long pointer = cpu.r[4];
        Stacks.reserve(cpu, size, 8);
        for (int i = 0; i < 8; i++) {
            cpu.push(size, i == 4 ? pointer : cpu.r[i]);
        }
    }

    private static void popAll(Cpu cpu, int size) {
        long[] values = new long[8];
        for (int i = 0; i < 8; i++) {
            values[i] = cpu.peek((long) i * size, size);
        }
        for (int i = 0; i < 8; i++) {
            if (7 - i != 4) {
                cpu.register(7 - i, size, values[i]);
            }
        }
        cpu.drop(8L * size);
    }

    private static void popFlags(Cpu cpu, int size) {
        Virtual8086.needsPrivilege(cpu);
        int value = (int) cpu.pop(size);
        int change = USER_FLAGS;
        if (cpu.level == 0) {
            change |= Cpu.IOPL | Cpu.IF;
        } else if (cpu.level <= (cpu.flags & Cpu.IOPL) >> 12) {
            change |= Cpu.IF;
        }
        change &= size == 2 ? 0xFFFF : -1;
        cpu.rflags(cpu.rflags() & ~change & ~Cpu.RF | value & change);
    }

    private static void enter(Cpu cpu, Insn in) {
        int size = in.size;
        int depth = (int) in.immediate & 31;
        long frame = cpu.r[4] - size & Cpu.mask(cpu.stackSize());
        int stack = cpu.implied(Insn.SS);
        cpu.mmu.checkWrite(cpu.linear(stack, frame), size);
        long base = cpu.r[5];
        long before = cpu.r[4];
        try {
            cpu.push(size, base);
            for (int i = 1; i < depth; i++) {
                long from = base - (long) i * size & Cpu.mask(cpu.stackSize());
                cpu.push(size, cpu.mmu.load(cpu.linear(stack, from), size));
            }
            if (depth > 0) {
                cpu.push(size, frame);
            }
        } catch (Fault fault) {
            cpu.r[4] = before;
            throw fault;
        }
        cpu.register(5, size, frame);
        cpu.register(4, cpu.stackSize(), cpu.r[4] - in.displacement);
    }

    private static void leave(Cpu cpu, int size) {
        int stack = cpu.implied(Insn.SS);
        int width = cpu.stackSize();
        long frame = cpu.register(5, width);
        long value = cpu.mmu.load(cpu.linear(stack, frame), size);
        cpu.register(4, width, frame + size);
        cpu.register(5, size, value);
    }
}
