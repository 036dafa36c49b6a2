package belljar.translator;

/** Integer arithmetic, logic and shifts, for which each half of a register can be computed by itself. */
final class SseInteger {
    private SseInteger() {}

    static void execute(Cpu cpu, Insn in) {
        int opcode = in.opcode & 0xFF;
        boolean isLogic = opcode >= 0x54 && opcode <= 0x57;
        int prefix = Sse.prefix(in);
        if (prefix != Decoder.PREFIX_66 && !(isLogic && prefix == 0)) {
            throw cpu.undefined();
        }
        if (opcode >= 0x71 && opcode <= 0x73) {
            shiftByImmediate(cpu, in, opcode);
            return;
        }
        long low = Sse.low(cpu, in);
        long high = Sse.high(cpu, in);
        int at = 2 * in.first;
        // The count of a shift is the low half for both.
        long other = isShift(opcode) ? low : high;
        if (!isKnown(opcode)) {
            throw cpu.undefined();
        }
        cpu.xmm[at] = half(opcode, cpu.xmm[at], low);
        cpu.xmm[at + 1] = half(opcode, cpu.xmm[at + 1], other);
    }

    private static boolean isShift(int opcode) {
        return opcode >= 0xD1 && opcode <= 0xD3 || opcode == 0xE1 || opcode == 0xE2 || opcode >= 0xF1 && opcode <= 0xF3;
    }

    private static boolean isKnown(int opcode) {
        return opcode < 0x78 || opcode > 0xD0 && opcode < 0xFF && opcode != 0xE6;
    }

    /**
     * {@return an operation on 64 bits}
     *
     * @param opcode in the map 0F
     * @param a the destination
     * @param b the source
     */
    static long half(int opcode, long a, long b) {
        return switch (opcode) {
            case 0x54, 0xDB -> a & b;
            case 0x55, 0xDF -> ~a & b;
            case 0x56, 0xEB -> a | b;
            case 0x57, 0xEF -> a ^ b;
            case 0x74 -> equalBytes(a, b);
            case 0xD4 -> a + b;
            case 0xFB -> a - b;
            case 0xF4 -> (a & 0xFFFF_FFFFL) * (b & 0xFFFF_FFFFL);
            case 0xF5 -> addProducts(a, b);
            case 0xF6 -> differences(a, b);
            case 0xD1, 0xE1, 0xF1 -> shift(opcode, 16, a, b);
            case 0xD2, 0xE2, 0xF2 -> shift(opcode, 32, a, b);
            case 0xD3, 0xF3 -> shift(opcode, 64, a, b);
            case 0x64, 0xD8, 0xDA, 0xDC, 0xDE, 0xE0, 0xE8, 0xEC, 0xF8, 0xFC -> each(opcode, 8, a, b);
            case 0x66, 0x76, 0xFA, 0xFE -> each(opcode, 32, a, b);
            default -> each(opcode, 16, a, b);
        };
    }

    private static long equalBytes(long a, long b) {
        long x = a ^ b;
        long low = 0x7F7F_7F7F_7F7F_7F7FL;
        return (~((x & low) + low | x | low) >>> 7) * 0xFF;
    }

    private static long each(int opcode, int bits, long a, long b) {
        long mask = (1L << bits) - 1;
        long result = 0;
        for (int at = 0; at < 64; at += bits) {
            long x = Sse.element(a, bits, at);
            long y = Sse.element(b, bits, at);
            result |= (element(opcode, bits, x, y, x & mask, y & mask) & mask) << at;
        }
        return result;
    }

    /** One element: x and y are its operands sign-extended, u and v zero-extended. */
    private static long element(int opcode, int bits, long x, long y, long u, long v) {
        return switch (opcode) {
            case 0xFC, 0xFD, 0xFE -> x + y;
            case 0xF8, 0xF9, 0xFA -> x - y;
            case 0xEC, 0xED -> saturate(x + y, bits);
            case 0xE8, 0xE9 -> saturate(x - y, bits);
            case 0xDC, 0xDD -> Math.min(u + v, (1L << bits) - 1);
            case 0xD8, 0xD9 -> Math.max(u - v, 0);
            case 0x64, 0x65, 0x66 -> x > y ? -1 : 0;
            case 0x75, 0x76 -> x == y ? -1 : 0;
            case 0xD5 -> x * y;
            case 0xE5 -> x * y >> 16;
            case 0xE4 -> u * v >> 16;
            case 0xDA -> Math.min(u, v);
            case 0xDE -> Math.max(u, v);
            case 0xEA -> Math.min(x, y);
            case 0xEE -> Math.max(x, y);
            default -> u + v + 1 >> 1; // PAVGB and PAVGW
        };
    }

    static long saturate(long value, int bits) {
        long most = (1L << bits - 1) - 1;
        return Math.min(most, Math.max(-most - 1, value));
    }

    private static long addProducts(long a, long b) {
        int low = (short) a * (short) b + (short) (a >> 16) * (short) (b >> 16);
        int high = (short) (a >> 32) * (short) (b >> 32) + (short) (a >> 48) * (short) (b >> 48);
        return Sse.pair(low, high);
    }

    private static long differences(long a, long b) {
        long sum = 0;
        for (int at = 0; at < 64; at += 8) {
            sum += Math.abs((a >>> at & 0xFF) - (b >>> at & 0xFF));
        }
        return sum;
    }

    private static long shift(int opcode, int bits, long a, long count) {
        boolean isRight = opcode < 0xE0;
        boolean isArithmetic = opcode >> 4 == 0xE;
        boolean isBeyond = Long.compareUnsigned(count, bits) >= 0;
        if (isBeyond && !isArithmetic) {
            return 0;
        }
        int by = isBeyond ? bits - 1 : (int) count;
        long mask = bits == 64 ? -1 : (1L << bits) - 1;
        long result = 0;
        for (int at = 0; at < 64; at += bits) {
            long x = Sse.element(a, bits, at);
            long y = isArithmetic ? x >> by : isRight ? (x & mask) >>> by : x << by;
            result |= (y & mask) << at;
        }
        return result;
    }

    private static void shiftByImmediate(Cpu cpu, Insn in, int opcode) {
        int kind = in.first & 7;
        int at = 2 * in.second;
        boolean isBytes = opcode == 0x73 && (kind & 3) == 3;
        boolean isKnown = kind == 2 || kind == 6 || kind == 4 && opcode != 0x73 || isBytes;
        if (!isKnown || in.second < 0) {
            throw cpu.undefined();
        }
        long low = cpu.xmm[at];
        long high = cpu.xmm[at + 1];
        if (isBytes) {
            int by = (int) Math.min(in.immediate & 0xFF, 16);
            // Both are cuts of 16 bytes from 32, of which half are 0.
            boolean isRight = kind == 3;
            int from = isRight ? by : 16 - by;
            cpu.xmm[at] = isRight ? SseShuffle.cut(low, high, 0, 0, from) : SseShuffle.cut(0, 0, low, high, from);
            cpu.xmm[at + 1] =
                    isRight ? SseShuffle.cut(low, high, 0, 0, from + 8) : SseShuffle.cut(0, 0, low, high, from + 8);
            return;
        }
        int family = kind == 2 ? 0xD0 : kind == 4 ? 0xE0 : 0xF0;
        int twin = family | opcode & 3;
        cpu.xmm[at] = half(twin, low, in.immediate & 0xFF);
        cpu.xmm[at + 1] = half(twin, high, in.immediate & 0xFF);
    }
}
