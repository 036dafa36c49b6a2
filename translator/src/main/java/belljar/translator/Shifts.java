package belljar.translator;

/** Shifts and rotations. */
final class Shifts {
    private Shifts() {}

    static void execute(Cpu cpu, Insn in) {
        int size = in.size;
        if (in.op == Op.SHLD || in.op == Op.SHRD) {
            twice(cpu, in);
            return;
        }
        int count = (int) (in.second == Insn.IMMEDIATE ? in.immediate : cpu.r[1]) & (size == 8 ? 63 : 31);
        if (count == 0) {
            nothing(cpu, in);
            return;
        }
        long value = forUpdate(cpu, in);
        cpu.put(in, in.first, size, compute(cpu, in.op, size, value, count));
    }

    private static long forUpdate(Cpu cpu, Insn in) {
        return in.first == Insn.MEMORY
                ? cpu.mmu.loadForUpdate(cpu.linear(in), in.size)
                : cpu.register(in.first, in.size);
    }

    /** A count of 0 leaves all as it is, but memory must be writable and the upper half of a register becomes 0. */
    private static void nothing(Cpu cpu, Insn in) {
        if (in.first == Insn.MEMORY) {
            cpu.mmu.checkWrite(cpu.linear(in), in.size);
        } else if (in.size == 4) {
            cpu.register(in.first, 4, cpu.register(in.first, 4));
        }
    }

    /** {@return the value shifted} Sets the flags. The value is zero-extended, the count not 0. */
    static long compute(Cpu cpu, Op op, int size, long value, int count) {
        int bits = 8 * size;
        return switch (op) {
            case SHL -> {
                long result = Cpu.extend(value << count, size);
                boolean carry = count <= bits && (value >>> bits - count & 1) != 0;
                flags(cpu, result, carry, result < 0 != carry);
                yield result;
            }
            case SHR -> {
                long result = value >>> count;
                boolean carry = (value >>> count - 1 & 1) != 0;
                flags(cpu, Cpu.extend(result, size), carry, Cpu.extend(value, size) < 0);
                yield result;
            }
            case SAR -> {
                long signed = Cpu.extend(value, size);
                long result = signed >> Math.min(count, 63);
                flags(cpu, result, (signed >> Math.min(count - 1, 63) & 1) != 0, false);
                yield result;
            }
            case ROL -> {
                int by = count & bits - 1;
                long result = by == 0 ? value : value << by | value >>> bits - by;
                boolean carry = (result & 1) != 0;
                rotated(cpu, carry, Cpu.extend(result, size) < 0 != carry);
                yield result;
            }
            case ROR -> {
                int by = count & bits - 1;
                long result = Cpu.extend(by == 0 ? value : value >>> by | value << bits - by, size);
                rotated(cpu, result < 0, result < 0 != ((result >>> bits - 2 & 1) != 0));
                yield result;
            }
            case RCL -> carryLeft(cpu, size, value, count % (bits + 1));
            default -> carryRight(cpu, size, value, count % (bits + 1));
        };
    }

    private static long carryLeft(Cpu cpu, int size, long value, int count) {
        int bits = 8 * size;
        boolean carry = cpu.cf();
        long result = value;
        for (int i = 0; i < count; i++) {
            boolean out = (result >>> bits - 1 & 1) != 0;
            result = result << 1 | (carry ? 1 : 0);
            carry = out;
        }
        if (count > 0) {
            rotated(cpu, carry, Cpu.extend(result, size) < 0 != carry);
        }
        return result;
    }

    private static long carryRight(Cpu cpu, int size, long value, int count) {
        int bits = 8 * size;
        boolean carry = cpu.cf();
        long result = value & Cpu.mask(size);
        for (int i = 0; i < count; i++) {
            boolean out = (result & 1) != 0;
            result = result >>> 1 | (carry ? 1L << bits - 1 : 0);
            carry = out;
        }
        if (count > 0) {
            long signed = Cpu.extend(result, size);
            rotated(cpu, carry, signed < 0 != ((signed >>> bits - 2 & 1) != 0));
        }
        return result;
    }

    private static void flags(Cpu cpu, long result, boolean carry, boolean overflow) {
        cpu.mixed(result, (carry ? Cpu.CF : 0) | (overflow ? Cpu.OF : 0));
    }

    private static void rotated(Cpu cpu, boolean carry, boolean overflow) {
        int others = cpu.arithmetic() & ~(Cpu.CF | Cpu.OF);
        cpu.arithmetic(others | (carry ? Cpu.CF : 0) | (overflow ? Cpu.OF : 0));
    }

    private static void twice(Cpu cpu, Insn in) {
        int size = in.size;
        int bits = 8 * size;
        boolean byRegister = (in.code & 1) != 0;
        int count = (int) (byRegister ? cpu.r[1] : in.immediate) & (size == 8 ? 63 : 31);
        if (count == 0) {
            nothing(cpu, in);
            return;
        }
        long value = forUpdate(cpu, in);
        long filler = cpu.register(in.reg, size);
        boolean left = in.op == Op.SHLD;
        long result;
        boolean carry;
        if (size == 2) {
            // Counts beyond 16 are undefined; this is what processors do.
            long wide = left ? value << 32 | filler << 16 | value : value | filler << 16 | value << 32;
            long shifted = left ? wide << count >>> 32 : wide >>> count;
            result = shifted & 0xFFFF;
            carry = left ? (wide >>> 48 - count & 1) != 0 : (wide >>> count - 1 & 1) != 0;
        } else if (left) {
            result = value << count | filler >>> bits - count;
            carry = (value >>> bits - count & 1) != 0;
        } else {
            result = value >>> count | filler << bits - count;
            carry = (value >>> count - 1 & 1) != 0;
        }
        long signed = Cpu.extend(result, size);
        cpu.put(in, in.first, size, result);
        flags(cpu, signed, carry, (signed ^ Cpu.extend(value, size)) < 0);
    }
}
