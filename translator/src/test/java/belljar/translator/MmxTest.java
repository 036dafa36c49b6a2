package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The operations on MMX registers beside those of the processor that this JVM runs on. */
final class MmxTest {
    private static final int[] PREFIXES = {0, 0x66, 0xF3, 0xF2};

    private static TwoProcessors both;

    @BeforeAll
    static void prepare() {
        both = new TwoProcessors();
        both.processor().bytes().putInt(NativeCode.DATA + 0x908, 0x1F80);
    }

    @AfterAll
    static void end() {
        both.close();
    }

    @Test
    void computesAsTheProcessorDoes() {
        compare(20261123, 60);
    }

    @Test
    @Tag("full")
    void computesAsTheProcessorDoesMillionsOfTimes() {
        compare(System.nanoTime(), 20_000);
    }

    private static void compare(long seed, int count) {
        Random random = new Random(seed);
        TreeSet<String> compared = new TreeSet<>();
        for (int map = 0; map < 3; map++) {
            for (int opcode = 0; opcode < (map == 0 ? 0xFF : 0x20); opcode++) {
                for (int prefix : PREFIXES) {
                    for (int i = 0; i < count && isMmx(map, opcode, prefix); i++) {
                        String wrong = one(both, random, map, opcode, prefix);
                        if (wrong == null) {
                            continue;
                        }
                        assertThat(wrong).as("seed " + seed).isEmpty();
                        compared.add(map + "/" + opcode + "/" + prefix);
                    }
                }
            }
        }
        assertThat(compared).hasSizeGreaterThan(90);
    }

    static boolean isMmx(int map, int opcode, int prefix) {
        boolean is = map > 0 && prefix == 0 || map == 0 && (SimdForms.isSimd(opcode) || opcode == 0x77);
        return is && (prefix == 0 || opcode == 0x2A || opcode == 0x2C || opcode == 0x2D || opcode == 0xD6);
    }

    /** {@return what differs after an instruction; empty for nothing, null where there is no such operation} */
    static @Nullable String one(TwoProcessors both, Random random, int map, int opcode, int prefix) {
        byte[] code = code(random, map, opcode, prefix);
        Insn in = new Decoder().decode(code, 0, code.length, NativeCode.BASE + 0x100, Decoder.BITS64);
        if (in == null || in.op != Op.MMX && in.op != Op.EMMS) {
            return null;
        }
        Cpu cpu = both.cpu();
        ByteBuffer there = both.processor().bytes();
        both.data(random);
        for (int i = 0; i < 16; i++) {
            boolean isPointer = i == Sample.POINTER || i == 7 && opcode == 0xF7;
            long value = isPointer ? both.pointer() : TwoProcessors.interesting(random);
            there.putLong(NativeCode.REGISTERS + 8 * i, value);
            cpu.r[i] = value;
        }
        for (int i = 0; i < 32; i++) {
            cpu.xmm[i] = value(random);
        }
        int flags = random.nextInt() & Cpu.ARITHMETIC | 2;
        there.putLong(NativeCode.FLAGS, flags | Cpu.IF);
        cpu.rflags(flags);
        cpu.mxcsr = 0x1F80 | random.nextInt(4) << 13 | (random.nextInt(6) == 0 ? 0x8040 : 0);
        FpuSample.registers(both, random, MmxTest::value);
        String what = HexFormat.of().formatHex(code) + " " + FpuSample.describe(cpu.fpu);
        try {
            Interpreter.run(cpu, new Block(new Insn[] {in}, in.address, 0, Decoder.BITS64, 0, 0));
        } catch (Fault fault) {
            assertThat(fault.vector).as(what).isEqualTo(Fault.UNDEFINED);
            return null; // the JVM would not survive it on the processor
        }
        both.processor().run(FpuTest.around(code));
        String wrong = both.differences(0) + FpuSample.differences(both, 0, 0);
        return wrong.isEmpty() ? "" : what + ":" + wrong;
    }

    private static long value(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> TwoProcessors.interesting(random);
            case 1 -> Sse.pair(Float.floatToRawIntBits(random.nextInt(99) / 8f), Float.floatToRawIntBits(-1e9f));
            case 2 -> Double.doubleToRawLongBits((random.nextInt(2000) - 1000) / 8.0);
            case 3 -> random.nextInt(70);
            default -> random.nextLong();
        };
    }

    private static byte[] code(Random random, int map, int opcode, int prefix) {
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
        if (map == 0 && opcode == 0x77) {
            return out.toByteArray();
        }
        if (memory) {
            out.write(0x80 | (first & 7) << 3 | Sample.POINTER);
            int distance = (random.nextInt(28) - 16) * 16;
            for (int i = 0; i < 4; i++) {
                out.write(distance >> 8 * i);
            }
        } else {
            out.write(0xC0 | (first & 7) << 3 | second & 7);
        }
        if (map == 2 || map == 0 && (opcode >= 0x70 && opcode <= 0x73 || opcode >= 0xC2 && opcode <= 0xC6)) {
            out.write(random.nextBoolean() ? random.nextInt(70) : random.nextInt());
        }
        return out.toByteArray();
    }
}
