package belljar.translator;

/**
 * A number as the sum of two doubles, the second at most half a unit in the last place of the first: 106 bits, for the
 * transcendental operations (T. J. Dekker, "A floating-point technique for extending the available precision", 1971).
 * What an operation is off by is at most some 2<sup>-102</sup> of its result.
 */
record DoubleDouble(double high, double low) {
    static final DoubleDouble ZERO = new DoubleDouble(0, 0);
    static final DoubleDouble ONE = new DoubleDouble(1, 0);
    static final DoubleDouble LN2 = new DoubleDouble(0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56);
    static final DoubleDouble PI = new DoubleDouble(0x1.921fb54442d18p1, 0x1.1a62633145c07p-53);

    /** {@return the sum of two doubles of any size} */
    static DoubleDouble sum(double a, double b) {
        double sum = a + b;
        double part = sum - a;
        return new DoubleDouble(sum, a - (sum - part) + (b - part));
    }

    private static DoubleDouble of(double big, double small) {
        double sum = big + small;
        return new DoubleDouble(sum, small - (sum - big));
    }

    /** {@return a significand of 64 bits as a number from 1 to 2} */
    static DoubleDouble of(long significand) {
        return sum((significand >>> 11) * 0x1p-52, (significand & 0x7FF) * 0x1p-63);
    }

    DoubleDouble plus(DoubleDouble other) {
        DoubleDouble first = sum(high, other.high);
        DoubleDouble second = sum(low, other.low);
        DoubleDouble both = of(first.high, first.low + second.high);
        return of(both.high, both.low + second.low);
    }

    DoubleDouble plus(double other) {
        DoubleDouble first = sum(high, other);
        return of(first.high, first.low + low);
    }

    DoubleDouble minus(DoubleDouble other) {
        return plus(other.negate());
    }

    DoubleDouble negate() {
        return new DoubleDouble(-high, -low);
    }

    DoubleDouble times(DoubleDouble other) {
        double product = high * other.high;
        double rest = Math.fma(high, other.high, -product);
        return of(product, rest + (high * other.low + low * other.high));
    }

    DoubleDouble times(double other) {
        double product = high * other;
        return of(product, Math.fma(high, other, -product) + low * other);
    }

    DoubleDouble dividedBy(DoubleDouble other) {
        double first = high / other.high;
        DoubleDouble rest = minus(other.times(first));
        double second = rest.high / other.high;
        rest = rest.minus(other.times(second));
        DoubleDouble both = of(first, second);
        return both.plus(rest.high / other.high);
    }

    DoubleDouble dividedBy(double other) {
        return dividedBy(new DoubleDouble(other, 0));
    }

    /** {@return this times a power of 2} */
    DoubleDouble scaled(int power) {
        return new DoubleDouble(Math.scalb(high, power), Math.scalb(low, power));
    }

    // ---- functions

    /** {@return e to the power of this, less 1} For less than 1. */
    DoubleDouble expMinus1() {
        int halvings = 5;
        DoubleDouble x = scaled(-halvings);
        DoubleDouble sum = ZERO;
        for (int i = 18; i >= 1; i--) {
            sum = sum.plus(1).times(x).dividedBy(i);
        }
        for (int i = 0; i < halvings; i++) {
            sum = sum.times(sum.plus(2)); // e(2x) - 1 = (e(x) - 1)(e(x) + 1)
        }
        return sum;
    }

    /** {@return the inverse hyperbolic tangent of this} For less than 0.18. */
    DoubleDouble atanh() {
        DoubleDouble square = times(this);
        DoubleDouble sum = ZERO;
        for (int i = 45; i >= 3; i -= 2) {
            sum = sum.plus(ONE.dividedBy(i)).times(square);
        }
        return plus(times(sum));
    }

    /** {@return the sine of this} For at most 0.79. */
    DoubleDouble sin() {
        DoubleDouble square = times(this).negate();
        DoubleDouble sum = ZERO;
        for (int i = 29; i >= 3; i -= 2) {
            sum = sum.plus(1).times(square).dividedBy(i * (i - 1));
        }
        return plus(times(sum));
    }

    /** {@return the cosine of this} For at most 0.79. */
    DoubleDouble cos() {
        DoubleDouble square = times(this).negate();
        DoubleDouble sum = ZERO;
        for (int i = 28; i >= 2; i -= 2) {
            sum = sum.plus(1).times(square).dividedBy(i * (i - 1));
        }
        return sum.plus(1);
    }
}
