package belljar.translator;

import java.io.ByteArrayOutputStream;
import java.util.Random;

/**
 * Code, registers and tables at random, of a kind that gets far: instructions that exist, numbers that mean something.
 */
final class RandomCode {
    private static final int[] PREFIXES = {0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0xF3
    };

    /** What registers lead to most: model-specific registers, ports, devices, control registers, ends of ranges. */
    private static final long[] NUMBERS = {
        0x10,
        0x11,
        0x12,
        0x1B,
        0x3B,
        0x174,
        0x176,
        0x277,
        0x6E0,
        0x6E1,
        0x802,
        0x808,
        0x80B,
        0x80F,
        0x830,
        0x832,
        0x838,
        0x83E,
        0x83F,
        0xC000_0080L,
        0xC000_0081L,
        0xC000_0082L,
        0xC000_0100L,
        0xC000_0102L,
        0xC001_0000L,
        0x4B56_4D00L,
        0x4B56_4D01L,
        0x40,
        0x42,
        0x43,
        0x61,
        0x64,
        0x70,
        0x71,
        0x3F8,
        0x3F9,
        0x3FD,
        0x8000_0001L,
        0x8000_0008L,
        0x4000_0001L,
        0x11,
        0x8000_0011L,
        0x8001_0033L,
        0x6000_0010L,
        0x20,
        0x620,
        0x6A0,
        0x30_06A0L,
        0x140_06A0L,
        0x900,
        0xD01,
        0xFEE0_0000L,
        0xFEE0_0080L,
        0xFEE0_00B0L,
        0xFEE0_00F0L,
        0xFEE0_0300L,
        0xFEE0_0310L,
        0xFEE0_0320L,
        0xFEE0_0380L,
        0xFEE0_0FFFL,
        0xFEC0_0000L,
        0xFEC0_0010L,
        0x7FFF_FFFFL,
        0x8000_0000L,
        0xFFFF_FFFFL,
        0xFFFF_FFFEL,
        0xFFFF,
        0xFFFC,
        0x7FFF_FFFF_FFFFL,
        0x8000_0000_0000L,
        0xFFFF_8000_0000_0000L,
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        -1
    };

    private final Random random;
    private final int memory;

    /**
     * Makes a source.
     *
     * @param memory how many bytes of memory most addresses are in
     */
    RandomCode(Random random, int memory) {
        this.random = random;
        this.memory = memory;
    }

    /** {@return so many bytes of instructions} */
    byte[] bytes(int count) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        while (out.size() < count) {
            instruction(out);
        }
        byte[] bytes = new byte[count];
        System.arraycopy(out.toByteArray(), 0, bytes, 0, count);
        return bytes;
    }

    private void instruction(ByteArrayOutputStream out) {
        for (int i = 0; i < 3 && random.nextInt(3) == 0; i++) {
            out.write(PREFIXES[random.nextInt(PREFIXES.length)]);
        }
        if (random.nextInt(3) == 0) {
            out.write(0x40 | random.nextInt(16));
        }
        if (random.nextInt(6) == 0) {
            number(out);
            return;
        }
        int map = random.nextInt(10);
        if (map >= 5) {
            out.write(0x0F);
        }
        if (map >= 8) {
            out.write(map == 8 ? 0x38 : 0x3A);
        }
        out.write(random.nextInt(256));
        out.write(random.nextInt(256)); // ModRM
        int more = random.nextInt(6);
        boolean small = random.nextBoolean();
        for (int i = 0; i < more; i++) {
            out.write(small ? random.nextInt(3) : random.nextInt(256));
        }
    }

    /** Gives a register a number, in code of 32 or 64 bits. */
    private void number(ByteArrayOutputStream out) {
        out.write(0xB8 | random.nextInt(8));
        long value = number();
        for (int i = 0; i < 4; i++) {
            out.write((int) (value >> 8 * i));
        }
    }

    /** {@return what may be in a register} */
    long number() {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextInt();
            case 2 -> random.nextInt(16) - 8L;
            case 3 -> memory - random.nextInt(16);
            case 4, 5 -> NUMBERS[random.nextInt(NUMBERS.length)];
            default -> random.nextInt(memory);
        };
    }

    /** {@return a descriptor of any kind, most of them of segments and gates that can be used} */
    long descriptor() {
        if (random.nextInt(16) == 0) {
            return random.nextLong();
        }
        long bits = 0x80 | (random.nextInt(3) == 0 ? 0x60 : random.nextInt(4) << 5) | random.nextInt(32);
        long base = random.nextInt(3) != 0 ? 0 : random.nextInt(memory);
        long limit = random.nextInt(3) != 0 ? 0xFFFF : random.nextInt(0x200);
        long kind = (long) random.nextInt(16) << 4 | (random.nextBoolean() ? 0xF : 0);
        return limit | (base & 0xFF_FFFF) << 16 | bits << 40 | kind << 48 | base >>> 24 << 56;
    }

    /** {@return an entry of a page table, most of which lead to memory} */
    long entry(long tables) {
        long flags = 7 | random.nextInt(4) << 5 | random.nextInt(8) << 8;
        return switch (random.nextInt(32)) {
            case 0 -> random.nextLong();
            case 1 -> 0xFEE0_0000L | flags;
            case 2 -> random.nextInt(memory) & ~0xFFFL | random.nextInt(256);
            case 3 -> 0x80 | flags; // a large page
            case 4 -> random.nextInt(memory) & ~0xFFFL | flags | random.nextLong() << 59;
            case 5, 6, 7, 8, 9, 10, 11 -> tables + (random.nextInt(4) << 12) | flags;
            default -> random.nextInt(memory) & ~0xFFFL | flags;
        };
    }
}
