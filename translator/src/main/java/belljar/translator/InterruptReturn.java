package belljar.translator;

import java.lang.invoke.VarHandle;

/** IRET, and what it shares with far returns: the way back to the same or a lower privilege. */
final class InterruptReturn {
    private InterruptReturn() {}

    static void execute(Cpu cpu, int size) {
        VarHandle.fullFence();
        back(cpu, size);
        cpu.nmiBlocked = false;
    }

    private static void back(Cpu cpu, int size) {
        if (cpu.realSegments()) {
            Virtual8086.needsPrivilege(cpu);
            long target = cpu.peek(0, size);
            int selector = (int) cpu.peek(size, size) & 0xFFFF;
            int flags = (int) cpu.peek(2L * size, size);
            cpu.drop(3L * size);
            cpu.rip = target;
            cpu.segments.real(Insn.CS, selector);
            flags(cpu, flags, size, cpu.level);
            return;
        }
        boolean isLong = cpu.mode == Decoder.BITS64;
        if ((cpu.flags & Cpu.NT) != 0) {
            if (cpu.control.longMode()) {
                throw cpu.protection(0);
            }
            TaskSwitch.back(cpu);
            return;
        }
        long target = cpu.peek(0, size);
        int selector = (int) cpu.peek(size, size) & 0xFFFF;
        int flags = (int) cpu.peek(2L * size, size);
        if ((flags & Cpu.VM) != 0 && size == 4 && cpu.level == 0 && !cpu.control.longMode()) {
            Virtual8086.enter(cpu);
            return;
        }
        boolean outer = (selector & 3) > cpu.level;
        int oldLevel = cpu.level;
        if (!outer && !isLong) {
            code(cpu, selector, -1);
            cpu.drop(3L * size);
        } else {
            long sp = cpu.peek(3L * size, size);
            int ss = (int) cpu.peek(4L * size, size) & 0xFFFF;
            code(cpu, selector, ss);
            int width = cpu.mode == Decoder.BITS64 ? 8 : cpu.segments.isBig(Insn.SS) ? 4 : 2;
            cpu.register(4, width == 2 ? 2 : size == 8 ? 8 : width, sp);
            if (outer) {
                cpu.segments.dropPrivileged();
            }
        }
        cpu.rip = cpu.wrap(target);
        flags(cpu, flags, size, oldLevel);
    }

    private static void flags(Cpu cpu, int value, int size, int level) {
        int change = Cpu.ARITHMETIC | Cpu.TF | Cpu.DF | Cpu.NT | Cpu.AC | 0x20_0000;
        change |= cpu.watch.armed ? Cpu.RF : 0; // which is for breakpoints only
        if (level == 0) {
            change |= Cpu.IOPL | Cpu.IF;
        } else if (level <= (cpu.flags & Cpu.IOPL) >> 12) {
            change |= Cpu.IF;
        }
        change &= size == 2 ? 0xFFFF : -1;
        cpu.rflags(cpu.rflags() & ~change | value & change);
    }

    /** Checks and loads CS, and SS where a selector of it is given (-1 for none). */
    static void code(Cpu cpu, int selector, int stack) {
        if ((selector & 0xFFFC) == 0) {
            throw cpu.protection(0);
        }
        Segments segments = cpu.segments;
        long descriptor = segments.read(selector, Fault.PROTECTION);
        int bits = Segments.attributesOf(descriptor);
        int rpl = selector & 3;
        int dpl = Segments.privilege(bits);
        int code = Segments.NOT_SYSTEM | Segments.CODE;
        boolean conforming = (bits & Segments.CONFORMING) != 0;
        if ((bits & code) != code || rpl < cpu.level || (conforming ? dpl > rpl : dpl != rpl)) {
            throw cpu.protection(selector & 0xFFFC);
        }
        if ((bits & Segments.PRESENT) == 0) {
            throw cpu.fault.of(Fault.NOT_PRESENT, selector & 0xFFFC);
        }
        if (stack < 0) {
            segments.setCode(selector, descriptor, rpl);
            return;
        }
        boolean toLong = cpu.control.longMode() && (bits & Segments.LONG) != 0;
        if ((stack & 0xFFFC) == 0) {
            if (!toLong || rpl == 3 || (stack & 3) != rpl) {
                throw cpu.protection(0);
            }
            segments.setCode(selector, descriptor, rpl);
            segments.flat(Insn.SS, stack, 3, rpl, false);
            return;
        }
        long data = segments.read(stack, Fault.PROTECTION);
        int kind = Segments.attributesOf(data);
        boolean writable = (kind & (Segments.NOT_SYSTEM | Segments.CODE | Segments.READABLE_OR_WRITABLE))
                == (Segments.NOT_SYSTEM | Segments.READABLE_OR_WRITABLE);
        if (!writable || (stack & 3) != rpl || Segments.privilege(kind) != rpl) {
            throw cpu.protection(stack & 0xFFFC);
        }
        if ((kind & Segments.PRESENT) == 0) {
            throw cpu.fault.of(Fault.STACK, stack & 0xFFFC);
        }
        segments.setCode(selector, descriptor, rpl);
        segments.set(Insn.SS, stack, data);
    }
}
