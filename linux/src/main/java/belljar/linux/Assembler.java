package belljar.linux;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An assembler for the few x86-64 instructions that the shims and the entry stub need, so that their machine code is
 * source in this repository. Encodings follow the Intel SDM, volume 2. Not safe for use by several threads.
 */
final class Assembler {
    /** A general register, by its number in the instruction encoding. */
    enum Reg {
        RAX,
        RCX,
        RDX,
        RBX,
        RSP,
        RBP,
        RSI,
        RDI,
        R8,
        R9,
        R10,
        R11,
        R12,
        R13,
        R14,
        R15
    }

    /** A condition of a jump, by its number in the opcode. */
    enum Cond {
        BELOW(2),
        ABOVE_OR_EQUAL(3),
        EQUAL(4),
        NOT_EQUAL(5),
        BELOW_OR_EQUAL(6),
        NEGATIVE(8),
        NOT_NEGATIVE(9),
        LESS_OR_EQUAL(14),
        GREATER(15);

        final int code;

        Cond(int code) {
            this.code = code;
        }
    }

    /** A place in the code; it may be used before it is {@link #bind bound}. */
    static final class Label {
        private int position = -1;
    }

    private record Fixup(int at, Label target) {}

    private byte[] code = new byte[512];
    private int size;
    private final List<Fixup> fixups = new ArrayList<>();

    int size() {
        return size;
    }

    void bind(Label label) {
        if (label.position >= 0) {
            throw new IllegalStateException("label bound twice");
        }
        label.position = size;
    }

    /** {@return the finished code, with all jumps resolved} */
    byte[] finish() {
        for (Fixup fixup : fixups) {
            if (fixup.target.position < 0) {
                throw new IllegalStateException("jump to a label that was never bound");
            }
            int distance = fixup.target.position - (fixup.at + 4);
            for (int i = 0; i < 4; i++) {
                code[fixup.at + i] = (byte) (distance >> 8 * i);
            }
        }
        return Arrays.copyOf(code, size);
    }

    private void emit(int... bytes) {
        for (int b : bytes) {
            if (size == code.length) {
                code = Arrays.copyOf(code, size * 2);
            }
            code[size++] = (byte) b;
        }
    }

    private void emit32(int value) {
        emit(value, value >> 8, value >> 16, value >> 24);
    }

    private static int high(Reg reg) {
        return reg.ordinal() >> 3;
    }

    private static int low(Reg reg) {
        return reg.ordinal() & 7;
    }

    /** REX.W with the extension bits of the ModRM reg and rm fields. */
    private static int rexW(Reg reg, Reg rm) {
        return 0x48 | high(reg) << 2 | high(rm);
    }

    /** ModRM for {@code [base + disp32]}; RSP and R12 as a base need a SIB byte. */
    private void memory(int regField, Reg base, int displacement) {
        emit(0x80 | (regField & 7) << 3 | low(base));
        if (low(base) == 4) {
            emit(0x24);
        }
        emit32(displacement);
    }

    void mov(Reg to, Reg from) {
        emit(rexW(from, to), 0x89, 0xC0 | low(from) << 3 | low(to));
    }

    /** Loads a sign-extended 32-bit constant. */
    void mov(Reg to, int value) {
        emit(0x48 | high(to), 0xC7, 0xC0 | low(to));
        emit32(value);
    }

    void load(Reg to, Reg base, int displacement) {
        emit(rexW(to, base), 0x8B);
        memory(to.ordinal(), base, displacement);
    }

    /** Loads 32 bits, zero-extended. */
    void load32(Reg to, Reg base, int displacement) {
        emit(0x40 | high(to) << 2 | high(base), 0x8B);
        memory(to.ordinal(), base, displacement);
    }

    /** Loads 16 bits, zero-extended. */
    void load16(Reg to, Reg base, int displacement) {
        emit(rexW(to, base), 0x0F, 0xB7);
        memory(to.ordinal(), base, displacement);
    }

    /** Loads 8 bits, zero-extended. */
    void load8(Reg to, Reg base, int displacement) {
        emit(rexW(to, base), 0x0F, 0xB6);
        memory(to.ordinal(), base, displacement);
    }

    /** Loads 32 bits, sign-extended. */
    void loadSigned32(Reg to, Reg base, int displacement) {
        emit(rexW(to, base), 0x63);
        memory(to.ordinal(), base, displacement);
    }

    /** Loads the address {@code base + displacement}. */
    void address(Reg to, Reg base, int displacement) {
        emit(rexW(to, base), 0x8D);
        memory(to.ordinal(), base, displacement);
    }

    /** Loads the address of a place in the code, wherever the code lies. */
    void address(Reg to, Label place) {
        emit(0x48 | high(to) << 2, 0x8D, 0x05 | low(to) << 3);
        fixup(place);
    }

