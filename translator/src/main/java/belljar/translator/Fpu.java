package belljar.translator;

/**
 * The state of the x87 unit (SDM volume 1, section 8.1): eight registers of 80 bits, of which instructions name one by
 * its distance from the top of the stack, and which MMX instructions name by their own number. For one thread.
 */
final class Fpu {
    /** Exceptions, with the same bits in the status and control words. */
    static final int IE = 1;

    static final int DE = 2;
    static final int ZE = 4;
    static final int OE = 8;
    static final int UE = 0x10;
    static final int PE = 0x20;
    static final int EXCEPTIONS = 0x3F;

    /** Other bits of the status word: a fault of the stack, a pending exception, and the condition codes. */
    static final int STACK = 0x40;

    static final int PENDING = 0x8080;
    static final int C0 = 0x100;
    static final int C1 = 0x200;
    static final int C2 = 0x400;
    static final int C3 = 0x4000;
    static final int CONDITIONS = C0 | C1 | C2 | C3;

    /** The significand and the sign with the exponent of what an invalid operation yields. */
    static final long INDEFINITE = 0xC000_0000_0000_0000L;

    static final int INDEFINITE_EXPONENT = 0xFFFF;

    private static final int INITIAL_CONTROL = 0x37F;
    private static final int TOP = 0x3800;

    int control = INITIAL_CONTROL;

    /** The status word without the top of the stack, which is {@link #top}. */
    private int status;

    int top;

    /** One bit a register, by its number: whether it is in use. */
    int tags;

    /** The last instruction that was no control instruction: its opcode, where it was, and where its operand was. */
    int opcode;

    long instruction;
    int instructionSegment;
    long data;
    int dataSegment;

    /** The registers by their number: the significands, and the signs (bit 15) with the biased exponents. */
    final long[] significand = new long[8];

    final int[] exponent = new int[8];

    /** Operands and result of the operation that is executed. */
    final Real a = new Real();

    final Real b = new Real();
    final Real result = new Real();

    /** What FNINIT does. The registers keep what they hold. */
    void reset() {
        control = INITIAL_CONTROL;
        status = 0;
        top = 0;
        tags = 0;
        opcode = 0;
        instruction = 0;
        instructionSegment = 0;
        data = 0;
        dataSegment = 0;
    }

    // ---- control and status

    int status() {
        return status | top << 11;
    }

    /** Sets the status word; whether an exception is pending follows from the masks. */
    void status(int value) {
        top = (value & TOP) >> 11;
        status = value & 0xFFFF & ~TOP & ~PENDING;
        pend();
    }

    void control(int value) {
        control = value & 0x1F3F | 0x40;
        pend();
    }

    private void pend() {
        boolean isPending = (status & ~control & EXCEPTIONS) != 0;
        status = isPending ? status | PENDING : status & ~PENDING;
    }

    /** {@return whether the next instruction that waits raises an exception} */
    boolean isPending() {
        return (status & PENDING) != 0;
    }

    void clearExceptions() {
        status &= CONDITIONS;
    }

    /** Sets some condition codes and leaves the others. */
    void conditions(int which, int value) {
        status = status & ~which | value;
    }

    /**
     * Notes exceptions.
     *
     * @param flags exceptions, {@link #STACK}, and {@link #C1} if it is to be set; it is cleared otherwise
     * @return those exceptions that are not masked
     */
    int raise(int flags) {
        status = status & ~C1 | flags;
        int unmasked = flags & ~control & EXCEPTIONS;
        if (unmasked != 0) {
            status |= PENDING;
        }
        return unmasked;
    }

    /** {@return the bits of a significand that results have: 24, 53 or 64} */
    int precision() {
        return switch (control >> 8 & 3) {
            case 0 -> 24;
            case 2 -> 53;
            default -> 64;
        };
    }

    /** {@return how results are rounded: 0 to the nearest, 1 down, 2 up, 3 to zero} */
    int rounding() {
        return control >> 10 & 3;
    }

    // ---- registers

    /** {@return the number of a register by its distance from the top} */
    int number(int distance) {
        return top + distance & 7;
    }

    boolean isEmpty(int distance) {
        return (tags >> number(distance) & 1) == 0;
    }

    /** Sets a register by its distance from the top. */
    void set(int distance, long newSignificand, int newExponent) {
        int at = number(distance);
        significand[at] = newSignificand;
        exponent[at] = newExponent;
        tags |= 1 << at;
    }

    void set(int distance, Real value) {
        set(distance, value.significand, value.signExponent);
    }

    /** Reads a register into an operand. */
    void get(int distance, Real into) {
        int at = number(distance);
        into.load(significand[at], exponent[at]);
    }

    void free(int distance) {
        tags &= ~(1 << number(distance));
    }

    void pop(int count) {
        for (int i = 0; i < count; i++) {
            free(0);
            top = top + 1 & 7;
        }
    }

    void push(long newSignificand, int newExponent) {
        top = top - 1 & 7;
        set(0, newSignificand, newExponent);
    }

    /** {@return whether there is room to push} If there is none, the masked response is given. */
    boolean hasRoom() {
        if (isEmpty(-1)) {
            return true;
        }
        if (raise(IE | STACK | C1) == 0) {
            push(INDEFINITE, INDEFINITE_EXPONENT);
        }
        return false;
    }

    // ---- tags

    /** {@return the tag word of two bits a register, as FNSTENV stores it: valid, zero, special or empty} */
    int fullTags() {
        int full = 0;
        for (int i = 0; i < 8; i++) {
            full |= ((tags >> i & 1) == 0 ? 3 : kind(significand[i], exponent[i] & 0x7FFF)) << 2 * i;
        }
        return full;
    }

    private static int kind(long bits, int biased) {
        if (biased == 0) {
            return bits == 0 ? 1 : 2;
        }
        return biased == 0x7FFF || bits >= 0 ? 2 : 0;
    }

    /** Sets which registers are in use by a tag word of two bits a register. */
    void fullTags(int full) {
        tags = 0;
        for (int i = 0; i < 8; i++) {
            tags |= (full >> 2 * i & 3) == 3 ? 0 : 1 << i;
        }
    }
}
