package belljar.machine;

import belljar.failure.UserException;
import belljar.machine.KernelImage.Segment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * What a boot loader takes from a kernel's ELF file (elf(5)).
 *
 * @param segments what is loaded, by ascending physical address, without overlaps
 * @param entry the physical address of the entry point
 * @param pvhEntry that of the PVH protocol, if there is one
 * @param multiboot whether it is a 32-bit kernel with a Multiboot header
 */
record ElfFile(List<Segment> segments, long entry, OptionalLong pvhEntry, boolean multiboot) {
    private static final int MAGIC = 0x464C_457F;
    private static final int X86_32 = 3;
    private static final int X86_64 = 62;
    private static final int PT_LOAD = 1;
    private static final int PT_NOTE = 4;

    /** XEN_ELFNOTE_PHYS32_ENTRY of Xen's xen/include/public/elfnote.h. */
    private static final int PVH_NOTE = 18;

    private static final int XEN = 0x006E_6558; // "Xen", terminated
    private static final int NOTE_HEADER = 12;
    private static final int MOST_SEGMENTS = 64;

    /** Physical addresses beyond this are damage. */
    private static final long MOST_ADDRESS = 1L << 40;

    /** Multiboot Specification, 3.1: where its header can be, and what it can require. */
    private static final int MULTIBOOT_SEARCH = 8192;

    private static final int MULTIBOOT_MAGIC = 0x1BAD_B002;
    private static final int MULTIBOOT_OFFERED = 0b11;
    private static final int MULTIBOOT_REQUIRED = 0xFFFF;
    private static final int MULTIBOOT_ADDRESSES = 1 << 16;

    /**
     * Parses a file.
     *
     * @throws UserException if it is no ELF file of an x86 kernel that can be booted, or is damaged
     */
    static ElfFile parse(byte[] content) {
        return new Parser(content).parse();
    }

    static UserException damaged(String what) {
        return new UserException("the kernel is damaged: " + what + "; fetch or build it again");
    }

    private static final class Parser {
        private final ByteBuffer elf;
        private final boolean wide;
        private final List<Segment> segments = new ArrayList<>();
        private OptionalLong pvhEntry = OptionalLong.empty();
        private final long virtualEntry;
        private OptionalLong translatedEntry = OptionalLong.empty();

        Parser(byte[] content) {
            elf = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
            boolean is = content.length >= 64 && elf.getInt(0) == MAGIC && content[5] == 1;
            wide = is && content[4] == 2;
            int machine = is ? elf.getShort(18) : 0;
            if (!is || machine != X86_64 && (machine != X86_32 || wide) || content[4] < 1 || content[4] > 2) {
                throw new UserException("this file is no kernel for x86-64: it is neither a bzImage nor an ELF file"
                        + " for such a CPU; give one such as /boot/vmlinuz");
            }
            virtualEntry = address(24, 24);
        }

        /** Reads a field whose width and place depend on the file's class. */
        private long address(int at32, int at64) {
            return wide ? elf.getLong(at64) : Integer.toUnsignedLong(elf.getInt(at32));
        }

        private int half(int at32, int at64) {
            return Short.toUnsignedInt(elf.getShort(wide ? at64 : at32));
        }

        ElfFile parse() {
            long headers = address(28, 32);
            int size = half(42, 54);
            int count = half(44, 56);
            if (size != (wide ? 56 : 32)
                    || count > MOST_SEGMENTS
                    || headers < 0
                    || headers > elf.capacity() - (long) count * size) {
                throw damaged("its program headers are not in the file");
            }
            for (int i = 0; i < count; i++) {
                programHeader((int) headers + i * size);
            }
            if (segments.isEmpty()) {
                throw damaged("nothing in it is to be loaded");
            }
            segments.sort((a, b) -> Long.compare(a.address(), b.address()));
            for (int i = 1; i < segments.size(); i++) {
                if (segments.get(i - 1).end() > segments.get(i).address()) {
                    throw damaged("two of its segments overlap");
                }
            }
            if (pvhEntry.isPresent()) {
                // The ELF file's own entry point is of no use then, and may be anything.
                checkEntry(pvhEntry.getAsLong());
                return new ElfFile(List.copyOf(segments), entry(), pvhEntry, false);
            }
            checkEntry(entry());
            if (!wide && !multiboot()) {
                throw new UserException("this kernel has 32 bits and neither a Multiboot header nor a PVH entry point;"
                        + " give one for x86-64");
            }
            return new ElfFile(List.copyOf(segments), entry(), pvhEntry, !wide);
        }

