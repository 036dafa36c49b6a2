package belljar.translator;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the block at an instruction pointer: in a table by that pointer, which holds as long as the translation of
 * addresses does; else in one by the place in memory; else it is decoded. Both tables are of fixed size, so that a
 * guest cannot make them grow: full, with some five instructions a block, they hold some 30 MiB. For one CPU.
 */
final class BlockCache {
    private static final int NEAR = 1 << 14;
    private static final int FAR_BITS = 16;
    private static final int FAR = 1 << FAR_BITS;
    private static final int MOST_INSTRUCTIONS = 32;
    private static final int MOST_BYTES = 256;
    private static final int PAGE = 4096;

    /** So many blocks are worth keeping for a guest that does nothing but look at its clock now and then: 2 MiB. */
    private static final int FEW = 4096;

    private final @Nullable Block[] near = new Block[NEAR];
    private final @Nullable Block[] far = new Block[FAR];
    private final Decoder decoder = new Decoder();
    private final byte[] bytes = new byte[MOST_BYTES + 2 * Decoder.MOST_BYTES];
    private final List<Insn> list = new ArrayList<>();
    private final Cpu cpu;
    private final CodePages codePages;
    private final CodePages.Writer writer;

    /** How many were decoded since none were there; more than are there. */
    private int decoded;

    /**
     * Makes one.
     *
     * @param cpu whose it is
     * @param codePages which pages hold code
     * @param writer the same CPU as one that writes to them
     */
    BlockCache(Cpu cpu, CodePages codePages, CodePages.Writer writer) {
        this.cpu = cpu;
        this.codePages = codePages;
        this.writer = writer;
    }

    /** What a block depends on besides its bytes: the size of code, and whether it may be executed in user mode. */
    private static int mode(Cpu cpu) {
        return cpu.mode | (cpu.level == 3 ? 4 : 0);
    }

    private static int hash(long address) {
        return (int) (address ^ address >>> 12);
    }

    /**
     * {@return the block where the CPU is}
     *
     * @throws Fault if its address cannot be translated
     */
    Block find() {
        long address = cpu.rip;
        Block block = near[hash(address) & NEAR - 1];
        if (block != null
                && block.address == address
                && block.epoch == cpu.mmu.epoch
                && block.mode == mode(cpu)
                && block.base == base()
                && codePages.version(block.page) == block.version) {
            return block;
        }
        return translate(address);
    }

    private long base() {
        return cpu.mode == Decoder.BITS64 ? 0 : cpu.segments.base[Insn.CS];
    }

    private Block translate(long address) {
        long linear = cpu.wrap(base() + address);
        long offset = cpu.mmu.codeOffset(linear);
        if (offset < 0) {
            throw cpu.protection(0); // code in a device's registers
        }
        int page = (int) (offset >>> 12);
        int place = spread(offset ^ Long.rotateLeft(address, 32));
        Block block = far[place];
        boolean same = block != null
                && block.address == address
                && block.mode == mode(cpu)
                && block.base == base()
                && block.page == page
                && (block.next < 0 ? codePages.version(page) == block.version : goesOn(block, linear));
        if (block == null || !same) {
            block = decode(address, linear, offset, MOST_INSTRUCTIONS);
            far[place] = block;
            decoded++;
        }
        block.epoch = cpu.mmu.epoch;
        near[hash(address) & NEAR - 1] = block;
        return block;
    }

    /** Gives up what is there, if it is much. What is needed again is decoded again. */
    void trim() {
        if (decoded > FEW) {
            Arrays.fill(near, null);
            Arrays.fill(far, null);
            decoded = 0;
        }
    }

    /** {@return how many blocks were decoded since none were there} */
    int decoded() {
        return decoded;
    }

    /** {@return a place in the far table} Code lies close together, and its places are to be anywhere (Fibonacci). */
    private static int spread(long key) {
        return (int) (key * 0x9E37_79B9_7F4A_7C15L >>> Long.SIZE - FAR_BITS);
    }

    /** {@return whether an instruction that goes on in the next page still does so there, as it was decoded} */
    private boolean goesOn(Block block, long linear) {
        int length = (int) (PAGE - (linear & PAGE - 1));
        long offset = cpu.mmu.codeOffset(cpu.wrap(linear + length));
        return offset >>> 12 == block.next
                && codePages.version(block.page) == block.version + 1
                && codePages.version(block.next) == block.nextVersion;
    }

    /**
     * {@return a block of the one instruction where the CPU is}
     *
     * @throws Fault if its address cannot be translated
     */
    Block one() {
        long linear = cpu.wrap(base() + cpu.rip);
        long offset = cpu.mmu.codeOffset(linear);
        if (offset < 0) {
            throw cpu.protection(0);
        }
        return decode(cpu.rip, linear, offset, 1);
    }

    private Block decode(long address, long linear, long offset, int most) {
        int page = (int) (offset >>> 12);
        int version = codePages.version(page);
        writer.mark(page);
        int length = (int) Math.min(MOST_BYTES, PAGE - (offset & PAGE - 1));
        MemorySegment.copy(cpu.mmu.ram(), ValueLayout.JAVA_BYTE, offset, bytes, 0, length);
        list.clear();
        int at = 0;
        while (list.size() < most) {
            Insn in = decoder.decode(bytes, at, length, address + at, cpu.mode);
            if (in == null) {
                break;
            }
            list.add(in);
            at += (int) (in.next - in.address);
            if (in.ends || at >= length) {
                break;
            }
        }
        if (!list.isEmpty()) {
            return new Block(list.toArray(new Insn[0]), address, base(), mode(cpu), page, version);
        }
        return crossing(address, linear, length, page, version);
    }

    /**
     * An instruction that goes on in the next page. Its version is one that its page no longer has, so that the near
     * table never has it: with each use it is looked where it goes on.
     */
    private Block crossing(long address, long linear, int length, int page, int version) {
        long offset = cpu.mmu.codeOffset(cpu.wrap(linear + length));
        if (offset < 0) {
            throw cpu.protection(0);
        }
        int next = (int) (offset >>> 12);
        int nextVersion = codePages.version(next);
        writer.mark(next);
        MemorySegment.copy(cpu.mmu.ram(), ValueLayout.JAVA_BYTE, offset, bytes, length, Decoder.MOST_BYTES);
        Insn in = decoder.decode(bytes, 0, length + Decoder.MOST_BYTES, address, cpu.mode);
        if (in == null) {
            throw cpu.protection(0);
        }
        Block made = new Block(new Insn[] {in}, address, base(), mode(cpu), page, version - 1);
        made.next = next;
        made.nextVersion = nextVersion;
        return made;
    }
}
