package belljar.translator;

/**
 * Which instructions have a form of their own in {@link Interpreter}'s switch: those that make up most of what programs
 * execute. A form is the operation, where the operands are (R register, M memory, I immediate) and their size in bytes.
 */
final class Fast {
    static final int GENERIC = 0;
    static final int NOP = 1;
    static final int MOV_RR8 = 2;
    static final int MOV_RR4 = 3;
    static final int MOV_RI = 4;
    static final int LOAD8 = 5;
    static final int LOAD4 = 6;
    static final int STORE8 = 7;
    static final int STORE4 = 8;
    static final int STORE1 = 9;
    static final int STORE_I8 = 10;
    static final int STORE_I4 = 11;
    static final int LEA8 = 12;
    static final int LEA4 = 13;
    static final int ZERO8_R = 14;
    static final int ZERO8_M = 15;
    static final int ZERO16_R = 16;
    static final int ZERO16_M = 17;
    static final int SIGN32_R = 18;
    static final int SIGN32_M = 19;
    static final int ADD_RR8 = 20;
    static final int ADD_RR4 = 21;
    static final int ADD_RI8 = 22;
    static final int ADD_RI4 = 23;
    static final int ADD_RM8 = 24;
    static final int ADD_RM4 = 25;
    static final int SUB_RR8 = 26;
    static final int SUB_RR4 = 27;
    static final int SUB_RI8 = 28;
    static final int SUB_RI4 = 29;
    static final int SUB_RM8 = 30;
    static final int SUB_RM4 = 31;
    static final int AND_RR8 = 32;
    static final int AND_RR4 = 33;
    static final int AND_RI8 = 34;
    static final int AND_RI4 = 35;
    static final int AND_RM8 = 36;
    static final int AND_RM4 = 37;
    static final int OR_RR8 = 38;
    static final int OR_RR4 = 39;
    static final int OR_RI8 = 40;
    static final int OR_RI4 = 41;
    static final int OR_RM8 = 42;
    static final int OR_RM4 = 43;
    static final int XOR_RR8 = 44;
    static final int XOR_RR4 = 45;
    static final int XOR_RI8 = 46;
    static final int XOR_RI4 = 47;
    static final int XOR_RM8 = 48;
    static final int XOR_RM4 = 49;
    static final int CMP_RR8 = 50;
    static final int CMP_RR4 = 51;
    static final int CMP_RI8 = 52;
    static final int CMP_RI4 = 53;
    static final int CMP_RM8 = 54;
    static final int CMP_RM4 = 55;
    static final int TEST_RR8 = 56;
    static final int TEST_RR4 = 57;
    static final int TEST_RI8 = 58;
    static final int TEST_RI4 = 59;
    static final int TEST_RM8 = 60;
    static final int TEST_RM4 = 61;
    static final int CMP_MI8 = 62;
    static final int CMP_MI4 = 63;
    static final int CMP_MI1 = 64;
    static final int TEST_MI1 = 67;
    static final int TEST_RR1 = 68;
    static final int INC8 = 70;
    static final int INC4 = 71;
    static final int DEC8 = 72;
    static final int DEC4 = 73;
    static final int SHL8 = 74;
    static final int SHL4 = 75;
    static final int SHR8 = 76;
    static final int SHR4 = 77;
    static final int SAR8 = 78;
    static final int SAR4 = 79;
    static final int IMUL8 = 80;
    static final int IMUL4 = 81;
    static final int CMOV8 = 82;
    static final int CMOV4 = 83;
    static final int PUSH8 = 84;
    static final int POP8 = 85;
    static final int JUMP = 86;
    static final int JUMP_E = 87;
    static final int JUMP_NE = 88;
    static final int JUMP_IF = 89;
    static final int CALL8 = 90;
    static final int RET8 = 91;

    private static final Op[] ARITHMETIC = {Op.ADD, Op.SUB, Op.AND, Op.OR, Op.XOR, Op.CMP, Op.TEST};

    private Fast() {}

    /** Gives an instruction its form, if it has one. */
    static void choose(Insn in, int bits) {
        boolean plain = bits == Decoder.BITS64 && in.addressSize == 8 && !in.lock;
        boolean memory = in.first == Insn.MEMORY || in.second == Insn.MEMORY;
        if (memory && !plain || in.size < 4 && !isSmall(in)) {
            return;
        }
        in.fast = (byte) form(in, plain);
    }

