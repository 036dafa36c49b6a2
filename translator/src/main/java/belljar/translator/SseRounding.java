package belljar.translator;

import java.math.BigDecimal;

/** Rounding of a finite result to the nearest, down, up or to 0, and the flags that it raises. */
final class SseRounding {
    private SseRounding() {}

    /**
     * {@return a result rounded as MXCSR says}
     *
     * @param operation one of {@link SseMath}; 0 stands for x itself
     * @param result what is nearest to the exact one
     */
    static long round(Cpu cpu, int operation, double x, double y, double result, boolean single) {
        boolean isInfinite = Double.isInfinite(result);
        double greatest = single ? Float.MAX_VALUE : Double.MAX_VALUE;
        BigDecimal found = new BigDecimal(isInfinite ? Math.copySign(greatest, result) : result);
        int above = SseMath.compare(operation, x, y, found);
        if (above == 0 && !isInfinite) {
            boolean isTiny = result != 0 && Math.abs(result) < least(single);
            return isTiny ? tiny(cpu, result, single, false) : zero(cpu, operation, x, result, single);
        }
        if (isInfinite) {
            above = result > 0 ? -1 : 1;
        }
        boolean isNegative = result < 0 || result == 0 && above < 0;
        double rounded = direct(SseMath.rounding(cpu), result, above, isNegative, single);
        if (Math.abs(rounded) <= least(single) && isTiny(cpu, operation, x, y, isNegative, single)) {
            double signed = isNegative ? -Math.abs(rounded) : Math.abs(rounded);
            return tiny(cpu, signed, single, true);
        }
        cpu.mxcsr |= SseMath.PE;
        if (isInfinite || Double.isInfinite(rounded)) {
            BigDecimal bound = new BigDecimal(greatest)
                    .add(new BigDecimal(single ? Math.ulp(Float.MAX_VALUE) : Math.ulp(greatest)));
            int beyond = SseMath.compare(operation, x, y, isNegative ? bound.negate() : bound);
            boolean isOver = Double.isInfinite(rounded) || (isNegative ? beyond <= 0 : beyond >= 0);
            cpu.mxcsr |= isOver ? SseMath.OE : 0;
        }
        return SseMath.bits(rounded, single);
    }

    private static double least(boolean single) {
        return single ? Float.MIN_NORMAL : Double.MIN_NORMAL;
    }

    private static long zero(Cpu cpu, int operation, double x, double result, boolean single) {
        boolean isSum = operation == SseMath.ADD || operation == SseMath.SUB;
        boolean isNegative = isSum && result == 0 && x != 0 && SseMath.rounding(cpu) == 1;
        return SseMath.bits(isNegative ? -0.0 : result, single);
    }

    private static double direct(int rounding, double result, int above, boolean isNegative, boolean single) {
        boolean down = rounding == 1 || rounding == 3 && !isNegative;
        if (rounding == 0 || down == above > 0) {
            return result;
        }
        if (single) {
            float value = (float) result;
            return down ? Math.nextDown(value) : Math.nextUp(value);
        }
        return down ? Math.nextDown(result) : Math.nextUp(result);
    }

    /** {@return whether a result rounded without a lower limit of exponents would be less than the least normal one} */
    private static boolean isTiny(Cpu cpu, int operation, double x, double y, boolean isNegative, boolean single) {
        BigDecimal least = new BigDecimal(least(single));
        BigDecimal half = new BigDecimal(single ? Float.MIN_VALUE : Double.MIN_VALUE).divide(BigDecimal.TWO);
        int rounding = SseMath.rounding(cpu);
        boolean isAway = rounding == (isNegative ? 1 : 2);
        BigDecimal limit =
                rounding == 0 ? least.subtract(half.divide(BigDecimal.TWO)) : isAway ? least.subtract(half) : least;
        int above = SseMath.compare(operation, x, y, isNegative ? limit.negate() : limit) * (isNegative ? -1 : 1);
        return isAway ? above <= 0 : above < 0;
    }

    private static long tiny(Cpu cpu, double result, boolean single, boolean isInexact) {
        boolean isMasked = (cpu.mxcsr & SseMath.UM) != 0;
        if (isMasked && (cpu.mxcsr & SseMath.FTZ) != 0) {
            cpu.mxcsr |= SseMath.UE | SseMath.PE;
            return SseMath.bits(Math.copySign(0.0, result), single);
        }
        cpu.mxcsr |= isInexact ? SseMath.UE | SseMath.PE : isMasked ? 0 : SseMath.UE;
        return SseMath.bits(result, single);
    }
}
