package belljar.translator;

import belljar.translator.FpuTable.Form;
import belljar.translator.FpuTable.Operand;

/** Addition, subtraction, multiplication, division and square root (SDM volume 1, sections 8.3.5 and 8.5). */
final class FpuArithmetic {
    /** Exceptions found before anything is computed: unmasked, they leave all as it is. */
    static final int BEFORE = Fpu.IE | Fpu.DE | Fpu.ZE;

    private FpuArithmetic() {}

    static void execute(Cpu cpu, Insn in, Form form) {
        Fpu fpu = cpu.fpu;
        if (form.op() == X87.FSQRT) {
            if (FpuMoves.isThere(fpu, 0)) {
                fpu.get(0, fpu.a);
                finish(fpu, 0, root(fpu, fpu.a, fpu.result), 0);
            }
            return;
        }
        boolean isMemory = form.operand() != Operand.REGISTER;
        int other = isMemory ? 0 : in.reg & 7;
        int to = form.toOther() ? other : 0;
        if (isMemory) {
            FpuMoves.read(cpu, in, form, fpu.b);
        }
        if (fpu.isEmpty(0) || fpu.isEmpty(other)) {
            fpu.result.indefinite();
            finish(fpu, to, Fpu.IE | Fpu.STACK, form.pops());
            return;
        }
        fpu.get(to, fpu.a);
        if (!isMemory) {
            fpu.get(form.toOther() ? 0 : other, fpu.b);
        }
        finish(fpu, to, compute(fpu, form.op(), fpu.a, fpu.b, fpu.result), form.pops());
    }

    /** Notes exceptions, and puts the result into a register unless one of them hinders it. */
    static boolean finish(Fpu fpu, int to, int flags, int pops) {
        if ((flags & ~fpu.control & BEFORE) != 0) {
            fpu.raise(flags & (BEFORE | Fpu.STACK));
            return false;
        }
        fpu.raise(flags);
        fpu.set(to, fpu.result);
        fpu.pop(pops);
        return true;
    }

    /** {@return what an invalid operation raises} Its result is the indefinite number. */
    static int invalid(Real result) {
        result.indefinite();
        return Fpu.IE;
    }

    /** {@return whether at least one operand is none to compute with} */
    static boolean isSpecial(Real x, Real y) {
        return x.kind >= Real.QUIET || y.kind >= Real.QUIET;
    }

    /**
     * Chooses the NaN that results from operands of which at least one is a NaN or unsupported (SDM volume 1, table
     * 4-7).
     *
     * @return {@link Fpu#IE} or 0
     */
    static int choose(Real x, Real y, Real result) {
        if (x.kind == Real.UNSUPPORTED || y.kind == Real.UNSUPPORTED) {
            return invalid(result);
        }
        int flags = x.kind == Real.SIGNALING || y.kind == Real.SIGNALING ? Fpu.IE : 0;
        boolean isFirst;
        if (!x.isNan() || !y.isNan()) {
            isFirst = x.isNan();
        } else if (x.kind != y.kind) {
            isFirst = x.kind == Real.QUIET;
        } else {
            int more = Long.compareUnsigned(x.significand, y.significand);
            isFirst = more > 0 || more == 0 && !x.isNegative;
        }
        result.copy(isFirst ? x : y);
        result.quiet();
        return flags;
    }

    private static int compute(Fpu fpu, X87 op, Real x, Real y, Real result) {
        if (isSpecial(x, y)) {
            return choose(x, y, result);
        }
        int denormal = x.isDenormal || y.isDenormal ? Fpu.DE : 0;
        int flags = switch (op) {
            case FADD -> add(fpu, x, y, y.isNegative, result);
            case FSUB -> add(fpu, x, y, !y.isNegative, result);
            case FSUBR -> add(fpu, y, x, !x.isNegative, result);
            case FMUL -> multiply(x, y, result);
            case FDIV -> divide(x, y, result);
            default -> divide(y, x, result);
        };
        if ((flags & Fpu.IE) != 0) {
            return flags;
        }
        flags |= flags == 0 ? denormal : 0;
        if ((flags & ~fpu.control & BEFORE) != 0) {
            return flags;
        }
        return flags | FpuRounding.toRegister(fpu, result);
    }

