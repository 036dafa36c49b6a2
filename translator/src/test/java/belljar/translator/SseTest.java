package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The operations on XMM registers beside those of the processor that this JVM runs on. */
final class SseTest {
    private static final int SAMPLES = 60;
    private static final int[] PREFIXES = {0, 0x66, 0xF3, 0xF2};
    private static final int MXCSR = NativeCode.DATA + 0x900;
    private static final long[] DOUBLES = {
        0,
        Long.MIN_VALUE,
        0x7ff0_0000_0000_0000L,
        0xfff0_0000_0000_0000L,
        0x7ff8_0000_0000_0123L,
        0x7ff0_0000_0000_0123L,
        1,
        0x000f_ffff_ffff_ffffL,
        0x7fef_ffff_ffff_ffffL,
        0x3ff0_0000_0000_0000L
    };
    private static final int[] FLOATS = {
        0, 0x8000_0000, 0x7f80_0000, 0xff80_0000, 0x7fc0_0123, 0x7f80_0123, 1, 0x7f_ffff, 0x7f7f_ffff, 0x3f80_0000
    };

    private static TwoProcessors both;
    private final Random random = new Random(20261123);

    @BeforeAll
    static void prepare() {
        both = new TwoProcessors();
    }

    @AfterAll
    static void end() {
        both.close();
    }

    private long value() {
        return switch (random.nextInt(8)) {
            case 0 -> DOUBLES[random.nextInt(DOUBLES.length)];
            case 1 -> Sse.pair(FLOATS[random.nextInt(FLOATS.length)], FLOATS[random.nextInt(FLOATS.length)]);
            case 2 -> Double.doubleToRawLongBits((random.nextInt(2000) - 1000) / 8.0);
            case 3 ->
                Sse.pair(
                        Float.floatToRawIntBits(random.nextInt(99) / 8f), Float.floatToRawIntBits(-random.nextFloat()));
            case 4 -> random.nextInt(70);
            default -> random.nextLong();
        };
    }

    @Test
    void computesAsTheProcessorDoes() {
        TreeSet<String> compared = new TreeSet<>();
        for (int map = 0; map < 3; map++) {
            for (int opcode = 0; opcode < (map == 0 ? 0xFF : 0x80); opcode++) {
                // Approximations may differ, and a masked move goes where RDI points.
                boolean skipped = map == 0 && (!SimdForms.isSimd(opcode) || opcode >> 1 == 0x29 || opcode == 0xF7);
                for (int prefix : PREFIXES) {
                    for (int i = 0; i < SAMPLES && !skipped; i++) {
                        if (compare(map, opcode, prefix)) {
                            compared.add(map + "/" + opcode + "/" + prefix);
                        }
                    }
                }
            }
        }
        assertThat(compared).hasSizeGreaterThan(230);
    }

    private boolean compare(int map, int opcode, int prefix) {
        byte[] code = code(map, opcode, prefix);
        Insn in = new Decoder().decode(code, 0, code.length, NativeCode.BASE + 0x100, Decoder.BITS64);
        if (in == null || in.op != Op.SSE) {
            return false;
        }
        Cpu cpu = both.cpu();
        ByteBuffer there = both.processor().bytes();
        both.data(random);
        for (int i = 0; i < 16; i++) {
            long number = i == Sample.POINTER
                    ? both.pointer()
                    : (opcode >= 0x60 && opcode < 0x64) ? random.nextInt(40) - 20 : value();
            cpu.r[i] = number;
            there.putLong(NativeCode.REGISTERS + 8 * i, number);
        }
        for (int i = 0; i < 32; i++) {
            cpu.xmm[i] = value();
            there.putLong(NativeCode.XMM + 8 * i, cpu.xmm[i]);
        }
        int mxcsr = 0x1F80 | random.nextInt(4) << 13 | (random.nextInt(6) == 0 ? 0x8040 : 0);
        cpu.mxcsr = mxcsr;
        cpu.arithmetic(0);
        there.putLong(NativeCode.FLAGS, 0x202);
        there.putInt(MXCSR, mxcsr).putInt(MXCSR + 8, 0x1F80);
        try {
            Interpreter.run(cpu, new Block(new Insn[] {in}, in.address, 0, Decoder.BITS64, 0, 0));
        } catch (Fault fault) {
            assertThat(fault.vector).isEqualTo(Fault.UNDEFINED);
            return false; // there is no such operation, and the JVM would not survive it on the processor
        }
        both.processor().run(around(code));
        String name = HexFormat.of().formatHex(code);
        assertThat(both.differences(0)).as(name).isEmpty();
        for (int i = 0; i < 32; i++) {
            assertThat(Long.toHexString(cpu.xmm[i]))
                    .as(name + ": XMM" + i / 2)
                    .isEqualTo(Long.toHexString(there.getLong(NativeCode.XMM + 8 * i)));
        }
        assertThat(cpu.mxcsr).as(name + ": MXCSR").isEqualTo(there.getInt(MXCSR + 4));
        return true;
    }

    private byte[] code(int map, int opcode, int prefix) {
        int first = random.nextInt(16);
        int second = random.nextInt(16);
        // RSP is not to be changed, nor the pointer.
        first = first == 4 || first == Sample.POINTER ? 8 : first;
        second = second == 4 || second == Sample.POINTER ? 9 : second;
        boolean memory = random.nextInt(3) == 0;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (prefix != 0) {
            out.write(prefix);
        }
        out.write(0x40 | random.nextInt(2) << 3 | first >> 3 << 2 | (memory ? 0 : second >> 3));
        out.write(0x0F);
        if (map > 0) {
            out.write(map == 1 ? 0x38 : 0x3A);
        }
        out.write(opcode);
        if (memory) {
            out.write(0x80 | (first & 7) << 3 | Sample.POINTER);
            int distance = (random.nextInt(32) - 16) * 16;
            for (int i = 0; i < 4; i++) {
                out.write(distance >> 8 * i);
            }
        } else {
            out.write(0xC0 | (first & 7) << 3 | second & 7);
        }
        if (map == 2 || map == 0 && (opcode >= 0x70 && opcode <= 0x73 || opcode >= 0xC2 && opcode <= 0xC6)) {
            out.write(opcode == 0xC2 && map == 0 ? random.nextInt(8) : random.nextInt());
        }
        return out.toByteArray();
    }

    /** Loads MXCSR before the code, stores it after, and sets it back. */
    private static byte[] around(byte[] code) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        control(out, 2, 0x100);
        out.writeBytes(code);
        control(out, 3, 0x104);
        control(out, 2, 0x108);
        return out.toByteArray();
    }

    private static void control(ByteArrayOutputStream out, int field, int distance) {
        out.writeBytes(new byte[] {0x0F, (byte) 0xAE, (byte) (0x80 | field << 3 | Sample.POINTER)});
        for (int i = 0; i < 4; i++) {
            out.write(distance >> 8 * i);
        }
    }
}
