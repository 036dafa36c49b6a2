package belljar.translator;

import belljar.translator.FpuTable.Form;
import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * Sines, tangents, logarithms and powers (SDM volume 1, section 8.3.10). Results are computed with 100 bits and then
 * rounded as the control word says, which is within one unit in the last place of 64 bits of what processors yield;
 * like theirs, angles are reduced by 66 bits of pi. That they are never exact is told by PE but for results that are
 * operands or integers.
 */
final class FpuTranscendental {
    /** Pi as processors have it, as an integer with 66 bits behind the point. */
    private static final BigInteger PI = new BigInteger("C90FDAA22168C234C", 16);

    /** Beyond this, functions of small numbers are their first term. */
    private static final int SMALL = -60;

    private FpuTranscendental() {}

    static void execute(Cpu cpu, Form form) {
        Fpu fpu = cpu.fpu;
        switch (form.op()) {
            case FSIN, FCOS, FSINCOS, FPTAN -> angle(fpu, form.op());
            case F2XM1 -> {
                if (FpuMoves.isThere(fpu, 0)) {
                    fpu.get(0, fpu.a);
                    FpuArithmetic.finish(fpu, 0, power(fpu, fpu.a, fpu.result), 0);
                }
            }
            default -> {
                if (fpu.isEmpty(0) || fpu.isEmpty(1)) {
                    fpu.result.indefinite();
                    FpuArithmetic.finish(fpu, 1, Fpu.IE | Fpu.STACK, 1);
                    return;
                }
                fpu.get(0, fpu.a);
                fpu.get(1, fpu.b);
                FpuArithmetic.finish(fpu, 1, two(fpu, form.op(), fpu.a, fpu.b, fpu.result), 1);
            }
        }
    }

    /** Makes a result of a number and a power of 2, and rounds it. */
    static int round(Fpu fpu, DoubleDouble value, int power, Real result) {
        put(value, power, result);
        if (result.kind == Real.FINITE) {
            result.low |= 1;
        }
        return FpuRounding.toRegister(fpu, result, 64);
    }

    private static void put(DoubleDouble value, int power, Real result) {
        boolean isNegative = value.high() < 0;
        int exponent = Math.getExponent(value.high());
        // 53 and 53 bits as integers, the second with 126 bits of weight below the first's highest
        long high = (long) Math.abs(Math.scalb(value.high(), 62 - exponent));
        double rest = Math.scalb(isNegative ? -value.low() : value.low(), 62 - exponent);
        double whole = Math.floor(rest);
        high += (long) whole;
        long low = (long) ((rest - whole) * 0x1p63) << 1;
        result.finite(isNegative, exponent + 1 + power, high, low);
    }

    private static DoubleDouble value(Real x) {
        DoubleDouble value = DoubleDouble.of(x.high);
        return x.isNegative ? value.negate() : value;
    }

    /** {@return exceptions of operands that are none to compute with, and decide the result; -1 for none} */
    private static int special(Real x, Real y, Real result) {
        return FpuArithmetic.isSpecial(x, y) ? FpuArithmetic.choose(x, y, result) : -1;
    }

    private static int denormal(Real x, Real y) {
        return x.isDenormal || y.isDenormal ? Fpu.DE : 0;
    }

    // ---- angles

    private static void angle(Fpu fpu, X87 op) {
        boolean isTwo = op == X87.FSINCOS || op == X87.FPTAN;
        Real x = fpu.a;
        Real second = fpu.b;
        Real result = fpu.result;
        if (fpu.isEmpty(0) || isTwo && !fpu.isEmpty(-1)) {
            int over = fpu.isEmpty(0) ? 0 : Fpu.C1;
            result.indefinite();
            second.indefinite();
            finish(fpu, Fpu.IE | Fpu.STACK | over, isTwo);
            return;
        }
        fpu.get(0, x);
        int flags = special(x, x, result);
        if (flags >= 0) {
            second.copy(result);
        } else if (x.kind == Real.INFINITE) {
            flags = FpuArithmetic.invalid(result);
            second.indefinite();
        } else if (x.kind == Real.FINITE && x.exponent >= 63) {
            fpu.raise(0);
            fpu.conditions(Fpu.C2, Fpu.C2);
            return;
        } else {
            flags = compute(fpu, op, x, second, result);
        }
        finish(fpu, flags, isTwo);
    }

