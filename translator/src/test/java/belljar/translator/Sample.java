package belljar.translator;

import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** An instruction for the comparison with a real processor. */
final class Sample {
    /** A register that points to the data. */
    static final int POINTER = 3;

    private static final int ARITHMETIC = Cpu.ARITHMETIC;

    private final byte[] bytes;
    private final int undefined;
    private final boolean string;

    private Sample(byte[] bytes, int undefined, boolean string) {
        this.bytes = bytes;
        this.undefined = undefined;
        this.string = string;
    }

    private Sample(byte[] bytes, int undefined) {
        this(bytes, undefined, false);
    }

    /** {@return its encoding} */
    byte[] bytes() {
        return bytes;
    }

    /** {@return flags that the manual leaves undefined after it} */
    int undefined() {
        return undefined;
    }

    /** {@return whether RSI and RDI have to point to the data, and RCX to be small} */
    boolean string() {
        return string;
    }

    /** {@return an instruction at random} Never one that changes RSP, RBX, or where execution goes. */
    static Sample integer(Random random) {
        if (random.nextInt(12) == 0) {
            return string(random);
        }
        while (true) {
            Sample sample = tryInteger(random);
            if (sample != null) {
                return sample;
            }
        }
    }

    private static @Nullable Sample tryInteger(Random random) {
        int[] one = {
            0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x63, 0x69, 0x6B, 0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
                    0x8A, 0x8B,
            0x8D, 0x90, 0x98, 0x99, 0x9E, 0x9F, 0xA8, 0xA9, 0xB0, 0xB8, 0xC0, 0xC1, 0xC6, 0xC7, 0xD0, 0xD1, 0xD2, 0xD3,
                    0xF5, 0xF6,
            0xF7, 0xF8, 0xF9, 0xFC, 0xFD, 0xFE, 0xFF
        };
        int[] two = {
            0x40, 0x90, 0xA3, 0xA4, 0xA5, 0xAB, 0xAC, 0xAD, 0xAF, 0xB0, 0xB1, 0xB3, 0xB6, 0xB7, 0xB8, 0xBA, 0xBB, 0xBC,
            0xBD, 0xBE, 0xBF, 0xC0, 0xC1, 0xC7, 0xC8
        };
        boolean isTwo = random.nextInt(3) == 0;
        int opcode = isTwo ? two[random.nextInt(two.length)] : one[random.nextInt(one.length)];
        return isTwo ? two(random, opcode) : one(random, opcode);
    }

    private static Sample string(Random random) {
        int[] opcodes = {0xA4, 0xA5, 0xA6, 0xA7, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF};
        int[] repeats = {0, 0xF2, 0xF3};
        int opcode = opcodes[random.nextInt(opcodes.length)];
        int repeat = repeats[random.nextInt(3)];
        ByteArrayOutputStream out = start(random, rex(random), false, repeat);
        out.write(opcode);
        return new Sample(out.toByteArray(), 0, true);
    }

    private static int rex(Random random) {
        return random.nextInt(3) == 0 ? 0 : 0x40 | random.nextInt(16);
    }

