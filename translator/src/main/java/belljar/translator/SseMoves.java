package belljar.translator;

/** Moves between XMM registers, general registers and memory. */
final class SseMoves {
    private static final int P66 = Decoder.PREFIX_66;
    private static final int F3 = Decoder.PREFIX_F3;
    private static final int F2 = Decoder.PREFIX_F2;

    private SseMoves() {}

    static void execute(Cpu cpu, Insn in) {
        int prefix = Sse.prefix(in);
        switch (in.opcode & 0xFF) {
            case 0x10 -> load(cpu, in, prefix == F3 ? 4 : prefix == F2 ? 8 : 16);
            case 0x11 -> store(cpu, in, prefix == F3 ? 4 : prefix == F2 ? 8 : 16);
            case 0x12 -> low(cpu, in, prefix);
            case 0x16 -> high(cpu, in, prefix);
            case 0x13 -> storeHalf(cpu, in, 0);
            case 0x17 -> storeHalf(cpu, in, 1);
            case 0x28 -> Sse.set(cpu, in.first, Sse.low(cpu, in), Sse.high(cpu, in));
            case 0x6F -> {
                if (prefix == P66) {
                    Sse.set(cpu, in.first, Sse.low(cpu, in), Sse.high(cpu, in));
                } else {
                    load(cpu, in, 16);
                }
            }
            case 0xF0 -> {
                needsMemory(cpu, in);
                load(cpu, in, 16);
            }
            case 0x29 -> storeAligned(cpu, in);
            case 0x2B, 0xE7 -> {
                needsMemory(cpu, in);
                storeAligned(cpu, in);
            }
            case 0x7F -> {
                if (prefix == P66) {
                    storeAligned(cpu, in);
                } else {
                    store(cpu, in, 16);
                }
            }
            default -> others(cpu, in, prefix);
        }
    }

    private static void others(Cpu cpu, Insn in, int prefix) {
        int at = 2 * in.first;
        switch (in.opcode & 0xFF) {
            case 0x50 -> mask(cpu, in, prefix);
            case 0x6E -> Sse.set(cpu, in.first, cpu.get(in, in.second, in.size), 0);
            case 0x7E -> {
                if (prefix == F3) {
                    Sse.set(cpu, in.first, Sse.part(cpu, in, 8), 0);
                } else {
                    cpu.put(in, in.second, in.size, cpu.xmm[at]);
                }
            }
            case 0xC4 -> insertWord(cpu, in);
            case 0xC5 -> {
                int index = (int) in.immediate & 7;
                cpu.r[in.first] = Sse.word(cpu.xmm[2 * in.second + (index >> 2)], index & 3);
            }
            case 0xD6 -> {
                if (in.second >= 0) {
                    Sse.set(cpu, in.second, cpu.xmm[at], 0);
                } else {
                    cpu.mmu.store8(cpu.linear(in), cpu.xmm[at]);
                }
            }
            case 0xD7 -> {
                int source = 2 * in.second;
                cpu.r[in.first] = signs(cpu.xmm[source]) | signs(cpu.xmm[source + 1]) << 8;
            }
            case 0xF7 -> masked(cpu, in);
            default -> throw cpu.undefined();
        }
    }

    private static void needsMemory(Cpu cpu, Insn in) {
        if (in.second >= 0) {
            throw cpu.undefined();
        }
    }

    private static void load(Cpu cpu, Insn in, int size) {
        int at = 2 * in.first;
        if (in.second >= 0) {
            long value = cpu.xmm[2 * in.second];
            if (size == 16) {
                cpu.xmm[at + 1] = cpu.xmm[2 * in.second + 1];
            }
            cpu.xmm[at] = size == 4 ? cpu.xmm[at] & ~0xFFFF_FFFFL | value & 0xFFFF_FFFFL : value;
            return;
        }
        long address = cpu.linear(in);
        if (size == 16) {
            long low = cpu.mmu.load8(address);
            Sse.set(cpu, in.first, low, cpu.mmu.load8(address + 8));
        } else {
            Sse.set(cpu, in.first, cpu.mmu.load(address, size) & Cpu.mask(size), 0);
        }
    }

