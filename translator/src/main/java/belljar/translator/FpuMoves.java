package belljar.translator;

import belljar.translator.FpuTable.Form;

/** Loads, stores and moves of the x87 unit, and its constants (SDM volume 1, sections 8.3.3 and 8.3.4). */
final class FpuMoves {
    /** What lies between a constant's significand of 64 bits and its value decides how it is rounded. */
    private static final int DOWN = 1;

    private static final int UP = 2;

    private FpuMoves() {}

    static void execute(Cpu cpu, Insn in, Form form) {
        Fpu fpu = cpu.fpu;
        switch (form.op()) {
            case FLD -> load(cpu, in, form);
            case FST, FISTT -> {
                if (form.operand() == FpuTable.Operand.REGISTER) {
                    copy(fpu, in, form);
                } else {
                    store(cpu, in, form);
                }
            }
            case FXCH -> exchange(fpu, in.reg & 7);
            case FCHS, FABS -> sign(fpu, form.op() == X87.FCHS);
            case FFREE -> {
                fpu.raise(0);
                fpu.free(in.reg & 7);
                fpu.pop(form.pops());
            }
            case FINCSTP -> turn(fpu, 1);
            case FDECSTP -> turn(fpu, -1);
            case FNOP -> {}
            default -> constant(fpu, form.op());
        }
    }

    private static void turn(Fpu fpu, int by) {
        fpu.top = fpu.top + by & 7;
        fpu.conditions(Fpu.C1, 0);
    }

    // ---- loads

    private static void load(Cpu cpu, Insn in, Form form) {
        Fpu fpu = cpu.fpu;
        Real a = fpu.a;
        if (form.operand() == FpuTable.Operand.REGISTER) {
            copyToTop(fpu, in.reg & 7);
            return;
        }
        read(cpu, in, form, a);
        if (!fpu.hasRoom()) {
            return;
        }
        int flags = 0;
        if (form.operand() == FpuTable.Operand.SINGLE || form.operand() == FpuTable.Operand.DOUBLE) {
            flags = a.kind == Real.SIGNALING ? Fpu.IE : a.isDenormal ? Fpu.DE : 0;
            if (a.kind == Real.SIGNALING) {
                a.quiet();
            }
        }
        if ((fpu.raise(flags) & Fpu.IE) == 0) {
            fpu.push(a.significand, a.signExponent);
        }
    }

    /** Reads the operand in memory, as a register would hold it. */
    static void read(Cpu cpu, Insn in, Form form, Real into) {
        long address = cpu.linear(in);
        Mmu mmu = cpu.mmu;
        switch (form.operand()) {
            case SINGLE -> into.loadSingle(mmu.load4(address));
            case DOUBLE -> into.loadDouble(mmu.load8(address));
            case SHORT -> into.loadInteger((short) mmu.load2(address));
            case INT -> into.loadInteger(mmu.load4(address));
            case LONG -> into.loadInteger(mmu.load8(address));
            default -> {
                long low = mmu.load8(address);
                int high = mmu.load2(cpu.wrap(address + 8));
                if (form.operand() == FpuTable.Operand.EXTENDED) {
                    into.load(low, high);
                } else {
                    FpuDecimal.load(into, low, high);
                }
            }
        }
    }

    private static void copyToTop(Fpu fpu, int from) {
        int at = fpu.number(from);
        if (fpu.isEmpty(from)) {
            if (fpu.raise(Fpu.IE | Fpu.STACK) == 0) {
                fpu.push(Fpu.INDEFINITE, Fpu.INDEFINITE_EXPONENT);
            }
        } else if (fpu.hasRoom()) {
            fpu.raise(0);
            fpu.push(fpu.significand[at], fpu.exponent[at]);
        }
    }

