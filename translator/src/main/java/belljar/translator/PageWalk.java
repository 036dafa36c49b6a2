package belljar.translator;

import belljar.machine.GuestMemory;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Translation of linear addresses by the tables in memory (SDM volume 3, chapter 4): 32-bit, PAE and 4-level paging,
 * large pages, accessed and dirty bits, and page faults with their error codes.
 */
final class PageWalk {
    static final int READ = 0;
    static final int WRITE = 1;
    static final int EXECUTE = 2;

    private static final long PRESENT = 1;
    private static final long WRITABLE = 2;
    private static final long USER = 4;
    private static final long ACCESSED = 0x20;
    private static final long DIRTY = 0x40;
    private static final long LARGE = 0x80;
    private static final long ADDRESS = 0x000F_FFFF_FFFF_F000L;

    /** Beyond the 40 bits of physical addresses that CPUID tells. */
    private static final long RESERVED = 0x000F_FF00_0000_0000L;

    /** Between the address and NX in PAE paging; software's in 4-level paging. */
    private static final long RESERVED_PAE = 0x7FF0_0000_0000_0000L;

    private static final long RESERVED_POINTER = 0xFFF0_0000_0000_01E6L;
    private static final int RESERVED_4M = 1 << 21;
    private static final int CODE_PRESENT = 1;
    private static final int CODE_WRITE = 2;
    private static final int CODE_USER = 4;
    private static final int CODE_RESERVED = 8;
    private static final int CODE_FETCH = 16;
    private static final int CODE_KEY = 32;
    private static final int KEY_SHIFT = 59;
    private static final VarHandle ENTRY8 =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle ENTRY4 =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private final GuestMemory memory;
    private final Control control;
    private final Fault fault;

    /** Whether accesses are made in user mode. */
    boolean userMode;

    /** Whether supervisor mode may not access what user mode may: SMAP. */
    boolean guarded;

    /** How large the page that was found last is, as a power of 2. */
    int shift = 12;

    PageWalk(GuestMemory memory, Control control, Fault fault) {
        this.memory = memory;
        this.control = control;
        this.fault = fault;
    }

    /** {@return an address as the mode cuts it} */
    long wrap(long linear) {
        return control.longMode() ? linear : linear & 0xFFFF_FFFFL;
    }

    /**
     * {@return the physical address}
     *
     * @param linear the linear address
     * @param access one of the constants above
     * @throws Fault a page fault, or a general protection fault where the address is not canonical
     */
    long translate(long linear, int access) {
        shift = 12;
        if ((control.cr0 & Control.PG) == 0) {
            return linear & 0xFFFF_FFFFL;
        }
        if (control.longMode()) {
            if (!Cpu.isCanonical(linear)) {
                throw fault.of(Fault.PROTECTION, 0);
            }
            return walk8(linear, access, 39, control.cr3 & ADDRESS);
        }
        if ((control.cr4 & Control.PAE) != 0) {
            return walkPae(linear, access);
        }
        return walk4(linear, access);
    }

    private long walkPae(long linear, int access) {
        long entryAt = (control.cr3 & 0xFFFF_FFE0L) + (linear >>> 30 & 3) * 8;
        long entry = memory.contains(entryAt, 8) ? memory.getLong(entryAt) : 0;
        if ((entry & PRESENT) == 0) {
            throw pageFault(linear, access, 0);
        }
        checkReserved(linear, access, entry, RESERVED | RESERVED_POINTER);
        return walk8(linear, access, 21, entry & ADDRESS);
    }

    private long walk8(long linear, int access, int firstShift, long root) {
        long table = root;
        long allowed = WRITABLE | USER;
        boolean forbidden = false;
        boolean executable = (control.efer & Control.NXE) != 0;
        long reserved = RESERVED | (firstShift == 21 ? RESERVED_PAE : 0) | (executable ? 0 : Long.MIN_VALUE);
        for (int size = firstShift; ; size -= 9) {
            long at = table + (linear >>> size & 0x1FF) * 8;
            if (!memory.contains(at, 8)) {
                throw pageFault(linear, access, 0);
            }
            long entry = (long) ENTRY8.getVolatile(memory.bytes(), memory.offset(at));
            if ((entry & PRESENT) == 0) {
                throw pageFault(linear, access, 0);
            }
            boolean large = size > 12 && (entry & LARGE) != 0;
            // The lowest bit of the address of a large page is PAT's.
            checkReserved(linear, access, entry, reserved | (large ? size == 39 ? LARGE : (1L << size) - 0x2000 : 0));
            allowed &= entry;
            forbidden |= entry < 0;
            if (large || size == 12) {
                check(linear, access, allowed, forbidden);
                checkKey(linear, access, allowed, (int) (entry >>> KEY_SHIFT) & 15);
                if (!mark8(at, entry, ACCESSED | (access == WRITE ? DIRTY : 0))) {
                    return walk8(linear, access, firstShift, root);
                }
                shift = size;
                long mask = (1L << size) - 1;
                return entry & ADDRESS & ~mask | linear & mask;
            }
            if (!mark8(at, entry, ACCESSED)) {
                return walk8(linear, access, firstShift, root);
            }
            table = entry & ADDRESS;
        }
    }

