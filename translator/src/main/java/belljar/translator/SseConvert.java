package belljar.translator;

/** Conversions between integers, single and double numbers. */
final class SseConvert {
    private static final int F3 = Decoder.PREFIX_F3;
    private static final int F2 = Decoder.PREFIX_F2;
    private static final int P66 = Decoder.PREFIX_66;

    private SseConvert() {}

    static void execute(Cpu cpu, Insn in) {
        int prefix = Sse.prefix(in);
        int opcode = in.opcode & 0xFF;
        boolean isScalar = prefix == F3 || prefix == F2;
        switch (opcode) {
            case 0x2A, 0x2C, 0x2D -> {
                if (!isScalar) {
                    throw cpu.undefined();
                }
                if (opcode == 0x2A) {
                    fromRegister(cpu, in, prefix == F3);
                } else {
                    toRegister(cpu, in, prefix == F3, opcode == 0x2C);
                }
            }
            case 0x5A -> between(cpu, in, prefix);
            case 0x5B -> singles(cpu, in, prefix);
            default -> doubles(cpu, in, prefix);
        }
    }

    private static void fromRegister(Cpu cpu, Insn in, boolean single) {
        long value = cpu.signed(in, in.second, in.size);
        int before = SseMath.begin(cpu);
        long result = fromInteger(cpu, value, single);
        SseMath.end(cpu, before);
        int at = 2 * in.first;
        cpu.xmm[at] = single ? cpu.xmm[at] & ~0xFFFF_FFFFL | result : result;
    }

    /** {@return a number for an integer, as MXCSR rounds} */
    static long fromInteger(Cpu cpu, long value, boolean single) {
        // Two exact parts: their sum rounds once.
        double high = value & ~0xFFFF_FFFFL;
        double low = value & 0xFFFF_FFFFL;
        double nearest = single ? (float) value : (double) value;
        return value == 0 ? 0 : SseRounding.round(cpu, SseMath.ADD, high, low, nearest, single);
    }

    private static void toRegister(Cpu cpu, Insn in, boolean single, boolean truncates) {
        long bits = Sse.part(cpu, in, single ? 4 : 8);
        int before = SseMath.begin(cpu);
        long result = toInteger(cpu, bits, single, truncates, in.size);
        SseMath.end(cpu, before);
        cpu.register(in.first, in.size, result);
    }

    /** {@return an integer of 4 or 8 bytes, the least one for what has none} */
    static long toInteger(Cpu cpu, long from, boolean single, boolean truncates, int size) {
        long bits = SseMath.operand(cpu, from, single);
        double x = SseMath.value(bits, single);
        double rounded = integral(x, truncates ? 3 : SseMath.rounding(cpu));
        double limit = size == 8 ? 0x1p63 : 0x1p31;
        if (!(rounded >= -limit && rounded < limit)) {
            cpu.mxcsr |= SseMath.IE;
            return size == 8 ? Long.MIN_VALUE : Integer.MIN_VALUE;
        }
        cpu.mxcsr |= rounded != x ? SseMath.PE : 0;
        return (long) rounded;
    }

    /** {@return an integral number} By a rounding mode of MXCSR. */
    static double integral(double x, int rounding) {
        return switch (rounding) {
            case 0 -> Math.rint(x);
            case 1 -> Math.floor(x);
            case 2 -> Math.ceil(x);
            default -> x < 0 ? Math.ceil(x) : Math.floor(x);
        };
    }

    private static void between(Cpu cpu, Insn in, int prefix) {
        boolean isWidening = prefix == 0 || prefix == F3;
        int at = 2 * in.first;
        long low = prefix == P66 ? Sse.low(cpu, in) : Sse.part(cpu, in, prefix == F3 ? 4 : 8);
        long high = prefix == P66 ? Sse.high(cpu, in) : 0;
        int before = SseMath.begin(cpu);
        long first = isWidening ? widen(cpu, low & 0xFFFF_FFFFL) : narrow(cpu, low);
        long second = prefix == 0 ? widen(cpu, low >>> 32) : prefix == P66 ? narrow(cpu, high) : 0;
        SseMath.end(cpu, before);
        switch (prefix) {
            case 0 -> Sse.set(cpu, in.first, first, second);
            case P66 -> Sse.set(cpu, in.first, first | second << 32, 0);
            case F3 -> cpu.xmm[at] = first;
            default -> cpu.xmm[at] = cpu.xmm[at] & ~0xFFFF_FFFFL | first;
        }
    }

    private static long widen(Cpu cpu, long from) {
        long bits = SseMath.operand(cpu, from, true);
        if (SseMath.isNan(bits, true)) {
            cpu.mxcsr |= SseMath.isSignaling(bits, true) ? SseMath.IE : 0;
            return (bits & 0x8000_0000L) << 32 | 0x7FF8_0000_0000_0000L | (bits & 0x7F_FFFF) << 29;
        }
        cpu.mxcsr |= SseMath.isDenormal(bits, true) ? SseMath.DE : 0;
        return SseMath.bits(SseMath.value(bits, true), false);
    }

    private static long narrow(Cpu cpu, long from) {
        long bits = SseMath.operand(cpu, from, false);
        if (SseMath.isNan(bits, false)) {
            cpu.mxcsr |= SseMath.isSignaling(bits, false) ? SseMath.IE : 0;
            return bits >>> 32 & 0x8000_0000L | 0x7FC0_0000L | bits >>> 29 & 0x7F_FFFF;
        }
        cpu.mxcsr |= SseMath.isDenormal(bits, false) ? SseMath.DE : 0;
        double x = SseMath.value(bits, false);
        boolean isPlain = x == 0 || Double.isInfinite(x);
        return isPlain ? SseMath.bits(x, true) : SseRounding.round(cpu, 0, x, 0, (float) x, true);
    }

    private static void singles(Cpu cpu, Insn in, int prefix) {
        if (prefix == F2) {
            throw cpu.undefined();
        }
        long low = Sse.low(cpu, in);
        long high = Sse.high(cpu, in);
        int before = SseMath.begin(cpu);
        long first = single(cpu, low & 0xFFFF_FFFFL, prefix) | single(cpu, low >>> 32, prefix) << 32;
        long second = single(cpu, high & 0xFFFF_FFFFL, prefix) | single(cpu, high >>> 32, prefix) << 32;
        SseMath.end(cpu, before);
        Sse.set(cpu, in.first, first, second);
    }

    private static long single(Cpu cpu, long bits, int prefix) {
        return prefix == 0
                ? fromInteger(cpu, Cpu.extend(bits, 4), true)
                : toInteger(cpu, bits, true, prefix == F3, 4) & 0xFFFF_FFFFL;
    }

    private static void doubles(Cpu cpu, Insn in, int prefix) {
        if (prefix == 0) {
            throw cpu.undefined();
        }
        if (prefix == F3) {
            long both = Sse.part(cpu, in, 8);
            Sse.set(cpu, in.first, SseMath.bits((int) both, false), SseMath.bits((int) (both >> 32), false));
            return;
        }
        long low = Sse.low(cpu, in);
        long high = Sse.high(cpu, in);
        int before = SseMath.begin(cpu);
        long first = toInteger(cpu, low, false, prefix == P66, 4);
        long second = toInteger(cpu, high, false, prefix == P66, 4);
        SseMath.end(cpu, before);
        Sse.set(cpu, in.first, Sse.pair((int) first, (int) second), 0);
    }
}
