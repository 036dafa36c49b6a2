package belljar.translator;

/**
 * An instruction as it was decoded: the operation and where its operands are. At most one operand is in memory; where
 * says {@link #base}, {@link #index}, {@link #scale} and {@link #displacement}. Immutable once decoded.
 *
 * <p>A guest that is busy has some hundred thousands of them, so what is small is kept in bytes.
 */
final class Insn {
    /** An operand that lies in memory. */
    static final int MEMORY = -1;

    /** An operand that is {@link #immediate}. */
    static final int IMMEDIATE = -2;

    /** There is no such operand. */
    static final int NONE = -3;

    /** The number of a register that is always 0, for addresses without a base or an index. */
    static final int ZERO = 16;

    /** The numbers of AH, CH, DH and BH begin here; the others of a byte have those of the whole registers. */
    static final int HIGH_BYTES = 20;

    /** Segments by their number in the encoding; {@link #FLAT} has no base. */
    static final int ES = 0;

    static final int CS = 1;
    static final int SS = 2;
    static final int DS = 3;
    static final int FS = 4;
    static final int GS = 5;
    static final int FLAT = 6;

    /** The prefix that repeats a string operation, or belongs to the opcode. */
    static final int REP = 1;

    static final int REPNE = 2;

    /** What is to be done. */
    Op op = Op.UD;

    /** Its form in the interpreter's own switch, one of {@link Fast}; 0 for none. */
    byte fast;

    /** The size of the operands in bytes. */
    byte size;

    /** The size of addresses in bytes: 2, 4 or 8. */
    byte addressSize;

    /** The first operand, mostly also the destination: a register or one of the constants above. */
    byte first = NONE;

    byte second = NONE;

    /** The register field of ModRM with its extension, or the register in the opcode. */
    short reg;

    /** The low bits of the opcode: a condition, or which of a family of operations it is. */
    short code;

    /** Which opcode it is, with its map and mandatory prefix; see {@link Decoder}. */
    int opcode;

    byte base = ZERO;
    byte index = ZERO;
    byte scale;
    byte segment = FLAT;
    long displacement;
    long immediate;

    /** {@link #REP}, {@link #REPNE} or 0. */
    byte repeat;

    boolean lock;

    /** Whether the prefix 66 stands before it. */
    boolean narrow;

    /** Whether it ends its block. */
    boolean ends;

    /** The instruction pointer here, and behind. */
    long address;

    long next;

    /** Where a jump leads. */
    long target;
}
