package belljar.translator;

/** Rounds results to what a register or memory can hold (SDM volume 1, sections 4.8.4 and 8.5). */
final class FpuRounding {
    /** What an exponent is changed by when overflow or underflow is not masked. */
    private static final int WRAP = 24576;

    private FpuRounding() {}

    /**
     * Rounds a number to the precision that the control word says, and packs it for a register.
     *
     * @return the exceptions, with {@link Fpu#C1} if the magnitude was rounded up
     */
    static int toRegister(Fpu fpu, Real x) {
        return toRegister(fpu, x, fpu.precision());
    }

    /** The same for a given precision. */
    static int toRegister(Fpu fpu, Real x, int precision) {
        int flags = round(fpu, x, precision, Real.LEAST, Real.GREATEST);
        x.pack();
        return flags;
    }

    static int toSingle(Fpu fpu, Real x) {
        return round(fpu, x, 24, -126, 127);
    }

    static int toDouble(Fpu fpu, Real x) {
        return round(fpu, x, 53, -1022, 1023);
    }

    private static int round(Fpu fpu, Real x, int precision, int least, int greatest) {
        if (x.kind != Real.FINITE) {
            return 0;
        }
        int exponent = x.exponent;
        long high = x.high;
        long low = x.low;
        int flags = cut(x, precision, fpu.rounding());
        if (x.exponent < least) {
            if ((fpu.control & Fpu.UE) == 0) {
                x.exponent += WRAP;
                if (x.exponent < least) { // which only FSCALE leads to
                    x.zero(x.isNegative);
                    return Fpu.UE | Fpu.PE;
                }
                return flags | Fpu.UE;
            }
            x.exponent = exponent;
            x.high = high;
            x.low = low;
            return denormalize(fpu, x, precision, least);
        }
        if (x.exponent > greatest) {
            if ((fpu.control & Fpu.OE) == 0) {
                x.exponent -= WRAP;
                if (x.exponent > greatest) {
                    x.infinite(x.isNegative);
                    return Fpu.OE | Fpu.PE | Fpu.C1;
                }
                return flags | Fpu.OE;
            }
            return overflow(fpu, x, precision, greatest);
        }
        return flags;
    }

    private static int denormalize(Fpu fpu, Real x, int precision, int least) {
        shiftRight(x, least - x.exponent);
        x.exponent = least;
        int flags = cut(x, precision, fpu.rounding());
        if (x.high == 0) {
            x.zero(x.isNegative);
        }
        return flags == 0 ? 0 : flags | Fpu.UE;
    }

    private static int overflow(Fpu fpu, Real x, int precision, int greatest) {
        boolean isInfinite = fpu.rounding() == 0 || fpu.rounding() == (x.isNegative ? 1 : 2);
        if (isInfinite) {
            x.infinite(x.isNegative);
            return Fpu.OE | Fpu.PE | Fpu.C1;
        }
        x.exponent = greatest;
        x.high = -1L << 64 - precision;
        return Fpu.OE | Fpu.PE;
    }

    /** Shifts a significand to the right; what falls out is remembered in the lowest bit. */
    static void shiftRight(Real x, int count) {
        if (count == 0) {
            return;
        }
        if (count >= 128) {
            x.high = 0;
            x.low = 1;
        } else if (count > 64) {
            long lost = x.low | x.high << 128 - count;
            x.low = x.high >>> count - 64 | (lost != 0 ? 1 : 0);
            x.high = 0;
        } else if (count == 64) {
            x.low = x.high | (x.low != 0 ? 1 : 0);
            x.high = 0;
        } else {
            long lost = x.low << 64 - count;
            x.low = x.low >>> count | x.high << 64 - count | (lost != 0 ? 1 : 0);
            x.high >>>= count;
        }
    }

    /** Rounds a significand to some bits, and the exponent with it if it overflows. */
    static int cut(Real x, int precision, int rounding) {
        long unit = 1L << 64 - precision;
        long rest = x.high & unit - 1;
        if ((rest | x.low) == 0) {
            return 0;
        }
        boolean isUp = switch (rounding) {
            case 0 -> {
                int half = half(x, unit, rest);
                yield half > 0 || half == 0 && (x.high & unit) != 0;
            }
            case 1 -> x.isNegative;
            case 2 -> !x.isNegative;
            default -> false;
        };
        x.high &= -unit;
        x.low = 0;
        if (!isUp) {
            return Fpu.PE;
        }
        boolean wasNormal = x.high < 0;
        x.high += unit;
        if (wasNormal && x.high >= 0) {
            x.high = Long.MIN_VALUE;
            x.exponent++;
        }
        return Fpu.PE | Fpu.C1;
    }

    /** {@return the sign of what is cut off less half a unit} */
    private static int half(Real x, long unit, long rest) {
        if (unit == 1) {
            return Long.compareUnsigned(x.low, Long.MIN_VALUE);
        }
        int above = Long.compareUnsigned(rest, unit >>> 1);
        return above != 0 || x.low == 0 ? above : 1;
    }
}
