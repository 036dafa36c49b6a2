package belljar.translator;

/**
 * The stacks on which interrupts and calls of more privileged code begin. What is to be on one is written as a whole or
 * not at all, and before any register changes, so that whatever was on the way can begin anew.
 */
final class Stacks {
    /** What a 32-bit TSS has of 32 bits, a 16-bit one has of 16: SDM volume 3, figures 8-2 and 8-10. */
    private static final int WIDE_TSS = 8;

    private Stacks() {}

    /** A stack: its segment, if that is another than the one in use, and where its top is. */
    static final class Stack {
        /** The selector of its segment; -1 for that in use. */
        private final int selector;

        private final long descriptor;
        private final long base;
        private final int width;
        private long pointer;

        private Stack(int selector, long descriptor, long base, int width, long pointer) {
            this.selector = selector;
            this.descriptor = descriptor;
            this.base = base;
            this.width = width;
            this.pointer = pointer;
        }

        /**
         * Puts numbers on it, the first one deepest.
         *
         * @param size bytes of each
         * @param user whether it is user mode's
         */
        void push(Cpu cpu, int size, long[] values, boolean user) {
            long mask = Cpu.mask(width);
            long first = cpu.wrap(base + (pointer - size & mask));
            long last = cpu.wrap(base + (pointer - (long) size * values.length & mask));
            cpu.implicitAccess(user);
            try {
                cpu.mmu.checkWrite(first, size);
                cpu.mmu.checkWrite(last, size);
                for (long value : values) {
                    pointer = pointer - size & mask;
                    cpu.mmu.store(cpu.wrap(base + pointer), size, value);
                }
            } finally {
                cpu.access();
            }
        }

        /** Makes it the stack in use, at the privilege level that the CPU has by now. */
        void enter(Cpu cpu) {
            if (selector >= 0) {
                cpu.segments.set(Insn.SS, selector, descriptor);
            }
            cpu.register(4, width, pointer);
        }
    }

    /** Raises the fault that pushing some numbers would, before the first of them has changed anything. */
    static void reserve(Cpu cpu, int size, int count) {
        int segment = cpu.implied(Insn.SS);
        long mask = Cpu.mask(cpu.stackSize());
        cpu.mmu.checkWrite(cpu.linear(segment, cpu.r[4] - size & mask), size);
        cpu.mmu.checkWrite(cpu.linear(segment, cpu.r[4] - (long) count * size & mask), size);
    }

    /** {@return the stack in use} */
    static Stack current(Cpu cpu) {
        int width = cpu.stackSize();
        long base = cpu.segments.base[cpu.implied(Insn.SS)];
        return new Stack(-1, 0, base, width, cpu.r[4] & Cpu.mask(width));
    }

    /**
     * {@return the stack that the task has for a privilege level, outside long mode}
     *
     * @param level 0 to 2
     * @param external what is added to the error code of a fault
     */
    static Stack ofTask(Cpu cpu, int level, int external) {
        Segments segments = cpu.segments;
        boolean wide = (segments.attributes[Segments.TASK] & WIDE_TSS) != 0;
        int size = wide ? 4 : 2;
        int at = size + 2 * size * level;
        if (at + 2 * size - 1 > (segments.limit[Segments.TASK] & 0xFFFF_FFFFL)) {
            throw cpu.fault.of(Fault.TSS, segments.selector[Segments.TASK] & 0xFFFC | external);
        }
        long task = segments.base[Segments.TASK] + at;
        long pointer = segments.system(task, size);
        int selector = (int) segments.system(task + size, 2);
        long descriptor = check(cpu, selector, level, external);
        int width = (Segments.attributesOf(descriptor) & Segments.BIG) != 0 ? 4 : 2;
        return new Stack(selector, descriptor, Segments.baseOf(descriptor), width, pointer);
    }

    /** {@return the descriptor of a segment for a stack, checked} */
    private static long check(Cpu cpu, int selector, int level, int external) {
        int error = selector & 0xFFFC | external;
        if ((selector & 0xFFFC) == 0 || (selector & 3) != level) {
            throw cpu.fault.of(Fault.TSS, error);
        }
        long descriptor;
        try {
            descriptor = cpu.segments.read(selector, Fault.TSS);
        } catch (Fault fault) {
            throw fault.vector == Fault.TSS ? fault.of(Fault.TSS, error) : fault;
        }
        int bits = Segments.attributesOf(descriptor);
        int needed = Segments.NOT_SYSTEM | Segments.READABLE_OR_WRITABLE;
        if ((bits & (needed | Segments.CODE)) != needed || Segments.privilege(bits) != level) {
            throw cpu.fault.of(Fault.TSS, error);
        }
        if ((bits & Segments.PRESENT) == 0) {
            throw cpu.fault.of(Fault.STACK, error);
        }
        return descriptor;
    }
}
