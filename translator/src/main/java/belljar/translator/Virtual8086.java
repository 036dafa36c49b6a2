package belljar.translator;

/**
 * Virtual-8086 mode (SDM volume 3, chapter 21), in which a task at level 3 has the segments of real mode: the ways in
 * and out, and what needs IOPL 3 there. Without the extensions of CR4.VME.
 */
final class Virtual8086 {
    private static final int[] ORDER = {Insn.ES, Insn.DS, Insn.FS, Insn.GS};
    private static final int LEVEL = 3;
    private static final int LIMIT = 0xFFFF;

    private Virtual8086() {}

    static boolean isOn(Cpu cpu) {
        return (cpu.flags & Cpu.VM) != 0;
    }

    /** Refuses what the monitor carries out where IOPL says so. */
    static void needsPrivilege(Cpu cpu) {
        if (isOn(cpu) && (cpu.flags & Cpu.IOPL) != Cpu.IOPL) {
            throw cpu.protection(0);
        }
    }

    /** Loads all segments, as the flags have said that the mode is on. */
    static void enter(Cpu cpu, int[] selectors) {
        Segments segments = cpu.segments;
        for (int segment = 0; segment < selectors.length; segment++) {
            segments.real(segment, selectors[segment] & 0xFFFF);
            segments.limit[segment] = LIMIT;
            segments.attributes[segment] = Segments.PRESENT
                    | Segments.NOT_SYSTEM
                    | Segments.READABLE_OR_WRITABLE
                    | Segments.ACCESSED
                    | LEVEL << 5;
        }
        cpu.level(LEVEL);
        segments.update();
    }

    /** Goes by IRET to where the stack of level 0 says: EIP, CS, EFLAGS, ESP, SS, ES, DS, FS, GS. */
    static void enter(Cpu cpu) {
        long[] frame = new long[9];
        for (int i = 0; i < frame.length; i++) {
            frame[i] = cpu.peek(4L * i, 4);
        }
        int[] selectors = new int[6];
        selectors[Insn.CS] = (int) frame[1];
        selectors[Insn.SS] = (int) frame[4];
        for (int i = 0; i < ORDER.length; i++) {
            selectors[ORDER[i]] = (int) frame[5 + i];
        }
        cpu.rflags((int) frame[2] & Cpu.RFLAGS_KNOWN);
        enter(cpu, selectors);
        cpu.r[4] = frame[3];
        cpu.rip = frame[0] & 0xFFFF;
    }

    /**
     * {@return what an interrupt pushes on its way out of the mode: the data segments, and then what it always does}
     */
    static long[] before(Cpu cpu, long[] others) {
        long[] all = new long[ORDER.length + others.length];
        for (int i = 0; i < ORDER.length; i++) {
            all[i] = cpu.segments.selector[ORDER[ORDER.length - 1 - i]];
        }
        System.arraycopy(others, 0, all, ORDER.length, others.length);
        return all;
    }

    /** Leaves the data segments null, after an interrupt has gone to level 0. */
    static void leave(Cpu cpu) {
        for (int segment : ORDER) {
            cpu.segments.selector[segment] = 0;
            cpu.segments.base[segment] = 0;
            cpu.segments.attributes[segment] = 0;
        }
    }
}
