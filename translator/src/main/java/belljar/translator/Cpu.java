package belljar.translator;

import belljar.machine.LocalApic;

/**
 * The state of a virtual CPU and what every operation needs of it: registers, flags, addresses, operands. The
 * operations themselves stand in other classes, by group.
 *
 * <p>Arithmetic flags are lazy: an operation leaves its kind, operands and result, sign-extended to 64 bits, and a flag
 * is computed when somebody asks. For one thread.
 */
final class Cpu {
    static final int CF = 1;
    static final int PF = 4;
    static final int AF = 0x10;
    static final int ZF = 0x40;
    static final int SF = 0x80;
    static final int TF = 0x100;
    static final int IF = 0x200;
    static final int DF = 0x400;
    static final int OF = 0x800;
    static final int IOPL = 0x3000;
    static final int NT = 0x4000;
    static final int RF = 0x1_0000;
    static final int VM = 0x2_0000;
    static final int AC = 0x4_0000;
    static final int RFLAGS_KNOWN = 0x3F_7FD7;
    static final int ARITHMETIC = CF | PF | AF | ZF | SF | OF;

    /** Kinds of lazy flags: all six in {@link #flagA}. */
    static final int FLAGS_EAGER = 0;

    static final int FLAGS_ADD = 1;

    /** An addition with a carry in of 1. */
    static final int FLAGS_ADC = 2;

    static final int FLAGS_SUB = 3;

    /** A subtraction with a borrow in of 1. */
    static final int FLAGS_SBB = 4;

    static final int FLAGS_LOGIC = 5;

    /** Increment; {@link #flagA} is the carry, which stays. */
    static final int FLAGS_INC = 6;

    static final int FLAGS_DEC = 7;

    /** SF, ZF and PF by the result, the others in {@link #flagA}. */
    static final int FLAGS_MIXED = 8;

    /** The general registers, a 0 at {@link Insn#ZERO}, and some room. */
    final long[] r = new long[Insn.HIGH_BYTES + 4];

    /** The XMM registers, two numbers each, the low one first. */
    final long[] xmm = new long[32];

    final Control control = new Control();
    final Fault fault = new Fault();
    final Segments segments = new Segments(this);
    final Fpu fpu = new Fpu();
    final CpuHost host;
    final Mmu mmu;
    final Msrs msrs;
    private final int index;
    private final LocalApic apic;

    long rip;

    /** The flags that are not arithmetic. */
    int flags = 2;

    int flagKind = FLAGS_EAGER;
    long flagA;
    long flagB;
    long flagResult;
    int flagSize = 8;

    int mxcsr = 0x1F80;

    /** Code size and paging, as far as decoded blocks depend on them: {@link Decoder}'s bits. */
    int mode = Decoder.BITS16;

    /** The privilege level, 0 to 3. */
    int level;

    /** Whether HLT waits for an interrupt. */
    boolean halted;

    /** How often PAUSE was executed. */
    int pauses;

    /** Whether interrupts wait for the instruction behind STI, or behind a load of SS, as well. */
    boolean shadow;

    /** Whether non-maskable interrupts wait for the handler of one to return. */
    boolean nmiBlocked;

    /** Whether SYSRET has set the trap flag, which then works at once. */
    boolean trapsNow;

    /** Debug registers 0 to 7. */
    final long[] debug = new long[8];

    final Watch watch = new Watch(this);

    Cpu(int index, CpuHost host, LocalApic apic, CodePages codePages) {
        this.index = index;
        this.host = host;
        this.apic = apic;
        this.mmu = new Mmu(host.memory(), host.bus(), codePages, new PageWalk(host.memory(), control, fault), apic);
        this.msrs = new Msrs(this);
        mapApic();
        debug[6] = 0xFFFF_0FF0L;
        debug[7] = 0x400;
    }

    int index() {
        return index;
    }

    LocalApic apic() {
        return apic;
    }

    /** Shows the local APIC at the address that it has now. */
    void mapApic() {
        long base = apic.base();
        boolean inMemory = (base & 0xC00) == 0x800;
        mmu.apicBase(inMemory ? base & Mmu.PAGE_MASK : -1);
        mmu.flush();
    }

    // ---- flags

    boolean cf() {
        return switch (flagKind) {
            case FLAGS_EAGER, FLAGS_MIXED, FLAGS_INC, FLAGS_DEC -> (flagA & CF) != 0;
            case FLAGS_ADD -> Long.compareUnsigned(flagResult, flagA) < 0;
            case FLAGS_ADC -> Long.compareUnsigned(flagResult, flagA) <= 0;
            case FLAGS_SUB -> Long.compareUnsigned(flagA, flagB) < 0;
            case FLAGS_SBB -> Long.compareUnsigned(flagA, flagB) <= 0;
            default -> false;
        };
    }

