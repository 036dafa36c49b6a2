package belljar.translator;

import belljar.machine.Bus;
import belljar.machine.Device;
import belljar.machine.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A CPU's way to memory: a translation look-aside buffer in front of {@link PageWalk}. An entry says where in the
 * machine's memory a page lies and whether it may be read, written or executed right now; pages of devices, and pages
 * that hold decoded code for writing, have no entry, so that all accesses to them take the slow road. There is one
 * buffer for user mode, one for the others, and one for these while they may not access what user mode may (SMAP), so
 * that a change of privilege costs nothing.
 */
final class Mmu {
    static final int ENTRIES = 1024;
    static final long PAGE_MASK = ~0xFFFL;

    private static final int MASK = ENTRIES - 1;
    private static final int LARGE_REGIONS = 4096;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** An address that no page begins at. */
    private static final long NO_PAGE = 1;

    /** Where each page of a buffer lies; the tags say for which accesses the entry holds. */
    private static final class Tlb {
        final long[] read = new long[ENTRIES];
        final long[] write = new long[ENTRIES];
        final long[] execute = new long[ENTRIES];
        final long[] addend = new long[ENTRIES];
    }

    private final GuestMemory memory;
    private final MemorySegment ram;
    private final Bus bus;
    private final CodePages codePages;
    private final PageWalk walk;
    private final Device apic;
    private final Tlb user = new Tlb();
    private final Tlb supervisor = new Tlb();
    private final Tlb guarded = new Tlb();

    /** Stays empty, so that all accesses take the slow road, on which they are looked at. */
    private final Tlb checking = new Tlb();

    private Tlb tlb = supervisor;
    private boolean aligned;
    private @Nullable Watch watch;

    /** By number, modulo their count, the 2 MiB of addresses in which a large page was used since the last flush. */
    private final long[] large = new long[LARGE_REGIONS / 64];

    /** Whether a page of 1 GiB was. */
    private boolean huge;

    /** Changes whenever an address may lead to another page than before. */
    int epoch;

    /** The page that the block which is executed is from; -1 while none is, or one of a single instruction. */
    int executing = -1;

    /** The local APIC's page; -1 while it has none. */
    private long apicBase = -1;

    Mmu(GuestMemory memory, Bus bus, CodePages codePages, PageWalk walk, Device apic) {
        this.memory = memory;
        this.ram = memory.bytes();
        this.bus = bus;
        this.codePages = codePages;
        this.walk = walk;
        this.apic = apic;
        clear(checking);
        flush();
    }

    /** Says where the local APIC, which each CPU has at the same address, is; -1 for nowhere. */
    void apicBase(long base) {
        apicBase = base;
    }

    /** Forgets all translations. */
    void flush() {
        clear(user);
        clear(supervisor);
        clear(guarded);
        Arrays.fill(large, 0);
        huge = false;
        epoch++;
    }

    private static void clear(Tlb which) {
        Arrays.fill(which.read, NO_PAGE);
        Arrays.fill(which.write, NO_PAGE);
        Arrays.fill(which.execute, NO_PAGE);
    }

    /** Forgets the translation of one page, however large it is. */
    void flush(long linear) {
        epoch++;
        int region = (int) (linear >>> 21) & LARGE_REGIONS - 1;
        if (!huge && (large[region >> 6] >>> region & 1) == 0) {
            int at = (int) (linear >>> 12) & MASK;
            clear(user, at);
            clear(supervisor, at);
            clear(guarded, at);
            return;
        }
        int shift = huge ? 30 : 22;
        for (Tlb each : new Tlb[] {user, supervisor, guarded}) {
            for (int at = 0; at < ENTRIES; at++) {
                boolean read = each.read[at] >>> shift == linear >>> shift;
                if (read || each.execute[at] >>> shift == linear >>> shift) {
                    clear(each, at);
                }
            }
        }
    }