    private static void constant(Fpu fpu, X87 op) {
        long significand;
        int exponent;
        int rounding = fpu.rounding();
        boolean isDown = rounding == DOWN || rounding == 3;
        switch (op) {
            case FLD1 -> {
                significand = Long.MIN_VALUE;
                exponent = 0x3FFF;
            }
            case FLDL2T -> {
                significand = 0xD49A_784B_CD1B_8AFEL + (rounding == UP ? 1 : 0);
                exponent = 0x4000;
            }
            case FLDL2E -> {
                significand = 0xB8AA_3B29_5C17_F0BCL - (isDown ? 1 : 0);
                exponent = 0x3FFF;
            }
            case FLDPI -> {
                significand = 0xC90F_DAA2_2168_C235L - (isDown ? 1 : 0);
                exponent = 0x4000;
            }
            case FLDLG2 -> {
                significand = 0x9A20_9A84_FBCF_F799L - (isDown ? 1 : 0);
                exponent = 0x3FFD;
            }
            case FLDLN2 -> {
                significand = 0xB172_17F7_D1CF_79ACL - (isDown ? 1 : 0);
                exponent = 0x3FFE;
            }
            default -> {
                significand = 0;
                exponent = 0;
            }
        }
        if (fpu.hasRoom()) {
            fpu.raise(0);
            fpu.push(significand, exponent);
        }
    }

    // ---- within the registers

    /** {@return whether an operand is there} If it is not, the masked response is the indefinite number in it. */
    static boolean isThere(Fpu fpu, int distance) {
        if (!fpu.isEmpty(distance)) {
            return true;
        }
        if (fpu.raise(Fpu.IE | Fpu.STACK) == 0) {
            fpu.set(distance, Fpu.INDEFINITE, Fpu.INDEFINITE_EXPONENT);
        }
        return false;
    }

    private static void copy(Fpu fpu, Insn in, Form form) {
        int to = in.reg & 7;
        if (fpu.isEmpty(0) && in.opcode == 0xD9) { // an alias of the store that does not check
            fpu.raise(0);
            fpu.pop(form.pops());
            return;
        }
        if (fpu.isEmpty(0)) {
            if (fpu.raise(Fpu.IE | Fpu.STACK) == 0) {
                fpu.set(to, Fpu.INDEFINITE, Fpu.INDEFINITE_EXPONENT);
                fpu.pop(form.pops());
            }
            return;
        }
        fpu.raise(0);
        fpu.set(to, fpu.significand[fpu.top], fpu.exponent[fpu.top]);
        fpu.pop(form.pops());
    }

    private static void exchange(Fpu fpu, int distance) {
        if (fpu.isEmpty(0) || fpu.isEmpty(distance)) {
            if (fpu.raise(Fpu.IE | Fpu.STACK) != 0) {
                return;
            }
            fill(fpu, 0);
            fill(fpu, distance);
        } else {
            fpu.raise(0);
        }
        int at = fpu.number(distance);
        long significand = fpu.significand[at];
        int exponent = fpu.exponent[at];
        fpu.set(distance, fpu.significand[fpu.top], fpu.exponent[fpu.top]);
        fpu.set(0, significand, exponent);
    }

    private static void fill(Fpu fpu, int distance) {
        if (fpu.isEmpty(distance)) {
            fpu.set(distance, Fpu.INDEFINITE, Fpu.INDEFINITE_EXPONENT);
        }
    }

    private static void sign(Fpu fpu, boolean changes) {
        if (isThere(fpu, 0)) {
            fpu.raise(0);
            int exponent = fpu.exponent[fpu.top];
            fpu.exponent[fpu.top] = changes ? exponent ^ 0x8000 : exponent & 0x7FFF;
        }
    }

    // ---- stores

    private static void store(Cpu cpu, Insn in, Form form) {
        Fpu fpu = cpu.fpu;
        Real a = fpu.a;
        int flags = 0;
        if (fpu.isEmpty(0)) {
            flags = Fpu.IE | Fpu.STACK;
            a.indefinite();
        } else {
            fpu.get(0, a);
        }
        long address = cpu.linear(in);
        boolean isDone = switch (form.operand()) {
            case SINGLE, DOUBLE -> storeReal(cpu, address, a, flags, form.operand() == FpuTable.Operand.SINGLE);
            case EXTENDED -> storeExtended(cpu, address, a, flags);
            case DECIMAL -> FpuDecimal.store(cpu, address, a, flags);
            default -> storeInteger(cpu, address, a, flags, form);
        };
        if (isDone) {
            fpu.pop(form.pops());
        }
    }

