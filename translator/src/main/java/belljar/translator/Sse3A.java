package belljar.translator;

/** The operations on XMM registers of the map 0F 3A, which have an immediate. */
final class Sse3A {
    private Sse3A() {}

    static void execute(Cpu cpu, Insn in) {
        int opcode = in.opcode & 0xFF;
        int order = (int) in.immediate & 0xFF;
        switch (opcode) {
            case 0x08, 0x09, 0x0A, 0x0B -> round(cpu, in, opcode, order);
            case 0x0C -> blend(cpu, in, 32, order);
            case 0x0D -> blend(cpu, in, 64, order);
            case 0x0E -> blend(cpu, in, 16, order);
            case 0x0F -> {
                long c = Sse.low(cpu, in);
                long d = Sse.high(cpu, in);
                long a = cpu.xmm[2 * in.first];
                long b = cpu.xmm[2 * in.first + 1];
                int from = Math.min(order, 32);
                Sse.set(cpu, in.first, SseShuffle.cut(c, d, a, b, from), SseShuffle.cut(c, d, a, b, from + 8));
            }
            case 0x14 -> extract(cpu, in, 1, order & 15);
            case 0x15 -> extract(cpu, in, 2, order & 7);
            case 0x16 -> extract(cpu, in, in.size == 8 ? 8 : 4, order & (in.size == 8 ? 1 : 3));
            case 0x17 -> extract(cpu, in, 4, order & 3);
            case 0x20 -> insert(cpu, in, 1, order & 15);
            case 0x22 -> insert(cpu, in, in.size == 8 ? 8 : 4, order & (in.size == 8 ? 1 : 3));
            case 0x21 -> insertSingle(cpu, in, order);
            case 0x40 -> singles(cpu, in, order);
            case 0x41 -> doubles(cpu, in, order);
            case 0x42 -> differences(cpu, in, order);
            case 0x60, 0x61, 0x62, 0x63 -> SseText.execute(cpu, in, opcode, order);
            default -> throw cpu.undefined();
        }
    }

    private static void round(Cpu cpu, Insn in, int opcode, int order) {
        boolean single = (opcode & 1) == 0;
        boolean scalar = opcode > 0x09;
        long low = scalar ? Sse.part(cpu, in, single ? 4 : 8) : Sse.low(cpu, in);
        long high = scalar ? 0 : Sse.high(cpu, in);
        int at = 2 * in.first;
        int before = SseMath.begin(cpu);
        long first = single ? integral(cpu, low & 0xFFFF_FFFFL, order, true) : integral(cpu, low, order, false);
        if (single) {
            first |= scalar ? cpu.xmm[at] & ~0xFFFF_FFFFL : integral(cpu, low >>> 32, order, true) << 32;
        }
        long second = cpu.xmm[at + 1];
        if (!scalar) {
            second = single
                    ? integral(cpu, high & 0xFFFF_FFFFL, order, true) | integral(cpu, high >>> 32, order, true) << 32
                    : integral(cpu, high, order, false);
        }
        SseMath.end(cpu, before);
        Sse.set(cpu, in.first, first, second);
    }

    private static long integral(Cpu cpu, long from, int order, boolean single) {
        long bits = SseMath.operand(cpu, from, single);
        if (SseMath.isNan(bits, single)) {
            cpu.mxcsr |= SseMath.isSignaling(bits, single) ? SseMath.IE : 0;
            return SseMath.quiet(bits, single);
        }
        double x = SseMath.value(bits, single);
        double result = SseConvert.integral(x, (order & 4) != 0 ? SseMath.rounding(cpu) : order & 3);
        cpu.mxcsr |= result != x && (order & 8) == 0 ? SseMath.PE : 0;
        return SseMath.bits(Math.copySign(result, x), single);
    }

    private static void blend(Cpu cpu, Insn in, int bits, int order) {
        long low = Sse.low(cpu, in);
        long high = Sse.high(cpu, in);
        int at = 2 * in.first;
        long first = chosen(bits, order);
        long second = chosen(bits, order >> 64 / bits);
        Sse.set(cpu, in.first, cpu.xmm[at] & ~first | low & first, cpu.xmm[at + 1] & ~second | high & second);
    }

