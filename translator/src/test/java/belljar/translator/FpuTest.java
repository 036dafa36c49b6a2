package belljar.translator;

import static org.assertj.core.api.Assertions.assertThat;

import belljar.translator.FpuTable.Form;
import belljar.translator.FpuTable.Operand;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The x87 unit beside that of the processor that this JVM runs on: every form, with numbers of every kind. */
final class FpuTest {
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
        compare(20261123, 40);
    }

    @Test
    @Tag("full")
    void computesAsTheProcessorDoesMillionsOfTimes() {
        compare(System.nanoTime(), 10_000);
    }

    private static void compare(long seed, int count) {
        Random random = new Random(seed);
        TreeSet<Integer> compared = new TreeSet<>();
        for (int i = 0; i < count; i++) {
            for (int opcode = 0xD8; opcode <= 0xDF; opcode++) {
                for (int modRm = 0x83; modRm < 0x100; modRm += modRm < 0xBB ? 8 : modRm < 0xC0 ? 5 : 1) {
                    Form form = FpuTable.form(FpuTable.number(opcode, modRm));
                    if (form != null) {
                        String wrong = one(both, random, opcode, modRm, form);
                        assertThat(wrong).as("seed " + seed + ", round " + i).isEmpty();
                        compared.add(opcode << 8 | modRm);
                    }
                }
            }
        }
        assertThat(compared).hasSizeGreaterThan(470);
    }

    /** {@return what differs after an instruction; empty for nothing} */
    static String one(TwoProcessors both, Random random, int opcode, int modRm, Form form) {
        Cpu cpu = both.cpu();
        ByteBuffer there = both.processor().bytes();
        both.data(random);
        FpuSample sample = new FpuSample(random);
        boolean isMemory = modRm < 0xC0;
        int distance = random.nextInt(16);
        if (isMemory) {
            operand(both, random, sample, form.operand(), distance);
        }
        for (int i = 0; i < 16; i++) {
            long value = i == Sample.POINTER ? both.pointer() : TwoProcessors.interesting(random);
            there.putLong(NativeCode.REGISTERS + 8 * i, value);
            cpu.r[i] = value;
        }
        int flags = random.nextInt() & Cpu.ARITHMETIC | 2;
        there.putLong(NativeCode.FLAGS, flags | Cpu.IF);
        cpu.rflags(flags);
        sample.state(both);
        boolean isNarrow = form.operand() == Operand.OTHER && random.nextInt(3) == 0;
        byte[] code = code(opcode, modRm, distance, isNarrow);
        Insn in = new Decoder().decode(code, 0, code.length, NativeCode.BASE + 0x100, Decoder.BITS64);
        if (in == null) {
            throw new AssertionError(HexFormat.of().formatHex(code) + ": is not decoded");
        }
        String what = HexFormat.of().formatHex(code) + " (" + form.op() + " " + form.operand() + ") "
                + FpuSample.describe(cpu.fpu) + " memory "
                + Long.toHexString(there.getLong(NativeCode.DATA + 0x800 + distance));
        assertThat(in.op).as(what).isEqualTo(Op.FPU);
        assertThat(in.next - in.address).as(what).isEqualTo(code.length);
        Interpreter.run(cpu, new Block(new Insn[] {in}, in.address, 0, Decoder.BITS64, 0, 0));
        both.processor().run(around(code));
        if (form.op() == X87.FNSTENV || form.op() == X87.FNSAVE) {
            // The processor was at another address, and had executed something else before.
            both.ignore(distance + (isNarrow ? 6 : 12), isNarrow ? 8 : 16);
        }
        boolean isNear = form.op().group == X87.Group.TRANSCENDENTAL;
        int ulps = isNear ? 1 : 0;
        int undefined = isNear ? Fpu.C1 : 0;
        String wrong = both.differences(0) + FpuSample.differences(both, ulps, undefined);
        return wrong.isEmpty() ? "" : what + ":" + wrong;
    }

    private static void operand(TwoProcessors both, Random random, FpuSample sample, Operand operand, int distance) {
        sample.next();
        if (operand == Operand.EXTENDED) {
            both.put(distance, sample.significand, sample.exponent);
        } else if (operand == Operand.SINGLE || operand == Operand.DOUBLE) {
            boolean isSingle = operand == Operand.SINGLE;
            int bits = isSingle ? 23 : 52;
            int most = isSingle ? 0xFF : 0x7FF;
            int biased = (sample.exponent & 0x7FFF) - 0x3FFF + (most >> 1);
            biased = random.nextInt(4) == 0 ? most * random.nextInt(2) : Math.max(0, Math.min(most, biased));
            long fraction = random.nextInt(4) == 0 ? 0 : sample.significand << 1 >>> 64 - bits;
            long value = (long) (sample.exponent >> 15) << (isSingle ? 31 : 63) | (long) biased << bits | fraction;
            both.put(distance, value, 0);
        } else if (operand == Operand.DECIMAL) {
            long digits = 0;
            for (int i = 0; i < 16; i++) {
                digits = digits << 4 | random.nextInt(10);
            }
            digits = random.nextInt(3) == 0 ? digits & (1L << random.nextInt(64)) - 1 & 0x7777_7777_7777_7777L : digits;
            both.put(distance, digits, random.nextInt(2) << 15 | random.nextInt(10) << 4 | random.nextInt(10));
        }
    }

    private static byte[] code(int opcode, int modRm, int distance, boolean isNarrow) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (isNarrow) {
            out.write(0x66);
        }
        out.write(opcode);
        out.write(modRm);
        if (modRm < 0xC0) {
            distance(out, distance);
        }
        return out.toByteArray();
    }

    private static void distance(ByteArrayOutputStream out, int distance) {
        for (int i = 0; i < 4; i++) {
            out.write(distance >> 8 * i);
        }
    }

    /**
     * Loads the state before the code, stores it after, without waiting for exceptions, and leaves all as Java needs.
     */
    static byte[] around(byte[] code) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0x48, 0x0F, (byte) 0xAE, (byte) (0x80 | 1 << 3 | Sample.POINTER)});
        distance(out, FpuSample.BEFORE);
        out.writeBytes(code);
        out.writeBytes(new byte[] {0x48, 0x0F, (byte) 0xAE, (byte) (0x80 | Sample.POINTER)});
        distance(out, FpuSample.AFTER);
        out.writeBytes(
                new byte[] {(byte) 0xDB, (byte) 0xE3, 0x0F, (byte) 0xAE, (byte) (0x80 | 2 << 3 | Sample.POINTER)});
        distance(out, 0x108);
        return out.toByteArray();
    }
}
