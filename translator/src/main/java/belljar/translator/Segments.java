package belljar.translator;

/** Segment registers and descriptor tables (SDM volume 3, chapters 3 and 5). */
final class Segments {
    /** Attribute bits as they stand in a descriptor's second word, shifted right by 8. */
    static final int TYPE = 0xF;

    static final int CODE = 8;
    static final int CONFORMING = 4;
    static final int READABLE_OR_WRITABLE = 2;
    static final int ACCESSED = 1;
    static final int NOT_SYSTEM = 0x10;
    static final int PRESENT = 0x80;
    static final int LONG = 0x2000;
    static final int BIG = 0x4000;
    static final int GRANULAR = 0x8000;

    /** The local descriptor table and the task register follow the six segments and the one without base. */
    static final int LDT = 7;

    static final int TASK = 8;

    final int[] selector = new int[9];
    final long[] base = new long[9];
    final int[] limit = new int[9];
    final int[] attributes = new int[9];
    long gdtBase;
    int gdtLimit = 0xFFFF;
    long idtBase;
    int idtLimit = 0xFFFF;

    private final Cpu cpu;

    /** What {@link #read} found. */
    private long descriptor;

    private long descriptorAt;

    Segments(Cpu cpu) {
        this.cpu = cpu;
        reset();
    }

    /** Goes back to the state at reset, in which code begins at FFFF0000h. */
    void reset() {
        for (int i = 0; i < 6; i++) {
            selector[i] = 0;
            base[i] = 0;
            limit[i] = 0xFFFF;
            attributes[i] = PRESENT | NOT_SYSTEM | READABLE_OR_WRITABLE | ACCESSED;
        }
        attributes[Insn.CS] |= CODE;
        selector[Insn.CS] = 0xF000;
        base[Insn.CS] = 0xFFFF_0000L;
        gdtBase = 0;
        gdtLimit = 0xFFFF;
        idtBase = 0;
        idtLimit = 0xFFFF;
        for (int i : new int[] {LDT, TASK}) {
            selector[i] = 0;
            base[i] = 0;
            limit[i] = 0xFFFF;
        }
        attributes[TASK] = PRESENT | 11;
        attributes[LDT] = PRESENT | 2;
    }

    boolean isBig(int segment) {
        return (attributes[segment] & BIG) != 0;
    }

    static int privilege(int attributes) {
        return attributes >> 5 & 3;
    }

    static int attributesOf(long descriptor) {
        return (int) (descriptor >>> 40) & 0xF0FF;
    }

    static long baseOf(long descriptor) {
        return descriptor >>> 16 & 0xFF_FFFF | (descriptor >>> 56 & 0xFF) << 24;
    }

    static int limitOf(long descriptor) {
        int raw = (int) (descriptor & 0xFFFF | descriptor >>> 32 & 0xF_0000);
        return (descriptor >>> 55 & 1) != 0 ? raw << 12 | 0xFFF : raw;
    }

    /**
     * {@return the descriptor of a selector, which is not null}
     *
     * @param which the selector
     * @param vector the fault when it is beyond its table
     */
    long read(int which, int vector) {
        boolean local = (which & 4) != 0;
        int at = which & 0xFFF8;
        int most = local ? limit[LDT] : gdtLimit;
        if (at + 7 > most || local && (selector[LDT] & 0xFFFC) == 0) {
            throw cpu.fault.of(vector, which & 0xFFFC);
        }
        descriptorAt = (local ? base[LDT] : gdtBase) + at;
        descriptor = system8(descriptorAt);
        return descriptor;
    }

    /** {@return where the descriptor is that was read last} */
    long descriptorAt() {
        return descriptorAt;
    }

    /** Reads as the processor itself, whatever the privilege level. */
    long system8(long linear) {
        return system(linear, 8);
    }

    /** {@return what the processor itself reads, whatever the privilege level, zero-extended} */
    long system(long linear, int size) {
        cpu.implicitAccess(false);
        try {
            return cpu.mmu.load(linear, size) & Cpu.mask(size);
        } finally {
            cpu.access();
        }
    }

    /** Sets the accessed bit of the descriptor that was read last. */
    private void access() {
        if ((descriptor >>> 40 & ACCESSED) == 0) {
            systemStore(descriptorAt + 5, 1, (int) (descriptor >>> 40) | ACCESSED);
        }
    }

    /** Writes as the processor itself, whatever the privilege level. */
    void systemStore(long linear, int size, long value) {
        cpu.implicitAccess(false);
        try {
            cpu.mmu.store(linear, size, value);
        } finally {
            cpu.access();
        }
    }

    /** Raises the fault that {@link #systemStore} would, without writing. */
    void systemCheckWrite(long linear, int size) {
        cpu.implicitAccess(false);
        try {
            cpu.mmu.checkWrite(linear, size);
        } finally {
            cpu.access();
        }
    }

    /** Loads a segment register as real mode does: the selector is the base. */
    void real(int segment, int which) {
        selector[segment] = which;
        base[segment] = (long) which << 4;
    }

