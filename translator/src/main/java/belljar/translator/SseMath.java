package belljar.translator;

import java.math.BigDecimal;

/**
 * Arithmetic on numbers of IEEE 754 with the flags, rounding and NaNs of SSE (SDM volume 1, sections 4.8 and 11.5).
 * Numbers are bit patterns; a single one stands in the low 32 bits. Flags are collected in MXCSR.
 */
final class SseMath {
    static final int IE = 1;
    static final int DE = 2;
    static final int ZE = 4;
    static final int OE = 8;
    static final int UE = 0x10;
    static final int PE = 0x20;
    static final int FLAGS = 0x3F;
    static final int DAZ = 0x40;
    static final int UM = 0x800;
    static final int FTZ = 0x8000;

    /** The opcodes of the operations. */
    static final int SQRT = 0x51;

    static final int ADD = 0x58;
    static final int MUL = 0x59;
    static final int SUB = 0x5C;
    static final int MIN = 0x5D;
    static final int DIV = 0x5E;
    static final int MAX = 0x5F;

    private SseMath() {}

    /** Begins an operation: {@return the flags of those before it, for {@link #end}} */
    static int begin(Cpu cpu) {
        int before = cpu.mxcsr & FLAGS;
        cpu.mxcsr &= ~FLAGS;
        return before;
    }

    /** Ends an operation before its result is written; throws if it raised what is not masked. */
    static void end(Cpu cpu, int before) {
        int raised = cpu.mxcsr & FLAGS;
        cpu.mxcsr |= before;
        if ((raised & ~(cpu.mxcsr >> 7)) != 0) {
            boolean isTold = (cpu.control.cr4 & Control.OSXMMEXCPT) != 0;
            throw isTold ? cpu.fault.of(Fault.SIMD, 0) : cpu.undefined();
        }
    }

    static int rounding(Cpu cpu) {
        return cpu.mxcsr >> 13 & 3;
    }

    static double value(long bits, boolean single) {
        return single ? Float.intBitsToFloat((int) bits) : Double.longBitsToDouble(bits);
    }

    static long bits(double value, boolean single) {
        return single ? Float.floatToRawIntBits((float) value) & 0xFFFF_FFFFL : Double.doubleToRawLongBits(value);
    }

    static boolean isNan(long bits, boolean single) {
        return single ? (bits & 0x7FFF_FFFF) > 0x7F80_0000 : (bits & Long.MAX_VALUE) > 0x7FF0_0000_0000_0000L;
    }

    static long quiet(long bits, boolean single) {
        return bits | (single ? 0x40_0000L : 0x8_0000_0000_0000L);
    }

    static boolean isSignaling(long bits, boolean single) {
        return isNan(bits, single) && quiet(bits, single) != bits;
    }

    /** {@return the NaN of an operation without a sensible result} */
    static long indefinite(boolean single) {
        return single ? 0xFFC0_0000L : 0xFFF8_0000_0000_0000L;
    }

    private static long sign(boolean single) {
        return single ? 0x8000_0000L : Long.MIN_VALUE;
    }

    static boolean isDenormal(long bits, boolean single) {
        long magnitude = bits & ~sign(single) & (single ? 0xFFFF_FFFFL : -1);
        return magnitude != 0 && magnitude < (single ? 0x80_0000L : 0x10_0000_0000_0000L);
    }

    /** {@return an operand, 0 for a denormal one if MXCSR says so} */
    static long operand(Cpu cpu, long bits, boolean single) {
        return (cpu.mxcsr & DAZ) != 0 && isDenormal(bits, single) ? bits & sign(single) : bits;
    }

    static long compute(Cpu cpu, int operation, long first, long second, boolean single) {
        long a = operand(cpu, first, single);
        long b = operand(cpu, second, single);
        if (operation == MIN || operation == MAX) {
            return least(cpu, operation, a, b, single);
        }
        if (isNan(a, single) || isNan(b, single)) {
            cpu.mxcsr |= isSignaling(a, single) || isSignaling(b, single) ? IE : 0;
            return quiet(isNan(a, single) ? a : b, single);
        }
        double x = value(a, single);
        double y = value(b, single);
        double result = nearest(operation, x, y, single);
        if (Double.isNaN(result)) {
            cpu.mxcsr |= IE;
            return indefinite(single);
        }
        if (operation == DIV && y == 0 && !Double.isInfinite(x)) {
            cpu.mxcsr |= ZE;
            return bits(result, single);
        }
        cpu.mxcsr |= isDenormal(a, single) || isDenormal(b, single) ? DE : 0;
        if (Double.isInfinite(x) || Double.isInfinite(y)) {
            return bits(result, single);
        }
        if (x == 0 && y == 0 && (operation == ADD || operation == SUB)) {
            double other = operation == SUB ? -y : y;
            boolean isMixed = bits(x, false) != bits(other, false);
            return bits(isMixed && rounding(cpu) == 1 ? -0.0 : result, single);
        }
        boolean isPlain =
                rounding(cpu) == 0 && Math.abs(result) <= Double.MAX_VALUE && isFarFromLeast(x, result, single);
        if (isPlain) {
            cpu.mxcsr |= isExact(operation, x, y, result) ? 0 : PE;
            return bits(result, single);
        }
        return SseRounding.round(cpu, operation, x, y, result, single);
    }

    /** Whether what a result lacks is itself a double. */
    private static boolean isFarFromLeast(double x, double result, boolean single) {
        return Math.abs(result) >= (single ? 0x1p-120 : 0x1p-900) && (single || Math.abs(x) >= 0x1p-900);
    }

    private static boolean isExact(int operation, double x, double y, double result) {
        return switch (operation) {
            case ADD -> isSum(x, y, result);
            case SUB -> isSum(x, -y, result);
            case MUL -> Math.fma(x, y, -result) == 0;
            case DIV -> Math.fma(result, y, -x) == 0;
            default -> Math.fma(result, result, -x) == 0;
        };
    }

    private static boolean isSum(double x, double y, double result) {
        double sum = x + y;
        double part = sum - x;
        return sum == result && x - (sum - part) + (y - part) == 0;
    }

    private static double nearest(int operation, double x, double y, boolean single) {
        double result = switch (operation) {
            case ADD -> x + y;
            case SUB -> x - y;
            case MUL -> x * y;
            case DIV -> x / y;
            default -> Math.sqrt(x);
        };
        // Twice the digits and two more: rounding twice does no harm to normal numbers.
        return single && !Double.isNaN(result) ? (float) result : result;
    }

    private static long least(Cpu cpu, int operation, long a, long b, boolean single) {
        if (isNan(a, single) || isNan(b, single)) {
            cpu.mxcsr |= IE;
            return b;
        }
        cpu.mxcsr |= isDenormal(a, single) || isDenormal(b, single) ? DE : 0;
        double x = value(a, single);
        double y = value(b, single);
        return (operation == MIN ? x < y : x > y) ? a : b;
    }

    /** {@return the sign of what is exact less a limit} */
    static int compare(int operation, double x, double y, BigDecimal limit) {
        BigDecimal a = new BigDecimal(x);
        return switch (operation) {
            case ADD -> a.add(new BigDecimal(y)).compareTo(limit);
            case SUB -> a.subtract(new BigDecimal(y)).compareTo(limit);
            case MUL -> a.multiply(new BigDecimal(y)).compareTo(limit);
            case DIV -> Integer.signum(a.compareTo(limit.multiply(new BigDecimal(y)))) * (y < 0 ? -1 : 1);
            case SQRT -> a.compareTo(limit.multiply(limit));
            default -> a.compareTo(limit);
        };
    }
}
