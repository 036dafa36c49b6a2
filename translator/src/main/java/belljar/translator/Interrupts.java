package belljar.translator;

import java.util.Arrays;

/** The delivery of exceptions and interrupts through the IDT (SDM volume 3, chapter 6). */
final class Interrupts {
    /** What caused a delivery. */
    enum Cause {
        /** A fault of an instruction, which is to be executed again. */
        FAULT,
        /** What an instruction leads to by its end, which is not to be executed again. */
        TRAP,
        /** INT and its like: the gate must allow it. */
        SOFTWARE,
        /** A device, or another CPU. */
        EXTERNAL
    }

    private static final int TASK_GATE = 5;

    private Interrupts() {}

    /** A software interrupt; the instruction pointer that is saved is the one behind. */
    static void software(Cpu cpu, int vector, Insn in) {
        cpu.rip = in.next;
        boolean privileged = in.op == Op.INT1;
        try {
            deliver(cpu, vector, 0, privileged ? Cause.TRAP : Cause.SOFTWARE);
        } catch (Fault fault) {
            cpu.rip = fault.placed ? cpu.rip : in.address;
            throw fault;
        }
    }

    /** Delivers; a fault on the way is thrown, with everything as before. */
    static void deliver(Cpu cpu, int vector, int code, Cause cause) {
        if (vector == Fault.DEBUG && cause != Cause.SOFTWARE) {
            cpu.debug[7] &= ~Watch.GENERAL_DETECT;
            cpu.watch.tell();
        }
        if (cpu.realMode()) {
            real(cpu, vector);
        } else if (cpu.control.longMode()) {
            longMode(cpu, vector, code, cause);
        } else {
            protectedMode(cpu, vector, code, cause);
        }
    }

    private static void real(Cpu cpu, int vector) {
        long entry = cpu.mmu.load4(cpu.segments.idtBase + 4L * vector) & 0xFFFF_FFFFL;
        Stacks.reserve(cpu, 2, 3);
        cpu.push(2, cpu.rflags());
        cpu.push(2, cpu.segments.selector[Insn.CS]);
        cpu.push(2, cpu.rip);
        cpu.flags &= ~(Cpu.IF | Cpu.TF | Cpu.AC);
        cpu.segments.real(Insn.CS, (int) (entry >>> 16));
        cpu.rip = entry & 0xFFFF;
    }

    /** {@return the flags to be saved} An instruction that is executed again runs past its own breakpoint then. */
    private static int flags(Cpu cpu, int vector, Cause cause) {
        boolean again = cause == Cause.FAULT && vector != Fault.DEBUG && vector != Fault.DOUBLE;
        return cpu.rflags() | (again ? Cpu.RF : 0);
    }

    private static int external(Cause cause) {
        return cause == Cause.SOFTWARE ? 0 : 1;
    }

    /** {@return the gate's attributes, checked} */
    private static int gate(Cpu cpu, int vector, long low, Cause cause) {
        int bits = (int) (low >>> 40) & 0xFF;
        int error = vector * 8 + 2 + external(cause);
        int type = bits & 0x1F;
        if (type != 14 && type != 15 && (cpu.control.longMode() || type != 6 && type != 7 && type != TASK_GATE)) {
            throw cpu.protection(error);
        }
        if (cause == Cause.SOFTWARE && (bits >> 5 & 3) < cpu.level) {
            throw cpu.protection(vector * 8 + 2);
        }
        if ((bits & 0x80) == 0) {
            throw cpu.fault.of(Fault.NOT_PRESENT, error);
        }
        return bits;
    }

    /** {@return the level that the code of a gate runs at, checked} */
    private static int level(Cpu cpu, int selector, long descriptor, Cause cause) {
        int bits = Segments.attributesOf(descriptor);
        int code = Segments.NOT_SYSTEM | Segments.CODE;
        int dpl = Segments.privilege(bits);
        int error = selector & 0xFFFC | external(cause);
        if ((bits & code) != code || dpl > cpu.level) {
            throw cpu.protection(error);
        }
        if ((bits & Segments.PRESENT) == 0) {
            throw cpu.fault.of(Fault.NOT_PRESENT, error);
        }
        return (bits & Segments.CONFORMING) != 0 ? cpu.level : dpl;
    }

