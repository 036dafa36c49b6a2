package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The interpreter beside the processor that this JVM runs on: the same instructions, registers and memory. */
final class DifferentialTest {
    private static TwoProcessors both;

    @BeforeAll
    static void prepare() {
        both = new TwoProcessors();
    }

    @AfterAll
    static void end() {
        both.close();
    }

    @Test
    void computesAsTheProcessorDoes() {
        compare(20261123, 200_000);
    }

    @Test
    @Tag("full")
    void computesAsTheProcessorDoesMillionsOfTimes() {
        compare(System.nanoTime(), 20_000_000);
    }

    private static void compare(long seed, int count) {
        Random random = new Random(seed);
        for (int i = 0; i < count; i++) {
            one(random, "seed " + seed + ", number " + i);
        }
    }

    private static void one(Random random, String number) {
        Sample sample = Sample.integer(random);
        Cpu cpu = both.cpu();
        ByteBuffer there = both.processor().bytes();
        both.data(random);
        for (int i = 0; i < 16; i++) {
            long value = i == Sample.POINTER ? both.pointer() : TwoProcessors.interesting(random);
            if (sample.string() && (i == 1 || i == 6 || i == 7)) {
                value = i == 1 ? random.nextInt(9) : both.pointer() - 100 + random.nextInt(100);
            }
            there.putLong(NativeCode.REGISTERS + 8 * i, value);
            cpu.r[i] = value;
        }
        int flags = random.nextInt() & (Cpu.ARITHMETIC | Cpu.DF) | 2;
        there.putLong(NativeCode.FLAGS, flags | Cpu.IF);
        cpu.rflags(flags);
        byte[] bytes = sample.bytes();
        String what = number + ", " + HexFormat.of().formatHex(bytes);
        Insn in = new Decoder().decode(bytes, 0, bytes.length, NativeCode.BASE + 0x100, Decoder.BITS64);
        if (in == null) {
            throw new AssertionError(what + ": is not decoded");
        }
        assertThat(in.next - in.address).as(what + ": length").isEqualTo(bytes.length);
        try {
            Interpreter.run(cpu, new Block(new Insn[] {in}, in.address, 0, Decoder.BITS64, 0, 0));
        } catch (Fault fault) {
            assertThat(fault.vector).as(what).isEqualTo(Fault.DIVIDE);
            return; // the JVM would not survive it on the processor
        }
        both.processor().run(bytes);
        assertThat(both.differences(sample.undefined()))
                .as(what + " (" + in.op + ")")
                .isEmpty();
    }
}
