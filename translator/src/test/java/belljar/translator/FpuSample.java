package belljar.translator;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.function.ToLongFunction;

/** A state of the x87 unit for the comparison with a real processor, as FXSAVE lays it out. */
final class FpuSample {
    /** Where the state is loaded from, and where it is stored to, from what the pointer points to. */
    static final int BEFORE = 0x200;

    static final int AFTER = 0x400;

    private static final int MIDDLE = NativeCode.DATA + 0x800;
    private static final long[] SIGNIFICANDS = {
        0x8000_0000_0000_0000L,
        0x8000_0000_0000_0001L,
        0xFFFF_FFFF_FFFF_FFFFL,
        0xC000_0000_0000_0000L,
        0xA000_0000_0000_0000L,
        0x8000_0080_0000_0000L,
        0x8000_0000_0000_0400L,
        0xFFFF_FF80_0000_0000L,
        0xFFFF_FFFF_FFFF_FC00L,
        0xFFFF_FFFF_FFFF_F800L,
        0xC90F_DAA2_2168_C235L
    };

    private final Random random;
    long significand;
    int exponent;

    FpuSample(Random random) {
        this.random = random;
    }

    private int sign() {
        return random.nextInt(2) << 15;
    }

    /** Makes a number of any kind. */
    void next() {
        significand = switch (random.nextInt(6)) {
            case 0, 1 -> SIGNIFICANDS[random.nextInt(SIGNIFICANDS.length)];
            case 2 -> Long.MIN_VALUE | random.nextLong() << random.nextInt(64);
            case 3 -> Long.MIN_VALUE | random.nextLong() << random.nextInt(64) | 1L << random.nextInt(64);
            default -> Long.MIN_VALUE | random.nextLong();
        };
        exponent = sign()
                | switch (random.nextInt(16)) {
                    case 0, 1, 2, 3, 4 -> 0x3FFF + random.nextInt(9) - 4;
                    case 5, 6, 7 -> 0x3FFF + random.nextInt(140) - 70;
                    case 8 -> 1 + random.nextInt(70);
                    case 9 -> 0x7FFE - random.nextInt(70);
                    case 10 -> random.nextInt(0x8000);
                    case 11 -> 0x3FFF + random.nextInt(300) - 150;
                    case 12 -> 0x3FFF + random.nextInt(2300) - 1150;
                    default -> special();
                };
    }

    private int special() {
        long any = random.nextBoolean() ? random.nextLong() : 1L << random.nextInt(64);
        return switch (random.nextInt(12)) {
            case 0, 1, 2 -> {
                significand = 0;
                yield 0;
            }
            case 3, 4 -> {
                significand = any >>> 1 + random.nextInt(63);
                yield 0;
            }
            case 5 -> {
                significand = Long.MIN_VALUE | any;
                yield 0;
            }
            case 6, 7 -> {
                significand = Long.MIN_VALUE;
                yield 0x7FFF;
            }
            case 8 -> {
                significand = 0xC000_0000_0000_0000L | any;
                yield 0x7FFF;
            }
            case 9 -> {
                significand = Long.MIN_VALUE | any >>> 2;
                yield 0x7FFF;
            }
            case 10 -> {
                significand = any >>> 1;
                yield 0x7FFF;
            }
            default -> {
                significand = any >>> 1;
                yield random.nextInt(0x8000);
            }
        };
    }

    /** Makes a state at random, with nothing pending, for both processors. */
    void state(TwoProcessors both) {
        Fpu fpu = both.cpu().fpu;
        fpu.reset();
        int precision = new int[] {0x300, 0x300, 0x300, 0x200, 0}[random.nextInt(5)];
        int masks = random.nextInt(3) == 0 ? random.nextInt(64) : 0x3F;
        fpu.control(precision | random.nextInt(4) << 10 | masks);
        int flags = random.nextInt(4) == 0 ? random.nextInt(128) & (masks | 0x40) : 0;
        fpu.status(random.nextInt(0x10000) & (Fpu.CONDITIONS | 0x3800) | flags);
        fpu.tags = random.nextInt(6) == 0
                ? random.nextInt(256)
                : random.nextInt(3) == 0 ? 0x7F >> random.nextInt(3) : 0xFF;
        if (random.nextInt(3) == 0) {
            fpu.free(7); // room for a push
        }
        for (int i = 0; i < 8; i++) {
            if (i > 0 && random.nextInt(4) == 0) {
                significand += random.nextInt(5) - 2; // near another
                exponent = exponent ^ sign();
            } else {
                next();
            }
            fpu.significand[i] = significand;
            fpu.exponent[i] = exponent;
        }
        if (random.nextInt(4) == 0) {
            fpu.significand[fpu.top] = significand;
            fpu.exponent[fpu.top] = exponent ^ sign();
        }
        store(both.processor().bytes(), both.cpu());
    }