    private static void longMode(Cpu cpu, int vector, int code, Cause cause) {
        Segments segments = cpu.segments;
        if (vector * 16 + 15 > segments.idtLimit) {
            throw cpu.protection(vector * 8 + 2 + external(cause));
        }
        long at = segments.idtBase + 16L * vector;
        long low = segments.system8(at);
        long high = segments.system8(at + 8);
        int bits = gate(cpu, vector, low, cause);
        int selector = (int) (low >>> 16) & 0xFFFF;
        if ((selector & 0xFFFC) == 0) {
            throw cpu.protection(external(cause));
        }
        long descriptor = segments.read(selector, Fault.PROTECTION);
        int level = level(cpu, selector, descriptor, cause);
        if ((Segments.attributesOf(descriptor) & (Segments.LONG | Segments.BIG)) != Segments.LONG) {
            throw cpu.protection(selector & 0xFFFC | external(cause));
        }
        int ist = (int) (low >>> 32) & 7;
        long stack = cpu.r[4];
        if (ist != 0) {
            stack = segments.system8(segments.base[Segments.TASK] + 0x1C + 8L * ist);
        } else if (level < cpu.level) {
            stack = segments.system8(segments.base[Segments.TASK] + 4 + 8L * level);
        }
        if (!Cpu.isCanonical(stack)) {
            throw cpu.fault.of(Fault.STACK, external(cause));
        }
        long top = stack & ~15L;
        int words = Fault.hasCode(vector) && cause == Cause.FAULT ? 6 : 5;
        long[] frame = {
            code, cpu.rip, segments.selector[Insn.CS], flags(cpu, vector, cause), cpu.r[4], segments.selector[Insn.SS]
        };
        cpu.implicitAccess(level == 3);
        try {
            cpu.mmu.checkWrite(top - 8L * words, 8);
            cpu.mmu.checkWrite(top - 8, 8);
            for (int i = 0; i < words; i++) {
                cpu.mmu.store8(top - 8L * (i + 1), frame[5 - i]);
            }
        } finally {
            cpu.access();
        }
        boolean changes = level < cpu.level;
        segments.setCode(selector, descriptor, level);
        if (changes) {
            segments.flat(Insn.SS, level, 3, level, false);
        }
        cpu.r[4] = top - 8L * words;
        cpu.rip = low & 0xFFFF | low >>> 32 & 0xFFFF_0000L | high << 32;
        cpu.flags &= ~(Cpu.TF | Cpu.NT | Cpu.RF | Cpu.VM | ((bits & 1) == 0 ? Cpu.IF : 0));
    }

    private static void protectedMode(Cpu cpu, int vector, int code, Cause cause) {
        Segments segments = cpu.segments;
        if (vector * 8 + 7 > segments.idtLimit) {
            throw cpu.protection(vector * 8 + 2 + external(cause));
        }
        long low = segments.system8(segments.idtBase + 8L * vector);
        int bits = gate(cpu, vector, low, cause);
        boolean hasCode = Fault.hasCode(vector) && cause == Cause.FAULT;
        if ((bits & 0x1F) == TASK_GATE) {
            cpu.flags |= cause == Cause.FAULT ? flags(cpu, vector, cause) & Cpu.RF : 0;
            TaskSwitch.gate(cpu, low, TaskSwitch.By.NESTING, external(cause), hasCode, code);
            return;
        }
        int size = (bits & 8) != 0 ? 4 : 2;
        int selector = (int) (low >>> 16) & 0xFFFF;
        if ((selector & 0xFFFC) == 0) {
            throw cpu.protection(external(cause));
        }
        long descriptor = segments.read(selector, Fault.PROTECTION);
        int level = level(cpu, selector, descriptor, cause);
        boolean leaves = Virtual8086.isOn(cpu);
        if (leaves && level != 0) {
            throw cpu.protection(selector & 0xFFFC | external(cause));
        }
        boolean changes = level < cpu.level;
        Stacks.Stack stack = changes ? Stacks.ofTask(cpu, level, external(cause)) : Stacks.current(cpu);
        long[] frame = {
            segments.selector[Insn.SS], cpu.r[4], flags(cpu, vector, cause), segments.selector[Insn.CS], cpu.rip, code
        };
        long[] pushed = Arrays.copyOfRange(frame, changes ? 0 : 2, hasCode ? 6 : 5);
        stack.push(cpu, size, leaves ? Virtual8086.before(cpu, pushed) : pushed, level == 3);
        segments.setCode(selector, descriptor, level);
        stack.enter(cpu);
        if (leaves) {
            Virtual8086.leave(cpu);
        }
        cpu.rip = low & 0xFFFF | (size == 4 ? low >>> 32 & 0xFFFF_0000L : 0);
        cpu.flags &= ~(Cpu.TF | Cpu.NT | Cpu.RF | Cpu.VM | ((bits & 1) == 0 ? Cpu.IF : 0));
    }
}