    private static void clear(Tlb which, int at) {
        which.read[at] = NO_PAGE;
        which.write[at] = NO_PAGE;
        which.execute[at] = NO_PAGE;
    }

    /** Forgets which pages may be written without looking. */
    void flushWritable() {
        Arrays.fill(user.write, NO_PAGE);
        Arrays.fill(supervisor.write, NO_PAGE);
        Arrays.fill(guarded.write, NO_PAGE);
    }

    /**
     * Says how accesses are made from now on.
     *
     * @param isUser in user mode
     * @param isGuarded in supervisor mode, but not to what user mode may access
     * @param isAligned whether numbers must be aligned
     * @param watching who is told of each access
     */
    void access(boolean isUser, boolean isGuarded, boolean isAligned, @Nullable Watch watching) {
        tlb = isAligned || watching != null ? checking : isUser ? user : isGuarded ? guarded : supervisor;
        watch = watching;
        aligned = isAligned;
        walk.userMode = isUser;
        walk.guarded = isGuarded;
    }

    private void check(long linear, int size, boolean write) {
        if (aligned && (linear & size - 1) != 0) {
            throw walk.misaligned();
        }
        if (watch != null) {
            watch.accessed(linear, size, write);
        }
    }

    int load1(long linear) {
        int at = (int) (linear >>> 12) & MASK;
        if (tlb.read[at] == (linear & PAGE_MASK)) {
            byte value = ram.get(ValueLayout.JAVA_BYTE, linear + tlb.addend[at]);
            VarHandle.acquireFence();
            return value & 0xFF;
        }
        return (int) slowLoad(linear, 1);
    }

    int load2(long linear) {
        int at = (int) (linear >>> 12) & MASK;
        if (tlb.read[at] == (linear + 1 & PAGE_MASK)) {
            short value = ram.get(SHORT, linear + tlb.addend[at]);
            VarHandle.acquireFence();
            return value & 0xFFFF;
        }
        return (int) slowLoad(linear, 2);
    }

    int load4(long linear) {
        int at = (int) (linear >>> 12) & MASK;
        if (tlb.read[at] == (linear + 3 & PAGE_MASK)) {
            int value = ram.get(INT, linear + tlb.addend[at]);
            VarHandle.acquireFence();
            return value;
        }
        return (int) slowLoad(linear, 4);
    }

    long load8(long linear) {
        int at = (int) (linear >>> 12) & MASK;
        if (tlb.read[at] == (linear + 7 & PAGE_MASK)) {
            long value = ram.get(LONG, linear + tlb.addend[at]);
            VarHandle.acquireFence();
            return value;
        }
        return slowLoad(linear, 8);
    }

    void store1(long linear, int value) {
        int at = (int) (linear >>> 12) & MASK;
        if (tlb.write[at] == (linear & PAGE_MASK)) {
            VarHandle.releaseFence();
            ram.set(ValueLayout.JAVA_BYTE, linear + tlb.addend[at], (byte) value);
        } else {
            slowStore(linear, 1, value);
        }
    }

    void store2(long linear, int value) {
        int at = (int) (linear >>> 12) & MASK;
        if (tlb.write[at] == (linear + 1 & PAGE_MASK)) {
            VarHandle.releaseFence();
            ram.set(SHORT, linear + tlb.addend[at], (short) value);
        } else {
            slowStore(linear, 2, value);
        }
    }

    void store4(long linear, int value) {
        int at = (int) (linear >>> 12) & MASK;
        if (tlb.write[at] == (linear + 3 & PAGE_MASK)) {
            VarHandle.releaseFence();
            ram.set(INT, linear + tlb.addend[at], value);
        } else {
            slowStore(linear, 4, value);
        }
    }

    void store8(long linear, long value) {
        int at = (int) (linear >>> 12) & MASK;
        if (tlb.write[at] == (linear + 7 & PAGE_MASK)) {
            VarHandle.releaseFence();
            ram.set(LONG, linear + tlb.addend[at], value);
        } else {
            slowStore(linear, 8, value);
        }
    }