    private static int add(Fpu fpu, Real x, Real y, boolean isNegative, Real result) {
        if (x.kind == Real.INFINITE || y.kind == Real.INFINITE) {
            if (x.kind == y.kind && x.isNegative != isNegative) {
                return invalid(result);
            }
            result.infinite(x.kind == Real.INFINITE ? x.isNegative : isNegative);
            return 0;
        }
        if (y.kind == Real.ZERO) {
            if (x.kind == Real.ZERO) {
                result.zero(x.isNegative == isNegative ? isNegative : fpu.rounding() == 1);
            } else {
                result.copy(x);
            }
            return 0;
        }
        if (x.kind == Real.ZERO) {
            result.copy(y);
            result.isNegative = isNegative;
            return 0;
        }
        sum(x, y, isNegative, result);
        if (result.kind == Real.ZERO) {
            result.zero(fpu.rounding() == 1);
        }
        return 0;
    }

    /** Adds finite numbers; what is beyond 128 bits is remembered in the lowest. */
    static void sum(Real x, Real y, boolean isNegative, Real result) {
        boolean isSwapped = x.exponent < y.exponent;
        Real big = isSwapped ? y : x;
        Real small = isSwapped ? x : y;
        boolean bigSign = isSwapped ? isNegative : x.isNegative;
        boolean smallSign = isSwapped ? x.isNegative : isNegative;
        result.high = small.high;
        result.low = small.low;
        FpuRounding.shiftRight(result, big.exponent - small.exponent);
        long high = result.high;
        long low = result.low;
        if (bigSign == smallSign) {
            long sumLow = big.low + low;
            long carry = Long.compareUnsigned(sumLow, low) < 0 ? 1 : 0;
            long sumHigh = big.high + high + carry;
            boolean isOver = Long.compareUnsigned(sumHigh, high) < 0 || carry != 0 && sumHigh == high;
            if (isOver) {
                sumLow = sumLow >>> 1 | sumLow & 1 | sumHigh << 63;
                sumHigh = sumHigh >>> 1 | Long.MIN_VALUE;
            }
            result.finite(bigSign, big.exponent + (isOver ? 1 : 0), sumHigh, sumLow);
            return;
        }
        long restLow = big.low - low;
        long borrow = Long.compareUnsigned(big.low, low) < 0 ? 1 : 0;
        long restHigh = big.high - high - borrow;
        if (restHigh < 0 && Long.compareUnsigned(big.high, high) < 0 || big.high == high && borrow != 0) {
            // The exponents are the same, and the other was the greater one.
            restLow = -restLow;
            restHigh = ~restHigh + (restLow == 0 ? 1 : 0);
            result.finite(smallSign, big.exponent, restHigh, restLow);
        } else {
            result.finite(bigSign, big.exponent, restHigh, restLow);
        }
    }

    private static int multiply(Real x, Real y, Real result) {
        boolean isNegative = x.isNegative != y.isNegative;
        if (x.kind == Real.INFINITE || y.kind == Real.INFINITE) {
            if (x.kind == Real.ZERO || y.kind == Real.ZERO) {
                return invalid(result);
            }
            result.infinite(isNegative);
        } else if (x.kind == Real.ZERO || y.kind == Real.ZERO) {
            result.zero(isNegative);
        } else {
            long high = Math.unsignedMultiplyHigh(x.high, y.high);
            result.finite(isNegative, x.exponent + y.exponent + 1, high, x.high * y.high);
        }
        return 0;
    }

