package belljar.translator;

/** Single bits, searches for bits, and the checksum. */
final class Bits {
    private static final int CRC32C = 0x82F63B78;

    private Bits() {}

    static void execute(Cpu cpu, Insn in) {
        int size = in.size;
        switch (in.op) {
            case BT, BTS, BTR, BTC -> bit(cpu, in);
            case BSF, BSR -> {
                long value = cpu.get(in, in.second, size);
                if (value == 0) {
                    // The register stays as it is, upper half included, which AMD documents and Intel does.
                    cpu.arithmetic(Cpu.ZF, true);
                } else {
                    cpu.arithmetic(Cpu.ZF, false);
                    boolean forward = in.op == Op.BSF;
                    int at = forward ? Long.numberOfTrailingZeros(value) : 63 - Long.numberOfLeadingZeros(value);
                    cpu.register(in.first, size, at);
                }
            }
            case POPCNT -> {
                long value = cpu.get(in, in.second, size);
                cpu.register(in.first, size, Long.bitCount(value));
                cpu.arithmetic(value == 0 ? Cpu.ZF : 0);
            }
            case BSWAP -> {
                long value = cpu.r[in.reg];
                cpu.register(in.reg, size, size == 8 ? Long.reverseBytes(value) : Integer.reverseBytes((int) value));
            }
            default -> checksum(cpu, in);
        }
    }

    private static void bit(Cpu cpu, Insn in) {
        int size = in.size;
        int bits = 8 * size;
        boolean immediate = in.second == Insn.IMMEDIATE;
        long number = immediate ? in.immediate : Cpu.extend(cpu.register(in.second, size), size);
        int place = (int) number & bits - 1;
        if (in.first >= 0) {
            long value = cpu.register(in.first, size);
            carry(cpu, value, place);
            if (in.op != Op.BT) {
                cpu.register(in.first, size, changed(in.op, value, place));
            }
            return;
        }
        long offset = cpu.offset(in);
        if (!immediate) {
            // The bit string goes on in memory, in both directions.
            offset += (number >> (size == 8 ? 6 : size == 4 ? 5 : 4)) * size;
            offset = in.addressSize == 8 ? offset : offset & Cpu.mask(in.addressSize);
        }
        long address = cpu.linear(in.segment, offset);
        if (in.op == Op.BT) {
            carry(cpu, cpu.mmu.load(address, size), place);
            return;
        }
        long old;
        boolean done;
        do {
            old = cpu.mmu.loadForUpdate(address, size);
            long value = changed(in.op, old, place);
            done = true;
            if (in.lock) {
                done = Atomic.swap(cpu, address, size, old, value);
            } else {
                cpu.mmu.store(address, size, value);
            }
        } while (!done);
        carry(cpu, old, place);
    }

    private static long changed(Op op, long value, int place) {
        return switch (op) {
            case BTS -> value | 1L << place;
            case BTR -> value & ~(1L << place);
            default -> value ^ 1L << place;
        };
    }

    private static void carry(Cpu cpu, long value, int place) {
        cpu.arithmetic(Cpu.CF, (value >>> place & 1) != 0);
    }

    private static void checksum(Cpu cpu, Insn in) {
        int size = in.code == 0 ? 1 : in.size;
        long data = in.second >= 0 ? cpu.register(in.second, size) : cpu.mmu.load(cpu.linear(in), size);
        int sum = (int) cpu.r[in.first];
        for (int i = 0; i < size; i++) {
            sum ^= (int) (data >>> 8 * i) & 0xFF;
            for (int j = 0; j < 8; j++) {
                sum = sum >>> 1 ^ ((sum & 1) != 0 ? CRC32C : 0);
            }
        }
        cpu.register(in.first, 4, sum);
    }
}
