package belljar.translator;

/** Arithmetic and comparison of single and double numbers, packed and scalar. */
final class SseFloat {
    private SseFloat() {}

    static void execute(Cpu cpu, Insn in) {
        int opcode = in.opcode & 0xFF;
        int prefix = Sse.prefix(in);
        switch (opcode) {
            case 0x2E, 0x2F -> compareFlags(cpu, in, prefix, opcode == 0x2F);
            case 0x7C, 0x7D, 0xD0 -> horizontal(cpu, in, prefix, opcode);
            default -> {
                if ((opcode == 0x52 || opcode == 0x53) && (prefix & 0x1000) != 0) {
                    throw cpu.undefined();
                }
                boolean single = (prefix & 0x1000) == 0;
                boolean scalar = (prefix & 0x2000) != 0;
                long low = scalar ? Sse.part(cpu, in, single ? 4 : 8) : Sse.low(cpu, in);
                long high = scalar ? 0 : Sse.high(cpu, in);
                int at = 2 * in.first;
                int before = SseMath.begin(cpu);
                int kind = (int) in.immediate & 7;
                long first = half(cpu, opcode, kind, cpu.xmm[at], low, single, scalar);
                long second = scalar ? cpu.xmm[at + 1] : half(cpu, opcode, kind, cpu.xmm[at + 1], high, single, false);
                SseMath.end(cpu, before);
                Sse.set(cpu, in.first, first, second);
            }
        }
    }

    private static long half(Cpu cpu, int opcode, int kind, long a, long b, boolean single, boolean scalar) {
        if (!single) {
            return one(cpu, opcode, kind, a, b, false);
        }
        long low = one(cpu, opcode, kind, a & 0xFFFF_FFFFL, b & 0xFFFF_FFFFL, true) & 0xFFFF_FFFFL;
        long high = scalar ? a >>> 32 : one(cpu, opcode, kind, a >>> 32, b >>> 32, true);
        return low | high << 32;
    }

    private static long one(Cpu cpu, int opcode, int kind, long a, long b, boolean single) {
        return switch (opcode) {
            case 0xC2 -> holds(cpu, kind, a, b, single) ? -1 : 0;
            case 0x51 -> SseMath.compute(cpu, opcode, b, b, single);
            case 0x52 -> reciprocal(b, true);
            case 0x53 -> reciprocal(b, false);
            default -> SseMath.compute(cpu, opcode, a, b, single);
        };
    }

    /** Approximations may be as exact as one likes; denormal numbers count as 0 and no flag is raised. */
    private static long reciprocal(long bits, boolean root) {
        if (SseMath.isNan(bits, true)) {
            return SseMath.quiet(bits, true);
        }
        double x = SseMath.value(SseMath.isDenormal(bits, true) ? bits & 0x8000_0000L : bits, true);
        if (root && x < 0) {
            return SseMath.indefinite(true);
        }
        double result = root ? x == 0 ? 1 / x : 1 / Math.sqrt(x) : 1 / x;
        boolean isTiny = Math.abs(result) < Float.MIN_NORMAL;
        return SseMath.bits(isTiny ? Math.copySign(0.0, result) : result, true);
    }

    /** {@return whether a comparison of CMPccPS holds} */
    private static boolean holds(Cpu cpu, int kind, long first, long second, boolean single) {
        long a = SseMath.operand(cpu, first, single);
        long b = SseMath.operand(cpu, second, single);
        boolean isOrdered = order(cpu, a, b, single, (kind & 3) == 1 || (kind & 3) == 2);
        double x = SseMath.value(a, single);
        double y = SseMath.value(b, single);
        boolean holds = switch (kind & 3) {
            case 0 -> isOrdered && x == y;
            case 1 -> isOrdered && x < y;
            case 2 -> isOrdered && x <= y;
            default -> !isOrdered;
        };
        return holds != (kind > 3);
    }

    /** {@return whether neither is a NaN} Raises the flags of a comparison. */
    private static boolean order(Cpu cpu, long a, long b, boolean single, boolean isSignaling) {
        if (SseMath.isNan(a, single) || SseMath.isNan(b, single)) {
            boolean isInvalid = isSignaling || SseMath.isSignaling(a, single) || SseMath.isSignaling(b, single);
            cpu.mxcsr |= isInvalid ? SseMath.IE : 0;
            return false;
        }
        cpu.mxcsr |= SseMath.isDenormal(a, single) || SseMath.isDenormal(b, single) ? SseMath.DE : 0;
        return true;
    }

    private static void compareFlags(Cpu cpu, Insn in, int prefix, boolean isSignaling) {
        if (prefix > Decoder.PREFIX_66) {
            throw cpu.undefined();
        }
        boolean single = prefix == 0;
        long right = Sse.part(cpu, in, single ? 4 : 8);
        int before = SseMath.begin(cpu);
        long a = SseMath.operand(cpu, cpu.xmm[2 * in.first] & Cpu.mask(single ? 4 : 8), single);
        long b = SseMath.operand(cpu, right, single);
        boolean isOrdered = order(cpu, a, b, single, isSignaling);
        SseMath.end(cpu, before);
        double x = SseMath.value(a, single);
        double y = SseMath.value(b, single);
        cpu.arithmetic(!isOrdered ? Cpu.ZF | Cpu.PF | Cpu.CF : x < y ? Cpu.CF : x == y ? Cpu.ZF : 0);
    }

    private static void horizontal(Cpu cpu, Insn in, int prefix, int opcode) {
        if ((prefix & 0x1000) == 0) {
            throw cpu.undefined();
        }
        boolean single = prefix == Decoder.PREFIX_F2;
        long a = cpu.xmm[2 * in.first];
        long b = cpu.xmm[2 * in.first + 1];
        long c = Sse.low(cpu, in);
        long d = Sse.high(cpu, in);
        int before = SseMath.begin(cpu);
        int operation = opcode == 0x7C ? SseMath.ADD : SseMath.SUB;
        long low;
        long high;
        if (opcode == 0xD0) {
            low = single ? alternate(cpu, a, c) : SseMath.compute(cpu, SseMath.SUB, a, c, false);
            high = single ? alternate(cpu, b, d) : SseMath.compute(cpu, SseMath.ADD, b, d, false);
        } else if (single) {
            low = across(cpu, operation, a) | across(cpu, operation, b) << 32;
            high = across(cpu, operation, c) | across(cpu, operation, d) << 32;
        } else {
            low = SseMath.compute(cpu, operation, a, b, false);
            high = SseMath.compute(cpu, operation, c, d, false);
        }
        SseMath.end(cpu, before);
        Sse.set(cpu, in.first, low, high);
    }

    private static long alternate(Cpu cpu, long a, long b) {
        return SseMath.compute(cpu, SseMath.SUB, a & 0xFFFF_FFFFL, b & 0xFFFF_FFFFL, true)
                | SseMath.compute(cpu, SseMath.ADD, a >>> 32, b >>> 32, true) << 32;
    }

    private static long across(Cpu cpu, int operation, long pair) {
        return SseMath.compute(cpu, operation, pair & 0xFFFF_FFFFL, pair >>> 32, true);
    }
}
