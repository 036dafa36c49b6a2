package belljar.translator;

/**
 * The operations on XMM registers (SDM volume 2): checks whether they are allowed now, and passes them on to the class
 * of their group. What is here for all of them are their operands.
 */
final class Sse {
    private Sse() {}

    static void execute(Cpu cpu, Insn in) {
        check(cpu);
        switch (in.opcode & 0xF00) {
            case Decoder.MAP_0F -> two(cpu, in);
            case Decoder.MAP_38 -> Sse38.execute(cpu, in);
            default -> Sse3A.execute(cpu, in);
        }
    }

    private static void check(Cpu cpu) {
        if ((cpu.control.cr0 & Control.EM) != 0 || (cpu.control.cr4 & Control.OSFXSR) == 0) {
            throw cpu.undefined();
        }
        if ((cpu.control.cr0 & Control.TS) != 0) {
            throw cpu.fault.of(Fault.NO_FPU, 0);
        }
    }

    /** The prefixes that an opcode can have: 1 for none, 2 for 66, 4 for F3, 8 for F2. */
    private static int prefixes(int opcode) {
        return switch (opcode) {
            case 0x13, 0x14, 0x15, 0x17, 0x28, 0x29, 0x2B, 0x50, 0xC6 -> 3;
            case 0x6E, 0xC4, 0xC5, 0xD6, 0xD7, 0xE7, 0xF7 -> 2;
            case 0x6F, 0x7E, 0x7F -> 6;
            case 0x16 -> 7;
            case 0xF0 -> 8;
            default -> 15;
        };
    }

    private static void two(Cpu cpu, Insn in) {
        if ((prefixes(in.opcode & 0xFF) >> (prefix(in) >> 12) & 1) == 0) {
            throw cpu.undefined();
        }
        switch (in.opcode & 0xFF) {
            case 0x10, 0x11, 0x12, 0x13, 0x16, 0x17, 0x28, 0x29, 0x2B, 0x50 -> SseMoves.execute(cpu, in);
            case 0x6E, 0x6F, 0x7E, 0x7F, 0xC4, 0xC5, 0xD6, 0xD7, 0xE7, 0xF0, 0xF7 -> SseMoves.execute(cpu, in);
            case 0x2A, 0x2C, 0x2D, 0x5A, 0x5B, 0xE6 -> SseConvert.execute(cpu, in);
            case 0x2E, 0x2F, 0x51, 0x52, 0x53, 0x58, 0x59, 0x5C, 0x5D, 0x5E, 0x5F -> SseFloat.execute(cpu, in);
            case 0x7C, 0x7D, 0xC2, 0xD0 -> SseFloat.execute(cpu, in);
            case 0x14, 0x15, 0x60, 0x61, 0x62, 0x63, 0x67, 0x68, 0x69, 0x6A, 0x6B -> SseShuffle.execute(cpu, in);
            case 0x6C, 0x6D, 0x70, 0xC6 -> SseShuffle.execute(cpu, in);
            default -> SseInteger.execute(cpu, in);
        }
    }

    /** {@return the mandatory prefix of an operation} */
    static int prefix(Insn in) {
        return in.opcode & 0x3000;
    }

    /** {@return the address of an operand of 16 bytes in memory} It has to be aligned. */
    static long aligned(Cpu cpu, Insn in) {
        long address = cpu.linear(in);
        if ((address & 15) != 0) {
            throw cpu.protection(0);
        }
        return address;
    }

    /** {@return the low half of the second operand} Memory has to be aligned to 16 bytes. */
    static long low(Cpu cpu, Insn in) {
        return in.second >= 0 ? cpu.xmm[2 * in.second] : cpu.mmu.load8(aligned(cpu, in));
    }

    /** {@return the high half of the second operand} */
    static long high(Cpu cpu, Insn in) {
        return in.second >= 0 ? cpu.xmm[2 * in.second + 1] : cpu.mmu.load8(aligned(cpu, in) + 8);
    }

    /** {@return the low bytes of the second operand, zero-extended} Memory need not be aligned. */
    static long part(Cpu cpu, Insn in, int size) {
        return in.second >= 0
                ? cpu.xmm[2 * in.second] & Cpu.mask(size)
                : cpu.mmu.load(cpu.linear(in), size) & Cpu.mask(size);
    }

    static void set(Cpu cpu, int register, long low, long high) {
        cpu.xmm[2 * register] = low;
        cpu.xmm[2 * register + 1] = high;
    }

    /** Stores 16 bytes, all or none. */
    static void store(Cpu cpu, long address, long low, long high) {
        cpu.mmu.checkWrite(address, 8);
        cpu.mmu.checkWrite(address + 8, 8);
        cpu.mmu.store8(address, low);
        cpu.mmu.store8(address + 8, high);
    }

    /** {@return some bits from a place on, sign-extended} */
    static long element(long value, int bits, int at) {
        return value << 64 - bits - at >> 64 - bits;
    }

    static int word(long value, int index) {
        return (int) (value >>> 16 * index) & 0xFFFF;
    }

    static long pair(int low, int high) {
        return low & 0xFFFF_FFFFL | (long) high << 32;
    }
}
