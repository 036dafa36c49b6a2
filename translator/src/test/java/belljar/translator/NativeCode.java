package belljar.translator;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Executes instructions on the processor that this JVM runs on. Code, registers and data lie in memory that has the
 * same address here and in the guest, so that pointers mean the same.
 */
final class NativeCode implements AutoCloseable {
    /** Where it all begins, and where in it the parts are. */
    static final long BASE = 0x10_0000_0000L;

    static final int REGISTERS = 0x1000;
    static final int FLAGS = REGISTERS + 16 * 8;
    static final int XMM = 0x1200;
    static final int DATA = 0x2000;
    static final int DATA_SIZE = 0x1000;
    static final int SIZE = 0x4000;

    private static final int STACK_POINTER = 4;

    private final MemorySegment memory;
    private final MethodHandle call;

    NativeCode() {
        Linker linker = Linker.nativeLinker();
        ValueLayout.OfLong j = ValueLayout.JAVA_LONG;
        MethodHandle mmap = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("mmap"), FunctionDescriptor.of(j, j, j, j, j, j, j));
        try {
            // PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE
            long at = (long) mmap.invokeExact(BASE, (long) SIZE, 7L, 0x10_0022L, -1L, 0L);
            if (at != BASE) {
                throw new AssertionError("no memory at " + BASE + ": " + at);
            }
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        memory = MemorySegment.ofAddress(BASE).reinterpret(SIZE);
        call = linker.downcallHandle(MemorySegment.ofAddress(BASE), FunctionDescriptor.ofVoid());
    }

    @Override
    public void close() {
        ValueLayout.OfLong j = ValueLayout.JAVA_LONG;
        Linker linker = Linker.nativeLinker();
        MethodHandle munmap =
                linker.downcallHandle(linker.defaultLookup().findOrThrow("munmap"), FunctionDescriptor.of(j, j, j));
        try {
            long _ = (long) munmap.invokeExact(BASE, (long) SIZE);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    ByteBuffer bytes() {
        return memory.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Executes instructions that fall through, with the registers and the data that stand in memory. */
    void run(byte[] code) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int[] saved = {3, 5, 12, 13, 14, 15};
        for (int number : saved) {
            out.writeBytes(push(number));
        }
        for (int i = 0; i < 16; i++) {
            xmm(out, 0x6F, i);
        }
        relative(out, new int[] {0xFF, 0x35}, FLAGS); // push
        out.write(0x9D); // popfq
        for (int i = 0; i < 16; i++) {
            if (i != STACK_POINTER) {
                relative(out, new int[] {0x48 | i >> 3 << 2, 0x8B, 5 | (i & 7) << 3}, REGISTERS + 8 * i);
            }
        }
        out.writeBytes(code);
        for (int i = 0; i < 16; i++) {
            if (i != STACK_POINTER) {
                relative(out, new int[] {0x48 | i >> 3 << 2, 0x89, 5 | (i & 7) << 3}, REGISTERS + 8 * i);
            }
        }
        out.write(0x9C); // pushfq
        relative(out, new int[] {0x8F, 0x05}, FLAGS); // pop
        out.write(0xFC); // cld
        for (int i = 0; i < 16; i++) {
            xmm(out, 0x7F, i);
        }
        for (int i = saved.length - 1; i >= 0; i--) {
            byte[] pop = push(saved[i]);
            pop[pop.length - 1] = (byte) (pop[pop.length - 1] + 8);
            out.writeBytes(pop);
        }
        out.write(0xC3);
        bytes().put(0, out.toByteArray());
        try {
            call.invokeExact();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] push(int number) {
        byte opcode = (byte) (0x50 | number & 7);
        return number < 8 ? new byte[] {opcode} : new byte[] {0x41, opcode};
    }

    private static void xmm(ByteArrayOutputStream out, int opcode, int number) {
        relative(
                out, new int[] {0xF3, 0x40 | number >> 3 << 2, 0x0F, opcode, 5 | (number & 7) << 3}, XMM + 16 * number);
    }

    /** An instruction with an operand at a place of this memory, relative to the instruction pointer. */
    private static void relative(ByteArrayOutputStream out, int[] opcode, int place) {
        for (int b : opcode) {
            out.write(b);
        }
        int distance = place - (out.size() + 4);
        for (int i = 0; i < 4; i++) {
            out.write(distance >> 8 * i);
        }
    }
}