    /** {@return a number of 1, 2, 4 or 8 bytes, zero-extended} */
    long load(long linear, int size) {
        return switch (size) {
            case 1 -> load1(linear);
            case 2 -> load2(linear);
            case 4 -> load4(linear) & 0xFFFF_FFFFL;
            default -> load8(linear);
        };
    }

    void store(long linear, int size, long value) {
        switch (size) {
            case 1 -> store1(linear, (int) value);
            case 2 -> store2(linear, (int) value);
            case 4 -> store4(linear, (int) value);
            default -> store8(linear, value);
        }
    }

    private static boolean crosses(long linear, int size) {
        return (linear & 0xFFF) + size > 0x1000;
    }

    private long slowLoad(long linear, int size) {
        check(linear, size, false);
        if (crosses(linear, size)) {
            long value = 0;
            for (int i = 0; i < size; i++) {
                value |= (long) load1(walk.wrap(linear + i)) << 8 * i;
            }
            return value;
        }
        long physical = walk.translate(linear, PageWalk.READ);
        long offset = memory.offset(physical);
        if (offset < 0) {
            return device(physical) ? apic.read(physical - apicBase, size) : bus.read(physical, size);
        }
        fill(linear, offset, PageWalk.READ);
        long value = switch (size) {
            case 1 -> ram.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
            case 2 -> ram.get(SHORT, offset) & 0xFFFF;
            case 4 -> ram.get(INT, offset) & 0xFFFF_FFFFL;
            default -> ram.get(LONG, offset);
        };
        VarHandle.acquireFence();
        return value;
    }

    private boolean device(long physical) {
        return (physical & PAGE_MASK) == apicBase;
    }

    private void slowStore(long linear, int size, long value) {
        check(linear, size, true);
        if (crosses(linear, size)) {
            checkWrite(linear, size);
            for (int i = 0; i < size; i++) {
                store1(walk.wrap(linear + i), (int) (value >>> 8 * i));
            }
            return;
        }
        long physical = walk.translate(linear, PageWalk.WRITE);
        long offset = memory.offset(physical);
        if (offset < 0) {
            if (device(physical)) {
                apic.write(physical - apicBase, size, value);
            } else {
                bus.write(physical, size, value);
            }
            return;
        }
        written(offset);
        fill(linear, offset, PageWalk.WRITE);
        VarHandle.releaseFence();
        switch (size) {
            case 1 -> ram.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
            case 2 -> ram.set(SHORT, offset, (short) value);
            case 4 -> ram.set(INT, offset, (int) value);
            default -> ram.set(LONG, offset, value);
        }
    }

    /** Raises the page fault that a write would, without writing. */
    void checkWrite(long linear, int size) {
        int at = (int) (linear >>> 12) & MASK;
        if (tlb.write[at] == (linear + size - 1 & PAGE_MASK)) {
            return;
        }
        checkOwn(memory.offset(walk.translate(linear, PageWalk.WRITE)));
        if (crosses(linear, size)) {
            checkOwn(memory.offset(walk.translate(walk.wrap(linear + size - 1), PageWalk.WRITE)));
        }
    }

    private void written(long offset) {
        checkOwn(offset);
        codePages.written((int) (offset >>> 12));
    }

    /** An instruction that writes to the page which its own block is from is executed again, without what follows. */
    private void checkOwn(long offset) {
        if (offset >= 0 && (int) (offset >>> 12) == executing) {
            throw walk.again();
        }
    }

    /** {@return a number that is to be written afterwards} What it cannot be written for is a fault before the read. */
    long loadForUpdate(long linear, int size) {
        checkWrite(linear, size);
        return load(linear, size);
    }