    private static void finish(Fpu fpu, int flags, boolean isTwo) {
        if (FpuArithmetic.finish(fpu, 0, flags, 0) && isTwo) {
            fpu.push(fpu.b.significand, fpu.b.signExponent);
        }
        fpu.conditions(Fpu.C2, 0);
    }

    private static int compute(Fpu fpu, X87 op, Real x, Real second, Real result) {
        if (x.kind == Real.ZERO) {
            result.copy(x);
            second.load(Long.MIN_VALUE, Real.BIAS);
            if (op == X87.FCOS) {
                result.copy(second);
            }
            return 0;
        }
        int flags = denormal(x, x);
        if (x.exponent < SMALL) {
            result.copy(x);
            second.load(Long.MIN_VALUE, Real.BIAS);
            if (op == X87.FPTAN) {
                result.low = 1;
                return flags | FpuRounding.toRegister(fpu, result, 64);
            }
            second.exponent = -1;
            second.high = -1;
            second.low = -1; // a little less than 1
            flags |= FpuRounding.toRegister(fpu, second, 64);
            if (op == X87.FCOS) {
                result.copy(second);
                return flags;
            }
            result.high -= 1; // a little less than the angle
            result.low = -1;
            result.finite(x.isNegative, x.exponent, result.high, result.low);
            return flags | FpuRounding.toRegister(fpu, result, 64);
        }
        return flags | functions(fpu, op, x, second, result);
    }

    private static int functions(Fpu fpu, X87 op, Real x, Real second, Real result) {
        DoubleDouble angle = DoubleDouble.of(x.high).scaled(x.exponent);
        int quarters = 0;
        if (x.exponent >= -1) {
            BigInteger whole = new BigInteger(Long.toUnsignedString(x.high)).shiftLeft(x.exponent + 4);
            BigInteger[] parts = whole.divideAndRemainder(PI);
            BigInteger rest = parts[1];
            quarters = parts[0].intValue() & 3;
            if (rest.shiftLeft(1).compareTo(PI) > 0) {
                rest = rest.subtract(PI);
                quarters = quarters + 1 & 3;
            }
            double high = rest.doubleValue();
            double low = rest.subtract(new BigDecimal(high).toBigInteger()).doubleValue();
            angle = DoubleDouble.sum(high, low).scaled(-67);
        }
        DoubleDouble sin = (quarters & 1) == 0 ? angle.sin() : angle.cos();
        DoubleDouble cos = (quarters & 1) == 0 ? angle.cos() : angle.sin();
        sin = quarters > 1 != x.isNegative ? sin.negate() : sin;
        cos = quarters == 1 || quarters == 2 ? cos.negate() : cos;
        return switch (op) {
            case FSIN -> round(fpu, sin, 0, result);
            case FCOS -> round(fpu, cos, 0, result);
            case FPTAN -> {
                second.load(Long.MIN_VALUE, Real.BIAS);
                yield round(fpu, sin.dividedBy(cos), 0, result);
            }
            default -> round(fpu, sin, 0, result) | round(fpu, cos, 0, second);
        };
    }

    // ---- powers and logarithms

    private static int power(Fpu fpu, Real x, Real result) {
        int flags = special(x, x, result);
        if (flags >= 0) {
            return flags;
        }
        result.copy(x);
        if (x.kind == Real.INFINITE) {
            if (x.isNegative) {
                result.load(Long.MIN_VALUE, 0x8000 | Real.BIAS);
            }
            return 0;
        }
        if (x.kind == Real.ZERO || x.exponent > 0) {
            return x.kind == Real.ZERO ? 0 : Fpu.PE; // what is beyond 1 has no defined result
        }
        if (x.exponent == 0) {
            boolean isOne = x.high == Long.MIN_VALUE;
            if (isOne && x.isNegative) {
                result.load(Long.MIN_VALUE, 0x8000 | Real.BIAS - 1);
            }
            return Fpu.PE;
        }
        flags = denormal(x, x);
        if (x.exponent < -110) {
            return flags | round(fpu, value(x).times(DoubleDouble.LN2), x.exponent, result);
        }
        DoubleDouble argument = value(x).scaled(x.exponent).times(DoubleDouble.LN2);
        return flags | round(fpu, argument.expMinus1(), 0, result);
    }