    /** Stores the low 8 bits. */
    void store8(Reg base, int displacement, Reg from) {
        emit(0x40 | high(from) << 2 | high(base), 0x88);
        memory(from.ordinal(), base, displacement);
    }

    /** Stores the low 32 bits. */
    void store32(Reg base, int displacement, Reg from) {
        emit(0x40 | high(from) << 2 | high(base), 0x89);
        memory(from.ordinal(), base, displacement);
    }

    void store(Reg base, int displacement, Reg from) {
        emit(rexW(from, base), 0x89);
        memory(from.ordinal(), base, displacement);
    }

    void add(Reg to, int value) {
        emit(0x48 | high(to), 0x81, 0xC0 | low(to));
        emit32(value);
    }

    void add(Reg to, Reg value) {
        emit(rexW(value, to), 0x01, 0xC0 | low(value) << 3 | low(to));
    }

    void sub(Reg to, Reg value) {
        emit(rexW(value, to), 0x29, 0xC0 | low(value) << 3 | low(to));
    }

    void multiply(Reg to, int factor) {
        emit(rexW(to, to), 0x69, 0xC0 | low(to) << 3 | low(to));
        emit32(factor);
    }

    /** Divides RDX:RAX, unsigned: the quotient comes to RAX, the remainder to RDX. */
    void divide(Reg divisor) {
        emit(0x48 | high(divisor), 0xF7, 0xF0 | low(divisor));
    }

    void shiftLeft(Reg to, int bits) {
        emit(0x48 | high(to), 0xC1, 0xE0 | low(to), bits);
    }

    void push(Reg reg) {
        emit(0x40 | high(reg), 0x50 | low(reg));
    }

    void pop(Reg reg) {
        emit(0x40 | high(reg), 0x58 | low(reg));
    }

    /** Copies RCX bytes from RSI to RDI; both end behind what was copied. */
    void copyBytes() {
        emit(0xF3, 0xA4);
    }

    /** Puts data between the instructions. */
    void bytes(byte[] data) {
        for (byte b : data) {
            emit(b);
        }
    }

    /** Fills RCX bytes at RDI with AL. */
    void fillBytes() {
        emit(0xF3, 0xAA);
    }

    /** Looks for AL in the RCX bytes at RDI, which ends behind it, or behind the last byte. */
    void scanBytes() {
        emit(0xF2, 0xAE);
    }

    void call(Label target) {
        emit(0xE8);
        fixup(target);
    }

    /** A system call with the arguments already in their registers. */
    void syscall(int nr) {
        mov(Reg.RAX, nr);
        syscall();
    }

    void and(Reg to, int mask) {
        emit(0x48 | high(to), 0x81, 0xE0 | low(to));
        emit32(mask);
    }

    void shiftRight(Reg to, int bits) {
        emit(0x48 | high(to), 0xC1, 0xE8 | low(to), bits);
    }

    void cmp(Reg left, Reg right) {
        emit(rexW(right, left), 0x39, 0xC0 | low(right) << 3 | low(left));
    }

    void cmp(Reg left, int value) {
        emit(0x48 | high(left), 0x81, 0xF8 | low(left));
        emit32(value);
    }

    void test(Reg left, Reg right) {
        emit(rexW(right, left), 0x85, 0xC0 | low(right) << 3 | low(left));
    }

    /** Tests the bits of a 32-bit constant in the low half of a register. */
    void testBits(Reg reg, int bits) {
        emit(0x40 | high(reg), 0xF7, 0xC0 | low(reg));
        emit32(bits);
    }

    void neg(Reg reg) {
        emit(0x48 | high(reg), 0xF7, 0xD8 | low(reg));
    }

    void jmp(Label target) {
        emit(0xE9);
        fixup(target);
    }

    /** Jumps to the address in one of the first eight registers. */
    void jmp(Reg target) {
        emit(0xFF, 0xE0 | low(target));
    }

    void jcc(Cond condition, Label target) {
        emit(0x0F, 0x80 | condition.code);
        fixup(target);
    }

    private void fixup(Label target) {
        fixups.add(new Fixup(size, target));
        emit32(0);
    }

    /** Exchanges a register with 64 bits of memory, atomically. */
    void exchange(Reg base, int displacement, Reg value) {
        emit(rexW(value, base), 0x87);
        memory(value.ordinal(), base, displacement);
    }

    /** Stores to 64 bits of memory if they equal RAX, atomically; EQUAL says whether they did. */
    void compareExchange(Reg base, int displacement, Reg value) {
        emit(0xF0, rexW(value, base), 0x0F, 0xB1);
        memory(value.ordinal(), base, displacement);
    }

    /** Tells the processor that this is a loop that waits for memory to change. */
    void pause() {
        emit(0xF3, 0x90);
    }

    void syscall() {
        emit(0x0F, 0x05);
    }

    void ret() {
        emit(0xC3);
    }
}
