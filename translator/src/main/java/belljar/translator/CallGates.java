package belljar.translator;

import java.util.Arrays;

/** Far jumps and calls to what is no code segment: call gates, task gates and tasks (SDM volume 3, 5.8.3 and 8.3). */
final class CallGates {
    private static final int CALL_GATE_16 = 4;
    private static final int TASK_GATE = 5;
    private static final int CALL_GATE = 12;

    private CallGates() {}

    /**
     * Goes where the descriptor of a system segment leads.
     *
     * @param selector its selector
     * @param descriptor the descriptor, which was read last
     */
    static void transfer(Cpu cpu, Insn in, int selector, long descriptor, boolean call) {
        int bits = Segments.attributesOf(descriptor);
        int type = bits & Segments.TYPE;
        boolean longMode = cpu.control.longMode();
        boolean known = type == CALL_GATE
                || !longMode && (type == CALL_GATE_16 || type == TASK_GATE || TaskSwitch.isTask(type));
        if (!known || Segments.privilege(bits) < Math.max(cpu.level, selector & 3)) {
            throw cpu.protection(selector & 0xFFFC);
        }
        if (TaskSwitch.isTask(type)) {
            TaskSwitch.far(cpu, selector, call);
            return;
        }
        if ((bits & Segments.PRESENT) == 0) {
            throw cpu.fault.of(Fault.NOT_PRESENT, selector & 0xFFFC);
        }
        if (type == TASK_GATE) {
            TaskSwitch.far(cpu, (int) (descriptor >>> 16) & 0xFFFF, call);
            return;
        }
        long high = longMode ? cpu.segments.system8(cpu.segments.descriptorAt() + 8) : 0;
        if (longMode && (high >>> 40 & Segments.NOT_SYSTEM | high >>> 40 & Segments.TYPE) != 0) {
            throw cpu.protection(selector & 0xFFFC);
        }
        through(cpu, in, descriptor, high << 32, call);
    }

    private static void through(Cpu cpu, Insn in, long gate, long high, boolean call) {
        Segments segments = cpu.segments;
        int code = (int) (gate >>> 16) & 0xFFFF;
        if ((code & 0xFFFC) == 0) {
            throw cpu.protection(0);
        }
        long descriptor = segments.read(code, Fault.PROTECTION);
        int bits = Segments.attributesOf(descriptor);
        boolean longMode = cpu.control.longMode();
        int isCode = Segments.NOT_SYSTEM | Segments.CODE;
        int dpl = Segments.privilege(bits);
        boolean conforming = (bits & Segments.CONFORMING) != 0;
        boolean wrong = (bits & isCode) != isCode
                || dpl > cpu.level
                || !call && !conforming && dpl != cpu.level
                || longMode && (bits & (Segments.LONG | Segments.BIG)) != Segments.LONG;
        if (wrong) {
            throw cpu.protection(code & 0xFFFC);
        }
        if ((bits & Segments.PRESENT) == 0) {
            throw cpu.fault.of(Fault.NOT_PRESENT, code & 0xFFFC);
        }
        boolean narrow = (gate >>> 40 & Segments.TYPE) == CALL_GATE_16;
        long target = gate & 0xFFFF | (narrow ? 0 : gate >>> 32 & 0xFFFF_0000L) | high;
        if (longMode && !Cpu.isCanonical(target)) {
            throw cpu.protection(0);
        }
        int level = conforming ? cpu.level : dpl;
        if (call) {
            int size = longMode ? 8 : narrow ? 2 : 4;
            if (longMode) {
                callLong(cpu, in, descriptor, code, level);
            } else {
                call(cpu, in, gate, size, descriptor, code, level);
            }
        } else {
            segments.setCode(code, descriptor, level);
        }
        cpu.rip = target;
    }

    private static void call(Cpu cpu, Insn in, long gate, int size, long descriptor, int code, int level) {
        Segments segments = cpu.segments;
        if (level == cpu.level) {
            Stacks.Stack stack = Stacks.current(cpu);
            stack.push(cpu, size, new long[] {segments.selector[Insn.CS], in.next}, level == 3);
            segments.setCode(code, descriptor, level);
            stack.enter(cpu);
            return;
        }
        Stacks.Stack stack = Stacks.ofTask(cpu, level, 0);
        int parameters = (int) (gate >>> 32) & 0x1F;
        long[] frame = new long[parameters + 4];
        frame[0] = segments.selector[Insn.SS];
        frame[1] = cpu.r[4];
        for (int i = 0; i < parameters; i++) {
            frame[2 + i] = cpu.peek((parameters - 1L - i) * size, size);
        }
        frame[parameters + 2] = segments.selector[Insn.CS];
        frame[parameters + 3] = in.next;
        stack.push(cpu, size, frame, false);
        segments.setCode(code, descriptor, level);
        stack.enter(cpu);
    }

    private static void callLong(Cpu cpu, Insn in, long descriptor, int code, int level) {
        Segments segments = cpu.segments;
        long[] frame = {segments.selector[Insn.SS], cpu.r[4], segments.selector[Insn.CS], in.next};
        boolean changes = level < cpu.level;
        long top = changes ? segments.system8(segments.base[Segments.TASK] + 4 + 8L * level) : cpu.r[4];
        if (!Cpu.isCanonical(top)) {
            throw cpu.fault.of(Fault.STACK, 0);
        }
        long[] pushed = changes ? frame : Arrays.copyOfRange(frame, 2, 4);
        cpu.implicitAccess(level == 3);
        try {
            cpu.mmu.checkWrite(top - 8, 8);
            cpu.mmu.checkWrite(top - 8L * pushed.length, 8);
            for (int i = 0; i < pushed.length; i++) {
                cpu.mmu.store8(top - 8L * (i + 1), pushed[i]);
            }
        } finally {
            cpu.access();
        }
        segments.setCode(code, descriptor, level);
        if (changes) {
            segments.flat(Insn.SS, level, 3, level, false);
        }
        cpu.r[4] = top - 8L * pushed.length;
    }
}
