package belljar.machine;

import java.util.Optional;

/**
 * Lays a Linux kernel without a PVH entry point out in memory by Linux' Documentation/arch/x86/boot.rst, "64-bit Boot
 * Protocol", and zero-page.rst: it begins in 64-bit mode with memory mapped to itself, and learns from the zero page
 * what there is.
 */
final class LinuxBoot64 {
    private static final long ZERO_PAGE = GuestLayout.ZERO_PAGE;
    private static final long RSDP = ZERO_PAGE + 0x70;
    private static final long MAP_ENTRIES = ZERO_PAGE + 0x1E8;
    private static final long BOOT_FLAG = ZERO_PAGE + 0x1FE;
    private static final long HEADER = ZERO_PAGE + 0x202;
    private static final long LOADER_TYPE = ZERO_PAGE + 0x210;
    private static final long LOAD_FLAGS = ZERO_PAGE + 0x211;
    private static final long RAMDISK = ZERO_PAGE + 0x218;
    private static final long COMMAND_LINE = ZERO_PAGE + 0x228;
    private static final long ALIGNMENT = ZERO_PAGE + 0x230;
    private static final long COMMAND_LINE_SIZE = ZERO_PAGE + 0x238;
    private static final long SETUP_DATA = ZERO_PAGE + 0x250;
    private static final long MEMORY_MAP = ZERO_PAGE + 0x2D0;
    private static final int MAP_ENTRY = 20;

    private static final int BOOT_SIGNATURE = 0xAA55;
    private static final int MAGIC = 0x5372_6448; // HdrS
    private static final int NO_KNOWN_LOADER = 0xFF;
    private static final int LOADED_HIGH = 1;
    private static final int USUAL_ALIGNMENT = 0x100_0000;

    /** Intel's manual, volume 3, 4.5: present, writable; and a page of 2 MiB. */
    private static final int TABLE = 0x03;

    private static final int LARGE_PAGE = 0x83;
    private static final int LARGE_PAGE_SIZE = 1 << 21;
    private static final int DIRECTORY_SIZE = 1 << 30;

    private LinuxBoot64() {}

    /** Loads a kernel, as {@link BootLoader#load} says. */
    static StartState load(
            GuestMemory memory, KernelImage kernel, Optional<byte[]> initrd, String commandLine, long rsdp) {
        BootLoader.Placed placed = BootLoader.place(memory, kernel, initrd, commandLine);
        kernel.setupHeader()
                .ifPresentOrElse(
                        header -> memory.write(ZERO_PAGE + BzImage.SETUP_HEADER, header),
                        () -> memory.putInt(ALIGNMENT, USUAL_ALIGNMENT));
        memory.putLong(RSDP, rsdp);
        memory.putShort(BOOT_FLAG, BOOT_SIGNATURE);
        memory.putInt(HEADER, MAGIC);
        memory.putByte(LOADER_TYPE, NO_KNOWN_LOADER);
        memory.putByte(LOAD_FLAGS, LOADED_HIGH);
        // Below 3 GiB, so that the fields for the upper halves stay 0.
        memory.putInt(RAMDISK, (int) placed.initrdAddress());
        memory.putInt(RAMDISK + 4, placed.initrdSize());
        memory.putInt(COMMAND_LINE, (int) GuestLayout.COMMAND_LINE);
        memory.putInt(COMMAND_LINE_SIZE, GuestLayout.COMMAND_LINE_SIZE - 1);
        memory.putLong(SETUP_DATA, 0);
        int entries = BootLoader.memoryMap(memory, (index, address, size, type) -> {
            long at = MEMORY_MAP + (long) MAP_ENTRY * index;
            memory.putLong(at, address);
            memory.putLong(at + 8, size);
            memory.putInt(at + 16, type);
        });
        memory.putByte(MAP_ENTRIES, entries);
        mapToItself(memory);
        return new StartState(kernel.entry(), true, GuestLayout.PAGE_TABLES, 0, 0, ZERO_PAGE, GuestLayout.STACK);
    }

    private static void mapToItself(GuestMemory memory) {
        long top = GuestLayout.PAGE_TABLES;
        long pointers = top + GuestMemory.PAGE;
        long directories = pointers + GuestMemory.PAGE;
        memory.putLong(top, pointers | TABLE);
        for (int i = 0; i < GuestLayout.MAPPED / DIRECTORY_SIZE; i++) {
            memory.putLong(pointers + 8L * i, directories + (long) GuestMemory.PAGE * i | TABLE);
        }
        for (int i = 0; i < GuestLayout.MAPPED / LARGE_PAGE_SIZE; i++) {
            memory.putLong(directories + 8L * i, (long) LARGE_PAGE_SIZE * i | LARGE_PAGE);
        }
    }
}
