package belljar.translator;

/** FPATAN: the angle of a point (SDM volume 2, table 3-30). */
final class FpuArcTangent {
    private FpuArcTangent() {}

    static int compute(Fpu fpu, Real y, Real x, Real result) {
        int flags = x.isDenormal || y.isDenormal ? Fpu.DE : 0;
        if (x.kind == Real.INFINITE && y.kind == Real.INFINITE) {
            DoubleDouble quarter = DoubleDouble.PI.scaled(-2);
            return flags | put(fpu, x.isNegative ? quarter.times(3) : quarter, 0, y.isNegative, result);
        }
        if (y.kind == Real.ZERO || x.kind == Real.INFINITE) {
            if (x.isNegative) {
                return flags | put(fpu, DoubleDouble.PI, 0, y.isNegative, result);
            }
            result.zero(y.isNegative);
            return flags;
        }
        if (x.kind == Real.ZERO || y.kind == Real.INFINITE) {
            return flags | put(fpu, DoubleDouble.PI.scaled(-1), 0, y.isNegative, result);
        }
        DoubleDouble a = DoubleDouble.of(y.high);
        DoubleDouble b = DoubleDouble.of(x.high);
        int power = y.exponent - x.exponent;
        if (power < -120) {
            boolean isTiny = !x.isNegative;
            DoubleDouble angle = isTiny ? a.dividedBy(b) : DoubleDouble.PI;
            return flags | put(fpu, angle, isTiny ? power : 0, y.isNegative, result);
        }
        if (power > 120) {
            return flags | put(fpu, DoubleDouble.PI.scaled(-1), 0, y.isNegative, result);
        }
        DoubleDouble first = firstQuarter(a.scaled(power), b);
        DoubleDouble angle = x.isNegative ? DoubleDouble.PI.minus(first) : first;
        return flags | put(fpu, angle, 0, y.isNegative, result);
    }

    /** {@return the angle of a point whose coordinates are positive} */
    private static DoubleDouble firstQuarter(DoubleDouble y, DoubleDouble x) {
        if (y.high() > x.high()) {
            return DoubleDouble.PI.scaled(-1).minus(firstQuarter(x, y));
        }
        // A guess of 53 bits, and what the point is off it when it is turned back by that angle
        double guess = Math.atan(y.high() / x.high());
        DoubleDouble angle = new DoubleDouble(guess, 0);
        DoubleDouble sin = angle.sin();
        DoubleDouble cos = angle.cos();
        DoubleDouble off =
                y.times(cos).minus(x.times(sin)).dividedBy(x.times(cos).plus(y.times(sin)));
        return angle.plus(off);
    }

    private static int put(Fpu fpu, DoubleDouble angle, int power, boolean isNegative, Real result) {
        return FpuTranscendental.round(fpu, isNegative ? angle.negate() : angle, power, result);
    }
}
