package belljar.translator;

import belljar.translator.OpcodeTable.Form;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes instructions (SDM volume 2, chapter 2): prefixes, opcode, ModRM, displacement and immediate, led by
 * {@link OpcodeTable}. For one thread.
 */
final class Decoder {
    /** Code of 16, 32 and 64 bits. */
    static final int BITS16 = 0;

    static final int BITS32 = 1;
    static final int BITS64 = 2;

    /** An instruction is no longer than this. */
    static final int MOST_BYTES = 15;

    /** Added to the opcodes of the maps 0F, 0F 38 and 0F 3A in {@link Insn#opcode}. */
    static final int MAP_0F = 0x100;

    static final int MAP_38 = 0x200;
    static final int MAP_3A = 0x300;

    /** Mandatory prefixes in {@link Insn#opcode}: 66, F3 and F2. */
    static final int PREFIX_66 = 0x1000;

    static final int PREFIX_F3 = 0x2000;
    static final int PREFIX_F2 = 0x3000;

    private static final OpcodeTable ONE = OpcodeTable.one();
    private static final OpcodeTable TWO = OpcodeTable.two();

    private byte[] bytes = new byte[0];
    private int at;
    private int limit;
    private int bits;
    private int rex;
    private boolean narrow;
    private int segment;
    private int modRm;

    /**
     * Decodes an instruction.
     *
     * @param from holds its bytes
     * @param start where it begins
     * @param end where the bytes end
     * @param address its instruction pointer
     * @param codeBits one of the constants above
     * @return the instruction; null where the bytes end before it does. What is none is {@link Op#UD}
     */
    @Nullable Insn decode(byte[] from, int start, int end, long address, int codeBits) {
        bytes = from;
        at = start;
        limit = Math.min(end, start + MOST_BYTES);
        bits = codeBits;
        rex = 0;
        narrow = false;
        segment = -1;
        Insn in = new Insn();
        in.address = address;
        try {
            decode(in);
        } catch (IndexOutOfBoundsException e) {
            if (limit == end) {
                return null;
            }
            in.op = Op.UD; // beyond 15 bytes
        }
        in.next = mask(address + (at - start));
        if (in.op == Op.JCC || in.op == Op.JMP || in.op == Op.CALL || isLoop(in.op)) {
            in.target = in.next + in.immediate;
            in.target = bits == BITS64 ? in.target : in.size == 2 ? in.target & 0xFFFF : mask(in.target);
        }
        if (in.base == RIP) {
            in.base = Insn.ZERO;
            in.displacement += in.next;
        }
        if (in.segment == Insn.FLAT) {
            in.segment = chosen(Insn.DS); // of a source that ModRM does not name
        }
        if (in.lock && !isLockable(in)) {
            in.op = Op.UD;
        }
        // A repeated string operation may have to be executed again.
        in.ends = in.op.ends || in.op.group == Op.Group.STRING && in.repeat != 0;
        Fast.choose(in, bits);
        return in;
    }

    private static final int RIP = 17;

    private long mask(long pointer) {
        return bits == BITS64 ? pointer : pointer & 0xFFFF_FFFFL;
    }

    private static boolean isLoop(Op op) {
        return op == Op.LOOP || op == Op.LOOPE || op == Op.LOOPNE || op == Op.JCXZ;
    }

    /** {@return whether the prefix LOCK may stand before an instruction (SDM volume 2, "LOCK")} */
    private static boolean isLockable(Insn in) {
        boolean writes = switch (in.op) {
            case ADD, ADC, SUB, SBB, AND, OR, XOR, INC, DEC, NEG, NOT -> true;
            case BTS, BTR, BTC, XADD, XCHG, CMPXCHG, CMPXCHG8B -> true;
            default -> false;
        };
        return writes && in.first == Insn.MEMORY;
    }

    private int next() {
        if (at >= limit) {
            throw new IndexOutOfBoundsException("the bytes end before the instruction does");
        }
        return bytes[at++] & 0xFF;
    }

