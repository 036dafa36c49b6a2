package belljar.translator;

/**
 * Which opcodes are SIMD operations, and how they are encoded: what is done is told by {@link Insn#opcode} with its
 * mandatory prefix, the register is {@link Insn#first}, the other operand {@link Insn#second}.
 */
final class SimdForms {
    private SimdForms() {}

    /** {@return whether an opcode of the map 0F is one} */
    static boolean isSimd(int opcode) {
        return switch (opcode) {
            case 0x77 -> false; // EMMS
            case 0xC2, 0xC4, 0xC5, 0xC6 -> true;
            default ->
                opcode >= 0x10 && opcode < 0x18
                        || opcode >= 0x28 && opcode < 0x30
                        || opcode >= 0x50 && opcode < 0x80
                        || opcode >= 0xD0 && opcode < 0xFF;
        };
    }

    private static int prefix(Decoder decoder, Insn in) {
        return in.repeat == Insn.REP
                ? Decoder.PREFIX_F3
                : in.repeat == Insn.REPNE ? Decoder.PREFIX_F2 : decoder.isNarrow() ? Decoder.PREFIX_66 : 0;
    }

    /** Decodes an operation of the map 0F. */
    static void two(Decoder decoder, Insn in, int opcode) {
        in.opcode = Decoder.MAP_0F + opcode | prefix(decoder, in);
        in.op = Op.SSE;
        in.size = (byte) (decoder.isWide() ? 8 : 4);
        decoder.modRm(in);
        boolean immediate = opcode >= 0x70 && opcode <= 0x73 || opcode >= 0xC2 && opcode <= 0xC6;
        in.immediate = immediate ? decoder.immediateByte() : 0;
        if (in.second == Insn.MEMORY && needsRegister(opcode)) {
            in.op = Op.UD;
            return;
        }
        int prefix = prefix(decoder, in);
        boolean isBetween = prefix == Decoder.PREFIX_66
                ? opcode == 0x2A || opcode == 0x2C || opcode == 0x2D
                : prefix != 0 && opcode == 0xD6;
        if (isBetween || prefix == 0 && isMmx(opcode)) {
            in.op = Op.MMX;
        }
    }

    /** Masks of signs, shifts by an immediate, extracted words and masked moves have no operand in memory. */
    private static boolean needsRegister(int opcode) {
        return switch (opcode) {
            case 0x50, 0x71, 0x72, 0x73, 0xC5, 0xD7, 0xF7 -> true;
            default -> false;
        };
    }

    /** Without a prefix these have MMX registers. */
    private static boolean isMmx(int opcode) {
        return opcode >= 0x60 && opcode < 0x80
                || opcode == 0xC4
                || opcode == 0xC5
                || opcode >= 0xD0
                || opcode == 0x2A
                || opcode == 0x2C
                || opcode == 0x2D;
    }

    /** Decodes an operation of the maps 0F 38 and 0F 3A. */
    static void three(Decoder decoder, Insn in, int map, int opcode) {
        boolean is38 = map == 0x38;
        in.size = (byte) (decoder.isWide() ? 8 : decoder.isNarrow() ? 2 : 4);
        in.opcode = (is38 ? Decoder.MAP_38 : Decoder.MAP_3A) + opcode | prefix(decoder, in);
        decoder.modRm(in);
        in.immediate = is38 ? 0 : decoder.immediateByte();
        if (is38 && (opcode == 0xF0 || opcode == 0xF1)) {
            boolean counts = in.repeat == Insn.REPNE;
            in.op = counts ? Op.CRC32 : in.second == Insn.MEMORY ? Op.MOVBE : Op.UD;
            in.code = (short) (opcode & 1);
            return;
        }
        in.op = prefix(decoder, in) == Decoder.PREFIX_66 ? Op.SSE : Op.MMX;
    }
}