    private static long chosen(int bits, int order) {
        long result = 0;
        for (int i = 0; i < 64 / bits; i++) {
            result |= (order >> i & 1) == 0 ? 0 : Cpu.mask(bits / 8) << bits * i;
        }
        return result;
    }

    private static void extract(Cpu cpu, Insn in, int size, int index) {
        int place = size * index;
        long value = cpu.xmm[2 * in.first + (place >> 3)] >>> 8 * (place & 7) & Cpu.mask(size);
        cpu.put(in, in.second, in.second >= 0 ? 8 : size, value);
    }

    private static void insert(Cpu cpu, Insn in, int size, int index) {
        long value = in.second >= 0 ? cpu.r[in.second] : cpu.get(in, in.second, size);
        insert(cpu, in.first, size, index, value);
    }

    private static void insert(Cpu cpu, int register, int size, int index, long value) {
        int place = size * index;
        int at = 2 * register + (place >> 3);
        int shift = 8 * (place & 7);
        long mask = Cpu.mask(size);
        cpu.xmm[at] = cpu.xmm[at] & ~(mask << shift) | (value & mask) << shift;
    }

    private static void insertSingle(Cpu cpu, Insn in, int order) {
        long value = in.second >= 0
                ? cpu.xmm[2 * in.second + (order >> 7)] >>> 32 * (order >> 6 & 1)
                : cpu.mmu.load4(cpu.linear(in));
        insert(cpu, in.first, 4, order >> 4 & 3, value);
        for (int i = 0; i < 4; i++) {
            if ((order >> i & 1) != 0) {
                insert(cpu, in.first, 4, i, 0);
            }
        }
    }

    private static void singles(Cpu cpu, Insn in, int order) {
        long low = Sse.low(cpu, in);
        long high = Sse.high(cpu, in);
        int at = 2 * in.first;
        int before = SseMath.begin(cpu);
        long[] products = new long[4];
        for (int i = 0; i < 4; i++) {
            int shift = 32 * (i & 1);
            long x = cpu.xmm[at + (i >> 1)] >>> shift & 0xFFFF_FFFFL;
            long y = (i < 2 ? low : high) >>> shift & 0xFFFF_FFFFL;
            products[i] = (order >> 4 + i & 1) == 0 ? 0 : SseMath.compute(cpu, SseMath.MUL, x, y, true);
        }
        long first = SseMath.compute(cpu, SseMath.ADD, products[0], products[1], true);
        long second = SseMath.compute(cpu, SseMath.ADD, products[2], products[3], true);
        long sum = SseMath.compute(cpu, SseMath.ADD, first, second, true);
        SseMath.end(cpu, before);
        long both = sum | sum << 32;
        Sse.set(cpu, in.first, both & chosen(32, order), both & chosen(32, order >> 2));
    }

    private static void doubles(Cpu cpu, Insn in, int order) {
        long low = Sse.low(cpu, in);
        long high = Sse.high(cpu, in);
        int at = 2 * in.first;
        int before = SseMath.begin(cpu);
        long x = (order & 0x10) == 0 ? 0 : SseMath.compute(cpu, SseMath.MUL, cpu.xmm[at], low, false);
        long y = (order & 0x20) == 0 ? 0 : SseMath.compute(cpu, SseMath.MUL, cpu.xmm[at + 1], high, false);
        long sum = SseMath.compute(cpu, SseMath.ADD, x, y, false);
        SseMath.end(cpu, before);
        Sse.set(cpu, in.first, (order & 1) == 0 ? 0 : sum, (order & 2) == 0 ? 0 : sum);
    }

    private static void differences(Cpu cpu, Insn in, int order) {
        long low = Sse.low(cpu, in);
        long high = Sse.high(cpu, in);
        long from = SseShuffle.cut(low, high, 0, 0, 4 * (order & 3));
        long a = cpu.xmm[2 * in.first];
        long b = cpu.xmm[2 * in.first + 1];
        long[] sums = new long[2];
        for (int i = 0; i < 8; i++) {
            long window = SseShuffle.cut(a, b, 0, 0, (order & 4) + i);
            long sum = 0;
            for (int at = 0; at < 32; at += 8) {
                sum += Math.abs((window >>> at & 0xFF) - (from >>> at & 0xFF));
            }
            sums[i >> 2] |= sum << 16 * (i & 3);
        }
        Sse.set(cpu, in.first, sums[0], sums[1]);
    }
}
