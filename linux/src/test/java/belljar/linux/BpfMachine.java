package belljar.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Runs classic BPF as the kernel does for seccomp, after the checks of its {@code seccomp_check_filter}: so that what a
 * program does is judged by something other than what made it.
 */
final class BpfMachine {
    private final ByteBuffer program;
    private final int length;

    /** How many instructions the last run took. */
    int steps;

    BpfMachine(byte[] code) {
        program = ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN);
        length = code.length / 8;
        if (code.length % 8 != 0 || length == 0 || length > 4096) {
            throw new AssertionError("a program of " + code.length + " bytes");
        }
        for (int pc = 0; pc < length; pc++) {
            check(pc);
        }
        if (code(length - 1) != 0x06) {
            throw new AssertionError("the last instruction does not return");
        }
    }

    private void check(int pc) {
        long k = k(pc) & 0xffffffffL;
        switch (code(pc)) {
            case 0x20 -> require(k < 64 && k % 4 == 0, pc);
            case 0x06, 0x54 -> require(true, pc);
            case 0x05 -> require(k < length - pc - 1L, pc);
            case 0x15, 0x25, 0x35 -> require(pc + jt(pc) + 1 < length && pc + jf(pc) + 1 < length, pc);
            default -> throw new AssertionError("instruction " + pc + " has code " + code(pc));
        }
    }

    private static void require(boolean valid, int pc) {
        if (!valid) {
            throw new AssertionError("instruction " + pc + " leads out of bounds");
        }
    }

    private int code(int pc) {
        return program.getShort(pc * 8) & 0xffff;
    }

    private int jt(int pc) {
        return program.get(pc * 8 + 2) & 0xff;
    }

    private int jf(int pc) {
        return program.get(pc * 8 + 3) & 0xff;
    }

    private int k(int pc) {
        return program.getInt(pc * 8 + 4);
    }

    int length() {
        return length;
    }

    /** Runs on a {@code struct seccomp_data}. */
    int run(int number, int arch, long[] args) {
        ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        data.putInt(number).putInt(arch).putLong(0x7fff_1234_5678L);
        for (long arg : args) {
            data.putLong(arg);
        }
        int a = 0;
        int pc = 0;
        for (steps = 1; ; steps++) {
            int k = k(pc);
            int code = code(pc);
            switch (code) {
                case 0x20 -> a = data.getInt(k);
                case 0x54 -> a &= k;
                case 0x05 -> pc += k;
                case 0x06 -> {
                    return k;
                }
                default -> {
                    int order = Integer.compareUnsigned(a, k);
                    boolean yes = code == 0x15 ? order == 0 : code == 0x25 ? order > 0 : order >= 0;
                    pc += yes ? jt(pc) : jf(pc);
                }
            }
            pc++;
        }
    }
}
