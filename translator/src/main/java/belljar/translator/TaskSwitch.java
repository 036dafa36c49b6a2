package belljar.translator;

import java.util.Arrays;

/**
 * Task switches of protected mode (SDM volume 3, chapter 8): by far jumps and calls, by IRET, and by gates. What is
 * wrong with the new task before its registers are loaded is a fault of the old one, everything as before; what is
 * wrong with its segments is a fault of the new one, before its first instruction.
 */
final class TaskSwitch {
    /** What leads from a task to another. */
    enum By {
        JUMP,
        /** A call, or an interrupt: the new task can return. */
        NESTING,
        RETURN
    }

    private static final int AVAILABLE_16 = 1;
    private static final int BUSY = 2;
    private static final int WIDE = 8;

    /** SDM volume 3, figure 8-2: where the parts of a 32-bit TSS are, and its least limit. */
    private static final int WIDE_CR3 = 0x1C;

    private static final int WIDE_DYNAMIC = 0x20;
    private static final int WIDE_SEGMENTS = 0x48;
    private static final int WIDE_LDT = 0x60;
    private static final int WIDE_TRAP = 0x64;
    private static final int WIDE_LIMIT = 0x67;

    /** Figure 8-10: those of a 16-bit one, which has no FS, no GS and no CR3. */
    private static final int NARROW_DYNAMIC = 0x0E;

    private static final int NARROW_SEGMENTS = 0x22;
    private static final int NARROW_LDT = 0x2A;
    private static final int NARROW_LIMIT = 0x2B;

    /** The local ones of DR7, which are a task's. */
    private static final long LOCAL_BREAKPOINTS = 0x155;

    private static final long TASK_SWITCH = 1 << 15;
    private static final int[] ORDER = {Insn.ES, Insn.CS, Insn.SS, Insn.DS, Insn.FS, Insn.GS};

    private final Cpu cpu;
    private final Segments segments;
    private final int external;

    private TaskSwitch(Cpu cpu, int external) {
        this.cpu = cpu;
        this.segments = cpu.segments;
        this.external = external;
    }

    /** {@return whether a system descriptor's type is that of a task's state} */
    static boolean isTask(int type) {
        return (type & ~(BUSY | WIDE)) == AVAILABLE_16;
    }

    /** Goes where a far jump or call to a TSS leads. */
    static void far(Cpu cpu, int selector, boolean call) {
        new TaskSwitch(cpu, 0).to(selector, call ? By.NESTING : By.JUMP, false, 0);
    }

    /** Goes back to the task that this one is nested in. */
    static void back(Cpu cpu) {
        long link = cpu.segments.system(cpu.segments.base[Segments.TASK], 2);
        new TaskSwitch(cpu, 0).to((int) link, By.RETURN, false, 0);
    }

    /**
     * Goes where a task gate leads.
     *
     * @param gate its descriptor, checked
     * @param external what is added to the error code of a fault
     * @param hasCode whether there is an error code to be put on the new task's stack
     */
    static void gate(Cpu cpu, long gate, By by, int external, boolean hasCode, int code) {
        new TaskSwitch(cpu, external).to((int) (gate >>> 16) & 0xFFFF, by, hasCode, code);
    }

    private Fault fault(int vector, int selector) {
        return cpu.fault.of(vector, selector & 0xFFFC | external);
    }