    private static int form(Insn in, boolean plain) {
        return switch (in.op) {
            case NOP -> NOP;
            case MOV -> move(in);
            case LEA -> plain ? in.size == 8 ? LEA8 : LEA4 : GENERIC;
            case MOVZX8 -> in.second == Insn.MEMORY ? ZERO8_M : in.second < Insn.HIGH_BYTES ? ZERO8_R : GENERIC;
            case MOVZX16 -> in.second == Insn.MEMORY ? ZERO16_M : ZERO16_R;
            case MOVSXD -> in.size == 8 ? in.second == Insn.MEMORY ? SIGN32_M : SIGN32_R : GENERIC;
            case ADD, SUB, AND, OR, XOR, CMP, TEST -> arithmetic(in);
            case INC -> in.first < 0 ? GENERIC : in.size == 8 ? INC8 : INC4;
            case DEC -> in.first < 0 ? GENERIC : in.size == 8 ? DEC8 : DEC4;
            case SHL -> shift(in, SHL8);
            case SHR -> shift(in, SHR8);
            case SAR -> shift(in, SAR8);
            case IMUL -> in.second >= 0 && in.opcode == Decoder.MAP_0F + 0xAF ? in.size == 8 ? IMUL8 : IMUL4 : GENERIC;
            case CMOV -> in.second < 0 ? GENERIC : in.size == 8 ? CMOV8 : CMOV4;
            case PUSH -> plain && in.size == 8 && in.first >= 0 ? PUSH8 : GENERIC;
            case POP -> plain && in.size == 8 && in.first >= 0 ? POP8 : GENERIC;
            case JMP -> JUMP;
            case JCC -> in.code == 4 ? JUMP_E : in.code == 5 ? JUMP_NE : JUMP_IF;
            case CALL -> plain ? CALL8 : GENERIC;
            case RET -> plain && in.size == 8 && in.first == Insn.NONE ? RET8 : GENERIC;
            default -> GENERIC;
        };
    }

    private static boolean isSmall(Insn in) {
        return switch (in.op) {
            case NOP, JMP, JCC -> true;
            case MOV, CMP, TEST -> in.size == 1;
            default -> false;
        };
    }

    private static int move(Insn in) {
        if (in.size == 1) {
            return in.first == Insn.MEMORY && in.second >= 0 && in.second < Insn.HIGH_BYTES ? STORE1 : GENERIC;
        }
        boolean wide = in.size == 8;
        if (in.first == Insn.MEMORY) {
            return in.second >= 0 ? wide ? STORE8 : STORE4 : wide ? STORE_I8 : STORE_I4;
        }
        if (in.second == Insn.IMMEDIATE) {
            in.immediate = wide ? in.immediate : in.immediate & 0xFFFF_FFFFL;
            return MOV_RI;
        }
        return in.second == Insn.MEMORY ? wide ? LOAD8 : LOAD4 : wide ? MOV_RR8 : MOV_RR4;
    }

    private static int arithmetic(Insn in) {
        if (in.size == 1) {
            boolean register = in.first >= 0 && in.first < Insn.HIGH_BYTES;
            boolean both = register && in.second >= 0 && in.second < Insn.HIGH_BYTES;
            boolean immediate = in.second == Insn.IMMEDIATE;
            return in.op == Op.TEST
                    ? both ? TEST_RR1 : immediate && in.first == Insn.MEMORY ? TEST_MI1 : GENERIC
                    : immediate && in.first == Insn.MEMORY ? CMP_MI1 : GENERIC;
        }
        boolean wide = in.size == 8;
        if (in.first == Insn.MEMORY) {
            if (in.op != Op.CMP) {
                return GENERIC;
            }
            return in.second == Insn.IMMEDIATE ? wide ? CMP_MI8 : CMP_MI4 : GENERIC;
        }
        int form = in.second == Insn.MEMORY ? 4 : in.second == Insn.IMMEDIATE ? 2 : 0;
        int which = 0;
        while (ARITHMETIC[which] != in.op) {
            which++;
        }
        return ADD_RR8 + 6 * which + form + (wide ? 0 : 1);
    }

    private static int shift(Insn in, int form) {
        int count = (int) in.immediate & (in.size == 8 ? 63 : 31);
        boolean simple = in.first >= 0 && in.second == Insn.IMMEDIATE && count != 0;
        return simple ? in.size == 8 ? form : form + 1 : GENERIC;
    }
}
