package belljar.translator;

/** The state of the x87 unit, as far as it is there: what an operating system sets up and saves. */
final class Fpu {
    private static final int INITIAL_CONTROL = 0x37F;

    int control = INITIAL_CONTROL;
    int status;

    /** One bit a register: whether it is in use. */
    int tags;

    int opcode;
    long instruction;
    long data;

    /** The registers, two numbers each: the significand, then sign and exponent. */
    final long[] registers = new long[16];

    void reset() {
        control = INITIAL_CONTROL;
        status = 0;
        tags = 0;
        opcode = 0;
        instruction = 0;
        data = 0;
    }
}
