package belljar.translator;

/**
 * A number of the x87 unit while it is computed with: how it stands in a register, and, if it is neither 0 nor infinite
 * nor a NaN, its sign, exponent and a significand of 128 bits. The value is then 1.xxx * 2<sup>exponent</sup>, the
 * highest bit of {@link #high} being the 1.
 */
final class Real {
    static final int ZERO = 0;
    static final int FINITE = 1;
    static final int INFINITE = 2;
    static final int QUIET = 3;
    static final int SIGNALING = 4;

    /** Bits that are no number since the 80387: unnormals, pseudo-infinities and pseudo-NaNs. */
    static final int UNSUPPORTED = 5;

    static final int BIAS = 16383;
    static final int LEAST = -16382;
    static final int GREATEST = 16383;

    private static final long TOP = Long.MIN_VALUE;
    private static final long QUIET_BIT = 1L << 62;
    private static final int ALL = 0x7FFF;

    /** The bits as in a register. */
    long significand;

    int signExponent;

    int kind;
    boolean isNegative;
    boolean isDenormal;
    int exponent;
    long high;
    long low;

    boolean isNan() {
        return kind == QUIET || kind == SIGNALING;
    }

    int sign() {
        return isNegative ? 0x8000 : 0;
    }

    /** Takes the bits of a register apart. */
    void load(long newSignificand, int newExponent) {
        significand = newSignificand;
        signExponent = newExponent;
        isNegative = (newExponent & 0x8000) != 0;
        isDenormal = false;
        low = 0;
        high = newSignificand;
        int biased = newExponent & ALL;
        if (biased == 0) {
            normalize();
        } else if (newSignificand >= 0) {
            kind = UNSUPPORTED;
        } else if (biased == ALL) {
            kind = newSignificand == TOP ? INFINITE : (newSignificand & QUIET_BIT) != 0 ? QUIET : SIGNALING;
        } else {
            kind = FINITE;
            exponent = biased - BIAS;
        }
    }

    private void normalize() {
        if (significand == 0) {
            kind = ZERO;
            return;
        }
        int shift = Long.numberOfLeadingZeros(significand);
        kind = FINITE;
        isDenormal = true;
        exponent = LEAST - shift;
        high = significand << shift;
    }

    /** Widens a single number; a signaling NaN stays one. */
    void loadSingle(int bits) {
        widen(bits < 0, bits >>> 23 & 0xFF, 0xFF, (long) bits << 41, 127);
    }

    /** Widens a double number. */
    void loadDouble(long bits) {
        widen(bits < 0, (int) (bits >>> 52) & 0x7FF, 0x7FF, bits << 12, 1023);
    }

    /** Widens a number whose fraction begins at the highest bit. */
    private void widen(boolean negative, int biased, int all, long fraction, int bias) {
        int sign = negative ? 0x8000 : 0;
        if (biased == all) {
            load(TOP | fraction >>> 1, sign | ALL);
        } else if (biased != 0) {
            load(TOP | fraction >>> 1, sign | biased - bias + BIAS);
        } else if (fraction == 0) {
            load(0, sign);
        } else {
            int shift = Long.numberOfLeadingZeros(fraction);
            load(fraction << shift, sign | -bias - shift + BIAS);
            isDenormal = true;
        }
    }

    void loadInteger(long value) {
        if (value == 0) {
            load(0, 0);
            return;
        }
        long magnitude = Math.abs(value);
        int shift = Long.numberOfLeadingZeros(magnitude);
        load(magnitude << shift, (value < 0 ? 0x8000 : 0) | 63 - shift + BIAS);
    }

    /** Makes this a number that is not normalized yet; 0 if the significand is. */
    void finite(boolean negative, int newExponent, long newHigh, long newLow) {
        isNegative = negative;
        isDenormal = false;
        if ((newHigh | newLow) == 0) {
            load(0, sign());
            return;
        }
        kind = FINITE;
        int shift = newHigh != 0 ? Long.numberOfLeadingZeros(newHigh) : 64 + Long.numberOfLeadingZeros(newLow);
        exponent = newExponent - shift;
        if (shift >= 64) {
            high = newLow << shift;
            low = 0;
        } else {
            high = shift == 0 ? newHigh : newHigh << shift | newLow >>> 64 - shift;
            low = newLow << shift;
        }
    }

    /** Makes this a copy. */
    void copy(Real other) {
        significand = other.significand;
        signExponent = other.signExponent;
        kind = other.kind;
        isNegative = other.isNegative;
        isDenormal = other.isDenormal;
        exponent = other.exponent;
        high = other.high;
        low = other.low;
    }

    void zero(boolean negative) {
        load(0, negative ? 0x8000 : 0);
    }

    void infinite(boolean negative) {
        load(TOP, negative ? 0xFFFF : ALL);
    }

    /** Makes this what an invalid operation yields. */
    void indefinite() {
        load(Fpu.INDEFINITE, Fpu.INDEFINITE_EXPONENT);
    }

    /** Makes a signaling NaN quiet. */
    void quiet() {
        load(significand | QUIET_BIT, signExponent);
    }

    /** Puts the bits together as a register holds them; the number has been rounded. */
    void pack() {
        if (kind == FINITE) {
            significand = high;
            signExponent = sign() | (high < 0 ? exponent + BIAS : 0);
        }
    }

    /** {@return the bits of a single number} The number has been rounded to one. */
    int single() {
        return (isNegative ? Integer.MIN_VALUE : 0) | biased(0xFF, 127) << 23 | (int) (fraction() << 1 >>> 41);
    }

    /** {@return the bits of a double number} The number has been rounded to one. */
    long asDouble() {
        return (isNegative ? TOP : 0) | (long) biased(0x7FF, 1023) << 52 | fraction() << 1 >>> 12;
    }

    private int biased(int all, int bias) {
        return switch (kind) {
            case ZERO -> 0;
            case FINITE -> high < 0 ? exponent + bias : 0;
            default -> all;
        };
    }

    private long fraction() {
        return kind == FINITE ? high : significand;
    }
}
