package belljar.machine;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Lays a kernel out in memory by the Multiboot Specification, version 0.6.96: the kernel begins in 32-bit mode without
 * paging, and learns from a structure what there is.
 */
final class Multiboot {
    private static final long INFO = GuestLayout.MULTIBOOT_INFO;
    private static final long MODULE = INFO + 0x80;
    private static final long MEMORY_MAP = INFO + 0xA0;
    private static final long LOADER_NAME = INFO + 0x180;

    /** In the memory map an entry's size, which does not count itself, stands before it. */
    private static final int MAP_ENTRY = 20;

    private static final int SIZE = 4;
    private static final int MAGIC = 0x2BAD_B002;
    private static final int HAS_MEMORY = 1;
    private static final int HAS_COMMAND_LINE = 1 << 2;
    private static final int HAS_MODULES = 1 << 3;
    private static final int HAS_MAP = 1 << 6;
    private static final int HAS_NAME = 1 << 9;
    private static final int KIBIBYTE = 1024;

    private Multiboot() {}

    /**
     * Loads a kernel, as {@link BootLoader#load} says. Since the first word of the command line is the kernel's name by
     * custom, which kernels skip, the word "kernel" is put before it.
     */
    static StartState load(GuestMemory memory, KernelImage kernel, Optional<byte[]> initrd, String commandLine) {
        BootLoader.Placed placed = BootLoader.place(memory, kernel, initrd, "kernel " + commandLine);
        memory.putInt(INFO, HAS_MEMORY | HAS_COMMAND_LINE | HAS_MODULES | HAS_MAP | HAS_NAME);
        memory.putInt(INFO + 4, (int) (GuestLayout.ACPI / KIBIBYTE));
        memory.putInt(INFO + 8, (int) ((memory.lowSize() - GuestLayout.HIGH) / KIBIBYTE));
        memory.putInt(INFO + 16, (int) GuestLayout.COMMAND_LINE);
        if (placed.hasInitrd()) {
            memory.putInt(INFO + 20, 1);
            memory.putInt(INFO + 24, (int) MODULE);
            memory.putInt(MODULE, (int) placed.initrdAddress());
            memory.putInt(MODULE + 4, (int) (placed.initrdAddress() + placed.initrdSize()));
        }
        int entries = BootLoader.memoryMap(memory, (index, address, size, type) -> {
            long at = MEMORY_MAP + (long) (SIZE + MAP_ENTRY) * index;
            memory.putInt(at, MAP_ENTRY);
            memory.putLong(at + SIZE, address);
            memory.putLong(at + SIZE + 8, size);
            memory.putInt(at + SIZE + 16, type);
        });
        memory.putInt(INFO + 44, entries * (SIZE + MAP_ENTRY));
        memory.putInt(INFO + 48, (int) MEMORY_MAP);
        memory.putInt(INFO + 64, (int) LOADER_NAME);
        memory.write(LOADER_NAME, "Belljar\0".getBytes(StandardCharsets.US_ASCII));
        return new StartState(kernel.entry(), false, 0, Integer.toUnsignedLong(MAGIC), INFO, 0, GuestLayout.STACK);
    }
}