    private void checkReserved(long linear, int access, long entry, long reserved) {
        if ((entry & reserved) != 0) {
            throw pageFault(linear, access, CODE_PRESENT | CODE_RESERVED);
        }
    }

    private long walk4(long linear, int access) {
        long at = (control.cr3 & 0xFFFF_F000L) + (linear >>> 22 & 0x3FF) * 4;
        int directory = entry4(linear, access, at);
        if ((directory & LARGE) != 0 && (control.cr4 & Control.PSE) != 0) {
            checkReserved(linear, access, directory, RESERVED_4M);
            check(linear, access, directory, false);
            if (!mark4(at, directory, access)) {
                return walk4(linear, access);
            }
            shift = 22;
            return directory & 0xFFC0_0000L | (long) (directory >> 13 & 0xFF) << 32 | linear & 0x3F_FFFF;
        }
        long pageAt = (directory & 0xFFFF_F000L) + (linear >>> 12 & 0x3FF) * 4;
        int page = entry4(linear, access, pageAt);
        check(linear, access, directory & page, false);
        if (!mark4(at, directory, READ) || !mark4(pageAt, page, access)) {
            return walk4(linear, access);
        }
        return page & 0xFFFF_F000L | linear & 0xFFF;
    }

    private int entry4(long linear, int access, long at) {
        int entry = memory.contains(at, 4) ? (int) ENTRY4.getVolatile(memory.bytes(), memory.offset(at)) : 0;
        if ((entry & PRESENT) == 0) {
            throw pageFault(linear, access, 0);
        }
        return entry;
    }

    private void check(long linear, int access, long allowed, boolean forbidden) {
        boolean wrong = userMode && (allowed & USER) == 0;
        if (access == WRITE && (allowed & WRITABLE) == 0) {
            wrong |= userMode || (control.cr0 & Control.WP) != 0;
        }
        wrong |= access == EXECUTE && forbidden;
        if (!userMode && (allowed & USER) != 0) {
            wrong |= access == EXECUTE ? (control.cr4 & Control.SMEP) != 0 : guarded;
        }
        if (wrong) {
            throw pageFault(linear, access, CODE_PRESENT);
        }
    }

    /** Checks a page's protection key (section 4.6.2), of which each kind of page has its own rights. */
    private void checkKey(long linear, int access, long allowed, int key) {
        boolean user = (allowed & USER) != 0;
        long enabled = user ? Control.PKE : Control.PKS;
        if (access == EXECUTE || !control.longMode() || (control.cr4 & enabled) == 0) {
            return;
        }
        int rights = (user ? control.userKeys : control.supervisorKeys) >>> 2 * key;
        boolean closed = (rights & 1) != 0;
        boolean readOnly = (rights & 2) != 0 && (userMode || (control.cr0 & Control.WP) != 0);
        if (closed || readOnly && access == WRITE) {
            throw pageFault(linear, access, CODE_PRESENT | CODE_KEY);
        }
    }

    /** Sets bits of an entry; {@return whether it was still the same} If not, another CPU changed it meanwhile. */
    private boolean mark8(long at, long entry, long bits) {
        return (entry & bits) == bits || ENTRY8.compareAndSet(memory.bytes(), memory.offset(at), entry, entry | bits);
    }

    private boolean mark4(long at, int entry, int access) {
        int bits = (int) (ACCESSED | (access == WRITE ? DIRTY : 0));
        return (entry & bits) == bits || ENTRY4.compareAndSet(memory.bytes(), memory.offset(at), entry, entry | bits);
    }

    /** {@return what has an instruction executed again} */
    Fault again() {
        return fault.of(Fault.AGAIN, 0);
    }

    /** {@return the fault of a number that is not aligned where it must be} */
    Fault misaligned() {
        return fault.of(Fault.ALIGNMENT, 0);
    }

    private Fault pageFault(long linear, int access, int code) {
        control.cr2 = linear;
        boolean fetch = access == EXECUTE
                && ((control.efer & Control.NXE) != 0 && (control.cr4 & Control.PAE) != 0
                        || (control.cr4 & Control.SMEP) != 0);
        return fault.of(
                Fault.PAGE,
                code | (access == WRITE ? CODE_WRITE : 0) | (userMode ? CODE_USER : 0) | (fetch ? CODE_FETCH : 0));
    }
}
