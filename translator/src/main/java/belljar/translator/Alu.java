package belljar.translator;

import java.lang.invoke.VarHandle;

/** Addition, subtraction, logic, and exchanges, which may be atomic. */
final class Alu {
    private Alu() {}

    static void execute(Cpu cpu, Insn in) {
        switch (in.op) {
            case CMP -> {
                long a = cpu.signed(in, in.first, in.size);
                long b = cpu.signed(in, in.second, in.size);
                cpu.lazy(Cpu.FLAGS_SUB, in.size, a, b, Cpu.extend(a - b, in.size));
            }
            case TEST -> {
                long result = cpu.signed(in, in.first, in.size) & cpu.signed(in, in.second, in.size);
                cpu.lazy(Cpu.FLAGS_LOGIC, in.size, 0, 0, result);
            }
            case XCHG -> exchange(cpu, in);
            case XADD -> exchangeAdd(cpu, in);
            case CMPXCHG -> compareExchange(cpu, in);
            case CMPXCHG8B -> Wide.compareExchange(cpu, in);
            default -> update(cpu, in);
        }
    }

    private static void update(Cpu cpu, Insn in) {
        int size = in.size;
        long b = in.second == Insn.NONE ? 1 : cpu.signed(in, in.second, size);
        if (in.first >= 0) {
            long a = Cpu.extend(cpu.register(in.first, size), size);
            cpu.register(in.first, size, compute(cpu, in.op, size, a, b));
            return;
        }
        long address = cpu.linear(in);
        if (in.lock) {
            atomic(cpu, in, address, b);
            return;
        }
        long a = Cpu.extend(cpu.mmu.loadForUpdate(address, size), size);
        cpu.mmu.store(address, size, compute(cpu, in.op, size, a, b));
    }

    /** {@return the new value of the first operand} Sets the flags. */
    static long compute(Cpu cpu, Op op, int size, long a, long b) {
        return switch (op) {
            case ADD -> sum(cpu, size, a, b, false);
            case ADC -> sum(cpu, size, a, b, cpu.cf());
            case SUB -> difference(cpu, size, a, b, false);
            case SBB -> difference(cpu, size, a, b, cpu.cf());
            case AND -> logic(cpu, size, a & b);
            case OR -> logic(cpu, size, a | b);
            case XOR -> logic(cpu, size, a ^ b);
            case INC -> step(cpu, size, a, 1);
            case DEC -> step(cpu, size, a, -1);
            case NEG -> difference(cpu, size, 0, a, false);
            default -> ~a; // NOT leaves the flags alone
        };
    }

    private static long sum(Cpu cpu, int size, long a, long b, boolean carry) {
        long result = Cpu.extend(a + b + (carry ? 1 : 0), size);
        cpu.lazy(carry ? Cpu.FLAGS_ADC : Cpu.FLAGS_ADD, size, a, b, result);
        return result;
    }

    private static long difference(Cpu cpu, int size, long a, long b, boolean borrow) {
        long result = Cpu.extend(a - b - (borrow ? 1 : 0), size);
        cpu.lazy(borrow ? Cpu.FLAGS_SBB : Cpu.FLAGS_SUB, size, a, b, result);
        return result;
    }

    private static long step(Cpu cpu, int size, long a, int by) {
        long result = Cpu.extend(a + by, size);
        cpu.lazy(by > 0 ? Cpu.FLAGS_INC : Cpu.FLAGS_DEC, size, cpu.cf() ? Cpu.CF : 0, 0, result);
        return result;
    }

    private static long logic(Cpu cpu, int size, long result) {
        cpu.lazy(Cpu.FLAGS_LOGIC, size, 0, 0, result);
        return result;
    }

    private static void atomic(Cpu cpu, Insn in, long address, long b) {
        while (true) {
            long old = cpu.mmu.loadForUpdate(address, in.size);
            int kind = cpu.flagKind;
            long flagA = cpu.flagA;
            long flagB = cpu.flagB;
            long result = cpu.flagResult;
            int size = cpu.flagSize;
            long value = compute(cpu, in.op, in.size, Cpu.extend(old, in.size), b);
            if (Atomic.swap(cpu, address, in.size, old, value)) {
                return;
            }
            // Carries that the next try needs.
            cpu.lazy(kind, size, flagA, flagB, result);
        }
    }

    private static void exchange(Cpu cpu, Insn in) {
        int size = in.size;
        long mine = cpu.register(in.second, size);
        if (in.first >= 0) {
            long other = cpu.register(in.first, size);
            cpu.register(in.first, size, mine);
            cpu.register(in.second, size, other);
            return;
        }
        long address = cpu.linear(in);
        long old;
        do {
            old = cpu.mmu.loadForUpdate(address, size);
        } while (!Atomic.swap(cpu, address, size, old, mine));
        cpu.register(in.second, size, old);
    }

    private static void exchangeAdd(Cpu cpu, Insn in) {
        int size = in.size;
        long b = Cpu.extend(cpu.register(in.second, size), size);
        if (in.first >= 0) {
            long a = Cpu.extend(cpu.register(in.first, size), size);
            long sum = compute(cpu, Op.ADD, size, a, b);
            cpu.register(in.second, size, a);
            cpu.register(in.first, size, sum);
            return;
        }
        long address = cpu.linear(in);
        long old;
        do {
            old = cpu.mmu.loadForUpdate(address, size);
        } while (!Atomic.swap(cpu, address, size, old, old + b));
        compute(cpu, Op.ADD, size, Cpu.extend(old, size), b);
        cpu.register(in.second, size, old);
    }

    private static void compareExchange(Cpu cpu, Insn in) {
        int size = in.size;
        long expected = cpu.register(0, size);
        long value = cpu.register(in.second, size);
        if (in.first >= 0) {
            long old = cpu.register(in.first, size);
            compute(cpu, Op.SUB, size, Cpu.extend(expected, size), Cpu.extend(old, size));
            if (old == expected) {
                cpu.register(in.first, size, value);
            } else {
                cpu.register(0, size, old);
            }
            return;
        }
        long address = cpu.linear(in);
        long old;
        do {
            old = cpu.mmu.loadForUpdate(address, size);
            if (old != expected) {
                // Locked, it is in order with all other accesses even where it stores nothing.
                VarHandle.fullFence();
                old = cpu.mmu.load(address, size);
            }
        } while (old == expected && !Atomic.swap(cpu, address, size, old, value));
        compute(cpu, Op.SUB, size, Cpu.extend(expected, size), Cpu.extend(old, size));
        if (old != expected) {
            cpu.register(0, size, old);
        }
    }
}
