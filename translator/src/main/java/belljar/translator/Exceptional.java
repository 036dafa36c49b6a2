package belljar.translator;

/** What is regular in no table: meanings that hang on prefixes, on ModRM's mode or on 64-bit mode. */
final class Exceptional {
    private Exceptional() {}

    /** Corrects an instruction that was decoded by the tables. */
    static void adjust(Insn in, int opcode, int modRm, boolean two, int bits, boolean narrow) {
        boolean register = modRm >> 6 == 3;
        if (two) {
            adjustTwo(in, opcode, modRm, register, bits);
            return;
        }
        switch (opcode) {
            case 0x90 -> {
                if (in.reg == 0) {
                    in.op = in.repeat == Insn.REP ? Op.PAUSE : Op.NOP;
                }
            }
            case 0x63 -> {
                if (bits != Decoder.BITS64) {
                    in.op = Op.ARPL;
                    in.size = 2;
                }
            }
            case 0x8C -> in.size = in.first == Insn.MEMORY ? 2 : in.size;
            case 0x8E -> in.op = in.reg == Insn.CS || in.reg > Insn.GS ? Op.UD : in.op;
            case 0x8D, 0xC4, 0xC5, 0x62 -> in.op = register ? Op.UD : in.op;
            case 0xFF -> {
                int field = modRm >> 3 & 7;
                if ((field == 3 || field == 5) && register) {
                    in.op = Op.UD;
                }
                if (bits == Decoder.BITS64 && (field == 2 || field == 4)) {
                    in.size = 8;
                }
            }
            default -> {}
        }
        if (opcode >= 0xD8 && opcode <= 0xDF) {
            in.code = (short) FpuTable.number(opcode, modRm);
            in.op = FpuTable.form(in.code) == null ? Op.UD : in.op;
            in.reg = (short) modRm; // the whole of it
            in.size = (byte) (narrow == (bits == Decoder.BITS16) ? 4 : 2); // of an environment
        }
        if (opcode == 0x9A || opcode == 0xEA) {
            in.code = (short) (narrow == (bits == Decoder.BITS16) ? 4 : 2);
        }
    }

    private static void adjustTwo(Insn in, int opcode, int modRm, boolean register, int bits) {
        int field = modRm >> 3 & 7;
        switch (opcode) {
            case 0x01 -> {
                if (register && field != 4 && field != 6) {
                    in.op = switch (modRm) {
                        case 0xF8 -> bits == Decoder.BITS64 ? Op.SWAPGS : Op.UD;
                        case 0xF9 -> Op.RDTSCP;
                        case 0xD0 -> in.narrow || in.repeat != 0 ? Op.UD : Op.XGETBV;
                        case 0xD1 -> in.narrow || in.repeat != 0 ? Op.UD : Op.XSETBV;
                        case 0xC1, 0xD9 -> in.narrow || in.repeat != 0 ? Op.UD : Op.HYPERCALL;
                        case 0xCA -> in.narrow || in.repeat != 0 ? Op.UD : Op.CLAC;
                        case 0xEE -> in.narrow || in.repeat != 0 ? Op.UD : Op.RDPKRU;
                        case 0xEF -> in.narrow || in.repeat != 0 ? Op.UD : Op.WRPKRU;
                        case 0xCB -> in.narrow || in.repeat != 0 ? Op.UD : Op.STAC;
                        default -> Op.UD;
                    };
                }
                in.size = field == 4 && !register ? 2 : field == 6 ? 2 : in.size;
            }
            case 0x00 -> in.size = field < 2 && !register ? 2 : in.size;
            case 0x02, 0x03 -> in.size = in.narrow ? 2 : in.size;
            case 0xAE -> {
                boolean state = !register && (field == 4 || field == 5);
                boolean other = in.narrow && (field > 5 || state) || in.repeat != 0 && (register || state);
                if (other || (register ? field < 5 : field == 6)) { // CLFLUSH has nothing to do
                    in.op = Op.UD;
                } else if (register && field == 5) {
                    in.op = Op.FENCE;
                }
            }
            case 0xC7 -> {
                if (register != field >= 6) {
                    in.op = Op.UD;
                }
            }
            case 0xB8 -> in.op = in.repeat == Insn.REP ? Op.POPCNT : Op.UD;
            case 0xB2, 0xB4, 0xB5, 0xC3 -> in.op = register ? Op.UD : in.op;
            case 0x20, 0x21, 0x22, 0x23 -> in.size = (byte) (bits == Decoder.BITS64 ? 8 : 4);
            default -> {}
        }
    }
}