    boolean of() {
        return switch (flagKind) {
            case FLAGS_EAGER, FLAGS_MIXED -> (flagA & OF) != 0;
            case FLAGS_ADD, FLAGS_ADC -> ((flagA ^ flagResult) & (flagB ^ flagResult)) < 0;
            case FLAGS_SUB, FLAGS_SBB -> ((flagA ^ flagB) & (flagA ^ flagResult)) < 0;
            case FLAGS_INC -> flagResult == -1L << 8 * flagSize - 1;
            case FLAGS_DEC -> flagResult == (1L << 8 * flagSize - 1) - 1;
            default -> false;
        };
    }

    boolean af() {
        return switch (flagKind) {
            case FLAGS_EAGER, FLAGS_MIXED -> (flagA & AF) != 0;
            case FLAGS_ADD, FLAGS_ADC, FLAGS_SUB, FLAGS_SBB -> ((flagA ^ flagB ^ flagResult) & AF) != 0;
            case FLAGS_INC -> (flagResult & 0xF) == 0;
            case FLAGS_DEC -> (flagResult & 0xF) == 0xF;
            default -> false;
        };
    }

    boolean zf() {
        return flagKind == FLAGS_EAGER ? (flagA & ZF) != 0 : flagResult == 0;
    }

    boolean sf() {
        return flagKind == FLAGS_EAGER ? (flagA & SF) != 0 : flagResult < 0;
    }

    boolean pf() {
        return flagKind == FLAGS_EAGER ? (flagA & PF) != 0 : (Integer.bitCount((int) flagResult & 0xFF) & 1) == 0;
    }

    /** {@return whether a condition holds} By its number in the opcode. */
    boolean condition(int code) {
        boolean holds = switch (code >> 1 & 7) {
            case 0 -> of();
            case 1 -> cf();
            case 2 -> zf();
            case 3 -> cf() || zf();
            case 4 -> sf();
            case 5 -> pf();
            case 6 -> flagKind == FLAGS_SUB ? flagA < flagB : sf() != of();
            default -> flagKind == FLAGS_SUB ? flagA <= flagB : zf() || sf() != of();
        };
        return holds != ((code & 1) != 0);
    }

    /** {@return the six arithmetic flags} */
    int arithmetic() {
        if (flagKind == FLAGS_EAGER) {
            return (int) flagA;
        }
        return (cf() ? CF : 0)
                | (pf() ? PF : 0)
                | (af() ? AF : 0)
                | (zf() ? ZF : 0)
                | (sf() ? SF : 0)
                | (of() ? OF : 0);
    }

    /** Sets all six arithmetic flags. */
    void arithmetic(int value) {
        flagKind = FLAGS_EAGER;
        flagA = value & ARITHMETIC;
    }

    /** Sets or clears one of the arithmetic flags and leaves the others. */
    void arithmetic(int flag, boolean set) {
        arithmetic(arithmetic() & ~flag | (set ? flag : 0));
    }

    /** {@return RFLAGS} */
    int rflags() {
        return flags & ~ARITHMETIC | arithmetic() | 2;
    }

    /** Sets RFLAGS. */
    void rflags(int value) {
        boolean changes = ((flags ^ value) & AC) != 0;
        flags = value & ~ARITHMETIC | 2;
        arithmetic(value);
        if (changes) {
            access();
        }
    }

    void lazy(int kind, int size, long a, long b, long result) {
        flagKind = kind;
        flagSize = size;
        flagA = a;
        flagB = b;
        flagResult = result;
    }

    /** Sets SF, ZF and PF by a result, and the others as given. */
    void mixed(long result, int others) {
        flagKind = FLAGS_MIXED;
        flagA = others;
        flagResult = result;
    }

    // ---- registers and operands

    static long extend(long value, int size) {
        return switch (size) {
            case 1 -> (byte) value;
            case 2 -> (short) value;
            case 4 -> (int) value;
            default -> value;
        };
    }

    static long mask(int size) {
        return size == 8 ? -1 : (1L << 8 * size) - 1;
    }

    /** {@return a register, zero-extended} */
    long register(int number, int size) {
        return switch (size) {
            case 1 -> number < Insn.HIGH_BYTES ? r[number] & 0xFF : r[number - Insn.HIGH_BYTES] >> 8 & 0xFF;
            case 2 -> r[number] & 0xFFFF;
            case 4 -> r[number] & 0xFFFF_FFFFL;
            default -> r[number];
        };
    }

