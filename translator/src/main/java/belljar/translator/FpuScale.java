package belljar.translator;

import belljar.translator.FpuTable.Form;

/** Rounding to integers, exponents, and remainders (SDM volume 1, section 8.3.5). */
final class FpuScale {
    private FpuScale() {}

    static void execute(Cpu cpu, Form form) {
        Fpu fpu = cpu.fpu;
        switch (form.op()) {
            case FRNDINT -> {
                if (FpuMoves.isThere(fpu, 0)) {
                    fpu.get(0, fpu.a);
                    FpuArithmetic.finish(fpu, 0, integral(fpu, fpu.a, fpu.result), 0);
                }
            }
            case FXTRACT -> extract(fpu);
            default -> {
                if (fpu.isEmpty(0) || fpu.isEmpty(1)) {
                    fpu.result.indefinite();
                    FpuArithmetic.finish(fpu, 0, Fpu.IE | Fpu.STACK, 0);
                    fpu.conditions(form.op() == X87.FSCALE ? 0 : Fpu.C2, 0);
                    return;
                }
                fpu.get(0, fpu.a);
                fpu.get(1, fpu.b);
                if (form.op() == X87.FSCALE) {
                    FpuArithmetic.finish(fpu, 0, scale(fpu, fpu.a, fpu.b, fpu.result), 0);
                } else {
                    remainder(fpu, form.op() == X87.FPREM1);
                }
            }
        }
    }

    private static int integral(Fpu fpu, Real x, Real result) {
        if (x.kind >= Real.QUIET) {
            return FpuArithmetic.choose(x, x, result);
        }
        result.copy(x);
        if (x.kind != Real.FINITE || x.exponent >= 63) {
            return 0;
        }
        if (x.isDenormal && (fpu.control & Fpu.DE) == 0) {
            return Fpu.DE;
        }
        int flags = FpuMoves.toInteger(result, fpu.rounding());
        result.finite(x.isNegative, 63, result.high, 0);
        result.pack();
        return flags | (x.isDenormal ? Fpu.DE : 0);
    }

    private static void extract(Fpu fpu) {
        if (fpu.isEmpty(0) || !fpu.isEmpty(-1)) {
            boolean isOver = !fpu.isEmpty(0);
            if (fpu.raise(Fpu.IE | Fpu.STACK | (isOver ? Fpu.C1 : 0)) == 0) {
                fpu.set(0, Fpu.INDEFINITE, Fpu.INDEFINITE_EXPONENT);
                fpu.push(Fpu.INDEFINITE, Fpu.INDEFINITE_EXPONENT);
            }
            return;
        }
        Real x = fpu.a;
        Real exponent = fpu.b;
        Real result = fpu.result;
        fpu.get(0, x);
        int flags = 0;
        if (x.kind >= Real.QUIET) {
            flags = FpuArithmetic.choose(x, x, result);
            exponent.copy(result);
        } else if (x.kind == Real.INFINITE) {
            result.copy(x);
            exponent.infinite(false);
        } else if (x.kind == Real.ZERO) {
            flags = Fpu.ZE;
            result.copy(x);
            exponent.infinite(true);
        } else {
            flags = x.isDenormal ? Fpu.DE : 0;
            exponent.loadInteger(x.exponent);
            result.copy(x);
            result.exponent = 0;
            result.pack();
        }
        if ((fpu.raise(flags) & FpuArithmetic.BEFORE) == 0) {
            fpu.set(0, exponent);
            fpu.push(result.significand, result.signExponent);
        }
    }