    private void to(int selector, By by, boolean hasCode, int code) {
        int wrong = by == By.RETURN ? Fault.TSS : Fault.PROTECTION;
        if ((selector & 4) != 0 || (selector & 0xFFFC) == 0) {
            throw fault(wrong, selector);
        }
        long descriptor;
        try {
            descriptor = segments.read(selector, wrong);
        } catch (Fault fault) {
            throw fault.vector == wrong ? fault(wrong, selector) : fault;
        }
        long at = segments.gdtBase + (selector & 0xFFF8);
        int bits = Segments.attributesOf(descriptor);
        boolean busy = (bits & BUSY) != 0;
        if ((bits & Segments.NOT_SYSTEM) != 0 || !isTask(bits & Segments.TYPE) || busy != (by == By.RETURN)) {
            throw fault(wrong, selector);
        }
        if ((bits & Segments.PRESENT) == 0) {
            throw fault(Fault.NOT_PRESENT, selector);
        }
        boolean wide = (bits & WIDE) != 0;
        long limit = Segments.limitOf(descriptor) & 0xFFFF_FFFFL;
        if (limit < (wide ? WIDE_LIMIT : NARROW_LIMIT)) {
            throw fault(Fault.TSS, selector);
        }
        long base = Segments.baseOf(descriptor);
        long[] registers = load(base, wide);
        int[] selectors = loadSelectors(base, wide);
        int ldt = (int) segments.system(base + (wide ? WIDE_LDT : NARROW_LDT), 2);
        long tables = wide ? segments.system(base + WIDE_CR3, 4) : cpu.control.cr3;
        boolean traps = wide && (segments.system(base + WIDE_TRAP, 2) & 1) != 0;

        int old = segments.selector[Segments.TASK];
        long oldAt = segments.gdtBase + (old & 0xFFF8);
        segments.systemCheckWrite(at + 5, 1);
        segments.systemCheckWrite(by == By.NESTING ? base : oldAt + 5, 1);
        save(by);
        if (by != By.NESTING) {
            mark(oldAt, false);
        } else {
            segments.systemStore(base, 2, old);
        }
        if (by != By.RETURN) {
            mark(at, true);
        }
        segments.set(Segments.TASK, selector, descriptor);
        segments.attributes[Segments.TASK] |= BUSY;
        enter(registers, tables, by == By.NESTING);
        try {
            qualify(selectors, ldt);
            if (hasCode) {
                cpu.push(wide ? 4 : 2, code);
            }
        } catch (Fault late) {
            late.placed = true;
            throw late;
        }
        if (traps) {
            cpu.debug[6] |= TASK_SWITCH;
            cpu.fault.of(Fault.DEBUG, 0).placed = true;
            throw cpu.fault;
        }
    }

    private long[] load(long base, boolean wide) {
        int size = wide ? 4 : 2;
        long first = base + (wide ? WIDE_DYNAMIC : NARROW_DYNAMIC);
        long[] registers = new long[10]; // the instruction pointer, the flags, and the general registers
        for (int i = 0; i < registers.length; i++) {
            registers[i] = segments.system(first + (long) i * size, size);
        }
        return registers;
    }

    private int[] loadSelectors(long base, boolean wide) {
        int[] selectors = new int[ORDER.length];
        int count = wide ? 6 : 4;
        for (int i = 0; i < count; i++) {
            selectors[i] = (int) segments.system(base + (wide ? WIDE_SEGMENTS + 4L * i : NARROW_SEGMENTS + 2L * i), 2);
        }
        return selectors;
    }

    /** Saves what the old task has changed since it began. */
    private void save(By by) {
        boolean wide = (segments.attributes[Segments.TASK] & WIDE) != 0;
        int size = wide ? 4 : 2;
        long base = segments.base[Segments.TASK];
        long first = base + (wide ? WIDE_DYNAMIC : NARROW_DYNAMIC);
        segments.systemCheckWrite(first, 1);
        segments.systemCheckWrite(base + (wide ? WIDE_SEGMENTS + 4L * 5 : NARROW_SEGMENTS + 2L * 3), 2);
        segments.systemStore(first, size, cpu.rip);
        segments.systemStore(first + size, size, cpu.rflags() & (by == By.RETURN ? ~Cpu.NT : -1));
        for (int i = 0; i < 8; i++) {
            segments.systemStore(first + (i + 2L) * size, size, cpu.r[i]);
        }
        for (int i = 0; i < (wide ? 6 : 4); i++) {
            long at = base + (wide ? WIDE_SEGMENTS + 4L * i : NARROW_SEGMENTS + 2L * i);
            segments.systemStore(at, 2, segments.selector[ORDER[i]]);
        }
    }

    private void mark(long descriptorAt, boolean busy) {
        int type = (int) segments.system(descriptorAt + 5, 1);
        segments.systemStore(descriptorAt + 5, 1, busy ? type | BUSY : type & ~BUSY);
    }

