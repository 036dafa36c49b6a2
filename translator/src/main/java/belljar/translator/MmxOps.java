package belljar.translator;

/**
 * The operations on MMX registers, which are the significands of the x87 registers by their number (SDM volume 1,
 * chapter 9, and volume 3, chapter 12), and the conversions between them and XMM registers.
 */
final class MmxOps {
    private static final int ALL = 0xFF;
    private static final int P66 = Decoder.PREFIX_66;

    private MmxOps() {}

    static void execute(Cpu cpu, Insn in) {
        check(cpu, in);
        if (in.op == Op.EMMS) {
            cpu.fpu.top = 0;
            cpu.fpu.tags = 0;
            return;
        }
        switch (in.opcode & 0xF00) {
            case Decoder.MAP_0F -> two(cpu, in);
            case Decoder.MAP_38 -> three(cpu, in);
            default -> align(cpu, in);
        }
    }

    /** Whether it is allowed now (SDM volume 3, section 12.1). */
    private static void check(Cpu cpu, Insn in) {
        boolean isSse = in.op == Op.MMX && usesXmm(in);
        if ((cpu.control.cr0 & Control.EM) != 0 || isSse && (cpu.control.cr4 & Control.OSFXSR) == 0) {
            throw cpu.undefined();
        }
        if ((cpu.control.cr0 & Control.TS) != 0) {
            throw cpu.fault.of(Fault.NO_FPU, 0);
        }
        if (!((in.opcode & 0xFFF) == Decoder.MAP_0F + 0x2A && in.second == Insn.MEMORY)) {
            FpuOps.wait(cpu);
        }
    }

    private static boolean usesXmm(Insn in) {
        return switch (in.opcode & 0xFFF) {
            case Decoder.MAP_0F + 0x2A, Decoder.MAP_0F + 0x2C, Decoder.MAP_0F + 0x2D -> true;
            case Decoder.MAP_0F + 0xD6 -> true;
            default -> false;
        };
    }

    // ---- registers

    /** From now on the registers are MMX registers: all of them in use, the top being the first. */
    private static void enter(Cpu cpu) {
        cpu.fpu.top = 0;
        cpu.fpu.tags = ALL;
    }

    private static long get(Cpu cpu, int register) {
        return cpu.fpu.significand[register & 7];
    }

    private static void set(Cpu cpu, int register, long value) {
        enter(cpu);
        cpu.fpu.significand[register & 7] = value;
        cpu.fpu.exponent[register & 7] = 0xFFFF;
    }

    /** {@return the second operand} */
    private static long source(Cpu cpu, Insn in, int size) {
        return in.second >= 0 ? get(cpu, in.second) : cpu.mmu.load(cpu.linear(in), size);
    }

    private static void needs(Cpu cpu, boolean condition) {
        if (!condition) {
            throw cpu.undefined();
        }
    }

    // ---- the map 0F

    private static void two(Cpu cpu, Insn in) {
        int opcode = in.opcode & 0xFF;
        switch (opcode) {
            case 0x2A -> toXmm(cpu, in);
            case 0x2C, 0x2D -> fromXmm(cpu, in, opcode == 0x2C);
            case 0x60, 0x61, 0x62 -> {
                long b = source(cpu, in, 4);
                set(cpu, in.first, SseShuffle.interleave(8 << (opcode & 3), get(cpu, in.first), b));
            }
            case 0x68, 0x69, 0x6A -> {
                long b = source(cpu, in, 8) >>> 32;
                set(cpu, in.first, SseShuffle.interleave(8 << (opcode & 3), get(cpu, in.first) >>> 32, b));
            }
            case 0x63, 0x67, 0x6B -> {
                long b = source(cpu, in, 8);
                int bits = opcode == 0x6B ? 32 : 16;
                set(cpu, in.first, SseShuffle.pack(get(cpu, in.first), b, bits, opcode != 0x67));
            }
            case 0x6E -> set(cpu, in.first, cpu.get(in, in.second, in.size));
            case 0x6F -> set(cpu, in.first, source(cpu, in, 8));
            case 0x70 -> set(cpu, in.first, SseShuffle.words(source(cpu, in, 8), (int) in.immediate));
            case 0x71, 0x72, 0x73 -> shift(cpu, in, opcode);
            case 0x7E, 0x7F, 0xE7, 0xF7 -> store(cpu, in, opcode);
            case 0xC4, 0xC5, 0xD7 -> words(cpu, in, opcode);
            case 0xD6 -> {
                needs(cpu, Sse.prefix(in) != 0 && in.second >= 0);
                if (Sse.prefix(in) == Decoder.PREFIX_F2) {
                    set(cpu, in.first, cpu.xmm[2 * in.second]);
                } else {
                    enter(cpu);
                    Sse.set(cpu, in.first, get(cpu, in.second), 0);
                }
            }
            default -> {
                needs(cpu, isArithmetic(opcode));
                long b = source(cpu, in, 8);
                set(cpu, in.first, SseInteger.half(opcode, get(cpu, in.first), b));
            }
        }
    }