        private void programHeader(int at) {
            int type = elf.getInt(at);
            if (type != PT_LOAD && type != PT_NOTE) {
                return;
            }
            long offset = address(at + 4, at + 8);
            long virtual = address(at + 8, at + 16);
            long address = address(at + 12, at + 24);
            long length = address(at + 16, at + 32);
            long size = address(at + 20, at + 40);
            if (offset < 0 || length < 0 || offset > elf.capacity() || length > elf.capacity() - offset) {
                throw damaged("a segment lies outside the file, which may be cut off");
            }
            if (type == PT_NOTE) {
                notes((int) offset, (int) (offset + length));
            } else if (size != 0) {
                if (size < length || size > Integer.MAX_VALUE || address < 0 || address > MOST_ADDRESS) {
                    throw damaged("a segment of 0x" + Long.toHexString(size) + " bytes at 0x"
                            + Long.toHexString(address) + " makes no sense");
                }
                segments.add(new Segment(address, (int) offset, (int) length, size));
                long inside = virtualEntry - virtual;
                if (inside >= 0 && inside < size) {
                    translatedEntry = OptionalLong.of(address + inside);
                }
            }
        }

        /** Looks for the note that holds the entry point of PVH. */
        private void notes(int start, int end) {
            int at = start;
            while (end - at >= NOTE_HEADER) {
                long name = Integer.toUnsignedLong(elf.getInt(at));
                long size = Integer.toUnsignedLong(elf.getInt(at + 4));
                long content = at + NOTE_HEADER + (name + 3 & -4);
                long next = content + (size + 3 & -4);
                if (content + size > end) {
                    return;
                }
                boolean xen = name == 4 && elf.getInt(at + NOTE_HEADER) == XEN;
                if (xen && elf.getInt(at + 8) == PVH_NOTE && size >= 4) {
                    pvhEntry = OptionalLong.of(Integer.toUnsignedLong(elf.getInt((int) content)));
                    return;
                }
                at = (int) Math.min(next, end);
            }
        }

        /** {@return the entry point} Linux gives it as a physical address, others as a virtual one. */
        private long entry() {
            return translatedEntry.isPresent() && !loaded(virtualEntry) ? translatedEntry.getAsLong() : virtualEntry;
        }

        private boolean loaded(long address) {
            for (Segment segment : segments) {
                if (address >= segment.address() && address < segment.end()) {
                    return true;
                }
            }
            return false;
        }

        private void checkEntry(long address) {
            if (!loaded(address)) {
                throw damaged("it begins at 0x" + Long.toHexString(address) + ", where none of its segments is");
            }
        }

        private boolean multiboot() {
            int last = Math.min(elf.capacity(), MULTIBOOT_SEARCH) - 12;
            for (int at = 0; at <= last; at += 4) {
                int flags = elf.getInt(at + 4);
                if (elf.getInt(at) == MULTIBOOT_MAGIC && MULTIBOOT_MAGIC + flags + elf.getInt(at + 8) == 0) {
                    boolean more = (flags & MULTIBOOT_REQUIRED & ~MULTIBOOT_OFFERED) != 0;
                    if (more || (flags & MULTIBOOT_ADDRESSES) != 0) {
                        throw new UserException("this kernel's Multiboot header has the flags 0x"
                                + Integer.toHexString(flags) + ", and only 0 to 3 are offered here (no video mode, no"
                                + " addresses beside those of ELF); build it without the others");
                    }
                    return true;
                }
            }
            return false;
        }
    }
}
