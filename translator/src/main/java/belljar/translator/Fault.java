package belljar.translator;

/**
 * An exception of the processor on its way from the operation that met it to the one place that delivers it. Each CPU
 * has one, used again and again, without a stack trace.
 */
final class Fault extends RuntimeException {
    /** No exception: the instruction is about to change code behind it, and is to be executed again by itself. */
    static final int AGAIN = -1;

    static final int DIVIDE = 0;
    static final int DEBUG = 1;
    static final int BREAKPOINT = 3;
    static final int OVERFLOW = 4;
    static final int BOUND = 5;
    static final int UNDEFINED = 6;
    static final int NO_FPU = 7;
    static final int DOUBLE = 8;
    static final int TSS = 10;
    static final int NOT_PRESENT = 11;
    static final int STACK = 12;
    static final int PROTECTION = 13;
    static final int PAGE = 14;
    static final int FPU = 16;
    static final int ALIGNMENT = 17;
    static final int SIMD = 19;

    private static final long serialVersionUID = 1L;

    /** Which: one of the constants above. */
    int vector;

    /** The error code; 0 for vectors that have none. */
    int code;

    /** Whether the instruction pointer is where it belongs already: at the beginning of another task. */
    boolean placed;

    Fault() {
        super(null, null, false, false);
    }

    Fault of(int newVector, int newCode) {
        vector = newVector;
        code = newCode;
        placed = false;
        return this;
    }

    /** {@return whether an error code is pushed for a vector (SDM volume 3, table 6-1)} */
    static boolean hasCode(int vector) {
        return vector == DOUBLE || vector >= TSS && vector <= PAGE || vector == ALIGNMENT || vector == 21;
    }
}