    private static boolean isArithmetic(int opcode) {
        return opcode >= 0x64 && opcode <= 0x66
                || opcode >= 0x74 && opcode <= 0x76
                || opcode > 0xD0 && opcode < 0xFF && opcode != 0xE6 && opcode != 0xF0;
    }

    private static void shift(Cpu cpu, Insn in, int opcode) {
        int kind = in.first & 7;
        needs(cpu, kind == 2 || kind == 6 || kind == 4 && opcode != 0x73);
        int family = kind == 2 ? 0xD0 : kind == 4 ? 0xE0 : 0xF0;
        set(cpu, in.second, SseInteger.half(family | opcode & 3, get(cpu, in.second), in.immediate & 0xFF));
    }

    private static void store(Cpu cpu, Insn in, int opcode) {
        long value = get(cpu, in.first);
        switch (opcode) {
            case 0x7E -> cpu.put(in, in.second, in.size, value);
            case 0xF7 -> masked(cpu, in);
            default -> {
                needs(cpu, opcode == 0x7F || in.second == Insn.MEMORY);
                if (in.second >= 0) {
                    set(cpu, in.second, value);
                } else {
                    cpu.mmu.store8(cpu.linear(in), value);
                }
            }
        }
        enter(cpu);
    }

    private static void masked(Cpu cpu, Insn in) {
        long offset = cpu.r[7] & Cpu.mask(in.addressSize);
        int segment = in.segment == Insn.FLAT ? cpu.implied(Insn.DS) : in.segment;
        long mask = get(cpu, in.second);
        long value = get(cpu, in.first);
        for (int i = 0; i < 8; i++) {
            if ((mask >>> 8 * i & 0x80) != 0) {
                cpu.mmu.store1(cpu.linear(segment, offset + i), (int) (value >>> 8 * i) & 0xFF);
            }
        }
    }

    private static void words(Cpu cpu, Insn in, int opcode) {
        int index = (int) in.immediate & 3;
        switch (opcode) {
            case 0xC4 -> {
                long word = cpu.get(in, in.second, 2) & 0xFFFF;
                set(cpu, in.first, get(cpu, in.first) & ~(0xFFFFL << 16 * index) | word << 16 * index);
            }
            case 0xC5 -> {
                cpu.r[in.first] = Sse.word(get(cpu, in.second), index);
                enter(cpu);
            }
            default -> {
                cpu.r[in.first] = SseMoves.signs(get(cpu, in.second));
                enter(cpu);
            }
        }
    }

    // ---- the maps 0F 38 and 0F 3A

    private static void three(Cpu cpu, Insn in) {
        int opcode = in.opcode & 0xFF;
        needs(cpu, Sse.prefix(in) == 0 && (opcode < 0x0C || opcode >= 0x1C && opcode < 0x1F));
        long b = source(cpu, in, 8);
        long a = get(cpu, in.first);
        long value = switch (opcode) {
            case 0x00 -> Sse38.bytes(a, a, b);
            case 0x01, 0x02, 0x03, 0x05, 0x06, 0x07 -> Sse38.across(opcode, a, b);
            default -> Sse38.each(opcode, Sse38.bits(opcode), a, b);
        };
        set(cpu, in.first, value);
    }

    /** PALIGNR. */
    private static void align(Cpu cpu, Insn in) {
        needs(cpu, Sse.prefix(in) == 0 && (in.opcode & 0xFF) == 0x0F);
        long low = source(cpu, in, 8);
        int from = (int) Math.min(in.immediate & 0xFF, 16);
        set(cpu, in.first, SseShuffle.cut(low, get(cpu, in.first), 0, 0, from));
    }

    // ---- conversions

    private static void toXmm(Cpu cpu, Insn in) {
        boolean isDouble = Sse.prefix(in) == P66;
        long from = source(cpu, in, 8);
        int before = SseMath.begin(cpu);
        long first = SseConvert.fromInteger(cpu, Cpu.extend(from, 4), !isDouble);
        long second = SseConvert.fromInteger(cpu, from >> 32, !isDouble);
        SseMath.end(cpu, before);
        if (isDouble) {
            Sse.set(cpu, in.first, first, second);
        } else {
            cpu.xmm[2 * in.first] = Sse.pair((int) first, (int) second);
        }
        if (in.second >= 0) {
            enter(cpu);
        }
    }

    private static void fromXmm(Cpu cpu, Insn in, boolean truncates) {
        boolean isDouble = Sse.prefix(in) == P66;
        long low = isDouble ? Sse.low(cpu, in) : Sse.part(cpu, in, 8);
        long high = isDouble ? Sse.high(cpu, in) : low >>> 32;
        int before = SseMath.begin(cpu);
        long first = SseConvert.toInteger(cpu, isDouble ? low : low & 0xFFFF_FFFFL, !isDouble, truncates, 4);
        long second = SseConvert.toInteger(cpu, high, !isDouble, truncates, 4);
        SseMath.end(cpu, before);
        set(cpu, in.first, Sse.pair((int) first, (int) second));
    }
}
