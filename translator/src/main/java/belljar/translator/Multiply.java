package belljar.translator;

import java.math.BigInteger;

/** Multiplication, division, and the sign extensions that prepare it. */
final class Multiply {
    private static final BigInteger WORD = BigInteger.ONE.shiftLeft(64);

    private Multiply() {}

    static void execute(Cpu cpu, Insn in) {
        int size = in.size;
        switch (in.op) {
            case MUL -> wide(cpu, size, cpu.get(in, in.first, size), false);
            case IMUL1 -> wide(cpu, size, cpu.signed(in, in.first, size), true);
            case IMUL -> product(cpu, in);
            case DIV -> divide(cpu, size, cpu.get(in, in.first, size));
            case IDIV -> divideSigned(cpu, size, cpu.signed(in, in.first, size));
            case CBW -> cpu.register(0, size, Cpu.extend(cpu.r[0], size / 2));
            default -> cpu.register(2, size, Cpu.extend(cpu.r[0], size) >> 63);
        }
    }

    private static void product(Cpu cpu, Insn in) {
        int size = in.size;
        boolean immediate = in.opcode == 0x69 || in.opcode == 0x6B;
        long a = cpu.signed(in, in.second, size);
        long b = immediate ? in.immediate : Cpu.extend(cpu.register(in.first, size), size);
        long low = a * b;
        long result = Cpu.extend(low, size);
        boolean over = size == 8 ? Math.multiplyHigh(a, b) != low >> 63 : result != low;
        cpu.register(in.first, size, result);
        cpu.mixed(result, over ? Cpu.CF | Cpu.OF : 0);
    }

    private static void wide(Cpu cpu, int size, long b, boolean signed) {
        long a = signed ? Cpu.extend(cpu.r[0], size) : cpu.register(0, size);
        long low = a * b;
        boolean over;
        if (size == 8) {
            long high = signed ? Math.multiplyHigh(a, b) : Math.unsignedMultiplyHigh(a, b);
            cpu.r[0] = low;
            cpu.r[2] = high;
            over = high != (signed ? low >> 63 : 0);
        } else if (size == 1) {
            cpu.register(0, 2, low);
            over = signed ? low != (byte) low : low >>> 8 != 0;
        } else {
            cpu.register(0, size, low);
            cpu.register(2, size, low >>> 8 * size);
            over = signed ? low != Cpu.extend(low, size) : low >>> 8 * size != 0;
        }
        cpu.mixed(Cpu.extend(low, size), over ? Cpu.CF | Cpu.OF : 0);
    }

    private static void divide(Cpu cpu, int size, long divisor) {
        if (divisor == 0) {
            throw cpu.fault.of(Fault.DIVIDE, 0);
        }
        if (size == 8) {
            divide8(cpu, divisor);
            return;
        }
        long dividend = dividend(cpu, size);
        long quotient = Long.divideUnsigned(dividend, divisor);
        if (Long.compareUnsigned(quotient, Cpu.mask(size)) > 0) {
            throw cpu.fault.of(Fault.DIVIDE, 0);
        }
        result(cpu, size, quotient, Long.remainderUnsigned(dividend, divisor));
    }

    private static void divide8(Cpu cpu, long divisor) {
        long high = cpu.r[2];
        long low = cpu.r[0];
        if (high == 0) {
            result(cpu, 8, Long.divideUnsigned(low, divisor), Long.remainderUnsigned(low, divisor));
            return;
        }
        if (Long.compareUnsigned(high, divisor) >= 0) {
            throw cpu.fault.of(Fault.DIVIDE, 0);
        }
        BigInteger dividend = unsigned(high).shiftLeft(64).or(unsigned(low));
        BigInteger[] both = dividend.divideAndRemainder(unsigned(divisor));
        result(cpu, 8, both[0].longValue(), both[1].longValue());
    }

    private static BigInteger unsigned(long value) {
        BigInteger big = BigInteger.valueOf(value);
        return value < 0 ? big.add(WORD) : big;
    }

    private static void divideSigned(Cpu cpu, int size, long divisor) {
        if (divisor == 0) {
            throw cpu.fault.of(Fault.DIVIDE, 0);
        }
        if (size == 8 && cpu.r[2] != cpu.r[0] >> 63) {
            BigInteger dividend = BigInteger.valueOf(cpu.r[2]).shiftLeft(64).or(unsigned(cpu.r[0]));
            BigInteger[] both = dividend.divideAndRemainder(BigInteger.valueOf(divisor));
            if (both[0].bitLength() > 63) {
                throw cpu.fault.of(Fault.DIVIDE, 0);
            }
            result(cpu, 8, both[0].longValue(), both[1].longValue());
            return;
        }
        long dividend = size == 8 ? cpu.r[0] : size == 1 ? (short) cpu.r[0] : dividend(cpu, size);
        dividend = size == 2 ? (int) dividend : dividend;
        boolean over = divisor == -1 && dividend == Long.MIN_VALUE;
        long quotient = over ? 0 : dividend / divisor;
        if (over || quotient != Cpu.extend(quotient, size)) {
            throw cpu.fault.of(Fault.DIVIDE, 0);
        }
        result(cpu, size, quotient, dividend % divisor);
    }

    /** What is divided by a number of up to 4 bytes. */
    private static long dividend(Cpu cpu, int size) {
        return size == 1 ? cpu.r[0] & 0xFFFF : cpu.register(2, size) << 8 * size | cpu.register(0, size);
    }

    private static void result(Cpu cpu, int size, long quotient, long remainder) {
        if (size == 1) {
            cpu.register(0, 2, quotient & 0xFF | (remainder & 0xFF) << 8);
        } else {
            cpu.register(0, size, quotient);
            cpu.register(2, size, remainder);
        }
    }
}
