package belljar.translator;

/** Operations that interleave, pack and permute elements. */
final class SseShuffle {
    private static final int P66 = Decoder.PREFIX_66;

    private SseShuffle() {}

    static void execute(Cpu cpu, Insn in) {
        int opcode = in.opcode & 0xFF;
        int prefix = Sse.prefix(in);
        boolean isFloat = opcode == 0x14 || opcode == 0x15 || opcode == 0xC6;
        boolean isKnown = prefix == P66 || isFloat && prefix == 0 || opcode == 0x70 && prefix != 0;
        if (!isKnown) {
            throw cpu.undefined();
        }
        long a = cpu.xmm[2 * in.first];
        long b = cpu.xmm[2 * in.first + 1];
        long c = Sse.low(cpu, in);
        long d = Sse.high(cpu, in);
        int order = (int) in.immediate;
        switch (opcode) {
            case 0x14 -> interleave(cpu, in, prefix == P66 ? 64 : 32, a, c);
            case 0x15 -> interleave(cpu, in, prefix == P66 ? 64 : 32, b, d);
            case 0x60, 0x61, 0x62 -> interleave(cpu, in, 8 << (opcode & 3), a, c);
            case 0x68, 0x69, 0x6A -> interleave(cpu, in, 8 << (opcode & 3), b, d);
            case 0x6C -> Sse.set(cpu, in.first, a, c);
            case 0x6D -> Sse.set(cpu, in.first, b, d);
            case 0x63, 0x67 -> Sse.set(cpu, in.first, pack(a, b, 16, opcode == 0x63), pack(c, d, 16, opcode == 0x63));
            case 0x6B -> Sse.set(cpu, in.first, pack(a, b, 32, true), pack(c, d, 32, true));
            case 0xC6 -> {
                if (prefix == P66) {
                    Sse.set(cpu, in.first, (order & 1) == 0 ? a : b, (order & 2) == 0 ? c : d);
                } else {
                    long low = Sse.pair(part(a, b, order), part(a, b, order >> 2));
                    Sse.set(cpu, in.first, low, Sse.pair(part(c, d, order >> 4), part(c, d, order >> 6)));
                }
            }
            default -> {
                if (prefix == P66) {
                    long low = Sse.pair(part(c, d, order), part(c, d, order >> 2));
                    Sse.set(cpu, in.first, low, Sse.pair(part(c, d, order >> 4), part(c, d, order >> 6)));
                } else if (prefix == Decoder.PREFIX_F3) {
                    Sse.set(cpu, in.first, c, words(d, order));
                } else {
                    Sse.set(cpu, in.first, words(c, order), d);
                }
            }
        }
    }

    private static void interleave(Cpu cpu, Insn in, int bits, long a, long b) {
        if (bits == 64) {
            Sse.set(cpu, in.first, a, b);
        } else {
            Sse.set(cpu, in.first, interleave(bits, a, b), interleave(bits, a >>> 32, b >>> 32));
        }
    }

    /** {@return the elements in the low 32 bits of both, by turns} */
    static long interleave(int bits, long a, long b) {
        long mask = (1L << bits) - 1;
        long result = 0;
        for (int at = 0; at < 32; at += bits) {
            result |= (a >>> at & mask) << 2 * at | (b >>> at & mask) << 2 * at + bits;
        }
        return result;
    }

    /** {@return signed elements, made half as wide with saturation} */
    static long pack(long low, long high, int bits, boolean isSigned) {
        int narrow = bits / 2;
        long mask = (1L << narrow) - 1;
        long result = 0;
        for (int at = 0; at < 64; at += bits) {
            long x = low << 64 - bits - at >> 64 - bits;
            long y = high << 64 - bits - at >> 64 - bits;
            result |= (narrow(x, narrow, isSigned) & mask) << at / 2;
            result |= (narrow(y, narrow, isSigned) & mask) << 32 + at / 2;
        }
        return result;
    }

    private static long narrow(long value, int bits, boolean isSigned) {
        return isSigned ? SseInteger.saturate(value, bits) : Math.min((1L << bits) - 1, Math.max(0, value));
    }

    private static int part(long low, long high, int index) {
        return (int) (((index & 2) == 0 ? low : high) >>> 32 * (index & 1));
    }

    /** {@return four words in another order} */
    static long words(long from, int order) {
        long result = 0;
        for (int i = 0; i < 4; i++) {
            result |= (from >>> 16 * (order >> 2 * i & 3) & 0xFFFF) << 16 * i;
        }
        return result;
    }

    /** {@return eight bytes from the 32 of four numbers, the lowest first; zeros behind} */
    static long cut(long a, long b, long c, long d, int from) {
        int at = from >> 3;
        int shift = 8 * (from & 7);
        long low = choose(a, b, c, d, at);
        return shift == 0 ? low : low >>> shift | choose(a, b, c, d, at + 1) << 64 - shift;
    }

    private static long choose(long a, long b, long c, long d, int index) {
        return switch (index) {
            case 0 -> a;
            case 1 -> b;
            case 2 -> c;
            case 3 -> d;
            default -> 0;
        };
    }
}