    /**
     * {@return where in the machine's memory an address that may be written lies, for an atomic operation; -1 where it
     * is a device's or goes over a page's end}
     */
    long atomicOffset(long linear, int size) {
        int at = (int) (linear >>> 12) & MASK;
        if (tlb.write[at] == (linear + size - 1 & PAGE_MASK)) {
            return linear + tlb.addend[at];
        }
        check(linear, size, true);
        if (crosses(linear, size)) {
            checkWrite(linear, size);
            return -1;
        }
        long offset = memory.offset(walk.translate(linear, PageWalk.WRITE));
        if (offset >= 0) {
            written(offset);
            fill(linear, offset, PageWalk.WRITE);
        }
        return offset;
    }

    /**
     * Copies bytes, upwards one after the other, if that can be done at once: both places are known, and each is within
     * its page.
     *
     * @return whether it was done
     */
    boolean move(long from, long to, int bytes) {
        int at = (int) (from >>> 12) & MASK;
        int toAt = (int) (to >>> 12) & MASK;
        if (tlb.read[at] != (from & PAGE_MASK) || tlb.write[toAt] != (to & PAGE_MASK)) {
            return false;
        }
        long source = from + tlb.addend[at];
        long target = to + tlb.addend[toAt];
        if (target > source && target < source + bytes) {
            return false; // what was just written is to be read again
        }
        VarHandle.fullFence();
        MemorySegment.copy(ram, source, ram, target, bytes);
        VarHandle.fullFence();
        return true;
    }

    /**
     * Stores a number several times, if that can be done at once: the place is known and within a page.
     *
     * @return whether it was done
     */
    boolean repeat(long to, int size, int count, long value) {
        int at = (int) (to >>> 12) & MASK;
        if (tlb.write[at] != (to & PAGE_MASK)) {
            return false;
        }
        long target = to + tlb.addend[at];
        VarHandle.releaseFence();
        for (int i = 0; i < count; i++) {
            switch (size) {
                case 1 -> ram.set(ValueLayout.JAVA_BYTE, target + i, (byte) value);
                case 2 -> ram.set(SHORT, target + 2L * i, (short) value);
                case 4 -> ram.set(INT, target + 4L * i, (int) value);
                default -> ram.set(LONG, target + 8L * i, value);
            }
        }
        return true;
    }

    /** {@return where in the machine's memory an instruction lies; -1 where there is none} */
    long codeOffset(long linear) {
        int at = (int) (linear >>> 12) & MASK;
        if (tlb.execute[at] == (linear & PAGE_MASK)) {
            return linear + tlb.addend[at];
        }
        long offset = memory.offset(walk.translate(linear, PageWalk.EXECUTE));
        if (offset >= 0) {
            fill(linear, offset, PageWalk.EXECUTE);
        }
        return offset;
    }

    private void fill(long linear, long offset, int access) {
        if (tlb == checking) {
            return;
        }
        if (walk.shift > 12) {
            int region = (int) (linear >>> 21) & LARGE_REGIONS - 1;
            large[region >> 6] |= 1L << region;
            large[(region ^ 1) >> 6] |= 1L << (region ^ 1); // for pages of 4 MiB
            huge |= walk.shift == 30;
        }
        int at = (int) (linear >>> 12) & MASK;
        long page = linear & PAGE_MASK;
        long addend = (offset & PAGE_MASK) - page;
        // What is known of the page for other accesses stays, as long as it leads to the same place.
        boolean same = tlb.addend[at] == addend;
        boolean write = access == PageWalk.WRITE;
        tlb.read[at] = tag(tlb.read[at], page, same, write || access == PageWalk.READ);
        tlb.write[at] = tag(tlb.write[at], page, same, write);
        tlb.execute[at] = tag(tlb.execute[at], page, same, access == PageWalk.EXECUTE);
        tlb.addend[at] = addend;
    }

    private static long tag(long before, long page, boolean same, boolean now) {
        return now || same && before == page ? page : NO_PAGE;
    }

    MemorySegment ram() {
        return ram;
    }
}