    private static int two(Fpu fpu, X87 op, Real x, Real y, Real result) {
        int flags = special(x, y, result);
        if (flags >= 0) {
            return flags;
        }
        return switch (op) {
            case FPATAN -> FpuArcTangent.compute(fpu, y, x, result);
            case FYL2X -> logarithm(fpu, x, y, result);
            default -> logarithmPlus1(fpu, x, y, result);
        };
    }

    private static int logarithm(Fpu fpu, Real x, Real y, Real result) {
        if (x.isNegative && x.kind != Real.ZERO) {
            return FpuArithmetic.invalid(result);
        }
        if (x.kind == Real.ZERO) {
            if (y.kind == Real.ZERO) {
                return FpuArithmetic.invalid(result);
            }
            result.infinite(!y.isNegative);
            return y.kind == Real.INFINITE ? 0 : Fpu.ZE;
        }
        boolean isOne = x.kind == Real.FINITE && x.exponent == 0 && x.high == Long.MIN_VALUE;
        boolean isLess = x.kind == Real.FINITE && x.exponent < 0;
        if (x.kind == Real.INFINITE || y.kind == Real.INFINITE) {
            if (isOne || y.kind == Real.ZERO) {
                return FpuArithmetic.invalid(result);
            }
            result.infinite(y.isNegative != isLess);
            return denormal(x, y);
        }
        if (isOne || y.kind == Real.ZERO) {
            result.zero(y.isNegative != isLess);
            return denormal(x, y);
        }
        if (x.high == Long.MIN_VALUE) {
            result.loadInteger(x.exponent);
            long low = result.high * y.high;
            long high = Math.unsignedMultiplyHigh(result.high, y.high);
            result.finite(result.isNegative != y.isNegative, result.exponent + y.exponent + 1, high, low);
            int tiny = result.exponent < Real.LEAST ? Fpu.UE : 0;
            return denormal(x, y) | FpuRounding.toRegister(fpu, result, 64) | Fpu.PE | tiny;
        }
        DoubleDouble part = DoubleDouble.of(x.high);
        int power = x.exponent;
        if (part.high() > 1.4142135) {
            part = part.scaled(-1);
            power++;
        }
        DoubleDouble logarithm =
                part.plus(-1).dividedBy(part.plus(1)).atanh().scaled(1).dividedBy(DoubleDouble.LN2);
        return denormal(x, y) | round(fpu, logarithm.plus(power).times(value(y)), y.exponent, result);
    }

    private static int logarithmPlus1(Fpu fpu, Real x, Real y, Real result) {
        boolean isNegative = x.isNegative != y.isNegative;
        if (x.kind == Real.INFINITE) {
            if (x.isNegative || y.kind == Real.ZERO) {
                return FpuArithmetic.invalid(result);
            }
            result.infinite(isNegative);
            return denormal(x, y);
        }
        if (y.kind == Real.INFINITE) {
            if (x.kind == Real.ZERO) {
                return FpuArithmetic.invalid(result);
            }
            result.infinite(isNegative);
            return denormal(x, y);
        }
        if (x.kind == Real.ZERO || y.kind == Real.ZERO) {
            result.zero(isNegative);
            return denormal(x, y);
        }
        if (x.exponent >= 0 && x.isNegative) {
            result.copy(x); // beyond what the operation is defined for
            return denormal(x, y) | Fpu.PE;
        }
        if (x.exponent > 120) {
            return logarithm(fpu, x, y, result);
        }
        if (x.exponent < -110) {
            DoubleDouble product = value(x).times(value(y)).dividedBy(DoubleDouble.LN2);
            return denormal(x, y) | round(fpu, product, x.exponent + y.exponent, result);
        }
        DoubleDouble number = value(x).scaled(x.exponent);
        int power = 0;
        DoubleDouble ratio;
        if (number.high() < -0.3 || number.high() > 0.42) {
            DoubleDouble whole = number.plus(1);
            power = Math.getExponent(whole.high());
            whole = whole.scaled(-power);
            if (whole.high() > 1.4142135) {
                whole = whole.scaled(-1);
                power++;
            }
            ratio = whole.plus(-1).dividedBy(whole.plus(1));
        } else {
            ratio = number.dividedBy(number.plus(2));
        }
        DoubleDouble logarithm = ratio.atanh().scaled(1).dividedBy(DoubleDouble.LN2);
        return denormal(x, y) | round(fpu, logarithm.plus(power).times(value(y)), y.exponent, result);
    }
}
