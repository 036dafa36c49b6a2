package belljar.translator;

/** Packed decimal integers of 18 digits (SDM volume 1, section 4.7). */
final class FpuDecimal {
    private static final long BEYOND = 1_000_000_000_000_000_000L;

    private FpuDecimal() {}

    /** Makes a number of its digits; what digits beyond 9 mean is not defined, and here they count as they are. */
    static void load(Real into, long low, int high) {
        long value = 0;
        for (int at = 4; at >= 0; at -= 4) {
            value = 10 * value + (high >> at & 15);
        }
        for (int at = 60; at >= 0; at -= 4) {
            value = 10 * value + (low >>> at & 15);
        }
        into.loadInteger(value);
        if ((high & 0x8000) != 0) {
            into.load(into.significand, into.signExponent | 0x8000);
        }
    }

    /** {@return whether a number was stored} It is not if an exception that is not masked hinders it. */
    static boolean store(Cpu cpu, long address, Real a, int already) {
        Fpu fpu = cpu.fpu;
        int flags = already | FpuMoves.toInteger(a, fpu.rounding());
        boolean fits = (flags & Fpu.IE) == 0 && Long.compareUnsigned(a.high, BEYOND) < 0;
        flags = fits ? flags : flags & Fpu.STACK | Fpu.IE;
        if ((flags & ~fpu.control & Fpu.IE) == 0) {
            FpuMoves.checkWrite(cpu, address, 10);
        }
        if ((fpu.raise(flags) & Fpu.IE) != 0) {
            return false;
        }
        long low = Fpu.INDEFINITE;
        int high = Fpu.INDEFINITE_EXPONENT;
        if (fits) {
            long rest = a.high;
            low = 0;
            for (int at = 0; at < 64; at += 4) {
                low |= rest % 10 << at;
                rest /= 10;
            }
            high = (int) (rest % 10 | rest / 10 << 4) | a.sign();
        }
        cpu.mmu.store8(address, low);
        cpu.mmu.store2(cpu.wrap(address + 8), high);
        return true;
    }
}