    void register(int number, int size, long value) {
        switch (size) {
            case 1 -> {
                if (number < Insn.HIGH_BYTES) {
                    r[number] = r[number] & ~0xFFL | value & 0xFF;
                } else {
                    r[number - Insn.HIGH_BYTES] = r[number - Insn.HIGH_BYTES] & ~0xFF00L | (value & 0xFF) << 8;
                }
            }
            case 2 -> r[number] = r[number] & ~0xFFFFL | value & 0xFFFF;
            case 4 -> r[number] = value & 0xFFFF_FFFFL;
            default -> r[number] = value;
        }
    }

    /** {@return the offset in its segment of the operand in memory} */
    long offset(Insn in) {
        long offset = r[in.base] + (r[in.index] << in.scale) + in.displacement;
        return in.addressSize == 8 ? offset : in.addressSize == 4 ? offset & 0xFFFF_FFFFL : offset & 0xFFFF;
    }

    /** {@return the linear address of the operand in memory} */
    long linear(Insn in) {
        return linear(in.segment, offset(in));
    }

    long linear(int segment, long offset) {
        return wrap(segments.base[segment] + offset);
    }

    /** {@return an address, or an instruction pointer, as the mode cuts it} */
    long wrap(long address) {
        return mode == Decoder.BITS64 ? address : address & 0xFFFF_FFFFL;
    }

    /** {@return a segment of an operand without a prefix: in 64-bit mode it has no base} */
    int implied(int segment) {
        return mode == Decoder.BITS64 ? Insn.FLAT : segment;
    }

    /** {@return whether an address is one of 48 bits, sign-extended} */
    static boolean isCanonical(long address) {
        return address << 16 >> 16 == address;
    }

    /** {@return an operand, zero-extended} */
    long get(Insn in, int operand, int size) {
        return operand >= 0
                ? register(operand, size)
                : operand == Insn.MEMORY ? mmu.load(linear(in), size) : in.immediate & mask(size);
    }

    /** {@return an operand, sign-extended} */
    long signed(Insn in, int operand, int size) {
        return extend(get(in, operand, size), size);
    }

    void put(Insn in, int operand, int size, long value) {
        if (operand >= 0) {
            register(operand, size, value);
        } else {
            mmu.store(linear(in), size, value);
        }
    }

    // ---- stack

    /** {@return the size of the stack pointer in bytes} */
    int stackSize() {
        return mode == Decoder.BITS64 ? 8 : segments.isBig(Insn.SS) ? 4 : 2;
    }

    void push(int size, long value) {
        int width = stackSize();
        long pointer = r[4] - size & mask(width);
        mmu.store(linear(implied(Insn.SS), pointer), size, value);
        register(4, width, pointer);
    }

    long pop(int size) {
        long value = peek(0, size);
        drop(size);
        return value;
    }

    /** {@return what is some bytes up the stack} */
    long peek(long up, int size) {
        long pointer = r[4] + up & mask(stackSize());
        return mmu.load(linear(implied(Insn.SS), pointer), size);
    }

    void drop(long bytes) {
        int width = stackSize();
        register(4, width, register(4, width) + bytes);
    }

    // ---- faults

    Fault undefined() {
        return fault.of(Fault.UNDEFINED, 0);
    }

    Fault protection(int code) {
        return fault.of(Fault.PROTECTION, code);
    }

    /** Only the most privileged may go on. */
    void needsKernel() {
        if (level != 0) {
            throw protection(0);
        }
    }

    /** {@return whether selectors are bases, in real mode or in virtual-8086 mode} */
    boolean realSegments() {
        return realMode() || Virtual8086.isOn(this);
    }

    boolean realMode() {
        return (control.cr0 & Control.PE) == 0;
    }

    /** Sets the rights to pages of user mode by their protection keys. */
    void userKeys(int rights) {
        if (control.userKeys != rights) {
            control.userKeys = rights;
            mmu.flush();
        }
    }

    /** Sets the privilege level, and with it whose pages may be accessed. */
    void level(int newLevel) {
        level = newLevel;
        access();
    }

    /** Has memory accessed as the privilege level, AC and the control registers say. */
    void access() {
        boolean user = level == 3;
        boolean permitted = (flags & AC) != 0;
        mmu.access(
                user,
                !user && !permitted && (control.cr4 & Control.SMAP) != 0,
                user && permitted && (control.cr0 & Control.AM) != 0,
                watch.data ? watch : null);
    }

    /**
     * Has memory accessed as the processor itself does, to tables and stacks, until {@link #access} is called.
     *
     * @param user whether it does so for user mode
     */
    void implicitAccess(boolean user) {
        mmu.access(user, !user && (control.cr4 & Control.SMAP) != 0, false, null);
    }
}
