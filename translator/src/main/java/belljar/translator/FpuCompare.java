package belljar.translator;

import belljar.translator.FpuTable.Form;
import belljar.translator.FpuTable.Operand;

/** Comparisons, classification and conditional moves (SDM volume 1, sections 8.3.3 and 8.3.6). */
final class FpuCompare {
    private static final int UNORDERED = Fpu.C3 | Fpu.C2 | Fpu.C0;

    private FpuCompare() {}

    static void execute(Cpu cpu, Insn in, Form form) {
        Fpu fpu = cpu.fpu;
        switch (form.op()) {
            case FXAM -> examine(fpu);
            case FCOM, FUCOM, FCOMI, FUCOMI, FTST -> compare(cpu, in, form);
            default -> move(cpu, in.reg & 7, form.op());
        }
    }

    private static void examine(Fpu fpu) {
        Real a = fpu.a;
        fpu.get(0, a);
        int kind = switch (a.kind) {
            case Real.UNSUPPORTED -> 0;
            case Real.QUIET, Real.SIGNALING -> Fpu.C0;
            case Real.INFINITE -> Fpu.C2 | Fpu.C0;
            case Real.ZERO -> Fpu.C3;
            default -> a.isDenormal ? Fpu.C3 | Fpu.C2 : Fpu.C2;
        };
        kind = fpu.isEmpty(0) ? Fpu.C3 | Fpu.C0 : kind;
        fpu.conditions(Fpu.CONDITIONS, kind | (a.isNegative ? Fpu.C1 : 0));
    }

    private static void compare(Cpu cpu, Insn in, Form form) {
        Fpu fpu = cpu.fpu;
        boolean isMemory = form.operand() != Operand.REGISTER && form.operand() != Operand.NONE;
        int other = form.op() == X87.FTST ? 0 : form.operand() == Operand.REGISTER ? in.reg & 7 : isMemory ? 0 : 1;
        if (isMemory) {
            FpuMoves.read(cpu, in, form, fpu.b);
        } else if (form.op() == X87.FTST) {
            fpu.b.zero(false);
        } else {
            fpu.get(other, fpu.b);
        }
        boolean isQuiet = form.op() == X87.FUCOM || form.op() == X87.FUCOMI;
        int flags;
        int found = UNORDERED;
        if (fpu.isEmpty(0) || fpu.isEmpty(other)) {
            flags = Fpu.IE | Fpu.STACK;
        } else {
            fpu.get(0, fpu.a);
            flags = exceptions(fpu.a, fpu.b, isQuiet);
            found = FpuArithmetic.isSpecial(fpu.a, fpu.b) ? UNORDERED : order(fpu.a, fpu.b);
        }
        boolean isInFlags = form.op() == X87.FCOMI || form.op() == X87.FUCOMI;
        // Those that set RFLAGS leave C1, unless it tells of the stack.
        int kept = isInFlags && (flags & Fpu.STACK) == 0 ? fpu.status() & Fpu.C1 : 0;
        boolean isHindered = fpu.raise(flags | kept) != 0;
        if (isInFlags) {
            cpu.arithmetic((found & Fpu.C3) >> 8 | (found & Fpu.C2) >> 8 | (found & Fpu.C0) >> 8);
        } else {
            fpu.conditions(UNORDERED, found);
        }
        fpu.pop(isHindered ? 0 : form.pops());
    }

    private static int exceptions(Real a, Real b, boolean isQuiet) {
        if (FpuArithmetic.isSpecial(a, b)) {
            boolean isInvalid = !isQuiet || a.kind >= Real.SIGNALING || b.kind >= Real.SIGNALING;
            return isInvalid ? Fpu.IE : 0;
        }
        return a.isDenormal || b.isDenormal ? Fpu.DE : 0;
    }

    /** {@return the condition codes of two numbers' order} */
    private static int order(Real a, Real b) {
        int sign = compare(a, b);
        return sign == 0 ? Fpu.C3 : sign < 0 ? Fpu.C0 : 0;
    }

    private static int compare(Real a, Real b) {
        if (a.kind == Real.ZERO && b.kind == Real.ZERO) {
            return 0;
        }
        if (a.kind == Real.ZERO) {
            return b.isNegative ? 1 : -1;
        }
        if (b.kind == Real.ZERO || a.isNegative != b.isNegative) {
            return a.isNegative ? -1 : 1;
        }
        int sign = a.kind != b.kind
                ? a.kind == Real.INFINITE ? 1 : -1
                : a.kind == Real.INFINITE
                        ? 0
                        : a.exponent != b.exponent
                                ? Integer.compare(a.exponent, b.exponent)
                                : Long.compareUnsigned(a.high, b.high);
        return a.isNegative ? -sign : sign;
    }

    private static void move(Cpu cpu, int from, X87 op) {
        Fpu fpu = cpu.fpu;
        if (fpu.isEmpty(0) || fpu.isEmpty(from)) {
            if (fpu.raise(Fpu.IE | Fpu.STACK) == 0) {
                fpu.set(0, Fpu.INDEFINITE, Fpu.INDEFINITE_EXPONENT);
            }
            return;
        }
        boolean holds = switch (op) {
            case FCMOVB -> cpu.cf();
            case FCMOVE -> cpu.zf();
            case FCMOVBE -> cpu.cf() || cpu.zf();
            case FCMOVU -> cpu.pf();
            case FCMOVNB -> !cpu.cf();
            case FCMOVNE -> !cpu.zf();
            case FCMOVNBE -> !(cpu.cf() || cpu.zf());
            default -> !cpu.pf();
        };
        if (holds) {
            int at = fpu.number(from);
            fpu.set(0, fpu.significand[at], fpu.exponent[at]);
        }
    }
}