    private void enter(long[] registers, long tables, boolean nests) {
        cpu.mmu.executing = -1; // there is no going back to the instruction from here
        if ((cpu.control.cr0 & Control.PG) != 0 && tables != cpu.control.cr3) {
            cpu.control.cr3 = tables;
            cpu.mmu.flush();
        }
        cpu.control.cr0 |= Control.TS;
        cpu.debug[7] &= ~LOCAL_BREAKPOINTS;
        cpu.rip = registers[0];
        cpu.rflags((int) registers[1] & Cpu.RFLAGS_KNOWN | (nests ? Cpu.NT : 0));
        System.arraycopy(registers, 2, cpu.r, 0, 8);
        cpu.shadow = false;
        cpu.halted = false;
        cpu.watch.update();
    }

    /** Loads the segments with the new task's selectors. */
    private void qualify(int[] selectors, int ldt) {
        for (int i = 0; i < ORDER.length; i++) {
            segments.selector[ORDER[i]] = selectors[i];
        }
        int[] data = {Insn.ES, Insn.DS, Insn.FS, Insn.GS};
        for (int segment : data) {
            segments.attributes[segment] = 0;
        }
        local(ldt);
        if (Virtual8086.isOn(cpu)) {
            Virtual8086.enter(cpu, selectors);
            return;
        }
        int code = segments.selector[Insn.CS];
        int level = code & 3;
        long found = read(code);
        int bits = Segments.attributesOf(found);
        int isCode = Segments.NOT_SYSTEM | Segments.CODE;
        int dpl = Segments.privilege(bits);
        boolean conforming = (bits & Segments.CONFORMING) != 0;
        if ((bits & isCode) != isCode || (conforming ? dpl > level : dpl != level)) {
            throw fault(Fault.TSS, code);
        }
        present(bits, Fault.NOT_PRESENT, code);
        segments.setCode(code, found, level);
        int stack = segments.selector[Insn.SS];
        found = read(stack);
        bits = Segments.attributesOf(found);
        int writable = Segments.NOT_SYSTEM | Segments.READABLE_OR_WRITABLE;
        if ((bits & (writable | Segments.CODE)) != writable
                || Segments.privilege(bits) != level
                || (stack & 3) != level) {
            throw fault(Fault.TSS, stack);
        }
        present(bits, Fault.STACK, stack);
        segments.set(Insn.SS, stack, found);
        Arrays.stream(data).forEach(this::data);
    }

    private long read(int selector) {
        if ((selector & 0xFFFC) == 0) {
            throw fault(Fault.TSS, selector);
        }
        try {
            return segments.read(selector, Fault.TSS);
        } catch (Fault fault) {
            throw fault.vector == Fault.TSS ? fault(Fault.TSS, selector) : fault;
        }
    }

    private void present(int bits, int vector, int selector) {
        if ((bits & Segments.PRESENT) == 0) {
            throw fault(vector, selector);
        }
    }

    private void local(int selector) {
        segments.selector[Segments.LDT] = selector;
        segments.attributes[Segments.LDT] = 0;
        segments.limit[Segments.LDT] = 0;
        if ((selector & 0xFFFC) == 0) {
            return;
        }
        if ((selector & 4) != 0) {
            throw fault(Fault.TSS, selector);
        }
        long found = read(selector);
        int bits = Segments.attributesOf(found);
        if ((bits & (Segments.NOT_SYSTEM | Segments.TYPE | Segments.PRESENT)) != (2 | Segments.PRESENT)) {
            throw fault(Fault.TSS, selector);
        }
        segments.set(Segments.LDT, selector, found);
        segments.attributes[Segments.LDT] = bits;
    }

    private void data(int segment) {
        int selector = segments.selector[segment];
        if ((selector & 0xFFFC) == 0) {
            segments.base[segment] = 0;
            return;
        }
        long found = read(selector);
        int bits = Segments.attributesOf(found);
        boolean code = (bits & Segments.CODE) != 0;
        boolean readable = (bits & Segments.NOT_SYSTEM) != 0 && (!code || (bits & Segments.READABLE_OR_WRITABLE) != 0);
        boolean conforming = code && (bits & Segments.CONFORMING) != 0;
        if (!readable || !conforming && Math.max(selector & 3, cpu.level) > Segments.privilege(bits)) {
            throw fault(Fault.TSS, selector);
        }
        present(bits, Fault.NOT_PRESENT, selector);
        segments.set(segment, selector, found);
    }
}