    private static int divide(Real x, Real y, Real result) {
        boolean isNegative = x.isNegative != y.isNegative;
        if (x.kind == Real.INFINITE) {
            if (y.kind == Real.INFINITE) {
                return invalid(result);
            }
            result.infinite(isNegative);
        } else if (y.kind == Real.ZERO) {
            if (x.kind == Real.ZERO) {
                return invalid(result);
            }
            result.infinite(isNegative);
            return Fpu.ZE;
        } else if (x.kind == Real.ZERO || y.kind == Real.INFINITE) {
            result.zero(isNegative);
        } else {
            quotient(x, y, isNegative, result);
        }
        return 0;
    }

    /** Divides significands of 64 bits to 128; the rest is remembered in the lowest. */
    private static void quotient(Real x, Real y, boolean isNegative, Real result) {
        long first = divide(x.high >>> 1, x.high << 63, y.high);
        long rest = (x.high << 63) - first * y.high;
        long second = divide(rest, 0, y.high);
        long left = -second * y.high;
        result.finite(isNegative, x.exponent - y.exponent, first, second | (left != 0 ? 1 : 0));
    }

    /**
     * {@return the quotient of 128 by 64 bits, all unsigned}
     *
     * @param high less than the divisor
     * @param by has its highest bit set
     */
    static long divide(long high, long low, long by) {
        // Knuth's algorithm D with two digits of 32 bits.
        long top = by >>> 32;
        long bottom = by & 0xFFFF_FFFFL;
        long first = digit(high, low >>> 32, top, bottom);
        long rest = (high << 32 | low >>> 32) - first * by;
        return first << 32 | digit(rest, low & 0xFFFF_FFFFL, top, bottom);
    }

    private static long digit(long high, long next, long top, long bottom) {
        long guess = Long.divideUnsigned(high, top);
        long rest = high - guess * top;
        while (guess >>> 32 != 0 || Long.compareUnsigned(guess * bottom, rest << 32 | next) > 0) {
            guess--;
            rest += top;
            if (rest >>> 32 != 0) {
                break;
            }
        }
        return guess;
    }

    private static int root(Fpu fpu, Real x, Real result) {
        if (x.kind >= Real.QUIET) {
            return choose(x, x, result);
        }
        if (x.isNegative && x.kind != Real.ZERO) {
            return invalid(result);
        }
        if (x.kind != Real.FINITE) {
            result.copy(x);
            return 0;
        }
        if (x.isDenormal && (fpu.control & Fpu.DE) == 0) {
            return Fpu.DE;
        }
        int odd = x.exponent & 1;
        long high = odd == 0 ? x.high >>> 1 : x.high;
        long low = odd == 0 ? x.high << 63 : 0;
        long root = root(high, low);
        // What the square lacks says on which side of the half the root's rest is; it is never there.
        long lacks = low - root * root;
        boolean isLong =
                high != Math.unsignedMultiplyHigh(root, root) + (Long.compareUnsigned(low, root * root) < 0 ? 1 : 0);
        boolean isMore = isLong || Long.compareUnsigned(lacks, root) > 0;
        long rest = !isLong && lacks == 0 ? 0 : isMore ? 0xC000_0000_0000_0000L : 0x4000_0000_0000_0000L;
        result.finite(false, x.exponent - odd >> 1, root, rest);
        return FpuRounding.toRegister(fpu, result) | (x.isDenormal ? Fpu.DE : 0);
    }

    /** {@return the integral part of the root of 128 bits, the highest two of which are not both 0} */
    private static long root(long high, long low) {
        double near = Math.sqrt((high >>> 1) * 0x1p65) * (1 + 0x1p-50);
        long guess = near >= 0x1p64 ? -1 : (long) (near * 0.5) << 1 | 1;
        while (true) {
            // Newton's method comes down to the root from above.
            long other = divide(high, low, guess);
            if (Long.compareUnsigned(other, guess) >= 0) {
                return guess;
            }
            guess = (guess & other) + ((guess ^ other) >>> 1);
        }
    }
}