    private static void store(Cpu cpu, Insn in, int size) {
        int at = 2 * in.first;
        if (in.second >= 0) {
            int to = 2 * in.second;
            if (size == 16) {
                cpu.xmm[to + 1] = cpu.xmm[at + 1];
            }
            cpu.xmm[to] = size == 4 ? cpu.xmm[to] & ~0xFFFF_FFFFL | cpu.xmm[at] & 0xFFFF_FFFFL : cpu.xmm[at];
        } else if (size == 16) {
            Sse.store(cpu, cpu.linear(in), cpu.xmm[at], cpu.xmm[at + 1]);
        } else {
            cpu.mmu.store(cpu.linear(in), size, cpu.xmm[at]);
        }
    }

    private static void storeAligned(Cpu cpu, Insn in) {
        int at = 2 * in.first;
        if (in.second >= 0) {
            Sse.set(cpu, in.second, cpu.xmm[at], cpu.xmm[at + 1]);
        } else {
            Sse.store(cpu, Sse.aligned(cpu, in), cpu.xmm[at], cpu.xmm[at + 1]);
        }
    }

    private static void storeHalf(Cpu cpu, Insn in, int half) {
        needsMemory(cpu, in);
        cpu.mmu.store8(cpu.linear(in), cpu.xmm[2 * in.first + half]);
    }

    private static void low(Cpu cpu, Insn in, int prefix) {
        if (prefix == F3) {
            long a = Sse.low(cpu, in);
            long b = Sse.high(cpu, in);
            Sse.set(cpu, in.first, Sse.pair((int) a, (int) a), Sse.pair((int) b, (int) b));
        } else if (prefix == F2) {
            long a = Sse.part(cpu, in, 8);
            Sse.set(cpu, in.first, a, a);
        } else if (in.second >= 0) {
            if (prefix != 0) {
                throw cpu.undefined();
            }
            cpu.xmm[2 * in.first] = cpu.xmm[2 * in.second + 1];
        } else {
            cpu.xmm[2 * in.first] = cpu.mmu.load8(cpu.linear(in));
        }
    }

    private static void high(Cpu cpu, Insn in, int prefix) {
        if (prefix == F3) {
            long a = Sse.low(cpu, in) >>> 32;
            long b = Sse.high(cpu, in) >>> 32;
            Sse.set(cpu, in.first, a | a << 32, b | b << 32);
        } else if (prefix == F2 || prefix == P66 && in.second >= 0) {
            throw cpu.undefined();
        } else {
            cpu.xmm[2 * in.first + 1] = Sse.part(cpu, in, 8);
        }
    }

    private static void mask(Cpu cpu, Insn in, int prefix) {
        long a = cpu.xmm[2 * in.second];
        long b = cpu.xmm[2 * in.second + 1];
        cpu.r[in.first] = prefix == P66
                ? a >>> 63 | b >>> 63 << 1
                : a >>> 31 & 1 | a >>> 63 << 1 | (b >>> 31 & 1) << 2 | b >>> 63 << 3;
    }

    /** {@return the sign bits of eight bytes} */
    static long signs(long value) {
        return (value >>> 7 & 0x0101_0101_0101_0101L) * 0x0102_0408_1020_4080L >>> 56;
    }

    private static void insertWord(Cpu cpu, Insn in) {
        int index = (int) in.immediate & 7;
        long value = cpu.get(in, in.second, 2) & 0xFFFF;
        int at = 2 * in.first + (index >> 2);
        int shift = 16 * (index & 3);
        cpu.xmm[at] = cpu.xmm[at] & ~(0xFFFFL << shift) | value << shift;
    }

    private static void masked(Cpu cpu, Insn in) {
        long offset = cpu.r[7] & Cpu.mask(in.addressSize);
        for (int i = 0; i < 16; i++) {
            int shift = 8 * (i & 7);
            if ((cpu.xmm[2 * in.second + (i >> 3)] >>> shift & 0x80) != 0) {
                int value = (int) (cpu.xmm[2 * in.first + (i >> 3)] >>> shift) & 0xFF;
                cpu.mmu.store1(cpu.linear(in.segment, offset + i), value);
            }
        }
    }
}
