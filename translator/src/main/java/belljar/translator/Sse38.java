package belljar.translator;

/** The operations on XMM registers of the map 0F 38: SSSE3 and the integer ones of SSE4. */
final class Sse38 {
    private Sse38() {}

    static void execute(Cpu cpu, Insn in) {
        int opcode = in.opcode & 0xFF;
        if (opcode >= 0x20 && opcode <= 0x25 || opcode >= 0x30 && opcode <= 0x35) {
            extend(cpu, in, opcode);
            return;
        }
        long a = cpu.xmm[2 * in.first];
        long b = cpu.xmm[2 * in.first + 1];
        long c = Sse.low(cpu, in);
        long d = Sse.high(cpu, in);
        switch (opcode) {
            case 0x00 -> Sse.set(cpu, in.first, bytes(a, b, c), bytes(a, b, d));
            case 0x01, 0x02, 0x03, 0x05, 0x06, 0x07 ->
                Sse.set(cpu, in.first, across(opcode, a, b), across(opcode, c, d));
            case 0x10 -> blend(cpu, in, 8, c, d);
            case 0x14 -> blend(cpu, in, 32, c, d);
            case 0x15 -> blend(cpu, in, 64, c, d);
            case 0x17 -> {
                int zero = ((a & c) | (b & d)) == 0 ? Cpu.ZF : 0;
                cpu.arithmetic(zero | (((~a & c) | (~b & d)) == 0 ? Cpu.CF : 0));
            }
            case 0x28 -> Sse.set(cpu, in.first, (long) (int) a * (int) c, (long) (int) b * (int) d);
            case 0x29 -> Sse.set(cpu, in.first, a == c ? -1 : 0, b == d ? -1 : 0);
            case 0x2A -> {
                if (in.second >= 0) {
                    throw cpu.undefined();
                }
                Sse.set(cpu, in.first, c, d);
            }
            case 0x2B -> Sse.set(cpu, in.first, SseShuffle.pack(a, b, 32, false), SseShuffle.pack(c, d, 32, false));
            case 0x37 -> Sse.set(cpu, in.first, a > c ? -1 : 0, b > d ? -1 : 0);
            case 0x41 -> least(cpu, in, c, d);
            default -> {
                int bits = bits(opcode);
                if (bits == 0) {
                    throw cpu.undefined();
                }
                Sse.set(cpu, in.first, each(opcode, bits, a, c), each(opcode, bits, b, d));
            }
        }
    }

    static int bits(int opcode) {
        return switch (opcode) {
            case 0x08, 0x1C, 0x38, 0x3C -> 8;
            case 0x04, 0x09, 0x0B, 0x1D, 0x3A, 0x3E -> 16;
            case 0x0A, 0x1E, 0x39, 0x3B, 0x3D, 0x3F, 0x40 -> 32;
            default -> 0;
        };
    }

    static long each(int opcode, int bits, long a, long b) {
        long mask = (1L << bits) - 1;
        long result = 0;
        for (int at = 0; at < 64; at += bits) {
            long x = Sse.element(a, bits, at);
            long y = Sse.element(b, bits, at);
            result |= (element(opcode, x, y, mask) & mask) << at;
        }
        return result;
    }

    private static long element(int opcode, long x, long y, long mask) {
        return switch (opcode) {
            case 0x04 -> SseInteger.saturate((x & 0xFF) * (byte) y + (x >> 8 & 0xFF) * (byte) (y >> 8), 16);
            case 0x08, 0x09, 0x0A -> x * Long.signum(y);
            case 0x0B -> (x * y >> 14) + 1 >> 1;
            case 0x1C, 0x1D, 0x1E -> Math.abs(y);
            case 0x38, 0x39 -> Math.min(x, y);
            case 0x3A, 0x3B -> Math.min(x & mask, y & mask);
            case 0x3C, 0x3D -> Math.max(x, y);
            case 0x3E, 0x3F -> Math.max(x & mask, y & mask);
            default -> x * y;
        };
    }

    static long bytes(long low, long high, long order) {
        long result = 0;
        for (int at = 0; at < 64; at += 8) {
            int index = (int) (order >>> at) & 0xFF;
            long from = (index & 8) == 0 ? low : high;
            result |= index > 0x7F ? 0 : (from >>> 8 * (index & 7) & 0xFF) << at;
        }
        return result;
    }

    static long across(int opcode, long low, long high) {
        int bits = (opcode & 3) == 2 ? 32 : 16;
        long mask = (1L << bits) - 1;
        long result = 0;
        for (int at = 0; at < 64; at += bits) {
            long from = at < 32 ? low : high;
            int place = 2 * at & 63;
            long x = from << 64 - bits - place >> 64 - bits;
            long y = from << 64 - 2 * bits - place >> 64 - bits;
            long value = opcode < 4 ? x + y : x - y;
            result |= ((opcode & 3) == 3 ? SseInteger.saturate(value, bits) & mask : value & mask) << at;
        }
        return result;
    }

    private static void blend(Cpu cpu, Insn in, int bits, long low, long high) {
        int at = 2 * in.first;
        long first = chosen(bits, cpu.xmm[0]);
        long second = chosen(bits, cpu.xmm[1]);
        Sse.set(cpu, in.first, cpu.xmm[at] & ~first | low & first, cpu.xmm[at + 1] & ~second | high & second);
    }

    /** {@return all bits of the elements whose sign is set} */
    private static long chosen(int bits, long value) {
        long result = 0;
        for (int at = 0; at < 64; at += bits) {
            long sign = value << 64 - bits - at >> 63;
            result |= sign >>> 64 - bits << at;
        }
        return result;
    }

    private static void extend(Cpu cpu, Insn in, int opcode) {
        int[] from = {8, 8, 8, 16, 16, 32};
        int[] into = {16, 32, 64, 32, 64, 64};
        int narrow = from[opcode & 7];
        int wide = into[opcode & 7];
        long source = Sse.part(cpu, in, 16 * narrow / wide);
        Sse.set(
                cpu,
                in.first,
                extend(opcode, narrow, wide, source, 0),
                extend(opcode, narrow, wide, source, 64 / wide));
    }

    private static long extend(int opcode, int narrow, int wide, long source, int index) {
        long result = 0;
        for (int at = 0; at < 64; at += wide) {
            int place = narrow * (index + at / wide);
            long shifted = source << 64 - narrow - place;
            long value = opcode < 0x30 ? shifted >> 64 - narrow : shifted >>> 64 - narrow;
            result |= (value & Cpu.mask(wide / 8)) << at;
        }
        return result;
    }

    private static void least(Cpu cpu, Insn in, long low, long high) {
        int index = 0;
        int least = Sse.word(low, 0);
        for (int i = 1; i < 8; i++) {
            int word = Sse.word(i < 4 ? low : high, i & 3);
            if (word < least) {
                least = word;
                index = i;
            }
        }
        Sse.set(cpu, in.first, least | (long) index << 16, 0);
    }
}