    private static ByteArrayOutputStream start(Random random, int rex, boolean lock, int repeat) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (random.nextInt(4) == 0) {
            out.write(0x66);
        }
        if (lock) {
            out.write(0xF0);
        }
        if (repeat != 0) {
            out.write(repeat);
        }
        if (rex != 0) {
            out.write(rex);
        }
        return out;
    }

    /** A register that may be changed, by its low bits. */
    private static int register(Random random) {
        int[] numbers = {0, 1, 2, 5, 6, 7};
        return numbers[random.nextInt(numbers.length)];
    }

    /** ModRM with a register, or with memory around the pointer. */
    private static void operand(ByteArrayOutputStream out, Random random, int field, boolean memory) {
        if (!memory) {
            out.write(0xC0 | field << 3 | register(random));
            return;
        }
        out.write(0x80 | field << 3 | POINTER);
        immediate(out, random.nextInt(256) - 128, 4);
    }

    private static void immediate(ByteArrayOutputStream out, long value, int size) {
        for (int i = 0; i < size; i++) {
            out.write((int) (value >> 8 * i));
        }
    }

    private static long value(Random random) {
        return random.nextInt(3) == 0 ? random.nextInt(7) - 3 : random.nextLong();
    }

    private static Sample one(Random random, int first) {
        int opcode = first < 6 ? first + 8 * random.nextInt(8) : first;
        opcode = opcode == 0xB0 || opcode == 0xB8 || opcode == 0x90 ? opcode + register(random) : opcode;
        int rex = rex(random) & ~1;
        boolean hasOperand = opcode < 0x90 && (opcode & 7) < 4
                || opcode >= 0x63 && opcode < 0x90
                || opcode >= 0xC0 && opcode < 0xD4
                || opcode >= 0xF6 && opcode < 0xF8
                || opcode >= 0xFE;
        hasOperand &= !(opcode < 0x40 && (opcode & 7) >= 4);
        boolean memory = hasOperand && (opcode == 0x8D || random.nextBoolean());
        int field = register(random);
        if (opcode >= 0x80 && opcode <= 0x83 || opcode >= 0xC0 && opcode < 0xD4 && opcode != 0xC6 && opcode != 0xC7) {
            field = random.nextInt(8);
        } else if (opcode == 0xF6 || opcode == 0xF7) {
            field = random.nextInt(8);
        } else if (opcode == 0xFE || opcode == 0xFF) {
            field = random.nextInt(2);
        } else if (opcode == 0xC6 || opcode == 0xC7) {
            field = 0;
        }
        boolean store = opcode < 0x38 && (opcode & 7) < 2
                || (opcode == 0x80 || opcode == 0x81 || opcode == 0x83) && field != 7
                || opcode == 0xFE
                || opcode == 0xFF
                || (opcode == 0xF6 || opcode == 0xF7) && (field == 2 || field == 3);
        ByteArrayOutputStream out = start(random, rex, memory && store && random.nextInt(3) == 0, 0);
        boolean narrow = out.size() > 0 && out.toByteArray()[0] == 0x66;
        int size = (rex & 8) != 0 ? 8 : narrow ? 2 : 4;
        out.write(opcode);
        if (hasOperand) {
            operand(out, random, field, memory);
        }
        int immediate = switch (opcode) {
            case 0x04, 0x0C, 0x14, 0x1C, 0x24, 0x2C, 0x34, 0x3C, 0x6B, 0x80, 0x83, 0xA8, 0xC0, 0xC1, 0xC6 -> 1;
            case 0x05, 0x0D, 0x15, 0x1D, 0x25, 0x2D, 0x35, 0x3D, 0x69, 0x81, 0xA9, 0xC7 -> Math.min(size, 4);
            case 0xF6 -> field < 2 ? 1 : 0;
            case 0xF7 -> field < 2 ? Math.min(size, 4) : 0;
            default -> opcode >= 0xB8 && opcode < 0xC0 ? size : opcode >= 0xB0 && opcode < 0xB8 ? 1 : 0;
        };
        immediate(out, value(random), immediate);
        return new Sample(out.toByteArray(), undefinedOne(opcode, field));
    }

    private static int undefinedOne(int opcode, int field) {
        boolean shift = opcode == 0xC0 || opcode == 0xC1 || opcode >= 0xD0 && opcode < 0xD4;
        if (shift) {
            return field < 4 ? Cpu.OF : Cpu.OF | Cpu.AF | (field == 7 ? 0 : Cpu.CF);
        }
        if ((opcode == 0xF6 || opcode == 0xF7) && field > 5) {
            return ARITHMETIC;
        }
        if (opcode == 0x69 || opcode == 0x6B || (opcode == 0xF6 || opcode == 0xF7) && (field == 4 || field == 5)) {
            return Cpu.SF | Cpu.ZF | Cpu.AF | Cpu.PF;
        }
        boolean logic = opcode < 0x40 && (opcode & 0x38) != 0 && isLogic(opcode >> 3)
                || opcode >= 0x80 && opcode < 0x84 && isLogic(field)
                || opcode == 0x84
                || opcode == 0x85
                || opcode == 0xA8
                || opcode == 0xA9
                || (opcode == 0xF6 || opcode == 0xF7) && field < 2;
        return logic ? Cpu.AF : 0;
    }

    private static boolean isLogic(int which) {
        return which == 1 || which == 4 || which == 6;
    }

    private static @Nullable Sample two(Random random, int first) {
        int opcode = first == 0x40 || first == 0x90 ? first + random.nextInt(16) : first;
        opcode = opcode == 0xC8 ? opcode + register(random) : opcode;
        int rex = rex(random) & ~1;
        boolean memory = opcode < 0xC8 && random.nextBoolean();
        boolean bitString = opcode == 0xA3 || opcode == 0xAB || opcode == 0xB3 || opcode == 0xBB;
        if (bitString && memory || opcode == 0xC7 && !memory) {
            return null; // the bit's number would lead anywhere
        }
        boolean store = opcode == 0xB0 || opcode == 0xB1 || opcode == 0xC0 || opcode == 0xC1 || opcode == 0xC7;
        int repeat = opcode == 0xB8 ? 0xF3 : 0;
        int field = opcode == 0xBA ? 4 + random.nextInt(4) : opcode == 0xC7 ? 1 : register(random);
        if (opcode == 0xC7) {
            rex &= ~8;
        }
        ByteArrayOutputStream out = start(random, rex, memory && store && random.nextBoolean(), repeat);
        boolean narrow = out.toByteArray().length > 0 && out.toByteArray()[0] == 0x66;
        if (narrow && (opcode >= 0xC8 || opcode == 0xA4 || opcode == 0xA5 || opcode == 0xAC || opcode == 0xAD)) {
            return null; // undefined results
        }
        out.write(0x0F);
        out.write(opcode);
        if (opcode < 0xC8) {
            operand(out, random, field, memory);
        }
        if (opcode == 0xA4 || opcode == 0xAC || opcode == 0xBA) {
            out.write(random.nextInt(256));
        }
        int undefined = switch (opcode) {
            case 0xA3, 0xAB, 0xB3, 0xBB, 0xBA -> Cpu.OF | Cpu.SF | Cpu.AF | Cpu.PF;
            case 0xA4, 0xA5, 0xAC, 0xAD -> Cpu.OF | Cpu.AF;
            case 0xAF -> Cpu.SF | Cpu.ZF | Cpu.AF | Cpu.PF;
            case 0xBC, 0xBD -> ARITHMETIC & ~Cpu.ZF;
            default -> 0;
        };
        return new Sample(out.toByteArray(), undefined);
    }
}