    /** Loads a segment register other than CS, as MOV and POP do. */
    void load(int segment, int which) {
        if (cpu.realSegments()) {
            real(segment, which);
            return;
        }
        if ((which & 0xFFFC) == 0) {
            boolean allowed =
                    segment != Insn.SS || cpu.mode == Decoder.BITS64 && cpu.level != 3 && (which & 3) == cpu.level;
            if (!allowed) {
                throw cpu.protection(0);
            }
            selector[segment] = which;
            base[segment] = 0;
            attributes[segment] = segment == Insn.SS ? PRESENT | NOT_SYSTEM | 3 | cpu.level << 5 | BIG : 0;
            return;
        }
        long found = read(which, Fault.PROTECTION);
        int bits = attributesOf(found);
        int dpl = privilege(bits);
        boolean data = (bits & NOT_SYSTEM) != 0 && (bits & CODE) == 0;
        boolean wrong;
        if (segment == Insn.SS) {
            wrong = (which & 3) != cpu.level || dpl != cpu.level || !data || (bits & READABLE_OR_WRITABLE) == 0;
        } else {
            boolean readable = (bits & NOT_SYSTEM) != 0 && ((bits & CODE) == 0 || (bits & READABLE_OR_WRITABLE) != 0);
            boolean conforming = (bits & (CODE | CONFORMING)) == (CODE | CONFORMING);
            wrong = !readable || !conforming && Math.max(which & 3, cpu.level) > dpl;
        }
        if (wrong) {
            throw cpu.protection(which & 0xFFFC);
        }
        if ((bits & PRESENT) == 0) {
            throw cpu.fault.of(segment == Insn.SS ? Fault.STACK : Fault.NOT_PRESENT, which & 0xFFFC);
        }
        access();
        set(segment, which, found);
    }

    /** Fills a segment register's hidden part. */
    void set(int segment, int which, long found) {
        selector[segment] = which;
        base[segment] = baseOf(found);
        limit[segment] = limitOf(found);
        attributes[segment] = attributesOf(found) | ACCESSED;
    }

    /** Loads CS with a descriptor that was checked, and the privilege level with it. */
    void setCode(int which, long found, int level) {
        if ((found >>> 40 & ACCESSED) == 0 && descriptor == found) {
            access();
        }
        set(Insn.CS, which & ~3 | level, found);
        cpu.level(level);
        update();
    }

    /** Loads a flat segment, as SYSCALL and its like do. */
    void flat(int segment, int which, int type, int level, boolean isLong) {
        selector[segment] = which;
        base[segment] = 0;
        limit[segment] = -1;
        attributes[segment] = type | PRESENT | NOT_SYSTEM | level << 5 | GRANULAR | (isLong ? LONG : BIG);
    }

    /** Decides anew which code the processor executes. */
    void update() {
        boolean isLong = cpu.control.longMode() && (attributes[Insn.CS] & LONG) != 0;
        cpu.mode = isLong ? Decoder.BITS64 : isBig(Insn.CS) ? Decoder.BITS32 : Decoder.BITS16;
    }

    /** After a change to a lower privilege, data segments that are not for it become null. */
    void dropPrivileged() {
        for (int segment : new int[] {Insn.ES, Insn.DS, Insn.FS, Insn.GS}) {
            int bits = attributes[segment];
            boolean conforming = (bits & (CODE | CONFORMING)) == (CODE | CONFORMING);
            if ((selector[segment] & 0xFFFC) != 0 && !conforming && privilege(bits) < cpu.level) {
                selector[segment] = 0; // and the base stays, as that of FS and GS in 64-bit mode is to
                attributes[segment] = 0;
            }
        }
    }

    void loadLdt(int which) {
        if ((which & 0xFFFC) == 0) {
            selector[LDT] = which;
            attributes[LDT] = 0;
            limit[LDT] = 0;
            return;
        }
        long found = systemDescriptor(which, 2);
        long high = cpu.control.longMode() ? system8(descriptorAt + 8) : 0;
        set(LDT, which, found);
        base[LDT] |= high << 32;
    }

    void loadTask(int which) {
        if ((which & 0xFFFC) == 0) {
            throw cpu.protection(0);
        }
        long found = systemDescriptor(which, 9);
        long high = cpu.control.longMode() ? system8(descriptorAt + 8) : 0;
        systemStore(descriptorAt + 5, 1, (int) (found >>> 40) | 2);
        set(TASK, which, found | 0x200_0000_0000L);
        base[TASK] |= high << 32;
    }

    private long systemDescriptor(int which, int type) {
        if ((which & 4) != 0) {
            throw cpu.protection(which & 0xFFFC);
        }
        long found = read(which, Fault.PROTECTION);
        int bits = attributesOf(found);
        boolean right = (bits & NOT_SYSTEM) == 0 && ((bits & TYPE) == type || type == 9 && (bits & TYPE) == 1);
        if (!right) {
            throw cpu.protection(which & 0xFFFC);
        }
        if ((bits & PRESENT) == 0) {
            throw cpu.fault.of(Fault.NOT_PRESENT, which & 0xFFFC);
        }
        return found;
    }
}