    private static int scale(Fpu fpu, Real x, Real y, Real result) {
        if (FpuArithmetic.isSpecial(x, y)) {
            return FpuArithmetic.choose(x, y, result);
        }
        int denormal = x.isDenormal || y.isDenormal ? Fpu.DE : 0;
        if (y.kind == Real.INFINITE) {
            if (x.kind == (y.isNegative ? Real.INFINITE : Real.ZERO)) {
                return FpuArithmetic.invalid(result);
            }
            if (y.isNegative) {
                result.zero(x.isNegative);
            } else {
                result.infinite(x.isNegative);
            }
            return denormal;
        }
        result.copy(x);
        if (x.kind != Real.FINITE || (denormal & ~fpu.control) != 0) {
            return denormal;
        }
        if (y.kind == Real.FINITE && y.exponent >= 0) {
            // More than any exponent can be changed by.
            int by = y.exponent > 16 ? 0x1_FFFF : (int) (y.high >>> 63 - y.exponent);
            result.exponent += y.isNegative ? -by : by;
        }
        return denormal | FpuRounding.toRegister(fpu, result, 64);
    }

    private static void remainder(Fpu fpu, boolean toNearest) {
        Real x = fpu.a;
        Real y = fpu.b;
        Real result = fpu.result;
        int conditions = -1;
        int flags;
        if (FpuArithmetic.isSpecial(x, y)) {
            flags = FpuArithmetic.choose(x, y, result);
        } else if (x.kind == Real.INFINITE || y.kind == Real.ZERO) {
            flags = FpuArithmetic.invalid(result);
        } else {
            flags = x.isDenormal || y.isDenormal ? Fpu.DE : 0;
            result.copy(x);
            conditions = 0;
            if (x.kind == Real.FINITE && (flags & ~fpu.control) == 0) {
                conditions = y.kind == Real.INFINITE ? 0 : reduce(x, y, toNearest, result);
                if (result.kind == Real.ZERO) {
                    result.zero(x.isNegative);
                } else {
                    flags |= FpuRounding.toRegister(fpu, result, 64);
                }
            }
        }
        if (FpuArithmetic.finish(fpu, 0, flags, 0) && conditions >= 0) {
            fpu.conditions(Fpu.CONDITIONS, conditions);
        } else {
            fpu.conditions(Fpu.C2, 0);
        }
    }

    /** {@return the condition codes of a remainder: the quotient's low bits, or that it is not complete} */
    private static int reduce(Real x, Real y, boolean toNearest, Real result) {
        int steps = x.exponent - y.exponent;
        if (steps < 0) {
            return toNearest && steps == -1 && Long.compareUnsigned(x.high, y.high) > 0 ? less(x, y, result) : 0;
        }
        boolean isPart = steps >= 64;
        int count = isPart ? steps & 31 | 32 : steps;
        long rest = x.high;
        long quotient = 0;
        boolean carry = false;
        for (int i = count; ; i--) {
            boolean fits = carry || Long.compareUnsigned(rest, y.high) >= 0;
            rest -= fits ? y.high : 0;
            quotient = quotient << 1 | (fits ? 1 : 0);
            if (i == 0) {
                break;
            }
            carry = rest < 0;
            rest <<= 1;
        }
        boolean isNegative = x.isNegative;
        if (!isPart && toNearest) {
            int above = rest < 0 ? 1 : Long.compareUnsigned(rest << 1, y.high);
            if (above > 0 || above == 0 && (quotient & 1) != 0) {
                rest = y.high - rest;
                quotient++;
                isNegative = !isNegative;
            }
        }
        result.finite(isNegative, x.exponent - count, rest, 0);
        return isPart ? Fpu.C2 : codes(quotient);
    }

    /** The number is between a half of the other and all of it: the quotient is 1. */
    private static int less(Real x, Real y, Real result) {
        long low = -(x.high << 63);
        long high = y.high - (x.high >>> 1) - (low != 0 ? 1 : 0);
        result.finite(!x.isNegative, y.exponent, high, low);
        return codes(1);
    }

    private static int codes(long quotient) {
        return ((quotient & 1) != 0 ? Fpu.C1 : 0)
                | ((quotient & 2) != 0 ? Fpu.C3 : 0)
                | ((quotient & 4) != 0 ? Fpu.C0 : 0);
    }
}
