package belljar.translator;

/** Descriptor table registers, segment registers, and questions about selectors. */
final class Tables {
    private Tables() {}

    static void execute(Cpu cpu, Insn in) {
        Segments segments = cpu.segments;
        if (cpu.level != 0 && tellsOfKernel(in.op) && (cpu.control.cr4 & Control.UMIP) != 0) {
            throw cpu.protection(0);
        }
        switch (in.op) {
            case SGDT -> store(cpu, in, segments.gdtLimit, segments.gdtBase);
            case SIDT -> store(cpu, in, segments.idtLimit, segments.idtBase);
            case LGDT -> {
                cpu.needsKernel();
                segments.gdtLimit = cpu.mmu.load2(cpu.linear(in));
                segments.gdtBase = base(cpu, in);
            }
            case LIDT -> {
                cpu.needsKernel();
                segments.idtLimit = cpu.mmu.load2(cpu.linear(in));
                segments.idtBase = base(cpu, in);
            }
            case SLDT -> tell(cpu, in, Segments.LDT);
            case STR -> tell(cpu, in, Segments.TASK);
            case LLDT -> {
                system(cpu);
                segments.loadLdt((int) cpu.get(in, in.first, 2));
            }
            case LTR -> {
                system(cpu);
                segments.loadTask((int) cpu.get(in, in.first, 2));
            }
            case VERR, VERW, LAR, LSL -> ask(cpu, in);
            case SMSW -> cpu.put(in, in.first, in.size, cpu.control.cr0);
            case LMSW -> {
                cpu.needsKernel();
                long value = cpu.get(in, in.first, 2) & 15 | cpu.control.cr0 & Control.PE;
                ControlRegisters.write(cpu, 0, cpu.control.cr0 & ~15L | value);
            }
            case ARPL -> adjust(cpu, in);
            case MOVFROMSEG -> cpu.put(in, in.first, in.size, segments.selector[in.reg & 7]);
            case MOVTOSEG -> load(cpu, in.reg & 7, (int) cpu.get(in, in.second, 2));
            case PUSHSEG -> cpu.push(stackOperand(cpu, in), segments.selector[number(in)]);
            case POPSEG -> {
                int size = stackOperand(cpu, in);
                load(cpu, number(in), (int) cpu.peek(0, size) & 0xFFFF);
                cpu.drop(size);
            }
            default -> {
                long address = cpu.linear(in);
                long offset = cpu.mmu.load(address, in.size);
                int segment = in.opcode == 0xC4 ? Insn.ES : in.opcode == 0xC5 ? Insn.DS : segmentOf(in.opcode & 0xFF);
                segments.load(segment, cpu.mmu.load2(address + in.size));
                cpu.register(in.first, in.size, offset);
            }
        }
    }

    /** {@return whether an operation is only for the kernel where CR4 says so} */
    private static boolean tellsOfKernel(Op op) {
        return switch (op) {
            case SGDT, SIDT, SLDT, STR, SMSW -> true;
            default -> false;
        };
    }

    /** Loads a segment register; behind SS there is time to load the stack pointer too. */
    private static void load(Cpu cpu, int segment, int selector) {
        cpu.segments.load(segment, selector);
        cpu.shadow |= segment == Insn.SS;
    }

    private static int segmentOf(int opcode) {
        return opcode == 0xB2 ? Insn.SS : opcode == 0xB4 ? Insn.FS : Insn.GS;
    }

    /** PUSH and POP of FS and GS are in the map 0F, those of the others have them in bits 3 and 4. */
    private static int number(Insn in) {
        return in.opcode >= Decoder.MAP_0F ? in.opcode >> 3 & 7 : in.opcode >> 3 & 3;
    }

    private static int stackOperand(Cpu cpu, Insn in) {
        return cpu.mode == Decoder.BITS64 ? in.narrow ? 2 : 8 : in.size;
    }

    private static void tell(Cpu cpu, Insn in, int segment) {
        if (cpu.realSegments()) {
            throw cpu.undefined();
        }
        cpu.put(in, in.first, in.size, cpu.segments.selector[segment]);
    }

    private static void system(Cpu cpu) {
        if (cpu.realSegments()) {
            throw cpu.undefined();
        }
        cpu.needsKernel();
    }

    private static void store(Cpu cpu, Insn in, int limit, long base) {
        long address = cpu.linear(in);
        cpu.mmu.store2(address, limit);
        cpu.mmu.store(address + 2, cpu.mode == Decoder.BITS64 ? 8 : 4, base);
    }

    private static long base(Cpu cpu, Insn in) {
        long at = cpu.linear(in) + 2;
        boolean small = cpu.mode != Decoder.BITS64 && in.narrow == (cpu.mode == Decoder.BITS32);
        return cpu.mode == Decoder.BITS64 ? cpu.mmu.load8(at) : cpu.mmu.load4(at) & (small ? 0xFF_FFFFL : 0xFFFF_FFFFL);
    }

    private static void ask(Cpu cpu, Insn in) {
        if (cpu.realSegments()) {
            throw cpu.undefined();
        }
        boolean two = in.op == Op.LAR || in.op == Op.LSL;
        int selector = (int) cpu.get(in, two ? in.second : in.first, 2);
        boolean good = false;
        long descriptor = 0;
        if ((selector & 0xFFFC) != 0) {
            try {
                descriptor = cpu.segments.read(selector, Fault.PROTECTION);
                good = allowed(cpu, in.op, selector, Segments.attributesOf(descriptor));
            } catch (Fault fault) {
                if (fault.vector == Fault.PAGE) {
                    throw fault;
                }
            }
        }
        cpu.arithmetic(Cpu.ZF, good);
        if (good && in.op == Op.LAR) {
            cpu.register(in.first, in.size, descriptor >>> 32 & 0x00FF_FF00);
        } else if (good && in.op == Op.LSL) {
            cpu.register(in.first, in.size, Segments.limitOf(descriptor) & 0xFFFF_FFFFL);
        }
    }

    private static boolean allowed(Cpu cpu, Op op, int selector, int bits) {
        boolean code = (bits & Segments.CODE) != 0;
        boolean conforming = code && (bits & Segments.CONFORMING) != 0;
        boolean readWrite = (bits & Segments.READABLE_OR_WRITABLE) != 0;
        if ((bits & Segments.NOT_SYSTEM) == 0) {
            int type = bits & Segments.TYPE;
            boolean known = type == 2 || type == 9 || type == 11;
            known |= op == Op.LAR && type == 12;
            known |= !cpu.control.longMode() && (type == 1 || type == 3 || op == Op.LAR && (type == 4 || type == 5));
            if (op == Op.VERR || op == Op.VERW || !known) {
                return false;
            }
        } else if (op == Op.VERR && code && !readWrite || op == Op.VERW && (code || !readWrite)) {
            return false;
        }
        boolean always = (bits & Segments.NOT_SYSTEM) != 0 && conforming;
        return always || Math.max(selector & 3, cpu.level) <= Segments.privilege(bits);
    }

    private static void adjust(Cpu cpu, Insn in) {
        if (cpu.realSegments()) {
            throw cpu.undefined();
        }
        int target = (int) cpu.get(in, in.first, 2);
        int source = (int) cpu.get(in, in.second, 2);
        boolean lower = (target & 3) < (source & 3);
        if (lower) {
            cpu.put(in, in.first, 2, target & ~3 | source & 3);
        }
        cpu.arithmetic(Cpu.ZF, lower);
    }
}
