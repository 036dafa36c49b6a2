package belljar.translator;

/**
 * The breakpoints of a CPU's debug registers (SDM volume 3, section 17.2): for instructions, which are faults before
 * them, and for data and ports, which are traps behind what accesses them. While one is set the CPU executes one
 * instruction at a time. For one thread.
 */
final class Watch {
    /** Bits of DR6 and DR7. */
    static final long SINGLE_STEP = 1 << 14;

    static final long GENERAL_DETECT = 1 << 13;

    private static final long DETECTED = 1 << 13;
    private static final int EXECUTE = 0;
    private static final int WRITE = 1;
    private static final int PORT = 2;
    private static final int COUNT = 4;
    private static final int[] LENGTHS = {1, 2, 8, 4};

    private final Cpu cpu;

    /** Whether any breakpoint is set. */
    boolean armed;

    /** Whether one for data is. */
    boolean data;

    private long met;

    Watch(Cpu cpu) {
        this.cpu = cpu;
    }

    private boolean isSet(int number) {
        return (cpu.debug[7] >> 2 * number & 3) != 0;
    }

    private int type(int number) {
        return (int) (cpu.debug[7] >> 16 + 4 * number) & 3;
    }

    private int length(int number) {
        return LENGTHS[(int) (cpu.debug[7] >> 18 + 4 * number) & 3];
    }

    /** After a change of DR7, or of CR4. */
    void update() {
        armed = (cpu.debug[7] & 0xFF) != 0;
        data = false;
        for (int i = 0; i < COUNT; i++) {
            data |= isSet(i) && (type(i) & WRITE) != 0;
        }
        cpu.access();
    }

    /**
     * Looks at the instruction that is next.
     *
     * @throws Fault if there is a breakpoint and RF does not hide it
     */
    void fetch() {
        if (!armed || (cpu.flags & Cpu.RF) != 0) {
            return;
        }
        long linear = cpu.mode == Decoder.BITS64 ? cpu.rip : cpu.wrap(cpu.segments.base[Insn.CS] + cpu.rip);
        long found = 0;
        for (int i = 0; i < COUNT; i++) {
            found |= isSet(i) && type(i) == EXECUTE && cpu.debug[i] == linear ? 1L << i : 0;
        }
        if (found != 0) {
            met |= found;
            throw cpu.fault.of(Fault.DEBUG, 0);
        }
    }

    /** Notes that data are accessed. */
    void accessed(long linear, int size, boolean write) {
        for (int i = 0; i < COUNT; i++) {
            int type = type(i);
            if (isSet(i) && (type == WRITE && write || type == (WRITE | PORT))) {
                note(i, linear, size);
            }
        }
    }

    /** Notes that a port is. */
    void port(int port, int size) {
        for (int i = 0; armed && i < COUNT; i++) {
            if (isSet(i) && type(i) == PORT && (cpu.control.cr4 & Control.DE) != 0) {
                note(i, port, size);
            }
        }
    }

    private void note(int number, long from, int size) {
        int length = length(number);
        long first = cpu.debug[number] & -length;
        if (from + size > first && from < first + length) {
            met |= 1L << number;
        }
    }

    /** {@return whether the instruction has met breakpoints for data or ports} */
    boolean met() {
        return met != 0;
    }

    /** Tells in DR6 of what was met, as a debug exception begins. */
    void tell() {
        cpu.debug[6] = cpu.debug[6] & -1L << COUNT | met;
        met = 0;
    }

    /**
     * Before an access to the debug registers.
     *
     * @throws Fault if DR7 says that they are somebody's
     */
    void checkDetect() {
        if ((cpu.debug[7] & GENERAL_DETECT) != 0) {
            cpu.debug[6] |= DETECTED;
            throw cpu.fault.of(Fault.DEBUG, 0);
        }
    }
}