    private long signed(int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (long) next() << 8 * i;
        }
        int unused = 64 - 8 * count;
        return count == 0 ? 0 : value << unused >> unused;
    }

    private void decode(Insn in) {
        int opcode = prefixes(in);
        in.narrow = narrow;
        OpcodeTable table = ONE;
        in.addressSize = (byte) (in.addressSize == 0 ? defaultAddress() : in.addressSize);
        if (opcode == 0x0F) {
            opcode = next();
            if (opcode == 0x38 || opcode == 0x3A) {
                SimdForms.three(this, in, opcode, next());
                return;
            }
            in.opcode = MAP_0F + opcode;
            if (SimdForms.isSimd(opcode)) {
                SimdForms.two(this, in, opcode);
                return;
            }
            table = TWO;
        } else {
            in.opcode = opcode;
        }
        if (bits == BITS64 && table == ONE && opcode == 0x63 && (rex & 8) == 0 && !narrow) {
            in.size = 4; // MOVSXD without REX.W is a plain move
        }
        boolean group = table.isGroup(opcode);
        if (group) {
            modRm = next();
        }
        Form form = table.form(opcode, modRm >> 3 & 7);
        if (form == null || bits == BITS64 && table == ONE && isInvalid64(opcode)) {
            in.op = Op.UD;
            return;
        }
        if (form.modRm() && !group) {
            modRm = next();
        }
        if (table == TWO && (opcode & 0xFC) == 0x20) {
            modRm |= 0xC0; // with control and debug registers it always names a register
        }
        in.op = form.op();
        in.code = (short) (opcode & 15);
        in.size = (byte) operandSize(form.wide(), opcode, table == TWO);
        operands(in, form, opcode);
        if (in.op == Op.JMPFI || in.op == Op.CALLFI) {
            in.displacement = signed(2) & 0xFFFF; // the selector
        }
        Exceptional.adjust(in, opcode, modRm, table == TWO, bits, narrow);
    }

    private int defaultAddress() {
        return bits == BITS64 ? 8 : bits == BITS32 ? 4 : 2;
    }

    private int operandSize(boolean wide, int opcode, boolean two) {
        if (bits == BITS64) {
            if ((rex & 8) != 0 || wide && (!narrow || isNear(opcode, two))) {
                return 8;
            }
            return narrow ? 2 : 4;
        }
        return narrow == (bits == BITS16) ? 4 : 2;
    }

    /** Near jumps in 64-bit mode have 64 bits whatever stands before them. */
    private static boolean isNear(int opcode, boolean two) {
        return two ? opcode >= 0x80 && opcode < 0x90 : opcode >= 0xE0 && opcode < 0xEC || opcode >> 4 == 7;
    }

    private int prefixes(Insn in) {
        while (true) {
            int b = next();
            if (bits == BITS64 && b >> 4 == 4) {
                rex = b;
                return next0(in);
            }
            if (!prefix(in, b)) {
                return b;
            }
        }
    }

    /** What follows REX: the opcode, or another prefix, which makes REX void. */
    private int next0(Insn in) {
        int b = next();
        if (b >> 4 == 4) {
            rex = b;
            return next0(in);
        }
        if (prefix(in, b)) {
            rex = 0;
            return prefixes(in);
        }
        return b;
    }

    private boolean prefix(Insn in, int b) {
        switch (b) {
            case 0x26 -> override(Insn.ES);
            case 0x2E -> override(Insn.CS);
            case 0x36 -> override(Insn.SS);
            case 0x3E -> override(Insn.DS);
            case 0x64 -> segment = Insn.FS;
            case 0x65 -> segment = Insn.GS;
            case 0x66 -> narrow = true;
            case 0x67 -> in.addressSize = (byte) (bits == BITS32 ? 2 : 4);
            case 0xF0 -> in.lock = true;
            case 0xF2 -> in.repeat = Insn.REPNE;
            case 0xF3 -> in.repeat = Insn.REP;
            default -> {
                return false;
            }
        }
        return true;
    }

    private void override(int number) {
        segment = bits == BITS64 ? segment : number;
    }

    private static boolean isInvalid64(int opcode) {
        return switch (opcode) {
            case 0x06, 0x07, 0x0E, 0x16, 0x17, 0x1E, 0x1F, 0x27, 0x2F, 0x37, 0x3F -> true;
            case 0x60, 0x61, 0x62, 0x82, 0x9A, 0xC4, 0xC5, 0xCE, 0xD4, 0xD5, 0xD6, 0xEA -> true;
            default -> false;
        };
    }

    private void operands(Insn in, Form form, int opcode) {
        List<String> words = form.operands();
        for (String word : words) {
            // An immediate or a port has a size of its own.
            if ("IJDN".indexOf(word.charAt(0)) < 0) {
                in.size = (byte) size(word, in.size);
                break;
            }
        }
        if (form.modRm()) {
            in.reg = (short) (modRm >> 3 & 7 | (rex & 4) << 1);
            in.first = Insn.NONE;
        }
        boolean address = false;
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if ("EMRW".indexOf(word.charAt(0)) >= 0 && word.length() == 2 && !address) {
                address = true;
                address(in);
            }
        }
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (word.length() == 2) {
                operand(in, word, opcode, i);
            }
        }
    }

    private int size(String word, int size) {
        return switch (word.charAt(word.length() - 1)) {
            case 'b' -> 1;
            case 'w' -> 2;
            case 'd' -> 4;
            case 'q' -> 8;
            case 'y' -> (rex & 8) != 0 ? 8 : 4;
            case 'z' -> Math.min(size, 4) == 2 ? 2 : size;
            default -> size;
        };
    }

    private void operand(Insn in, String word, int opcode, int place) {
        int where = switch (word.charAt(0)) {
            case 'E', 'M', 'R', 'W' -> isMemory() ? Insn.MEMORY : register(modRm & 7 | (rex & 1) << 3, word);
            case 'G' -> register(in.reg, word);
            case 'V' -> in.reg;
            case 'Z' -> register(opcode & 7 | (rex & 1) << 3, word);
            case 'A' -> 0;
            case 'C' -> 1;
            case 'S', 'D' -> Insn.NONE;
            default -> immediate(in, word);
        };
        if (word.charAt(0) == 'Z') {
            in.reg = (short) (opcode & 7 | (rex & 1) << 3);
        }
        if (place == 0) {
            in.first = (byte) where;
        } else if (place == 1) {
            in.second = (byte) where;
        }
    }

    private int register(int number, String word) {
        return word.charAt(1) == 'b' && rex == 0 && number >= 4 && number < 8 ? Insn.HIGH_BYTES + number - 4 : number;
    }

    private int immediate(Insn in, String word) {
        char kind = word.charAt(0);
        char size = word.charAt(1);
        if (kind == 'N') {
            in.immediate = 1;
        } else if (kind == 'O') {
            in.displacement = signed(in.addressSize);
            in.displacement &= in.addressSize == 8 ? -1 : (1L << 8 * in.addressSize) - 1;
            in.segment = chosen(Insn.DS);
            return Insn.MEMORY;
        } else {
            in.displacement = in.op == Op.ENTER ? in.immediate : in.displacement;
            int count = switch (size) {
                case 'b', 's' -> 1;
                case 'w' -> 2;
                case 'v' -> in.size;
                default -> Math.min(in.size, 4);
            };
            long value = signed(count);
            boolean unsigned = kind == 'I' && (size == 'b' && in.size != 1 || size == 'w');
            in.immediate = unsigned ? value & (1L << 8 * count) - 1 : value;
        }
        return Insn.IMMEDIATE;
    }

    boolean isMemory() {
        return modRm >> 6 != 3;
    }

    /** Reads ModRM for an operation of {@link SimdForms}, and the address if there is one. */
    void modRm(Insn in) {
        modRm = next();
        in.reg = (short) (modRm >> 3 & 7 | (rex & 4) << 1);
        in.first = (byte) in.reg;
        address(in);
        in.second = (byte) (isMemory() ? Insn.MEMORY : modRm & 7 | (rex & 1) << 3);
    }

    int immediateByte() {
        return next();
    }

    boolean isWide() {
        return (rex & 8) != 0;
    }

    boolean isNarrow() {
        return narrow;
    }

    int bits() {
        return bits;
    }

    private byte chosen(int standard) {
        int number = segment >= 0 ? segment : standard;
        return (byte) (bits == BITS64 && number < Insn.FS ? Insn.FLAT : number);
    }

    /** The address of the operand in memory (SDM volume 2, tables 2-1 to 2-3). */
    private void address(Insn in) {
        int mod = modRm >> 6;
        int rm = modRm & 7;
        if (mod == 3) {
            return;
        }
        if (in.addressSize == 2) {
            address16(in, mod, rm);
            return;
        }
        int standard = Insn.DS;
        if (rm == 4) {
            int sib = next();
            in.scale = (byte) (sib >> 6);
            in.index = (byte) (sib >> 3 & 7 | (rex & 2) << 2);
            in.index = in.index == 4 ? Insn.ZERO : in.index;
            rm = sib & 7;
            in.base = (byte) (rm == 5 && mod == 0 ? Insn.ZERO : rm | (rex & 1) << 3);
        } else {
            in.base = (byte) (rm == 5 && mod == 0 ? bits == BITS64 ? RIP : Insn.ZERO : rm | (rex & 1) << 3);
        }
        if (in.base == 4 || in.base == 5) {
            standard = Insn.SS;
        }
        in.displacement = mod == 1 ? signed(1) : mod == 2 || rm == 5 && mod == 0 ? signed(4) : 0;
        in.segment = chosen(standard);
    }

    private void address16(Insn in, int mod, int rm) {
        int[] bases = {3, 3, 5, 5, 6, 7, 5, 3};
        int[] indexes = {6, 7, 6, 7, Insn.ZERO, Insn.ZERO, Insn.ZERO, Insn.ZERO};
        boolean direct = mod == 0 && rm == 6;
        in.base = (byte) (direct ? Insn.ZERO : bases[rm]);
        in.index = (byte) indexes[rm];
        in.displacement = mod == 1 ? signed(1) : mod == 2 || direct ? signed(2) : 0;
        in.segment = chosen(in.base == 5 ? Insn.SS : Insn.DS);
    }
}