    /** Makes a state with all kinds of numbers as significands, and the XMM registers of the virtual CPU. */
    static void registers(TwoProcessors both, Random random, ToLongFunction<Random> value) {
        new FpuSample(random).state(both);
        for (int i = 0; i < 8; i++) {
            both.cpu().fpu.significand[i] = value.applyAsLong(random);
        }
        store(both.processor().bytes(), both.cpu());
    }

    private static void store(ByteBuffer there, Cpu cpu) {
        Fpu fpu = cpu.fpu;
        int at = MIDDLE + BEFORE;
        for (int i = 0; i < 512; i += 8) {
            there.putLong(at + i, 0);
        }
        there.putShort(at, (short) fpu.control);
        there.putShort(at + 2, (short) fpu.status());
        there.put(at + 4, (byte) fpu.tags);
        there.putInt(at + 24, cpu.mxcsr);
        for (int i = 0; i < 8; i++) {
            there.putLong(at + 32 + 16 * i, fpu.significand[fpu.number(i)]);
            there.putLong(at + 40 + 16 * i, fpu.exponent[fpu.number(i)]);
        }
        for (int i = 0; i < 32; i++) {
            there.putLong(at + 160 + 8 * i, cpu.xmm[i]);
        }
    }

    /**
     * {@return in what the virtual unit differs from the real one; empty for nothing}
     *
     * @param ulps by how much the significands of the registers 0 and 1 from the top may differ
     * @param undefined bits of the status word that do not count
     */
    static String differences(TwoProcessors both, int ulps, int undefined) {
        Fpu fpu = both.cpu().fpu;
        ByteBuffer there = both.processor().bytes();
        int at = MIDDLE + AFTER;
        StringBuilder wrong = new StringBuilder();
        compare(wrong, "control", fpu.control, there.getShort(at) & 0xFFFF);
        int status = there.getShort(at + 2) & 0xFFFF;
        compare(wrong, "status", fpu.status() & ~undefined, status & ~undefined);
        compare(wrong, "tags", fpu.tags, there.get(at + 4) & 0xFF);
        if ((status & 0x80) != 0) {
            compare(wrong, "opcode", fpu.opcode, there.getShort(at + 6));
            compare(wrong, "data", fpu.data, there.getLong(at + 16));
        }
        for (int i = 0; i < 8; i++) {
            int number = fpu.number(i);
            long theirs = there.getLong(at + 32 + 16 * i);
            int exponent = there.getShort(at + 40 + 16 * i) & 0xFFFF;
            boolean isNear = i < 2 && isNear(theirs, exponent, fpu.significand[number], fpu.exponent[number], ulps);
            if (!isNear && (theirs != fpu.significand[number] || exponent != fpu.exponent[number])) {
                wrong.append(" ST" + i + " is " + text(fpu.significand[number], fpu.exponent[number])
                        + " and should be " + text(theirs, exponent));
            }
        }
        for (int i = 0; i < 32; i++) {
            compare(wrong, "XMM" + i / 2, both.cpu().xmm[i], there.getLong(at + 160 + 8 * i));
        }
        compare(wrong, "MXCSR", both.cpu().mxcsr, there.getInt(at + 24));
        return wrong.toString();
    }

    private static boolean isNear(long a, int aExponent, long b, int bExponent, int ulps) {
        boolean isNext = aExponent + 1 == bExponent && a == -1 && b == Long.MIN_VALUE;
        boolean isLast = bExponent + 1 == aExponent && b == -1 && a == Long.MIN_VALUE;
        return aExponent == bExponent ? Math.abs(a - b) <= ulps : ulps > 0 && (isNext || isLast);
    }

    private static void compare(StringBuilder wrong, String what, long ours, long theirs) {
        if (ours != theirs) {
            wrong.append(" " + what + " is " + Long.toHexString(ours) + " and should be " + Long.toHexString(theirs));
        }
    }

    static String text(long significand, int exponent) {
        return Integer.toHexString(exponent) + ":" + Long.toHexString(significand);
    }

    /** {@return the state in words} */
    static String describe(Fpu fpu) {
        StringBuilder text = new StringBuilder("control " + Integer.toHexString(fpu.control) + " status "
                + Integer.toHexString(fpu.status()) + " tags " + Integer.toHexString(fpu.tags));
        for (int i = 0; i < 8; i++) {
            text.append(" " + text(fpu.significand[fpu.number(i)], fpu.exponent[fpu.number(i)]));
        }
        return text.toString();
    }
}