    /** Raises the page fault that a store would, before anything is changed. */
    static void checkWrite(Cpu cpu, long address, int size) {
        cpu.mmu.checkWrite(address, Math.min(size, 8));
        if (size > 8) {
            cpu.mmu.checkWrite(cpu.wrap(address + 8), 2);
        }
    }

    private static boolean storeReal(Cpu cpu, long address, Real a, int already, boolean isSingle) {
        Fpu fpu = cpu.fpu;
        int flags = already;
        switch (a.kind) {
            case Real.SIGNALING -> {
                a.quiet();
                flags |= Fpu.IE;
            }
            case Real.UNSUPPORTED -> {
                a.indefinite();
                flags |= Fpu.IE;
            }
            case Real.FINITE -> flags |= isSingle ? FpuRounding.toSingle(fpu, a) : FpuRounding.toDouble(fpu, a);
            default -> {}
        }
        boolean isStored = (flags & ~fpu.control & (Fpu.IE | Fpu.OE | Fpu.UE)) == 0;
        if (isStored) {
            checkWrite(cpu, address, isSingle ? 4 : 8);
        } else {
            flags &= ~(Fpu.PE | Fpu.C1);
        }
        fpu.raise(flags);
        if (isStored && isSingle) {
            cpu.mmu.store4(address, a.single());
        } else if (isStored) {
            cpu.mmu.store8(address, a.asDouble());
        }
        return isStored;
    }

    private static boolean storeExtended(Cpu cpu, long address, Real a, int flags) {
        if ((flags & ~cpu.fpu.control) == 0) {
            checkWrite(cpu, address, 10);
        }
        if (cpu.fpu.raise(flags) != 0) {
            return false;
        }
        cpu.mmu.store8(address, a.significand);
        cpu.mmu.store2(cpu.wrap(address + 8), a.signExponent);
        return true;
    }

    private static boolean storeInteger(Cpu cpu, long address, Real a, int already, Form form) {
        Fpu fpu = cpu.fpu;
        int size = form.operand() == FpuTable.Operand.SHORT ? 2 : form.operand() == FpuTable.Operand.INT ? 4 : 8;
        int flags = already | toInteger(a, form.op() == X87.FISTT ? 3 : fpu.rounding());
        long value = a.isNegative ? -a.high : a.high;
        boolean fits = (flags & Fpu.IE) == 0
                && (a.high >= 0 || value == a.high && a.isNegative)
                && Cpu.extend(value, size) == value;
        if (!fits) {
            flags = flags & Fpu.STACK | Fpu.IE;
            value = -1L << 8 * size - 1;
        }
        if ((flags & ~fpu.control & Fpu.IE) == 0) {
            checkWrite(cpu, address, size);
        }
        if ((fpu.raise(flags) & Fpu.IE) != 0) {
            return false;
        }
        cpu.mmu.store(address, size, value);
        return true;
    }

    /**
     * Rounds a number to an integer, whose magnitude is then {@link Real#high}.
     *
     * @return {@link Fpu#PE} and {@link Fpu#C1}, or {@link Fpu#IE} if 64 bits do not hold the magnitude
     */
    static int toInteger(Real a, int rounding) {
        if (a.kind == Real.ZERO) {
            a.high = 0;
            return 0;
        }
        if (a.kind != Real.FINITE || a.exponent > 63) {
            return Fpu.IE;
        }
        // 64 bits before the point, which lies between the two halves
        FpuRounding.shiftRight(a, 63 - a.exponent);
        return FpuRounding.cut(a, 64, rounding);
    }
}
